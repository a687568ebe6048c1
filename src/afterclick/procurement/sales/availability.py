"""Tell from the stock that a sales file gives how much of each period an item could be bought in."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from afterclick.procurement.forecasting.panel import Numbers

OUT_AT_MOST: Final = 182
"""Days after which an item without stock is taken for given up, not for sold out."""


def in_stock(days: pl.DataFrame, shape: tuple[int, int], edges: Sequence[date], period_days: int) -> Numbers | None:
    """The share of each period in which an item could be bought, items × periods; None where the file says nothing of stock.

    A day without stock and without sales is lost, one on which it sold out half of it; without stock it stays until the file says
    else. Over several places, each counts the same.

    Args:
        days: rows with `row`, `place`, `day`, `period`, `quantity`, and the day's `stock_least` and `stock_most`.
        edges: the first days of the periods, and the day after the last one.
        period_days: how many days a row stands for.
    """
    if "stock_least" not in days.columns or days["stock_least"].null_count() == days.height:
        return None
    known = days.filter(pl.col("stock_least").is_not_null()).sort("row", "place", "day")
    known = known.with_columns(until=pl.col("day").shift(-1).over("row", "place"), ends_out=pl.col("stock_least") <= 0)
    sold_out = (pl.col("stock_most") > 0) | (pl.col("quantity") > 0)
    own = pl.when("ends_out").then(pl.when(sold_out).then(0.5).otherwise(1.0)).otherwise(0.0)
    lost = pl.concat([known.select("row", "period", lost=own * period_days), _between(known, edges, period_days)])
    total = lost.group_by("row", "period").agg(pl.col("lost").sum())
    spread: Numbers = np.zeros(shape)
    spread[total["row"].to_numpy(), total["period"].to_numpy()] = total["lost"].to_numpy()
    places = days.group_by("row").agg(pl.col("place").n_unique())
    counted = np.ones(shape[0])
    counted[places["row"].to_numpy()] = places["place"].to_numpy()
    lengths = np.diff([edge.toordinal() for edge in edges]).astype(np.float64)
    return np.clip(1 - spread / (lengths * counted[:, None]), 0.0, 1.0)


def _between(known: pl.DataFrame, edges: Sequence[date], period_days: int) -> pl.DataFrame:
    """The days between a row without stock and the next one of the same item and place."""
    first = pl.col("day") + pl.duration(days=period_days)
    gaps = known.filter("ends_out").select("row", first=first, end=pl.col("until").fill_null(edges[-1]))
    gaps = gaps.with_columns(end=pl.min_horizontal(pl.col("end"), pl.col("first") + pl.duration(days=OUT_AT_MOST)))
    gone = gaps.filter(pl.col("first") < pl.col("end"))
    gone = gone.select("row", day=pl.date_ranges("first", "end", closed="left")).explode("day")
    starts = pl.Series(edges[:-1]).to_physical().to_numpy()
    period = np.searchsorted(starts, gone["day"].to_physical().to_numpy(), side="right") - 1
    gone = gone.with_columns(period=pl.Series(period, dtype=pl.Int32), lost=pl.lit(1.0))
    return gone.filter(pl.col("day") < edges[-1]).select("row", "period", "lost")
