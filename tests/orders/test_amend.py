"""Amendments at any stage end with money, stock, parcels, documents and messages in step."""

from collections.abc import Iterator

import pytest

from afterclick.engine.door import Door
from afterclick.governance import lifecycle
from afterclick.governance.policy import DoorLimits, Policy
from afterclick.orders import amendments
from afterclick.orders.unstick import unstick
from tests.control_room.browser import signed_in
from tests.orders.office import SmallOffice, small_office

HOUR_MS = 3_600_000


@pytest.fixture
def office(database_url: str) -> Iterator[SmallOffice]:
    with small_office(database_url) as opened:
        yield opened


def documents(office: SmallOffice, order_id: int) -> list[tuple[str, int]]:
    return [
        tuple(row)
        for row in office.rows("SELECT kind, gross FROM invoices WHERE order_id = ? ORDER BY kind DESC, number", order_id)
    ]


def test_an_order_that_nobody_amends_ships(office: SmallOffice) -> None:
    order = office.order("A")
    office.run()
    assert office.state(order) == "shipped"
    assert office.wrong() == []


def test_cancelling_an_order_before_anything_was_done(office: SmallOffice) -> None:
    order = office.order("A")
    office.amend(order, "cancel")
    office.run()
    assert office.state(order) == "cancelled"
    assert office.verdicts(order) == [("cancel", "done")]
    assert office.shop.told == {"A": ["cancelled"]}
    assert office.letters.sent == [(order, "order_cancelled")]
    assert office.wrong() == []


def test_cancelling_a_shipped_order_takes_everything_back(office: SmallOffice) -> None:
    order = office.order("A")
    office.run()
    office.amend(order, "cancel")
    office.run()
    assert office.state(order) == "cancelled"
    assert documents(office, order) == [("invoice", 3000), ("credit_note", 3000)]
    assert office.bank.kept(order) == 0
    assert office.one("SELECT SUM(on_hand) FROM stock_levels") == 300
    assert not office.cheap.labels
    assert office.shop.told == {"A": ["shipped", "cancelled"]}
    assert office.wrong() == []


def test_a_parcel_that_has_left_stays_shipped_and_the_wish_is_refused(office: SmallOffice) -> None:
    order = office.order("A")
    office.run()
    office.shelves.left = True
    office.amend(order, "cancel")
    office.run()
    assert office.state(order) == "shipped"
    assert office.verdicts(order) == [("cancel", "refused")]
    assert "return" in office.one("SELECT because FROM amendments")
    assert office.shop.told == {"A": ["shipped"]}
    assert office.wrong() == []


SYSTEMS = ("bank", "cheap", "shelves", "letters", "shop")


def test_cancelling_while_a_system_is_asked_undoes_what_it_then_did(office: SmallOffice) -> None:
    for system in SYSTEMS:
        order = office.order(system)
        getattr(office, system).during = lambda order=order: office.amend(order, "cancel")
        office.run()
        assert office.state(order) == "cancelled", system
        assert office.wrong() == []


def test_cancelling_an_order_that_waits_for_a_system(office: SmallOffice) -> None:
    for system in SYSTEMS:
        order = office.order(system)
        office.dear.down = system == "cheap"
        getattr(office, system).down = True
        office.run()
        assert office.state(order) == "waiting", system
        office.amend(order, "cancel")
        office.run()
        getattr(office, system).down = office.dear.down = False
        office.run(later_ms=2 * HOUR_MS)
        assert office.state(order) == "cancelled", system
        assert office.wrong() == []


def test_a_label_whose_answer_was_lost_is_remembered_when_the_order_is_cancelled(office: SmallOffice) -> None:
    order = office.order("A")
    office.cheap.deaf = office.dear.deaf = True
    office.run()
    assert len(office.cheap.labels) == 1
    office.amend(order, "cancel")
    office.run()
    assert office.state(order) == "cancelled"
    assert office.one("SELECT COUNT(*) FROM doubtful_labels WHERE carrier = 'cheap'") == 1


