"""The store's own list finds what webhooks lost, and what was cancelled there."""

from collections.abc import Iterator
from typing import Any

import pytest

from afterclick.orders.reconcile import reconcile
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
    office.bank.down = True
    order = office.order("C1")
    place(office, "C1")
    office.shop.cancelled.add("C1")
    office.run()
    assert office.state(order) == "cancelled"
    office.run(later_ms=LATER_MS)
    assert office.verdicts(order) == [("cancel", "done")]


def test_orders_that_are_yet_to_be_collected_are_not_lost(office: SmallOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    place(office, "L1")
    page = office.shop.orders(cursor="", limit=1)
    monkeypatch.setattr(office.shop, "orders", lambda cursor, limit: type(page)((b"{}",), "1", True))
    office.run()
    assert office.shop.listings == 0
    assert office.rows("SELECT external_id FROM orders") == []
