"""The store's own list finds what webhooks lost, and what was cancelled there."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from afterclick.orders.intake.arrivals import take_in
from afterclick.orders.reconcile import reconcile
from afterclick.store import log
from afterclick.store.log import Block
from tests.orders.office import HOME, START_MS, SmallOffice, small_office

LATER_MS = 301_000
HOUR_MS = 3_600_000


@pytest.fixture
def office(database_url: str) -> Iterator[SmallOffice]:
    with small_office(database_url, bots=(reconcile,)) as opened:
        yield opened


def place(office: SmallOffice, name: str, *, hours_ago: float = 1) -> None:
    details: dict[str, Any] = {
        "placed_at": "2026-11-19T23:00:00Z", "currency": "EUR", "total": "20.00",
        "customer": {"id": name, "email": "a@b.example"},
        "ship_to": {"name": HOME.name, "line1": f"{name} 1", "city": HOME.city, "postcode": HOME.postcode, "country": "DE"},
        "payment": {"token": "tok"}, "lines": [{"sku": "CUP", "quantity": 2, "unit_price": "10.00"}],
    }  # fmt: skip
    office.shop.place(name, placed_ms=START_MS - round(hours_ago * HOUR_MS), **details)


def test_a_lost_order_is_found_and_shipped(office: SmallOffice) -> None:
    place(office, "L1")
    office.run()
    assert office.rows("SELECT external_id, state FROM orders") == [("L1", "shipped")]
    assert office.one("SELECT COUNT(*) FROM events WHERE activity = 'found.lost'") == 1
    assert office.one("SELECT because FROM events WHERE activity = 'reconciled'") == "1 listed, 1 lost, 0 cancelled, 0 doubled"
    assert office.wrong() == []


def test_what_is_in_step_leaves_no_trace(office: SmallOffice) -> None:
    place(office, "L1")
    office.run()
    before = office.one("SELECT COUNT(*) FROM events")
    office.run(later_ms=LATER_MS)
    assert office.one("SELECT COUNT(*) FROM events") == before


def test_an_order_too_young_or_too_old_to_be_lost_is_left_alone(office: SmallOffice) -> None:
    place(office, "young", hours_ago=0.01)
    place(office, "old", hours_ago=24 * 4)
    office.run()
    assert office.rows("SELECT external_id FROM orders") == []


def test_an_order_that_the_store_has_cancelled_is_stopped(office: SmallOffice) -> None:
    office.cheap.down = office.dear.down = True
    order = office.order("C1")
    place(office, "C1")
    office.shop.cancelled.add("C1")
    office.run()
    assert office.state(order) == "cancelled"
    office.run(later_ms=LATER_MS)
    assert office.verdicts(order) == [("cancel", "done")]


def cancelled_in_the_store(office: SmallOffice, name: str) -> None:
    document = json.dumps({"id": name, "type": "order.cancelled"}).encode()
    with office.database.transaction() as tx:
        events = take_in(tx, [document], store="shop", by="webhook", now_ms=office.clock.ms).events
        log.append(tx, Block(office.clock.ms, "webhook", ""), events)


def parted_twice(office: SmallOffice) -> None:
    """One order that waits for stock, and in pieces does so."""
    order = office.order("A", ("CUP", 200), ("PLATE", 200), ("SPOON", 200))
    office.run()
    for split, lines in ((order, [2, 3]), (order + 1, [3])):
        office.amend(split, "split", {"lines": lines})
        office.run()
    assert [row[0] for row in office.rows("SELECT external_id FROM orders ORDER BY id")] == ["A", "A/2", "A/2/2"]


def test_what_was_parted_from_a_cancelled_order_is_stopped_as_well(office: SmallOffice) -> None:
    parted_twice(office)
    cancelled_in_the_store(office, "A")
    office.run()
    assert office.rows("SELECT state FROM orders") == [("cancelled",)] * 3
    assert office.wrong() == []


def test_the_list_finds_open_parts_of_a_cancelled_order(office: SmallOffice) -> None:
    parted_twice(office)
    place(office, "A")
    office.shop.cancelled.add("A")
    office.amend(1, "cancel")
    office.run(later_ms=LATER_MS)
    assert office.rows("SELECT state FROM orders") == [("cancelled",)] * 3
    before = office.one("SELECT COUNT(*) FROM events")
    office.run(later_ms=LATER_MS)
    assert office.one("SELECT COUNT(*) FROM events") == before


def test_a_split_that_is_yet_to_come_saves_nothing_from_the_cancellation(office: SmallOffice) -> None:
    order = office.order("A", ("CUP", 1), ("PLATE", 1))
    office.amend(order, "split", {"lines": [2]})
    cancelled_in_the_store(office, "A")
    office.run()
    assert office.rows("SELECT external_id, state FROM orders") == [("A", "cancelled")]
    assert office.verdicts(order) == [("split", "refused"), ("cancel", "done")]


def test_a_cancellation_that_came_too_late_is_not_asked_for_again(office: SmallOffice) -> None:
    place(office, "C1")
    office.order("C1", ("CUP", 1))
    office.shelves.during = lambda: setattr(office.bank, "declines", "card stolen")
    office.run()
    office.shelves.left = True
    office.shop.cancelled.add("C1")
    office.run(later_ms=LATER_MS)
    asked = office.one("SELECT MAX(id) FROM tasks WHERE state = 'open'")
    before = office.one("SELECT COUNT(*) FROM events")
    for _ in range(3):
        office.run(later_ms=LATER_MS)
    assert office.one("SELECT MAX(id) FROM tasks WHERE state = 'open'") == asked
    assert office.one("SELECT COUNT(*) FROM events") == before
    assert office.verdicts(1) == [("cancel", "refused")]


def test_an_order_that_is_called_as_a_part_of_another_is_found_lost(office: SmallOffice) -> None:
    order = office.order("1001", ("CUP", 1), ("PLATE", 1))
    office.amend(order, "split", {"lines": [2]})
    office.run()
    place(office, "1001/2")
    office.run(later_ms=LATER_MS)
    assert office.rows("SELECT external_id, parent, state FROM orders ORDER BY id") == [
        ("1001", None, "shipped"), ("1001/3", order, "shipped"), ("1001/2", None, "shipped"),
    ]  # fmt: skip
    assert office.one("SELECT because FROM events WHERE activity = 'renamed'").startswith("was 1001/2, ")
    assert office.wrong() == []


def test_orders_that_are_yet_to_be_collected_are_not_lost(office: SmallOffice) -> None:
    place(office, "L1")
    office.shop.endless = True
    office.run()
    assert office.shop.listings == 0
    assert office.rows("SELECT external_id FROM orders") == []
