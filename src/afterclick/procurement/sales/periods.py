"""Turn daily sums of sales into demand per item and period, the shape that every forecast starts from."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from afterclick.procurement.forecasting.panel import Freq, Numbers, Panel
from afterclick.procurement.sales.availability import in_stock
from afterclick.procurement.sales.days import Sales
from afterclick.reading.tables.rows import BadFile

LONGEST: Final[dict[Freq, int]] = {"D": 1_826, "W": 1_044, "M": 600, "Q": 240}
"""Periods of history that are looked at: what lies before says nothing about the coming ones, and a wrong year costs nothing."""
MOST_SERIES: Final = 300_000
SELDOM: Final = 0.2
"""A weekday on which there were sales in a smaller share of the weeks is no trading day."""
WORDS: Final[dict[Freq, str]] = {"D": "day", "W": "week", "M": "month", "Q": "quarter"}
_EVERY: Final[dict[Freq, str]] = {"D": "1d", "W": "1w", "M": "1mo", "Q": "1q"}
_DAYS: Final[dict[Freq, int]] = {"D": 1, "W": 7, "M": 30, "Q": 91}


@dataclass(frozen=True)
class History:
    """A panel with what is known beside it, both items × periods.

    `largest` are the pieces of the largest single order of a period, or None where the file holds totals. `in_stock` is the share
    of a period in which an item could be bought, or None where nothing is known about stock.
    """

    panel: Panel
    largest: Numbers | None = None
    in_stock: Numbers | None = None
    notes: tuple[str, ...] = ()

    def known_at(self, period: int) -> "tuple[History, npt.NDArray[np.intp]]":
        """What was known when the first `period` periods had passed, of the items that had been sold by then, and their rows."""
        panel = self.panel.upto(period)
        rows = np.flatnonzero(np.isfinite(panel.demand).any(axis=1))
        largest = None if self.largest is None else self.largest[rows, :period]
        available = None if self.in_stock is None else self.in_stock[rows, :period]
        return replace(self, panel=panel.only(rows), largest=largest, in_stock=available), rows


def history(sales: Sales, freq: Freq, *, place_wise: bool = False, country: str = "") -> History:
    """The demand of every item (and place, with `place_wise`) in periods of `freq`; weeks start on Monday.

    A period that has not ended is left out, and so is one at the start that the file holds only a part of.

    Raises:
        BadFile: the file's own figures are for longer periods than `freq`, or there are more series than `MOST_SERIES`.
    """
    if sales.period_days > _DAYS[freq]:
        kinds: list[Freq] = [one for one in _DAYS if _DAYS[one] == sales.period_days]
        kind = kinds[0]
        raise BadFile(f"the file has one figure for each {WORDS[kind]}, so no {WORDS[freq]} can be forecast: use --freq {kind}")
    starts, notes = _starts(sales, freq)
    keys = ["item", "place"] if place_wise else ["item"]
    series = sales.days.select(keys).unique().with_columns(pl.col(keys).cast(pl.String)).sort(keys)
    if series.height > MOST_SERIES:
        raise BadFile(f"the file has {series.height:,} items to forecast, more than {MOST_SERIES:,}: split it")
    numbered = series.with_row_index("row").with_columns(pl.col(keys).cast(pl.Categorical))
    days = _placed(_weighed(sales.days), numbered, keys, starts, freq)
    shape = (series.height, len(starts))
    sums = days.group_by("row", "period").agg(_sums(days))
    demand = _spread(sums, "quantity", shape, 0.0)
    demand[_before_first_sale(demand, days, shape)] = np.nan
    planned = _planned(sales, numbered, keys, starts, freq)
    panel = Panel(
        tuple(series["item"].to_list()), tuple(starts), freq, demand,
        tuple(series["place"].to_list()) if place_wise else (), _price(sums, planned, demand),
        _promoted(sums, planned, shape), _groups(sales.days, series), country,
    )  # fmt: skip
    edges = [*starts, next_start(starts[-1], freq)]
    largest = _spread(sums, "largest", shape, 0.0) if _single_sales(sales) else None
    return History(panel, largest, in_stock(days, shape, edges, sales.period_days), tuple(notes))


def period_start(day: date, freq: Freq) -> date:
    """The first day of the period in which a day lies."""
    if freq == "W":
        return day - timedelta(days=day.weekday())
    if freq == "D":
        return day
    return day.replace(month=day.month if freq == "M" else 3 * ((day.month - 1) // 3) + 1, day=1)


def next_start(start: date, freq: Freq, count: int = 1) -> date:
    """The first day of the `count`th period after the one that starts on `start`."""
    if freq in ("D", "W"):
        return start + timedelta(days=count * _DAYS[freq])
    months = 12 * start.year + start.month - 1 + count * (1 if freq == "M" else 3)
    return date(months // 12, months % 12 + 1, 1)


def _starts(sales: Sales, freq: Freq) -> tuple[list[date], list[str]]:
    """The first days of the whole periods of the file, and what is said about those that are not whole."""
    known: list[date] = sales.days["day"].unique().sort().to_list()
    start, end = period_start(known[0], freq), period_start(known[-1], freq)
    starts = pl.date_range(start, end, _EVERY[freq], eager=True).to_list()
    notes: list[str] = []
    if sales.period_days < _DAYS[freq] and len(starts) > 2:
        first, last = _reach(known, sales.period_days)
        trading = _trading(known, sales.period_days)
        if _trades(last + timedelta(days=1), next_start(end, freq), trading):
            starts.pop()
            notes.append(f"the {WORDS[freq]} of {end} has not ended in the file (its last day is {last}): left out, and forecast")
        if _trades(start, first, trading):
            starts.pop(0)
            notes.append(f"the {WORDS[freq]} of {start} is not whole in the file (its first day is {first}): left out")
    if len(starts) > LONGEST[freq]:
        notes.append(f"only the last {LONGEST[freq]:,} {WORDS[freq]}s are looked at; the file begins {known[0]}")
    return starts[-LONGEST[freq] :], notes


def _reach(known: list[date], period_days: int) -> tuple[date, date]:
    """The first and the last day that a file's figures tell of; a month's figure may be dated by its first day or its last."""
    if period_days <= _DAYS["W"]:
        return known[0], known[-1] + timedelta(days=period_days - 1)
    return period_start(known[0], "M"), next_start(period_start(known[-1], "M"), "M") - timedelta(days=1)


def _trading(known: list[date], period_days: int) -> set[int]:
    """The weekdays on which a figure is missed where there is none; a week or month counts by the day that stands for it."""
    weeks = (known[-1] - known[0]).days // 7
    if period_days == _DAYS["W"]:
        return {known[0].weekday()}
    if period_days > 1 or weeks <= 3:
        return set(range(7))
    return {day for day in range(7) if sum(one.weekday() == day for one in known) >= SELDOM * weeks}


def _trades(first: date, end: date, trading: set[int]) -> bool:
    """Whether there is a trading day from `first` up to, without, `end`."""
    return any((first + timedelta(days=ahead)).weekday() in trading for ahead in range(min(7, (end - first).days)))


def _planned(sales: Sales, numbered: pl.DataFrame, keys: list[str], starts: list[date], freq: Freq) -> pl.DataFrame | None:
    """What is planned for the periods to come, placed as the history is, and behind it."""
    end = sales.planned["day"].max()
    if not isinstance(end, date):
        return None
    ahead = (next_start(starts[-1], freq, count) for count in range(1, LONGEST[freq]))
    return _placed(sales.planned, numbered, keys, starts + [start for start in ahead if start <= end], freq)


def _placed(days: pl.DataFrame, numbered: pl.DataFrame, keys: list[str], starts: list[date], freq: Freq) -> pl.DataFrame:
    """The days with the `row` of their series and the `period` they lie in; those outside are left out."""
    within = pl.col("day").is_between(starts[0], next_start(starts[-1], freq), closed="left")
    found = days.filter(within).join(numbered, on=keys, how="inner")
    return found.with_columns(period=period_of(found["day"], starts))


def period_of(days: pl.Series, starts: list[date]) -> pl.Series:
    """The number of the period in which each day lies; -1 before the first."""
    edges = pl.Series(starts).to_physical().to_numpy()
    return pl.Series(np.searchsorted(edges, days.to_physical().to_numpy(), side="right") - 1, dtype=pl.Int32)


def _weighed(days: pl.DataFrame) -> pl.DataFrame:
    """With several currencies, values in pieces at the average price of their own currency: nothing is converted by a rate."""
    if "currency" not in days.columns or "value" not in days.columns or days["currency"].n_unique() < 2:
        return days
    usual = (pl.col("quantity").sum() / pl.col("value").clip(lower_bound=0.0).sum()).over("currency")
    return days.with_columns(value=pl.col("value") * pl.when(usual.is_finite()).then(usual).otherwise(0.0))


def _sums(days: pl.DataFrame) -> list[pl.Expr]:
    sums = [pl.col("quantity").sum(), pl.col("largest").max()]
    if "value" in days.columns:
        sums.append(pl.col("value").sum())
    if "promoted" in days.columns:
        sums.append(pl.col("promoted").mean())
    return sums


def _spread(sums: pl.DataFrame, name: str, shape: tuple[int, int], empty: float) -> Numbers:
    spread: Numbers = np.full(shape, empty)
    spread[sums["row"].to_numpy(), sums["period"].to_numpy()] = sums[name].cast(pl.Float64).fill_null(empty).to_numpy()
    return spread


def _before_first_sale(demand: Numbers, days: pl.DataFrame, shape: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """The periods before an item's first sale; for one that was never sold, those before it is first named."""
    sold = demand > 0
    begins = np.where(sold.any(axis=1), sold.argmax(axis=1), shape[1])
    if (begins == shape[1]).any():
        unsold = days.filter(pl.col("row").is_in(np.flatnonzero(begins == shape[1])))
        first = unsold.group_by("row").agg(pl.col("period").min())
        begins[first["row"].to_numpy()] = first["period"].to_numpy()
    return np.arange(shape[1])[None, :] < begins[:, None]


