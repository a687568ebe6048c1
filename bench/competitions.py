"""Measure the forecasts of regular series on the data of the forecasting competitions, and those with prices on real promotions.

    python bench/competitions.py                 M4 weekly, M3 monthly and quarterly (the halves in ../shared/data)
    python bench/competitions.py --holdout       the same on the last periods of the training parts: what the choices were made on
    python bench/competitions.py --all           tourism and hospital as well
    python bench/competitions.py --promotions    weekly orange juice sales, told of the prices and promotions to come and not told

sMAPE is the mean of 200 |f - y| / (|f| + |y|) over series and periods. MASE is the mean absolute error in units of the mean
absolute change over a season in the training part (a week for M4 weekly, as in the M4 rules). OWA is the mean of sMAPE and
MASE, each over all series and divided by that of Naive2; Naive2 is the last value, seasonally adjusted by classical
multiplicative decomposition where the autocorrelation test of the M4 rules finds a season. M4 takes weeks as having none, so
that Naive2 is Naive there. Source: Makridakis, Spiliotis, Assimakopoulos, "The M4 competition", IJF 36(1) 2020. For M3 the
competition's own published Naive2, Theta and ForecastPro forecasts are scored by the same code.
"""

import argparse
import json
import os
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import polars as pl

from afterclick.procurement.forecasting import promotion
from afterclick.procurement.forecasting.calendar import starts_after
from afterclick.procurement.forecasting.measures import Score, average, score
from afterclick.procurement.forecasting.outlook import outlook
from afterclick.procurement.forecasting.panel import Freq, Numbers, Panel
from afterclick.procurement.forecasting.regular import regular

DATA = Path(__file__).parents[2] / "shared" / "data"
TARGETS = {"M4 weekly": ("owa", 0.90), "M3 monthly": ("smape", 13.7), "M3 quarterly": ("smape", 9.0)}


class Contest(NamedTuple):
    """Series by name: the training part, the values to be forecast, and the lag at which MASE is scaled."""

    name: str
    freq: Freq
    names: list[str]
    train: list[Numbers]
    test: list[Numbers]
    lag: int

    @property
    def horizon(self) -> int:
        return len(self.test[0])


def contest(name: str, freq: Freq, file: str, *, period: str = "", lag: int, horizon: int = 0) -> Contest:
    """Reads one competition; `horizon` cuts the test part off a set that has none."""
    rows = pl.read_parquet(DATA / file)
    if period:
        kept = pl.read_parquet(DATA / file.replace(".parquet", "_meta.parquet")).filter(pl.col("period") == period)
        rows = rows.filter(pl.col("series_id").is_in(kept["series_id"].implode()))
    names: list[str] = []
    train: list[Numbers] = []
    test: list[Numbers] = []
    for (series,), group in rows.sort("series_id", "t").group_by("series_id", maintain_order=True):
        parts = [group.filter(pl.col("part") == part)["y"] for part in ("train", "test")] if not horizon else [group["y"]]
        values = [part.cast(pl.Float64).to_numpy() for part in parts]
        values = [part[np.isfinite(part)] for part in values]
        names.append(str(series))
        train.append(values[0][:-horizon] if horizon else values[0])
        test.append(values[0][-horizon:] if horizon else values[1])
    return Contest(name, freq, names, train, test, lag)


def held_out(given: Contest) -> Contest:
    """The same contest one horizon earlier, so that nothing of its test part is seen."""
    h = given.horizon
    return given._replace(train=[s[:-h] for s in given.train], test=[s[-h:] for s in given.train])


def panel_of(series: list[Numbers], freq: Freq) -> Panel:
    """The series side by side, all ending together; the dates only count periods."""
    length = max(map(len, series))
    demand = np.stack([np.pad(values, (length - len(values), 0), constant_values=np.nan) for values in series])
    first = date(1970, 1, 5) if freq in ("D", "W") else date(1970, 1, 1)
    return Panel(tuple(map(str, range(len(series)))), (first, *starts_after(first, freq, length - 1)), freq, demand)


