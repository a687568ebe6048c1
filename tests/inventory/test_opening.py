"""The invented opening stock covers the demand that it says, and says that it is invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterclick.engine.checks import prove
from afterclick.inventory import checks, opening
from afterclick.inventory.opening import NotOpenable, open_stock
from afterclick.store.transaction import Tx

DAY_MS = 86_400_000


def history(tx: Tx) -> None:
    """Ten days in which 100 of A and 7 of B were ordered."""
    tx.run_many("INSERT INTO items (sku) VALUES (?)", [("A",), ("B",)])
    tx.run_many("INSERT INTO orders (id, external_id, placed_ms) VALUES (?, ?, ?)", [(1, "1", DAY_MS), (2, "2", 10 * DAY_MS + 5)])
    tx.run_many(
        "INSERT INTO order_lines (order_id, no, sku, quantity) VALUES (?, ?, ?, ?)",
        [(1, 1, "A", 60), (2, 1, "A", 40), (2, 2, "B", 7)],
    )


def test_stock_for_as_long_as_the_history_covers_all_of_it(tx: Tx) -> None:
    history(tx)
    events = open_stock(tx, cover_days=10, warehouses=3, now_ms=9)
    found = dict(tx.rows("SELECT sku, SUM(on_hand) FROM stock_levels GROUP BY sku"))
    assert found["A"] >= 100
    assert 7 <= found["B"] <= 9
    assert tx.value("SELECT COUNT(*) FROM warehouses") == 3
    assert {row[0] for row in tx.rows("SELECT DISTINCT reason || ' ' || note FROM stock_moves")} == {"opening invented"}
    assert all("invented" in event.because for event in events)
    assert {event.activity for event in events} == {"warehouse.opened", "stock.opened", "stock.arrived"}
    assert all(prove(tx, check).ok for check in checks.checks())
    assert tx.value("SELECT MIN(reorder_point) FROM stock_levels") > 0


def test_stock_for_fewer_days_is_less(tx: Tx) -> None:
    history(tx)
    open_stock(tx, cover_days=2, warehouses=1, now_ms=9)
    assert tx.rows("SELECT sku, on_hand FROM stock_levels ORDER BY sku") == [("A", 20), ("B", 2)]


def test_warehouses_that_are_there_are_used(tx: Tx) -> None:
    history(tx)
    tx.run("INSERT INTO warehouses (id, name, latitude, longitude) VALUES ('HQ', 'Home', 0, 0)")
    open_stock(tx, cover_days=10, warehouses=3, now_ms=9)
    assert tx.rows("SELECT DISTINCT warehouse FROM stock_levels") == [("HQ",)]


def test_what_cannot_be_opened_is_said(tx: Tx) -> None:
    with pytest.raises(NotOpenable, match="no orders"):
        open_stock(tx, cover_days=10, warehouses=3, now_ms=9)
    history(tx)
    for cover_days, warehouses in ((0, 1), (1, 0), (1, 21), (10_000, 1)):
        with pytest.raises(NotOpenable, match="1 to"):
            open_stock(tx, cover_days=cover_days, warehouses=warehouses, now_ms=9)
    open_stock(tx, cover_days=10, warehouses=3, now_ms=9)
    with pytest.raises(NotOpenable, match="already"):
        open_stock(tx, cover_days=10, warehouses=3, now_ms=9)


@given(st.integers(1, 10**6), st.integers(1, 20))
def test_shares_lose_no_piece(pieces: int, places: int) -> None:
    shares = opening._shares(pieces, places)
    assert len(shares) == places
    assert pieces <= sum(shares) <= pieces + places
    assert min(shares) >= 0