def test_a_hand_over_whose_answer_was_lost_is_recalled(office: SmallOffice) -> None:
    order = office.order("A")
    office.shelves.deaf = True
    office.run()
    assert order in office.shelves.gone
    office.shelves.deaf = False
    office.amend(order, "cancel")
    office.run()
    assert office.state(order) == "cancelled"
    assert office.wrong() == []


def test_a_parcel_of_which_the_warehouse_said_nothing_and_that_has_left_is_shipped_and_charged(office: SmallOffice) -> None:
    for name, held in (("A", False), ("B", True)):
        order = office.order(name)
        office.shelves.deaf = True
        office.run()
        office.shelves.deaf, office.shelves.left = False, True
        if held:
            office.amend(order, "hold")
            office.run()
        office.amend(order, "cancel")
        office.run()
        if held:
            assert office.state(order) == "held"
            office.amend(order, "release")
            office.run()
        assert office.state(order) == "shipped"
        assert office.one(f"SELECT because FROM amendments WHERE order_id = {order} AND action = 'cancel'").startswith(
            "the parcel has left"
        )
        assert office.one(f"SELECT state FROM shipments WHERE order_id = {order}") == "handed_over"
        assert office.one(f"SELECT captured FROM payments WHERE order_id = {order}") == 3000
        assert office.shelves.gone[order]
        office.shelves.left = False
    assert office.wrong() == []


def test_a_new_address_before_shipping_keeps_the_authorisation(office: SmallOffice) -> None:
    order = office.order("A")
    office.cheap.down = office.dear.down = True
    office.run()
    blocked = dict(office.bank.held)
    office.amend(order, "address", {"line1": "Allee 7", "postcode": "10999"})
    office.run()
    assert office.bank.held == blocked
    office.cheap.down = False
    office.run(later_ms=HOUR_MS)
    assert office.state(order) == "shipped"
    assert office.one("SELECT COUNT(*) FROM payments") == 1
    assert office.shop.told == {"A": ["changed", "shipped"]}
    assert office.wrong() == []


def test_a_new_country_after_shipping_is_invoiced_again_and_the_money_stays(office: SmallOffice) -> None:
    order = office.order("A")
    office.run()
    office.amend(order, "address", {"country": "AT", "postcode": "1010", "city": "Wien"})
    office.run()
    assert office.state(order) == "shipped"
    assert documents(office, order) == [("invoice", 3000), ("invoice", 3000), ("credit_note", 3000)]
    assert office.one("SELECT COUNT(*) FROM payments") == 1
    assert office.one("SELECT country FROM orders") == "AT"
    assert office.wrong() == []


def test_fewer_pieces_after_shipping_are_charged_as_such(office: SmallOffice) -> None:
    order = office.order("A", ("CUP", 3), ("PLATE", 1), discount=400)
    office.run()
    office.amend(order, "quantity", {"lines": {"1": 1, "2": 0}})
    office.run()
    assert office.state(order) == "shipped"
    assert office.one("SELECT total FROM orders") == 1000 - 100
    assert office.bank.kept(order) == 900
    assert office.one("SELECT on_hand FROM stock_levels WHERE sku = 'CUP'") == 99
    assert office.wrong() == []


def test_a_split_makes_two_orders_that_both_ship(office: SmallOffice) -> None:
    order = office.order("A", ("CUP", 1), ("PLATE", 1), ("SPOON", 1), discount=300)
    office.amend(order, "split", {"lines": [2, 3]})
    office.run()
    assert office.rows("SELECT external_id, state, total FROM orders ORDER BY id") == [
        ("A", "shipped", 900),
        ("A/2", "shipped", 1800),
    ]
    assert office.wrong() == []


