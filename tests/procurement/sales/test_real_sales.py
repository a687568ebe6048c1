"""Real sales files with their real dirt."""

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from afterclick.procurement.forecasting.unusual import bulk_orders
from afterclick.procurement.sales.days import read_sales
from afterclick.procurement.sales.periods import history
from afterclick.reading.tables.rows import BadFile

pytestmark = pytest.mark.realdata
TODAY = date(2025, 6, 30)


def test_a_gift_retailer_with_returns_and_two_huge_orders(shared_data: Path) -> None:
    sales = read_sales(shared_data / "online_retail" / "online_retail_2010-12_2011-08.parquet", today=TODAY)
    assert sales.lines == 320_705
    assert not sales.set_aside
    past = history(sales, "W")
    assert (past.panel.starts[0], past.panel.starts[-1]) == (date(2010, 12, 6), date(2011, 8, 22))
    assert np.nansum(past.panel.demand) < 3_300_000, (
        "74,215 pieces of 23166 were ordered and cancelled within a quarter of an hour"
    )
    row = past.panel.items.index("23166")
    assert np.nansum(past.panel.demand[row]) < 10_000
    bulk = bulk_orders(past.panel, past.largest)
    assert bulk.pieces[past.panel.items.index("37413")].max() == 5_568
    assert bulk.pieces.sum() < 0.08 * np.nansum(past.panel.demand)


def test_groceries_by_store(shared_data: Path) -> None:
    sales = read_sales(shared_data / "complete_journey" / "transactions_sample_2017_Q1-Q3.parquet", today=TODAY)
    past = history(sales, "W", place_wise=True)
    assert len(set(past.panel.places)) > 100
    assert past.panel.price is not None


def test_daily_totals_of_a_supermarket(shared_data: Path) -> None:
    sales = read_sales(shared_data / "m5_small" / "m5_small_to_2015-12.parquet", today=TODAY)
    past = history(sales, "W")
    assert len(past.panel.items) == 8
    assert past.largest is None
    assert past.panel.starts[0] == date(2011, 1, 31)


def test_weekly_figures_with_prices_and_deals(shared_data: Path, tmp_path: Path) -> None:
    raw = shared_data / "orange_juice" / "store_week_brand_half_a.parquet"
    with pytest.raises(BadFile, match=r"no column was recognised for item, quantity: .*'brand', 'week', 'logmove'"):
        read_sales(raw, today=TODAY)
    with pytest.raises(BadFile, match=r"none of its .* lines can be used; the first: line 2, the date cannot be read"):
        read_sales(raw, {"item": "brand", "quantity": "logmove"}, today=TODAY)
    table = pl.read_parquet(raw).select(
        "store", "brand", "deal", units=pl.col("logmove").exp().round(), price="price1",
        week=pl.date(1989, 9, 14) + pl.duration(days=7 * pl.col("week")),
    )  # fmt: skip
    table.write_csv(tmp_path / "juice.csv")
    past = history(read_sales(tmp_path / "juice.csv", {"item": "brand"}, today=TODAY), "W", place_wise=True)
    assert past.panel.promoted is not None
    assert past.panel.demand.shape[0] > 300
    assert 0.1 < past.panel.promoted.mean() < 0.6
