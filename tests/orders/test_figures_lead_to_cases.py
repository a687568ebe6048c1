"""Every figure of today on the first page is the number of cases in the list that it leads to."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Final

import pytest

from afterclick.control_room.bots.view import listed as bots
from afterclick.control_room.first_page import fleet, today
from afterclick.control_room.first_page.overview import Figure
from afterclick.governance import figures
from afterclick.orders import panels
from afterclick.orders.inbox import decisions, proposals
from afterclick.orders.unstick import unstick
from afterclick.store import log
from afterclick.store.log import Block, Event
from tests.control_room.browser import signed_in
from tests.orders.office import DAY_MS, SmallOffice, small_office
from tests.orders.visitor import Visitor

HOUR_MS: Final = 3_600_000


@pytest.fixture
def office(database_url: str) -> Iterator[SmallOffice]:
    with small_office(database_url, bots=(unstick,)) as opened:
        yield opened


def cases(desk: Visitor, href: str) -> list[str]:
    """Everything in the list, over all of its pages; read backwards too, it is the same."""
    found, page = [], desk.get(href)
    pages = []
    while True:
        assert page.status_code == 200, (href, page.text)
        pages.append(items(page.text))
        following = re.search(r'href="([^"]+)" rel="next"', page.text)
        if following is None:
            break
        page = desk.get(unescape(following[1]))
    for before in reversed(pages[:-1]):
        previous = re.search(r'href="([^"]+)" rel="prev"', page.text)
        assert previous, href
        page = desk.get(unescape(previous[1]))
        assert items(page.text) == before
    for one in pages:
        found += one
    assert len(found) == len(set(found)), href
    return found


def items(page: str) -> list[str]:
    return re.findall(r'data-item="([\w-]+)"', page)


def shown(office: SmallOffice) -> dict[str, Figure]:
    """The figures of the first page, by what they count (and the value too, where several count the same)."""
    with office.database.transaction() as tx:
        while figures.advance(tx):
            pass
    with office.database.reading() as tx:
        now_ms = office.clock.now_ms()
        made = [*panels.panels(tx, now_ms), *today.panels(tx, now_ms), *fleet.panels(tx, now_ms)]
    return {one.label if one.label != "money at rest" else one.value: one for panel in made for one in panel.figures}


def ask_of(office: SmallOffice, order: int) -> int:
    return office.one("SELECT MAX(id) FROM tasks WHERE item = ? AND item_kind = 'order'", order)


def comes_in(office: SmallOffice, name: str, *lines: tuple[str, int], partial_ok: bool = False) -> int:
    """An order comes in, and the log has it."""
    order = office.order(name, *lines, partial_ok=partial_ok)
    with office.database.transaction() as tx:
        log.append(tx, Block(office.clock.now_ms(), "webhook:shop", ""), [Event("received", order)])
    return order


def without_lines(office: SmallOffice, name: str) -> int:
    """An order that a rule refuses."""
    order = comes_in(office, name)
    with office.database.transaction() as tx:
        tx.run("DELETE FROM order_lines WHERE order_id = ?", (order,))
    return order


def failing(office: SmallOffice, *names: str) -> None:
    """Orders that cannot be read for a while, at which the bot fails therefore."""
    for name in names:
        order = comes_in(office, name)
        kept = office.one("SELECT particulars FROM orders WHERE id = ?", order)
        for now in ("{", kept):
            with office.database.transaction() as tx:
                tx.run("UPDATE orders SET particulars = ? WHERE id = ?", (now, order))
            office.run()


def yesterday(office: SmallOffice) -> list[int]:
    """A day's work of every kind; returns questions that are still open."""
    comes_in(office, "Y-1")
    comes_in(office, "Y-2")
    asking = [comes_in(office, f"Y-asks-{number}", ("CUP", 20_000)) for number in range(4)]
    without_lines(office, "Y-refused")
    failing(office, "Y-failed")
    comes_in(office, "Y-part", ("CUP", 2), ("SPOON", 200), partial_ok=True)
    office.run(later_ms=HOUR_MS)
    return [ask_of(office, order) for order in asking]