def test_a_held_order_rests_with_all_it_has_until_it_is_released(office: SmallOffice) -> None:
    order = office.order("A")
    office.cheap.during = lambda: office.amend(order, "hold")
    office.run()
    assert office.state(order) == "held"
    assert office.one("SELECT stage FROM orders") == "hand_over"
    assert len(office.bank.held) == len(office.cheap.labels) == 1
    office.amend(order, "release")
    office.run()
    assert office.state(order) == "shipped"
    assert office.verdicts(order) == [("hold", "done"), ("release", "done")]
    assert office.one("SELECT COUNT(*) FROM invoices") == 1
    assert office.wrong() == []


def test_an_order_held_before_it_began_is_judged_when_it_is_released(office: SmallOffice) -> None:
    order = office.order("A", ("NOSUCH", 1))
    office.amend(order, "hold")
    office.run()
    assert office.state(order) == "held"
    office.amend(order, "release")
    office.run()
    assert office.state(order) == "inbox"


def test_a_refund_over_the_limit_waits_for_a_person(database_url: str) -> None:
    with small_office(database_url, policy=Policy(door=DoorLimits({"payments.refund": 2000}))) as office:
        assert isinstance(office.engine.door, Door)
        order = office.order("A")
        office.run()
        office.amend(order, "cancel")
        office.run()
        assert office.state(order) == "inbox"
        assert office.rows("SELECT stage, proposal FROM tasks") == [("give_back", "payments.refund")]


def test_amendments_ask_in_the_callers_transaction(office: SmallOffice) -> None:
    order = office.order("A")
    with pytest.raises(RuntimeError, match="undone"), office.database.transaction() as tx:
        amendments.ask(tx, order, "cancel", {}, by="anna", because="", now_ms=0)
        raise RuntimeError("undone")
    assert office.verdicts(order) == []


def test_an_amendment_rehearsed_in_shadow_touches_nothing_and_is_done_when_the_bot_is_live(database_url: str) -> None:
    with small_office(database_url, bots=(unstick,)) as office:
        order = office.order("A")
        office.run()
        with office.database.transaction() as tx:
            lifecycle.set_mode(tx, "orders.amend", "shadow", who=signed_in(), now_ms=office.clock.ms)
        office.amend(order, "cancel")
        office.run()
        assert office.verdicts(order) == [("cancel", "open")]
        assert office.bank.kept(order) == 3000
        assert office.cheap.labels
        assert office.shop.told == {"A": ["shipped"]}
        assert documents(office, order) == [("invoice", 3000)]
        with office.database.transaction() as tx:
            lifecycle.set_mode(tx, "orders.amend", "live", who=signed_in(), now_ms=office.clock.ms)
        office.run(later_ms=2 * HOUR_MS)
        assert office.state(order) == "cancelled"
        assert office.wrong() == []


def test_a_part_of_a_held_order_is_held_for_the_same_reason(office: SmallOffice) -> None:
    order = office.order("A", ("CUP", 1), ("PLATE", 1))
    office.amend(order, "hold")
    office.run()
    office.amend(order, "split", {"lines": [2]})
    office.run()
    assert [office.state(order), office.state(order + 1)] == ["held", "held"]
    because = office.one("SELECT because FROM orders WHERE id = ?", order + 1)
    assert because == "held by anna: the customer called; parted from order A"
    office.amend(order + 1, "release")
    office.run()
    assert [office.state(order), office.state(order + 1)] == ["held", "shipped"]
    assert office.wrong() == []


def test_a_refused_change_of_a_held_order_whose_parcel_has_left_does_not_release_it(office: SmallOffice) -> None:
    order = office.order("A")
    office.shelves.during = lambda: office.amend(order, "hold")
    office.run()
    office.shelves.left = True
    office.amend(order, "address", {"line1": "Allee 7"})
    office.run()
    assert office.verdicts(order) == [("hold", "done"), ("address", "refused")]
    assert office.rows("SELECT state, stage, because FROM orders") == [("held", "capture", "held by anna: the customer called")]
    office.amend(order, "release")
    office.run()
    assert office.state(order) == "shipped"
    assert office.wrong() == []
