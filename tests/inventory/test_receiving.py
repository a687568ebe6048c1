"""Goods that arrive are on the shelf and on the books, and close what was asked for."""

from collections.abc import Iterator

import pytest

from afterclick.inventory.places import UnknownPlace
from afterclick.inventory.receiving import receive
from afterclick.store import purchases, stock
from afterclick.store.database import Database
from afterclick.store.tables import metadata
from afterclick.store.transaction import Tx


@pytest.fixture
def tx(database_url: str) -> Iterator[Tx]:
    database = Database(database_url)
    metadata.create_all(database.engine)
    with database.transaction() as transaction:
        transaction.run("INSERT INTO warehouses (id, name, latitude, longitude) VALUES ('W1', 'One', 0, 0)")
        transaction.run_many("INSERT INTO items (sku) VALUES (?)", [("A",), ("B",)])
        yield transaction
    database.dispose()


def test_pieces_of_one_place_are_booked_together_and_said_once(tx: Tx) -> None:
    events = receive(tx, [("A", "W1", 3), ("B", "W1", 1), ("A", "W1", 4)], by="anna", now_ms=9)
    assert [(event.activity, event.object, event.because) for event in events] == [
        ("stock.arrived", "stock/A@W1", "7 pieces came in"),
        ("stock.arrived", "stock/B@W1", "1 pieces came in"),
    ]
    assert tx.rows("SELECT sku, on_hand FROM stock_levels ORDER BY sku") == [("A", 7), ("B", 1)]
    assert tx.rows("SELECT sku, quantity, reason, note, at_ms FROM stock_moves ORDER BY sku") == [
        ("A", 7, "receipt", "anna", 9),
        ("B", 1, "receipt", "anna", 9),
    ]


def test_an_open_replenishment_is_closed_and_what_is_on_order_counts_down(tx: Tx) -> None:
    stock.ask_replenishment(tx, {("A", "W1"): (10, "low"), ("B", "W1"): (5, "low")}, now_ms=1)
    tx.run("INSERT INTO purchase_orders (id, number, warehouse, state) VALUES (1, 'PO-1', 'W1', 'sent')")
    tx.run("INSERT INTO purchase_lines (purchase, no, sku, quantity) VALUES (1, 1, 'A', 10)")
    purchases.on_order(tx, {("A", "W1"): 10})
    receive(tx, [("A", "W1", 6)], by="anna", now_ms=9)
    assert tx.rows("SELECT sku, state, closed_ms FROM replenishments ORDER BY sku") == [("A", "closed", 9), ("B", "open", 0)]
    assert tx.value("SELECT on_order FROM stock_levels") == 4


@pytest.mark.parametrize(
    ("row", "because"),
    [
        (("X", "W1", 1), "SKU 'X'"),
        (("A", "W9", 1), "known are W1"),
        (("A", "W1", 0), "0 pieces"),
        (("A", "W1", 10**18), "1,000,000,000"),
    ],
)
def test_a_row_that_cannot_be_booked_stops_all(tx: Tx, row: tuple[str, str, int], because: str) -> None:
    with pytest.raises(UnknownPlace, match=because):
        receive(tx, [("A", "W1", 1), row], by="anna", now_ms=9)
    assert tx.value("SELECT COUNT(*) FROM stock_moves") == 0
