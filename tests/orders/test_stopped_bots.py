"""While a bot does not work, every page says so of the orders that need it, and none is missing from what is at risk."""

from collections.abc import Iterator

import pytest

from afterclick.cli import case_view
from afterclick.control_room.bots.view import listed as bots
from afterclick.control_room.first_page import fleet
from afterclick.governance import lifecycle
from afterclick.orders import in_hand, panels
from afterclick.orders.amendments import Action
from afterclick.orders.cases.case import case
from afterclick.orders.cases.outlook import next_step
from afterclick.orders.unstick import unstick
from afterclick.orders.wake import wake
from tests.control_room.browser import signed_in
from tests.orders.office import DAY_MS, SmallOffice, small_office
from tests.orders.test_figures_lead_to_cases import cases, shown
from tests.orders.visitor import Visitor

STOPPED = "which is paused since 2026-11-20 00:00:00 UTC by anna (stocktaking),"


@pytest.fixture
def office(database_url: str) -> Iterator[SmallOffice]:
    with small_office(database_url, bots=(wake, unstick)) as opened:
        opened.run()
        yield opened


def step(office: SmallOffice, bot: str, verb: lifecycle.Verb = "pause") -> None:
    with office.database.transaction() as tx:
        lifecycle.take(tx, bot, verb, who=signed_in(name="anna"), because="stocktaking", now_ms=office.clock.now_ms())


def says(office: SmallOffice, order: int) -> str:
    with office.database.reading() as tx:
        found = case(tx, order)
    assert found
    return next_step(found, now_ms=office.clock.now_ms())


def asks(office: SmallOffice, order: int, *actions: Action) -> None:
    for action in actions:
        office.amend(order, action)
        office.run()


def test_an_order_that_needs_a_paused_bot_says_so_until_the_bot_works_again(office: SmallOffice) -> None:
    order = office.order("SHORT", ("CUP", 500))
    office.run()
    step(office, "orders.fulfil")
    office.run()
    asks(office, order, "hold", "release")
    assert office.state(order) == "received"
    assert says(office, order) == f"Nothing happens until orders.fulfil, {STOPPED} works again; then it goes on at “reserve”."
    new = office.order("NEW")
    assert says(office, new).endswith("works again; then it is checked from the start.")
    step(office, "orders.fulfil", "resume")
    assert says(office, new) == "It is queued and is checked from the start as soon as the bots come to it."


def test_a_change_that_was_asked_for_and_a_release_need_the_bot_that_amends(office: SmallOffice) -> None:
    gone, kept = office.order("GONE"), office.order("KEPT")
    asks(office, kept, "hold")
    assert says(office, kept) == "Nothing happens until somebody releases it."
    step(office, "orders.amend")
    office.amend(gone, "cancel")
    until = f"until orders.amend, {STOPPED} works again"
    assert says(office, gone) == f"Nothing happens {until}; then the order is taken back as far as the change needs (cancel)."
    assert says(office, kept) == f"Nothing happens until somebody releases it, and even then not {until}."


def test_what_waits_or_is_asked_promises_nothing_that_a_paused_bot_would_have_to_do(office: SmallOffice) -> None:
    office.bank.down = True
    later = office.order("LATER")
    short, asked = office.order("SHORT", ("CUP", 500)), office.order("ASKED", ("CUP", 20_000))
    office.run()
    assert "is tried again in" in says(office, later)
    assert "goes on by itself when stock arrives" in says(office, short)
    assert says(office, asked).endswith("or the question is passed on.")
    for bot in ("orders.wake", "orders.unstick"):
        step(office, bot)
    assert says(office, short).startswith(f"Nothing happens until orders.wake, {STOPPED} works again, even when stock arrives")
    assert "passed on" not in says(office, asked)
    assert "is tried again in" in says(office, later), "neither of the two has to do with it"
    step(office, "orders.fulfil")
    fulfil = f"orders.fulfil, {STOPPED}"
    assert says(office, later) == f"It waits for the payment provider, and is not tried again until {fulfil} works again."
    assert f"until {fulfil} and orders.wake, {STOPPED} work again" in says(office, short)
    assert says(office, asked).endswith(f"Even then nothing happens until {fulfil} works again.")