def seasonal_indices(series: Numbers, season: int) -> Numbers:
    """Multiplicative indices by classical decomposition, or ones where the M4 rules find no season (90 % test)."""
    n = len(series)
    if season < 2 or n < 3 * season:
        return np.ones(max(season, 1))
    centred = series - series.mean()
    acf = np.array([(centred[: n - lag] * centred[lag:]).sum() for lag in range(season + 1)]) / max((centred**2).sum(), 1e-12)
    if abs(acf[season]) <= 1.645 * np.sqrt((1 + 2 * (acf[1:season] ** 2).sum()) / n) or (series <= 0).any():
        return np.ones(season)
    kernel = np.ones(season) if season % 2 else np.r_[0.5, np.ones(season - 1), 0.5]
    trend = np.convolve(series, kernel / season, "valid")
    ratios, edge = series[len(kernel) // 2 : n - len(kernel) // 2] / trend, len(kernel) // 2
    indices = np.array([ratios[(np.arange(len(ratios)) + edge) % season == phase].mean() for phase in range(season)])
    return indices / indices.mean()


def naive2(series: Numbers, season: int, horizon: int) -> Numbers:
    """The last value, adjusted for the season."""
    indices, n = seasonal_indices(series, season), len(series)
    return series[-1] / indices[(n - 1) % len(indices)] * indices[(n + np.arange(horizon)) % len(indices)]


def measures(forecasts: Numbers, given: Contest) -> tuple[float, float]:
    """sMAPE and MASE over all series; a series that never changed has no MASE."""
    smape, mase = [], []
    for f, y, past in zip(forecasts, given.test, given.train, strict=True):
        total = np.abs(f) + np.abs(y)
        smape.append(np.mean(np.where(total > 0, 200 * np.abs(f - y) / np.where(total > 0, total, 1), 0.0)))
        scale = np.abs(past[given.lag :] - past[: -given.lag]).mean() if len(past) > given.lag else 0.0
        mase.append(np.abs(f - y).mean() / scale if scale > 0 else np.nan)
    return float(np.mean(smape)), float(np.nanmean(mase))


def run(given: Contest, published: tuple[str, ...] = ()) -> dict[str, float]:
    """Forecasts one contest and prints its lines."""
    began = time.process_time()
    found = regular(panel_of(given.train, given.freq), given.horizon, levels=(0.05, 0.5, 0.95))
    seconds = time.process_time() - began
    rival = np.stack([naive2(series, given.lag, given.horizon) for series in given.train])
    base, ours = measures(rival, given), measures(found.mean, given)
    actual = np.stack(given.test)
    covered = float(((actual >= found.quantiles[..., 0]) & (actual <= found.quantiles[..., -1])).mean())
    owa = (ours[0] / base[0] + ours[1] / base[1]) / 2
    figures = {"smape": ours[0], "mase": ours[1], "owa": owa, "coverage90": covered, "cpu_seconds": seconds}
    kind, bar = TARGETS.get(given.name, ("", 0.0))
    goal = f"{kind} {bar:g}: {'reached' if figures[kind] <= bar else 'missed'}" if kind else ""
    print(f"{given.name:<18} {len(given.train):>5} {'Afterclick':<14}", end=" ")
    print(f"{ours[0]:>7.3f} {ours[1]:>6.3f} {owa:>6.3f} {covered:>6.1%} {seconds:>6.0f}  {goal}")
    print(f"{'':<24} {'Naive2':<14} {base[0]:>7.3f} {base[1]:>6.3f} {1:>6.3f}")
    for method in published:
        smape, mase = measures(published_forecasts(method, given), given)
        print(f"{'':<24} {method:<14} {smape:>7.3f} {mase:>6.3f}")
    return {name: round(value, 4) for name, value in figures.items()}


def published_forecasts(method: str, given: Contest) -> Numbers:
    """What a participant of M3 had sent in."""
    rows = pl.read_parquet(DATA / "m3/m3_published_forecasts_half_a.parquet").filter(pl.col("method") == method)
    by_series = rows.sort("h").group_by("series_id").agg("forecast")
    sent = dict(zip(by_series["series_id"], by_series["forecast"], strict=True))
    return np.stack([np.asarray(sent[name].to_list())[: given.horizon] for name in given.names])


def competitions(*, holdout: bool, everything: bool) -> dict[str, dict[str, float]]:
    """All contests, a table."""
    print(f"{'series':<18} {'n':>5} {'method':<14} {'sMAPE':>7} {'MASE':>6} {'OWA':>6} {'in90%':>6} {'CPU s':>6}  target")
    rivals = ("NAIVE2", "THETA", "ForecastPro")
    contests = [
        (contest("M4 weekly", "W", "m4/m4_weekly_half_a.parquet", lag=1), ()),
        (contest("M3 monthly", "M", "m3/m3_half_a.parquet", period="MONTHLY", lag=12), rivals),
        (contest("M3 quarterly", "Q", "m3/m3_half_a.parquet", period="QUARTERLY", lag=4), rivals),
    ]
    if everything:
        contests += [
            (contest("tourism monthly", "M", "tourism/tourism_half_a.parquet", period="MONTHLY", lag=12), ()),
            (contest("tourism quarterly", "Q", "tourism/tourism_half_a.parquet", period="QUARTERLY", lag=4), ()),
            (contest("hospital", "M", "hospital/hospital_half_a.parquet", lag=12, horizon=12), ()),
        ]
    return {given.name: run(held_out(given) if holdout else given, () if holdout else rivals) for given, rivals in contests}


def orange_juice() -> Panel:
    """Weekly sales: an item is a brand in a store, with its price; a deal is half a promotion, a feature the other half."""
    rows = pl.read_parquet(DATA / "orange_juice/store_week_brand_half_a.parquet")
    names = rows.select("store", "brand").unique().sort("store", "brand").rows()
    place = {name: row for row, name in enumerate(names)}
    numbers = rows["week"].to_list()
    first, weeks = min(numbers), max(numbers) - min(numbers) + 1
    demand, price, promoted = (np.full((len(names), weeks), np.nan) for _ in range(3))
    columns = ["store", "brand", "week", "logmove", "deal", "feat", *(f"price{brand}" for brand in range(1, 12))]
    for store, brand, week, log_sold, deal, feature, *prices in rows.select(columns).iter_rows():
        at = place[store, brand], week - first
        demand[at], price[at], promoted[at] = np.exp(log_sold), prices[brand - 1], (deal + feature) / 2
    start = date(1990, 6, 18)
    starts = (start, *starts_after(start, "W", weeks - 1))
    groups = tuple(f"brand {brand}" for _, brand in names)
    return Panel(
        tuple(f"{store}/{brand}" for store, brand in names), starts, "W", demand, price=price, promoted=promoted, groups=groups
    )


class Sold(NamedTuple):
    """Sales of which only the panel is known."""

    panel: Panel
    largest: Numbers | None = None
    in_stock: Numbers | None = None


def promotions() -> dict[str, dict[str, float]]:
    """The whole forecast with and without a plan, 4 weeks ahead from 4 cut-offs; the plan is what was then done."""
    panel, horizon = orange_juice(), 4
    cuts = range(panel.demand.shape[1] - 8 * horizon, panel.demand.shape[1], 2 * horizon)
    found: dict[str, list[Score]] = {"no plan": [], "plan": []}
    began = time.process_time()
    for cut in cuts:
        kept = np.isfinite(panel.demand[:, :cut]).sum(axis=1) >= 26
        some = panel.only(np.flatnonzero(kept))
        past, ahead = some.upto(cut), some.upto(cut + horizon)
        plan = replace(past, price=ahead.price, promoted=ahead.promoted)
        for name, known in (("no plan", past), ("plan", plan)):
            prediction = outlook(Sold(known), horizon).prediction
            found[name].append(score(past, some.demand[:, cut : cut + horizon], prediction))
    effects = promotion.learn(panel)
    print(f"orange juice: {len(panel.items)} items, {len(cuts)} cut-offs, {time.process_time() - began:.0f} CPU s;", end=" ")
    print(f"elasticity {np.median(effects.elasticity):.2f}, promotion × {np.exp(np.median(effects.promotion)):.2f} (middle item)")
    print(f"{'':<18} {'WRMSSE':>6} {'WAPE':>6} {'WSPL':>6} {'bias':>7} {'in90%':>6}")
    summary = {}
    for name, scores in found.items():
        mean = average(scores)
        print(f"{name:<18} {mean.wrmsse:>6.3f} {mean.wape:>6.3f} {mean.wspl:>6.3f} {mean.bias:>+7.1%} {mean.coverage:>6.1%}")
        summary[name] = {key: round(value, 4) for key, value in mean.figures().items()}
    print("target: lower WRMSSE, WAPE and WSPL with the plan than without")
    return summary


def main() -> None:
    """Reads the command line, measures, and prints one JSON line last."""
    parser = argparse.ArgumentParser(description="Forecasts of regular series on the data of the forecasting competitions.")
    parser.add_argument("--holdout", action="store_true", help="on the last periods of the training parts instead")
    parser.add_argument("--all", action="store_true", help="tourism and hospital as well")
    parser.add_argument("--promotions", action="store_true", help="the effect of prices and promotions instead")
    wanted = parser.parse_args()
    found = promotions() if wanted.promotions else competitions(holdout=wanted.holdout, everything=wanted.all)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