def _price(sums: pl.DataFrame, planned: pl.DataFrame | None, demand: Numbers) -> Numbers | None:
    """What a piece cost on average, carried on over periods without sales; NaN before the first sale."""
    if "value" not in sums.columns:
        return None
    paid = _spread(sums, "value", demand.shape, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        price = np.where((demand > 0) & (paid > 0), np.round(paid / demand, 6), np.nan)
    if planned is not None and "value" in planned.columns:
        price = _joined(price, planned, "value", np.nan)
    at = np.where(np.isfinite(price), np.arange(len(price[0])), 0)
    return price[np.arange(len(price))[:, None], np.maximum.accumulate(at, axis=1)]


def _promoted(sums: pl.DataFrame, planned: pl.DataFrame | None, shape: tuple[int, int]) -> Numbers | None:
    if "promoted" not in sums.columns:
        return None
    promoted = _spread(sums, "promoted", shape, 0.0)
    return promoted if planned is None or "promoted" not in planned.columns else _joined(promoted, planned, "promoted", 0.0)


def _joined(past: Numbers, planned: pl.DataFrame, name: str, empty: float) -> Numbers:
    """Past values and, behind them, what is planned for periods to come."""
    sums = planned.group_by("row", "period").agg(pl.col(name).mean())
    ahead = int(sums["period"].max() or 0) + 1  # pyright: ignore[reportArgumentType]  # a column of whole numbers
    if ahead <= past.shape[1]:
        return past
    whole = _spread(sums, name, (past.shape[0], ahead), empty)
    whole[:, : past.shape[1]] = past
    return whole


def _groups(days: pl.DataFrame, series: pl.DataFrame) -> tuple[str, ...]:
    if "category" not in days.columns:
        return ()
    named = days.group_by(pl.col("item").cast(pl.String)).agg(pl.col("category").max())
    joined = series.join(named, on="item", how="left", maintain_order="left")
    return tuple(joined["category"].fill_null("").str.strip_chars().to_list())


def _single_sales(sales: Sales) -> bool:
    """Whether lines are single sales rather than a day's or a week's total, which says 0 where nothing was sold."""
    return "order_no" in sales.names or (sales.period_days == 1 and not sales.says_zero)
