"""Measure the weekly demand forecast against every single method, on the sales of a real gift retailer, and its speed.

    python bench/forecast.py                  accuracy on Online Retail II, 4 and 13 weeks ahead (about 10 CPU minutes)
    python bench/forecast.py --fast           the same without the three slow methods (AutoETS, DOT, AutoCES)
    python bench/forecast.py --speed          10,000 items × 104 weeks: training, mean and seven quantiles
    python bench/forecast.py --speed --items 2000

Both files of ../shared/data/online_retail, from December 2009 on, to the last whole week of August 2011. A line counts if its
quantity and price are above 0, its code begins with five digits and its invoice is no cancellation; codes in upper case. An item
takes part in a cut-off if it first sold at least 8 weeks before and sold in the last 26. Cut-offs were fixed before anything was
measured on them; the choices of the model were made on others (November 2010, January, March, May and late June 2011), which have
no week in common with these 4 weeks ahead. Measures: see afterclick/procurement/forecasting/measures.py; means over the cut-offs.
The normal approximation is SES with the standard deviation of the last 26 weeks.
"""

import argparse
import json
import os
import resource
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("POLARS_MAX_THREADS", "1")

import numpy as np
import polars as pl
from scipy.stats import norm

from afterclick.procurement.forecasting.forecast import forecast
from afterclick.procurement.forecasting.measures import Score, average, score
from afterclick.procurement.forecasting.panel import LEVELS, Numbers, Panel, Prediction

DATA = Path(__file__).parents[2] / "shared" / "data" / "online_retail"
FIRST, WEEKS = date(2009, 11, 30), 91
CUTOFFS = {4: ("2011-02-28", "2011-04-11", "2011-05-30", "2011-08-01"), 13: ("2011-02-28", "2011-04-11", "2011-05-30")}
"""First days that are forecast. 13 weeks from August on would end after the data."""
LONGEST = max(CUTOFFS)
ASKED = tuple(sorted({*LEVELS, 0.9}))
"""With 0.90, where the interval of 90 % ends for items that often do not sell; see `measures.coverage`."""
SLOW = ("AutoETS", "DOT", "AutoCES")
SPEED_LEVELS = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98)


class Cutoff(NamedTuple):
    """What was known, and what came after."""

    history: Panel
    actual: Numbers