def a_day(office: SmallOffice, open_since_yesterday: list[int]) -> None:
    """Orders come in, ship, are refused, fail, are parted, called back and asked about; people decide, change and propose."""
    anna = signed_in(name="anna")
    for number in range(60):
        comes_in(office, f"T-{number}", ("PLATE", 1))
    asking = [comes_in(office, f"T-asks-{number}", ("CUP", 20_000)) for number in range(45)]
    for number in range(3):
        without_lines(office, f"T-refused-{number}")
    failing(office, "T-failed-0", "T-failed-1")
    comes_in(office, "T-part", ("CUP", 2), ("SPOON", 200), partial_ok=True)
    comes_in(office, "T-short", ("SPOON", 300))
    held = comes_in(office, "T-held")
    office.amend(held, "hold")
    office.amend(comes_in(office, "T-kept"), "hold")
    office.run(later_ms=HOUR_MS)
    office.amend(held, "release")
    gone, left = (office.one("SELECT id FROM orders WHERE external_id = ?", name) for name in ("T-0", "T-1"))
    office.amend(gone, "cancel")
    office.run(later_ms=HOUR_MS)
    office.shelves.left = True
    office.amend(left, "cancel")
    with office.database.transaction() as tx:
        now_ms = office.clock.now_ms()
        decisions.approve(tx, open_since_yesterday[0], by=anna, now_ms=now_ms)
        decisions.reject(tx, open_since_yesterday[1], by=anna, now_ms=now_ms)
        decisions.reject(tx, ask_of(office, asking[0]), by=anna, now_ms=now_ms)
        decisions.edit(tx, ask_of(office, asking[1]), {"quantity": {"lines": {1: 1}}}, by=anna, now_ms=now_ms)
        decisions.approve(tx, ask_of(office, asking[2]), by=anna, now_ms=now_ms)
        proposals.propose(tx, held, "hold", {}, by=anna, because="the label failed: it fell off", now_ms=now_ms)
    office.run(later_ms=HOUR_MS)
    office.amend(asking[2], "quantity", {"lines": {1: 3}})  # its approval lapses
    office.amend(asking[3], "cancel")  # its question is withdrawn
    office.run(later_ms=HOUR_MS)
    with office.database.transaction() as tx:
        tx.run("UPDATE orders SET currency = 'USD' WHERE external_id = 'T-short'")
        for name, left_ms in (("T-short", -1), ("T-asks-5", HOUR_MS), ("T-asks-6", 2 * HOUR_MS), ("T-2", -1)):
            tx.run("UPDATE orders SET promise_ms = ? WHERE external_id = ?", (office.clock.now_ms() + left_ms, name))


LEAD_TO_TODAY: Final = (
    "came in", "shipped", "asked of people", "refused by a rule", "decided by people", "items failed today",
    "questions to people", "waiting", "for a person", "on hold", "orders needed a person", "promises broken", "promises at risk",
)  # fmt: skip


def test_each_figure_is_the_number_of_cases_that_it_leads_to(office: SmallOffice) -> None:
    still_open = yesterday(office)
    office.clock.ms += DAY_MS
    a_day(office, still_open)
    found = shown(office)
    desk = Visitor(office, "operator")
    counted = {label: (int(found[label].value), len(cases(desk, found[label].href))) for label in LEAD_TO_TODAY}
    assert {label: figure for label, (figure, _) in counted.items()} == {label: cases for label, (_, cases) in counted.items()}
    assert all(figure for figure, _ in counted.values()), "a figure of nothing shows nothing"
    assert "day=2026-11-21" in found["shipped"].href
    assert office.one("SELECT COUNT(*) FROM events WHERE activity = 'shipped'") > counted["shipped"][0] + len(
        cases(desk, "/orders?state=shipped&day=2026-11-20")
    ), "one was called back, and one is shipped for the second time"
    assert office.one("SELECT COUNT(*) FROM tasks WHERE state = 'expired'") == 1, "an approval has lapsed"
    assert office.one("SELECT COUNT(*) FROM orders WHERE parent IS NOT NULL") == 2, "orders were parted"
    of, alone = int(found["touchless"].note.split()[4].replace(",", "")), len(cases(desk, found["touchless"].href))
    assert found["touchless"].value == f"{alone / of:.1%}"
    assert found["touchless"].note.startswith(f"{alone} of the last {of} ")
    assert len(cases(desk, found["3,000.00 USD"].href)) == 1
    with office.database.reading() as tx:
        for one in bots(tx, now_ms=office.clock.now_ms()):
            assert one.failed == len(cases(desk, one.failed_today)), one.id


def test_what_stood_still_for_days_is_asked_of_people_though_nothing_failed_that_day(office: SmallOffice) -> None:
    office.bank.down = True
    order = comes_in(office, "A")
    with office.database.transaction() as tx:
        tx.run("UPDATE orders SET because = 'pay failed: ' WHERE id = ?", (order,))
    for _ in range(120):
        office.run(later_ms=HOUR_MS)
        if office.state(order) == "inbox":
            break
    with office.database.transaction() as tx:
        tx.run("UPDATE tasks SET because = 'waits for payments for 72 h: pay failed: x'")
    found, desk = shown(office), Visitor(office, "operator")
    assert (found["asked of people"].value, cases(desk, found["asked of people"].href)) == ("1", ["task-1"])
    assert (found["items failed today"].value, cases(desk, found["items failed today"].href)) == ("0", [])
