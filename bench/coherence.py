"""Measure what making forecasts add up does to them, on two years of weekly sales of a real gift shop.

    python bench/coherence.py

The catalogue has no categories, so the first two characters of an article's code stand for one (they follow when it was listed).
Items are forecast by the common model, categories and the total by `regular`, 4 weeks ahead from the end of January, March and
June 2011: none of the cut-offs of bench/forecast.py. Three ways: as they are (they do not add up), bottom-up (the items decide),
and reconciled. Lower is better; bias nearest to 0.
"""

import json
import os
import time
from datetime import date, timedelta
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import polars as pl

from afterclick.procurement.forecasting import combining
from afterclick.procurement.forecasting.coherence import above, bottom_up, reconcile
from afterclick.procurement.forecasting.measures import bias, revenue_weights, root_squared_errors, wape, weighted, wspl
from afterclick.procurement.forecasting.panel import Numbers, Panel, Prediction
from afterclick.procurement.forecasting.regular import regular

DATA = Path(__file__).parents[2] / "shared" / "data" / "online_retail"
FILES = ("online_retail_2009-12_2010-11.parquet", "online_retail_2010-12_2011-08.parquet")
HORIZON = 4
CUTS = (60, 68, 82)


def shop() -> Panel:
    """Pieces sold by article and week, unknown before an article's first sale; five digits begin the code of everything sold."""
    parts: list[pl.DataFrame] = []
    for file in FILES:
        rows = pl.read_parquet(DATA / file)
        parts.append(
            rows.select(
                pl.col("StockCode").cast(pl.Utf8).str.to_uppercase().alias("item"),
                pl.col("InvoiceDate").cast(pl.Datetime).dt.truncate("1w").dt.date().alias("week"),
                pl.col("Quantity").cast(pl.Float64).alias("pieces"),
                pl.col("UnitPrice").cast(pl.Float64).alias("price"),
            ).filter((pl.col("pieces") > 0) & (pl.col("price") > 0) & pl.col("item").str.contains(r"^\d{5}"))
        )
    sold = pl.concat(parts).group_by("item", "week").agg(pl.col("pieces").sum(), pl.col("price").median()).sort("item", "week")
    items = sold["item"].unique().sort().to_list()
    found: list[date] = sold["week"].to_list()
    first, last = min(found), max(found)
    weeks = (last - first).days // 7  # the last week is not whole
    place = {item: row for row, item in enumerate(items)}
    demand, price = np.zeros((len(items), weeks)), np.full((len(items), weeks), np.nan)
    for item, week, pieces, at_price in sold.iter_rows():
        if (column := (week - first).days // 7) < weeks:
            demand[place[item], column], price[place[item], column] = pieces, at_price
    demand[np.cumsum(demand, axis=1) == 0] = np.nan
    known = np.maximum.accumulate(np.where(np.isfinite(price), np.arange(weeks), -1), axis=1)
    price = np.where(known >= 0, np.take_along_axis(price, np.maximum(known, 0), axis=1), np.nan)
    starts = tuple(first + timedelta(weeks=week) for week in range(weeks))
    return Panel(tuple(items), starts, "W", demand, price=price, groups=tuple(item[:2] for item in items), country="GB")


def figures(past: Panel, actual: Numbers, items: Prediction, upper: Numbers) -> tuple[float, ...]:
    """WRMSSE, WSPL and bias of the items; WAPE of the categories and of the total."""
    truth = above(Panel(past.items, past.starts[:HORIZON], "W", np.nan_to_num(actual), groups=past.groups)).demand
    errors = root_squared_errors(past.demand, actual, items.mean)
    return (
        weighted(errors, revenue_weights(past)), wspl(past, actual, items), bias(actual, items.mean),
        wape(truth[:-1], upper[:-1]), wape(truth[-1:], upper[-1:]),
    )  # fmt: skip


def main() -> None:
    """Measures and prints a table, and one JSON line last."""
    panel, began = shop(), time.process_time()
    found: dict[str, list[tuple[float, ...]]] = {"as they are": [], "bottom-up": [], "reconciled": []}
    for cut in CUTS:
        known = np.isfinite(panel.demand[:, cut - 8]) & (np.nansum(panel.demand[:, cut - 26 : cut], axis=1) > 0)
        some = panel.only(np.flatnonzero(known))
        past, actual = some.upto(cut), some.demand[:, cut : cut + HORIZON]
        items, upper = combining.train(past, HORIZON).predict(past), regular(above(past), HORIZON)
        joined = reconcile(items, upper, past.groups)
        found["as they are"].append(figures(past, actual, items, upper.mean))
        found["bottom-up"].append(figures(past, actual, items, bottom_up(items, past.groups)))
        found["reconciled"].append(figures(past, actual, joined.items, joined.above.mean))
    print(f"{len(panel.items)} items, {len(set(panel.groups))} categories, {time.process_time() - began:.0f} CPU s")
    names = ("wrmsse", "wspl", "bias", "wape_categories", "wape_total")
    print(f"{'':<14}" + "".join(f"{name:>17}" for name in names))
    summary = {way: dict(zip(names, np.mean(rows, axis=0).round(4).tolist(), strict=True)) for way, rows in found.items()}
    for way, row in summary.items():
        print(f"{way:<14}" + "".join(f"{value:>17.3f}" for value in row.values()))
    print(json.dumps(summary))


if __name__ == "__main__":
    main()
