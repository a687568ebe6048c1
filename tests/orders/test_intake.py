"""Intake: each order comes in exactly once, and what was cancelled before it came is not forgotten."""

from collections.abc import Iterator

import pytest

from afterclick.domain.order import URGENT, Address, Line, NewOrder, Particulars
from afterclick.orders.intake.delivery import Cancelled, Delivery
from afterclick.orders.intake.receive import receive
from afterclick.store.database import Database
from afterclick.store.tables import metadata
from afterclick.store.transaction import Tx


@pytest.fixture
def tx(database_url: str) -> Iterator[Tx]:
    database = Database(database_url)
    with database.transaction() as transaction:
        metadata.create_all(transaction.connection)
        yield transaction
    database.dispose()


def order(external_id: str = "S-1", *, store: str = "shop", event: str = "", priority: int = 5) -> Delivery:
    lines = (Line(1, "A", 2, 500), Line(2, "B", 1, 300))
    particulars = Particulars(ship_to=Address(line1="Weg 1", country="DE"), problems=("total is missing",))
    return Delivery(event, NewOrder(store, external_id, 1_000, "C-9", "EUR", 1300, lines, particulars, priority=priority))


def cancel(external_id: str = "S-1", *, event: str = "") -> Delivery:
    return Delivery(event, Cancelled("shop", external_id))


def test_a_new_order_is_stored_with_its_lines_and_fingerprints(tx: Tx) -> None:
    assert receive(tx, [order(priority=URGENT)], now_ms=5_000).new == ((1, URGENT),)
    row = tx.rows("SELECT store, external_id, placed_ms, received_ms, total, country, state, since_ms, particulars FROM orders")[
        0
    ]
    assert row[:8] == ("shop", "S-1", 1_000, 5_000, 1300, "DE", "received", 5_000)
    assert '"total is missing"' in row[8]
    assert tx.rows("SELECT order_id, no, sku, quantity, unit_price FROM order_lines ORDER BY no") == [
        (1, 1, "A", 2, 500),
        (1, 2, "B", 1, 300),
    ]
    assert all(len(key) == 16 for key in tx.rows("SELECT address_key, basket_key FROM orders")[0])


def test_the_same_order_comes_in_once_within_a_batch_and_later(tx: Tx) -> None:
    first = receive(tx, [order(event="e1"), order(event="e1"), order(event="e2"), order("S-2")], now_ms=1)
    assert (first.new, first.duplicates) == (((1, 5), (2, 5)), 2)
    again = receive(tx, [order(event="e1"), order(event="e3"), order("S-2")], now_ms=2)
    assert (again.new, again.duplicates) == ((), 3)
    assert tx.rows("SELECT event FROM deliveries ORDER BY event") == [("e1",), ("e2",), ("e3",)]


def test_the_same_number_at_two_stores_is_two_orders(tx: Tx) -> None:
    assert receive(tx, [order(store="a"), order(store="b")], now_ms=1).new == ((1, 5), (2, 5))


def test_order_ids_have_no_gaps(tx: Tx) -> None:
    receive(tx, [order("S-1"), order("S-1")], now_ms=1)
    assert receive(tx, [order("S-2")], now_ms=1).new == ((2, 5),)


def test_a_cancellation_names_the_order_to_cancel(tx: Tx) -> None:
    receive(tx, [order()], now_ms=1)
    found = receive(tx, [cancel(event="e9")], now_ms=2)
    assert (found.cancelled_ids, found.remembered) == ((1,), 0)
    assert receive(tx, [cancel(event="e9")], now_ms=3).duplicates == 1


def test_an_order_and_its_cancellation_may_come_together_in_any_order(tx: Tx) -> None:
    assert receive(tx, [cancel(), order()], now_ms=1).cancelled_ids == (1,)


def test_a_cancellation_that_comes_first_is_remembered(tx: Tx) -> None:
    assert receive(tx, [cancel(), cancel()], now_ms=1).remembered == 1
    assert receive(tx, [cancel()], now_ms=2).remembered == 0
    found = receive(tx, [order(), order("S-2")], now_ms=3)
    assert (found.new, found.cancelled_ids) == (((1, 5), (2, 5)), (1,))


def test_an_event_cannot_pass_for_a_remembered_cancellation(tx: Tx) -> None:
    receive(tx, [order("S-9", event="cancel:S-1")], now_ms=1)
    assert receive(tx, [order()], now_ms=2).cancelled_ids == ()


def part(tx: Tx, number: str) -> None:
    tx.run("UPDATE orders SET parent = 99 WHERE external_id = ?", (number,))


def test_an_order_that_the_store_calls_as_we_have_called_a_part_comes_in(tx: Tx) -> None:
    receive(tx, [order("1001"), order("1001/2"), order("1001/3")], now_ms=1)
    part(tx, "1001/2")
    found = receive(tx, [order("1001/2"), order("1001/4")], now_ms=2)
    assert (len(found.new), found.duplicates, found.renamed) == (2, 0, ((2, "1001/2"),))
    assert tx.rows("SELECT external_id FROM orders ORDER BY id") == [
        ("1001",), ("1001/5",), ("1001/3",), ("1001/2",), ("1001/4",),
    ]  # fmt: skip
    assert receive(tx, [order("1001/2")], now_ms=3).duplicates == 1


def test_a_cancellation_does_not_name_a_part_that_only_we_call_so(tx: Tx) -> None:
    receive(tx, [order("1001/2")], now_ms=1)
    part(tx, "1001/2")
    assert receive(tx, [cancel("1001/2")], now_ms=2).cancelled_ids == ()


def test_nothing_delivered_is_nothing_received(tx: Tx) -> None:
    assert receive(tx, [], now_ms=1).new == ()
