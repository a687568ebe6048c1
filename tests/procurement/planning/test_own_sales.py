"""What the office sold, as its forecasts see it."""

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest

from afterclick.procurement.sales import own
from afterclick.store.database import Database
from afterclick.store.tables import metadata
from tests.procurement.buying.buying_office import DAY_MS, START_MS
from tests.procurement.planning.past import sell, stock

SINCE_MS = own.weeks_before(own.day_of(START_MS), 10)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    metadata.create_all(found.engine)
    with found.transaction() as tx:
        tx.run_many(
            "INSERT INTO items (sku, name, category, price, currency, components) VALUES (?, ?, ?, 1000, 'EUR', ?)",
            [
                ("CUP", "Cup", "table", None),
                ("PLATE", "Plate", "table", None),
                ("SET", "Set", "table", '{"CUP":4,"PLATE":2}'),
                ("TWO", "Two sets", "table", '{"SET":2}'),
            ],
        )
    yield found
    found.dispose()


def days(database: Database) -> dict[tuple[str, int], tuple[int, int]]:
    """(SKU, days before the start) → pieces and the largest line."""
    with database.reading() as tx:
        found = own.own_days(tx, since_ms=SINCE_MS, until_ms=START_MS)
    today = own.day_of(START_MS)
    return {
        (item, (today - day).days): (quantity, largest)
        for item, day, quantity, largest in found.select("item", "day", "quantity", "largest").rows()
    }


def test_orders_count_on_the_day_of_placing_whether_they_have_shipped_or_wait(database: Database) -> None:
    with database.transaction() as tx:
        sell(tx, [(3 * DAY_MS, "CUP", 2), (3 * DAY_MS, "CUP", 5)])
        sell(tx, [(3 * DAY_MS, "CUP", 1)], first=10, state="waiting")
        sell(tx, [(3 * DAY_MS, "CUP", 40)], first=20, state="refused")
        sell(tx, [(3 * DAY_MS, "CUP", 50)], first=30, state="cancelled")
    assert days(database) == {("CUP", 3): (8, 5)}


def test_today_is_left_out_since_it_has_not_ended(database: Database) -> None:
    with database.transaction() as tx:
        sell(tx, [(0, "CUP", 2), (DAY_MS, "CUP", 3)])
    assert days(database) == {("CUP", 1): (3, 3)}


def test_a_bundle_is_demand_for_its_parts(database: Database) -> None:
    with database.transaction() as tx:
        sell(tx, [(2 * DAY_MS, "SET", 3), (2 * DAY_MS, "CUP", 1)])
    assert days(database) == {("CUP", 2): (13, 12), ("PLATE", 2): (6, 6)}
    with database.reading() as tx:
        values = own.own_days(tx, since_ms=SINCE_MS, until_ms=START_MS).select("item", "value").rows()
    assert values == [("CUP", 2000 + 1000), ("PLATE", 1000)], "the bundle's money is dealt out by pieces"


def test_a_bundle_of_bundles_is_demand_for_what_lies_on_the_shelf(database: Database) -> None:
    with database.transaction() as tx:
        sell(tx, [(2 * DAY_MS, "TWO", 1)])
    assert days(database) == {("CUP", 2): (8, 8), ("PLATE", 2): (4, 4)}


def test_levels_are_told_backwards_from_what_is_on_hand(database: Database) -> None:
    with database.transaction() as tx:
        stock(tx, {("CUP", "W1"): 10, ("CUP", "W2"): 5}, days_ago=6)
        stock(tx, {("CUP", "W1"): -10, ("CUP", "W2"): -5}, days_ago=4, reason="shipment")
        stock(tx, {("CUP", "W1"): 20}, days_ago=2, reason="receipt")
    today = own.day_of(START_MS)
    with database.reading() as tx:
        found = own.stock_days(tx, since_ms=SINCE_MS).rows()
    assert found == [
        ("CUP", today - timedelta(days=6), 15, 15),
        ("CUP", today - timedelta(days=4), 0, 15),
        ("CUP", today - timedelta(days=2), 20, 20),
    ]


def weekly(database: Database) -> dict[str, list[float]]:
    """Each SKU's share of the weeks in which it could be bought; empty where nothing is said of stock."""
    with database.reading() as tx:
        found = own.history(tx, since_ms=SINCE_MS, until_ms=START_MS, country="DE")
    assert found is not None
    known = found.in_stock
    return {} if known is None else {sku: known[row].round(2).tolist() for row, sku in enumerate(found.panel.items)}


@pytest.mark.parametrize("sold_on", [False, True])
def test_an_empty_shelf_hides_demand_unless_the_shop_sells_what_it_has_not(database: Database, sold_on: bool) -> None:
    with database.transaction() as tx:
        stock(tx, {("CUP", "W1"): 100}, days_ago=60)
        sell(tx, [(day * DAY_MS, "CUP", 2) for day in range(60, 35, -1)])
        stock(tx, {("CUP", "W1"): -100}, days_ago=35, reason="shipment")
        if sold_on:
            sell(tx, [(day * DAY_MS, "CUP", 2) for day in range(34, 14, -1)], first=100)
        stock(tx, {("CUP", "W1"): 100}, days_ago=13, reason="receipt")
        sell(tx, [(day * DAY_MS, "CUP", 2) for day in range(13, 0, -1)], first=200)
    if sold_on:
        assert weekly(database) == {}
    else:
        (shares,) = weekly(database).values()
        assert min(shares) < 0.2
        assert shares[0] == shares[-1] == 1.0


def test_an_office_that_sold_nothing_has_no_history(database: Database) -> None:
    with database.reading() as tx:
        assert own.history(tx, since_ms=SINCE_MS, until_ms=START_MS, country="DE") is None


def test_weeks_are_whole_and_in_pieces(database: Database) -> None:
    with database.transaction() as tx:
        sell(tx, [(day * DAY_MS, "CUP", 2) for day in range(40, 0, -1)])
    with database.reading() as tx:
        found = own.history(tx, since_ms=SINCE_MS, until_ms=START_MS, country="DE")
    assert found is not None
    assert found.panel.groups == ("table",)
    assert np.nanmax(found.panel.demand) == 14