def sales() -> Panel:
    """Pieces by item and week; NaN before an item's first sale; the price is that of the last week with a sale."""
    columns = ["InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice"]
    lines = pl.concat(pl.read_parquet(file, columns=columns) for file in sorted(DATA.glob("*.parquet")))
    weeks = (
        lines.filter(
            ~pl.col("InvoiceNo").str.starts_with("C"), pl.col("Quantity") > 0, pl.col("UnitPrice") > 0,
            pl.col("StockCode").str.contains(r"^\d{5}"),
        )
        .group_by(item=pl.col("StockCode").str.to_uppercase(), week=pl.col("InvoiceDate").dt.truncate("1w").dt.date())
        .agg(pieces=pl.col("Quantity").sum(), value=(pl.col("Quantity") * pl.col("UnitPrice")).sum())
        .filter(pl.col("week") < FIRST + timedelta(weeks=WEEKS))
        .sort("item", "week")
    )  # fmt: skip
    items, rows = np.unique(weeks["item"].to_numpy(), return_inverse=True)
    columns_ = ((weeks["week"] - FIRST).dt.total_days() // 7).to_numpy()
    demand, value = np.zeros((len(items), WEEKS)), np.zeros((len(items), WEEKS))
    demand[rows, columns_], value[rows, columns_] = weeks["pieces"].to_numpy(), weeks["value"].to_numpy()
    last = np.maximum.accumulate(np.where(demand > 0, np.arange(WEEKS), 0), axis=1)
    price = np.take_along_axis(np.where(demand > 0, value / np.maximum(demand, 1), np.nan), last, axis=1)
    demand[np.arange(WEEKS) < (demand > 0).argmax(axis=1)[:, None]] = np.nan
    starts = tuple(FIRST + timedelta(weeks=week) for week in range(WEEKS))
    return Panel(tuple(items.tolist()), starts, "W", demand, price=price)


def cut(panel: Panel, day: str) -> Cutoff:
    at = (date.fromisoformat(day) - FIRST).days // 7
    begun = np.isfinite(panel.demand[:, at - 8]) & (np.nansum(panel.demand[:, at - 26 : at], axis=1) > 0)
    some = panel.only(np.flatnonzero(begun))
    return Cutoff(some.upto(at), some.demand[:, at : at + LONGEST])


def singles(*, fast: bool) -> dict[str, Any]:
    """The single methods of the field, as statsforecast has them."""
    from statsforecast import models

    every = {
        "Naive": models.Naive(), "SeasonalNaive(52)": models.SeasonalNaive(52), "8-week mean": models.WindowAverage(8),
        "SES optimised": models.SimpleExponentialSmoothingOptimized(),
        "CrostonSBA": models.CrostonSBA(), "TSB(.1,.1)": models.TSB(0.1, 0.1),
        "ADIDA": models.ADIDA(), "IMAPA": models.IMAPA(), "AutoETS": models.AutoETS(season_length=1),
        "DOT": models.DynamicOptimizedTheta(season_length=1), "AutoCES": models.AutoCES(season_length=1),
    }  # fmt: skip
    return {name: model for name, model in every.items() if not (fast and name in SLOW)}


def each(model: Any, demand: Numbers) -> Numbers:
    """The mean of one method, item by item; an item it cannot fit gets its 8-week mean, which favours the method."""
    out = np.zeros((len(demand), LONGEST))
    for row, values in enumerate(demand):
        known = values[np.isfinite(values)]
        try:
            out[row] = np.nan_to_num(model.forecast(known, LONGEST)["mean"], nan=known[-8:].mean())
        except Exception:  # AutoETS and the like refuse short histories in various ways
            out[row] = known[-8:].mean()
    return np.maximum(out, 0)


def single(history: Panel, mean: Numbers, name: str) -> Prediction:
    """Only SES has quantiles: with the standard deviation of the last 26 weeks, as textbooks set safety stock."""
    if name != "SES optimised":
        return Prediction(mean, (), np.zeros((*mean.shape, 0)), {}, name)
    deviation = np.nan_to_num(history.demand[:, -26:]).std(axis=1)
    return Prediction(mean, ASKED, np.maximum(0, mean[..., None] + deviation[:, None, None] * norm.ppf(ASKED)), {}, name)


def accuracy(*, fast: bool, horizons: list[int], seed: int) -> dict[str, Any]:
    panel, methods = sales(), singles(fast=fast)
    scores: dict[int, dict[str, list[Score]]] = {horizon: {} for horizon in horizons}
    seconds: dict[str, float] = {}
    plain: dict[int, list[tuple[float, float, float]]] = {horizon: [] for horizon in horizons}
    zeros, items = [], 0

    def note(horizon: int, name: str, case: Cutoff, prediction: Prediction) -> None:
        found = score(case.history, case.actual[:, :horizon], prediction)
        scores[horizon].setdefault(name, []).append(found)

    for day in CUTOFFS[4]:
        case = cut(panel, day)
        items += len(case.actual)
        zeros.append((case.actual == 0).mean())
        wanted = [horizon for horizon in horizons if day in CUTOFFS[horizon]]
        for name, model in methods.items():
            started = time.process_time()
            mean = each(model, case.history.demand)
            seconds[name] = seconds.get(name, 0) + time.process_time() - started
            for horizon in wanted:
                note(horizon, name, case, single(case.history, mean[:, :horizon], name))
        for horizon in wanted:
            started = time.process_time()
            prediction = forecast(case.history, horizon, levels=ASKED, seed=seed)
            name = f"Afterclick, {horizon} weeks"
            seconds[name] = seconds.get(name, 0) + time.process_time() - started
            note(horizon, "Afterclick", case, prediction)
            plain[horizon].append(within(case.actual[:, :horizon], prediction))
    print(f"{items} items in {len(CUTOFFS[4])} cut-offs, {np.mean(zeros):.0%} of the weeks to forecast without a sale\n")
    found: dict[str, Any] = {}
    for horizon in horizons:
        found[str(horizon)] = report(horizon, scores[horizon], seconds, items)
        below, between, one_sided = np.mean(plain[horizon], axis=0)
        print(
            f"  from the 0.05 to the 0.95 quantile, 0 included: {between:.1%}; below: {below:.1%}; {one_sided:.0%} begin at 0\n"
        )
        found[str(horizon)] |= {"between_quantiles": between}
    return found


def within(actual: Numbers, prediction: Prediction) -> tuple[float, float, float]:
    """Shares of values below the lowest quantile and between the lowest and the highest, and of intervals that begin at 0."""
    low, high = prediction.quantiles[..., 0], prediction.quantiles[..., -1]
    return float((actual < low).mean()), float(((actual >= low) & (actual <= high)).mean()), float((low <= 0).mean())


def report(horizon: int, scores: dict[str, list[Score]], seconds: dict[str, float], items: int) -> dict[str, Any]:
    """Print one table, and give the figures that have a target."""
    days = CUTOFFS[horizon]
    print(f"{horizon} weeks ahead, from {', '.join(days)}")
    print("method             WRMSSE  RMSSE   WAPE   bias   WSPL  cover  CPU s/1000  WRMSSE by cut-off")
    means = {name: average(found) for name, found in scores.items()}
    for name, mean in means.items():
        spent = seconds.get(name) or seconds[f"{name}, {horizon} weeks"] * len(CUTOFFS[4]) / len(days)
        spread = f"{mean.wspl:6.4f} {mean.coverage:6.1%}" if np.isfinite(mean.wspl) else " " * 13
        print(
            f"{name:17} {mean.wrmsse:7.4f} {mean.rmsse:6.3f} {mean.wape:6.3f} {mean.bias:+6.1%} {spread}"
            f" {spent / items * 1000:11.2f}  {' '.join(f'{found.wrmsse:.3f}' for found in scores[name])}"
        )
    ours, best = means["Afterclick"], min(mean.wrmsse for name, mean in means.items() if name != "Afterclick")
    limit = 0.95 * means["SES optimised"].wspl
    for name, found, target, met in (
        ("WRMSSE", f"{ours.wrmsse:.4f}", f"below the best single method, {best:.4f}", ours.wrmsse < best),
        ("WSPL", f"{ours.wspl:.4f}", f"at most 0.95 of the normal approximation's, {limit:.4f}", ours.wspl <= limit),
        ("coverage", f"{ours.coverage:.1%}", "87 % to 93 %", 0.87 <= ours.coverage <= 0.93),
        ("bias", f"{ours.bias:+.1%}", "within 8 %", abs(ours.bias) <= 0.08),
    ):
        print(f"  {name:9} {found:>7}  target: {target:55} {reached(met)}")
    for name in ("bias", "coverage", "wspl"):
        print(f"  {name} by cut-off: {'  '.join(f'{found.figures()[name]:.3f}' for found in scores['Afterclick'])}")
    return ours.figures() | {"best_single_wrmsse": best, "normal_wspl": limit / 0.95}


def reached(met: bool) -> str:
    return "reached" if met else "MISSED"


def speed(items: int, *, seed: int) -> dict[str, float]:
    """As many items as wanted, drawn with their whole past from the real ones, each scaled by a size of its own."""
    real = sales()
    dice = np.random.default_rng(seed)
    old = real.only(np.flatnonzero(np.nansum(real.demand, axis=1) > 0))
    rows = dice.choice(len(old.items), items)
    size = dice.lognormal(0, 0.7, items)[:, None]
    weeks = 104
    back = old.demand[rows][:, np.arange(WEEKS - weeks, WEEKS) % WEEKS]  # the first 13 weeks are those of the end
    demand = np.where(np.isfinite(back), np.round(back * size), np.nan)
    assert old.price is not None
    price = old.price[rows][:, np.arange(WEEKS - weeks, WEEKS) % WEEKS]
    starts = tuple(FIRST + timedelta(weeks=week) for week in range(weeks))
    panel = Panel(tuple(f"{row:06d}" for row in range(items)), starts, "W", demand, price=price)
    started, wall = time.process_time(), time.perf_counter()
    found = forecast(panel, 4, levels=SPEED_LEVELS, seed=seed)
    spent, wall = time.process_time() - started, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    assert np.isfinite(found.mean).all()
    print(f"{items} items × {weeks} weeks, 4 ahead, {len(SPEED_LEVELS)} quantiles, training included: {found.model}")
    print(f"  CPU     {spent:6.1f} s   target: 90 s for 10,000 items   {reached(spent <= 90)}   (wall {wall:.1f} s)")
    print(f"  memory  {peak:6.2f} GB  target: 2 GB, whole process     {reached(peak <= 2)}")
    return {"items": items, "cpu_s": round(spent, 1), "wall_s": round(wall, 1), "peak_gb": round(peak, 2)}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--speed", action="store_true", help="measure time and memory instead of accuracy")
    arguments.add_argument("--items", type=int, default=10_000, help="items for --speed")
    arguments.add_argument("--fast", action="store_true", help="leave out the slow single methods")
    arguments.add_argument("--horizon", type=int, choices=sorted(CUTOFFS), action="append", help="4 or 13; both if not given")
    arguments.add_argument("--seed", type=int, default=0)
    given = arguments.parse_args()
    measure: Callable[[], dict[str, Any]] = (
        (lambda: speed(given.items, seed=given.seed))
        if given.speed
        else (lambda: accuracy(fast=given.fast, horizons=given.horizon or sorted(CUTOFFS), seed=given.seed))
    )
    print(json.dumps({"bench": "forecast", "seed": given.seed} | measure()))


if __name__ == "__main__":
    main()
