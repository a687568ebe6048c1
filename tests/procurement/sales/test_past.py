"""Sales from before the office: what files tell of them, and how they meet the office's own orders."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from afterclick.procurement.foresee import Made, made
from afterclick.procurement.sales import own, past
from afterclick.procurement.sales.days import read_sales
from afterclick.store.database import Database
from afterclick.store.tables import metadata
from tests.procurement.buying.buying_office import DAY_MS, START_MS
from tests.procurement.planning.past import sell, stock
from tests.procurement.sales.files import csv

TODAY = own.day_of(START_MS)
SINCE_MS = own.weeks_before(TODAY, 60)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    metadata.create_all(found.engine)
    with found.transaction() as tx:
        tx.run_many(
            "INSERT INTO items (sku, name, category, price, currency, components) VALUES (?, ?, 'table', 1000, 'EUR', ?)",
            [("CUP", "Cup", None), ("PLATE", "Plate", None), ("SET", "Set", '{"CUP":4,"PLATE":2}')],
        )
    yield found
    found.dispose()


def keep(database: Database, folder: Path, rows: list[tuple[str, int, int]], *, price: str = "") -> past.Kept:
    """Take in a file of (SKU, days ago, pieces)."""
    header = "sku,date,quantity" + (",price" if price else "")
    lines = [f"{sku},{TODAY - timedelta(days=ago)},{pieces}" + (f",{price}" if price else "") for sku, ago, pieces in rows]
    sales = read_sales(csv(folder, "\n".join([header, *lines]) + "\n"), today=TODAY)
    with database.transaction() as tx:
        return past.keep(tx, sales, source="sales.csv")[0]


def days(database: Database) -> dict[tuple[str, int], int]:
    """(SKU, days ago) → pieces, as forecasts see it."""
    with database.reading() as tx:
        found = own.own_days(tx, since_ms=SINCE_MS, until_ms=START_MS)
    return {(item, (TODAY - day).days): pieces for item, day, pieces in found.select("item", "day", "quantity").rows()}


def test_past_sales_count_up_to_the_day_before_the_first_order(database: Database, tmp_path: Path) -> None:
    keep(database, tmp_path, [("CUP", ago, 5) for ago in range(1, 11)])
    assert days(database) == {("CUP", ago): 5 for ago in range(1, 11)}
    with database.transaction() as tx:
        sell(tx, [(4 * DAY_MS - DAY_MS // 2, "CUP", 40)], state="refused")
        sell(tx, [(3 * DAY_MS - DAY_MS // 2, "CUP", 2)], first=10)
    assert days(database) == {("CUP", ago): 5 for ago in range(4, 11)} | {("CUP", 3): 2}


def test_the_same_file_again_changes_nothing_and_a_corrected_one_replaces(database: Database, tmp_path: Path) -> None:
    first = [("CUP", 5, 3), ("CUP", 4, 2), ("PLATE", 4, 1)]
    for _ in range(2):
        kept = keep(database, tmp_path, first)
        assert (kept.items, kept.item_days, kept.pieces) == (2, 3, 6)
        assert days(database) == {("CUP", 5): 3, ("CUP", 4): 2, ("PLATE", 4): 1}
    keep(database, tmp_path, [("CUP", 5, 30)])
    assert days(database) == {("CUP", 5): 30, ("CUP", 4): 2, ("PLATE", 4): 1}


def test_what_the_catalogue_does_not_know_is_named_and_left_out(database: Database, tmp_path: Path) -> None:
    kept = keep(database, tmp_path, [("CUP", 5, 3), ("MUG", 5, 7), ("MUG", 4, 1), ("VASE", 3, 20)])
    assert list(kept.unknown.items()) == [("VASE", 20), ("MUG", 8)]
    assert days(database) == {("CUP", 5): 3}


def test_skus_are_the_same_in_small_letters_and_in_capitals(database: Database, tmp_path: Path) -> None:
    with database.transaction() as tx:
        tx.run("INSERT INTO items (sku, name, category, price, currency) VALUES ('mug-s', 'Mug', 'table', 1000, 'EUR')")
    kept = keep(database, tmp_path, [("cup", 5, 3), ("Cup", 5, 1), ("MUG-S", 5, 2), ("mug-s", 4, 2), ("vase", 5, 7)])
    assert dict(kept.unknown) == {"VASE": 7}
    assert days(database) == {("CUP", 5): 4, ("mug-s", 5): 2, ("mug-s", 4): 2}


def test_a_bundle_of_the_past_is_demand_for_its_parts_and_prices_become_minor_units(database: Database, tmp_path: Path) -> None:
    keep(database, tmp_path, [("SET", 5, 3)], price="12.50")
    assert days(database) == {("CUP", 5): 12, ("PLATE", 5): 6}
    with database.reading() as tx:
        assert tx.rows("SELECT value FROM past_sales") == [(3750,)]


def test_months_are_refused_since_nobody_can_tell_weeks_from_them(database: Database, tmp_path: Path) -> None:
    text = "sku,month,quantity\n" + "".join(f"CUP,2025-{month:02},30\n" for month in range(1, 13))
    sales = read_sales(csv(tmp_path, text), {"date": "month"}, today=TODAY)
    with database.transaction() as tx, pytest.raises(past.TooCoarse, match="need days or weeks"):
        past.keep(tx, sales, source="sales.csv")


def test_a_new_office_forecasts_from_its_first_night_and_no_shelf_of_before_it_hides_demand(
    database: Database, tmp_path: Path
) -> None:
    rows = [("CUP", ago, 6) for ago in range(15, 400)] + [("PLATE", ago, 2) for ago in range(15, 400, 3)]
    keep(database, tmp_path, rows)
    with database.transaction() as tx:
        stock(tx, {("CUP", "W1"): 50}, days_ago=14)
        sell(tx, [(ago * DAY_MS - DAY_MS // 2, "CUP", 6) for ago in range(1, 15)])
        found = made(tx, country="DE", now_ms=START_MS)
    assert isinstance(found, Made)
    expected = {one.sku: one.mean[0] for one in found.forecasts}
    assert 35 < expected["CUP"] < 50
    assert expected["PLATE"] < 10
    cup = next(one.past for one in found.forecasts if one.sku == "CUP")
    assert len(cup.sold) >= 50
    assert max(cup.lost[:-3]) == 0