def test_a_bot_that_nobody_owns_or_that_paused_itself_stands_in_the_way_too(office: SmallOffice) -> None:
    order = office.order("A")
    with office.database.transaction() as tx:
        tx.run("UPDATE bots SET owner = '' WHERE id = 'orders.fulfil'")
    assert "until orders.fulfil, which is without owner, works again" in says(office, order)
    with office.database.transaction() as tx:
        lifecycle.suspend(tx, now_ms=office.clock.now_ms())
    assert "which is paused since 2026-11-20 00:00:00 UTC (" in says(office, order)


def test_the_case_leads_to_the_bot_that_stands_in_its_way_and_the_terminal_names_it(
    office: SmallOffice, capsys: pytest.CaptureFixture[str]
) -> None:
    order = office.order("A")
    step(office, "orders.fulfil")
    page = Visitor(office, "viewer").get(f"/orders/{order}").text
    assert "<b>Next:</b> Nothing happens until orders.fulfil, which is paused since" in page
    assert '<a href="/bots/orders.fulfil">Look at orders.fulfil</a>' in page
    assert "/bots/orders.amend" not in page
    with office.database.reading() as tx:
        found = case(tx, order)
    assert found
    case_view.print_case(found, now_ms=office.clock.now_ms())
    assert "next: Nothing happens until orders.fulfil" in capsys.readouterr().out


def test_promises_of_orders_that_should_move_and_do_not_are_at_risk_like_those_at_rest(
    office: SmallOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.order("SHORT", ("CUP", 500))
    office.run()
    step(office, "orders.fulfil")
    for number in range(60):
        office.order(f"Q-{number}")
    office.run(later_ms=9 * DAY_MS - 3_600_000)
    desk = Visitor(office, "viewer")

    def at_risk() -> list[tuple[str, int]]:
        found = shown(office)
        return [(found[label].value, len(cases(desk, found[label].href))) for label in ("promises broken", "promises at risk")]

    assert at_risk() == [("0", 0), ("61", 61)]
    assert "promise at risk" in desk.get("/orders?state=received").text
    office.clock.ms += DAY_MS
    assert at_risk() == [("61", 61), ("0", 0)]
    assert len(cases(desk, "/orders?risk=broken&for=stock")) == len(cases(desk, "/orders?risk=broken&state=waiting")) == 1
    monkeypatch.setattr(in_hand, "FEW", 59)
    assert at_risk() == [("1", 1), ("0", 0)], "of too many queued orders neither the figure nor the list says anything"
    assert "more are queued than are looked at" in shown(office)["promises broken"].note


def test_figures_of_queues_are_the_numbers_of_orders_that_lie_in_them(office: SmallOffice) -> None:
    for bot in ("orders.fulfil", "orders.amend", "orders.unstick"):
        step(office, bot)
    held = office.order("HELD")
    office.amend(held, "hold")
    again = office.order("AGAIN")
    office.order("OTHER")
    with office.database.transaction() as tx:
        in_hand.queue.put(tx, "orders.fulfil", [again], now_ms=office.clock.now_ms())
        in_hand.queue.put_start(tx, "orders.wake", now_ms=office.clock.now_ms())
        in_hand.queue.put(tx, "orders.unstick", [again], now_ms=office.clock.now_ms())
    desk = Visitor(office, "viewer")
    queued = shown(office)["orders queued"]
    assert (int(queued.value), queued.href) == (len(cases(desk, queued.href)), "/orders?queued=any") == (3, "/orders?queued=any")
    with office.database.reading() as tx:
        lines = {line.cells[0]: line for line in fleet.panels(tx, office.clock.now_ms())[0].lines}
        register = {one.id: one for one in bots(tx, now_ms=office.clock.now_ms())}
        assert panels.in_hand.count(tx) == 3
    for name, count in (("orders.fulfil", 3), ("orders.amend", 1)):
        assert (int(lines[name].cells[3]), len(cases(desk, lines[name].href))) == (count, count)
    assert lines["orders.unstick"].href == "/bots/orders.unstick", "what starts a bot by the clock is no case"
    for one in register.values():
        assert not one.queue or one.queued == len(cases(desk, one.queue)), one.id
    assert [one.id for one in register.values() if one.queue] == ["orders.amend", "orders.fulfil"]
    assert cases(desk, "/orders?queued=orders.amend&state=received") == [f"order-{held}"]
    for nobody in ("orders.wake", "nobody"):
        refused = desk.get(f"/orders?queued={nobody}")
        assert refused.status_code == 422, nobody
        assert "choose one of any, orders.amend, orders.fulfil" in refused.text
