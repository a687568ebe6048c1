"""Measure replenishment: its cost on real sales beside min/max, the textbook and the clairvoyant bound.

    python bench/replenishment.py [--every 1] [--season summer|christmas|both] [--hindsight]

Online Retail (a UK gift shop, both files), weekly. `summer` is February to August 2011; its knobs are those that cost least in
the same months of 2010, for every policy, and the row with knob 1 is what each does without any tuning. `christmas` is May to the
start of December 2010, which ends on the peak with less than half a year of history before it: nothing to tune on, so all are 1.
Rows "review day not known" use nothing but a stock review about twice a year; "ours" knows its day, as a shop knows its own.
`--hindsight` says instead what knowing the future is worth: every item's true mean of the season, under the one rule (level and
quantity in weeks of that mean) that turns out cheapest.
"""

import argparse
import itertools
import json
import os
import time
from datetime import date
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import polars as pl

from afterclick.procurement.forecasting.panel import Panel
from afterclick.procurement.replenishing.backtest.bound import clairvoyant
from afterclick.procurement.replenishing.backtest.comparing import KNOBS, OURS, STATIC, TEXTBOOK, Comparison, compare
from afterclick.procurement.replenishing.backtest.rivals import min_max
from afterclick.procurement.replenishing.backtest.season import Season, sample, season
from afterclick.procurement.replenishing.backtest.world import Policy, Supply, replay
from afterclick.procurement.replenishing.costs import Costs
from afterclick.procurement.replenishing.quantities import packed
from afterclick.procurement.sales.days import read_sales
from afterclick.procurement.sales.periods import history

FOLDER = Path("../shared/data/online_retail")
SEASONS = {"summer": date(2011, 8, 29), "christmas": date(2010, 12, 6)}
TUNED_ON = {"summer": date(2010, 8, 30)}
"""The end of the same months a year before."""
WEEKS = 30
LEVELS = (0.0, *np.arange(1, 10.1, 0.5).tolist())
QUANTITIES = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 13.0)
"""Weeks of an item's mean that the rule of `--hindsight` may take."""
TARGETS = {"of_textbook": 0.92, "of_static": 0.60, "fill": 0.93, "gap_closed": 0.56}


def sales(folder: Path) -> Panel:
    """Both files as one panel: what was bought, by code; postage and the like (codes that begin with letters) left out."""
    whole = pl.concat(
        pl.read_parquet(path).select("InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice")
        for path in sorted(folder.glob("*.parquet"))
    )
    kept = whole.filter(
        (pl.col("Quantity") > 0) & (pl.col("UnitPrice") > 0) & pl.col("StockCode").str.contains(r"^\d{5}")
    ).with_columns(pl.col("StockCode").str.to_uppercase())
    file = Path(os.environ.get("TMPDIR", "/tmp")) / f"replenishment-{os.getpid()}.parquet"  # noqa: S108
    try:
        kept.write_parquet(file)
        return history(read_sales(file, today=date(2011, 9, 1)), "W").panel
    finally:
        file.unlink(missing_ok=True)


def told_the_mean(season: Season) -> str:
    """What the cheapest single rule reaches that is told each item's mean demand of the season to come."""
    costs, supply, mean = Costs(), Supply(), season.wanted.mean(axis=1)
    pack, moq = np.full(len(mean), float(supply.pack)), np.full(len(mean), float(supply.moq))

    def rule(level: float, quantity: float) -> Policy:
        return lambda _, position: np.where(
            position < level * mean, packed(np.maximum(level * mean - position, 0) + quantity * mean, moq, pack), 0
        )

    tried = itertools.product(LEVELS, QUANTITIES)
    cost, level, quantity = min((replay(season, rule(*one), costs, supply).cost, *one) for one in tried)
    static, least = replay(season, min_max(season, supply), costs, supply).cost, clairvoyant(season, costs, supply)
    share = (static - cost) / (static - least)
    return f"told its true mean: level {level:g} weeks, quantity {quantity:g} weeks, cost {cost:,.0f}, gap closed {share:.3f}"


Knobs = dict[str, float]


def cheapest(found: Comparison) -> Knobs:
    """For each policy, the knob that cost least."""
    ordered = sorted(found.scored, key=lambda one: one.cost, reverse=True)
    return {one.policy: one.knob for one in ordered}


def against_targets(found: Comparison, knobs: Knobs) -> dict[str, float]:
    """Ours, tuned on the past where there was one, against the others as they are, and against them tuned likewise."""
    ours, static, textbook = found.of(OURS, knobs[OURS]), found.of(STATIC), found.of(TEXTBOOK)
    untuned = found.of(OURS)
    return {
        "of_textbook": round(ours.cost / textbook.cost, 3), "of_static": round(ours.cost / static.cost, 3), "fill": ours.fill,
        "gap_closed": ours.gap_closed, "knob": ours.knob, "of_tuned_textbook": round(ours.cost / found.of(TEXTBOOK,
        knobs[TEXTBOOK]).cost, 3), "of_tuned_static": round(ours.cost / found.of(STATIC, knobs[STATIC]).cost, 3),
        "untuned_of_textbook": round(untuned.cost / textbook.cost, 3), "untuned_of_static": round(untuned.cost / static.cost,
        3), "untuned_fill": untuned.fill, "untuned_gap_closed": untuned.gap_closed,
    }  # fmt: skip


def show(name: str, found: Comparison, knobs: Knobs, cpu_s: float) -> dict[str, float]:
    print(f"\n{name}: {found.items:,} items, weeks of {found.first} to {found.last}, bound {found.bound:,.0f}, {cpu_s:.0f} CPU s")
    print(f"{'policy':<38}{'knob':>5}{'cost':>9}{'fill':>7}{'turns':>7}{'obsolete':>10}{'gap':>6}")
    for one in found.scored:
        mark = "  untuned" * (one.knob == 1.0) + "  <- fixed beforehand" * (one.knob == knobs[one.policy])
        print(
            f"{one.policy:<38}{one.knob:>5g}{one.cost:>9,.0f}{one.fill:>7.3f}{one.turns:>7.1f}{one.obsolete:>10,.0f}"
            f"{one.gap_closed:>6.2f}{mark}"
        )
    equal = {name: None if cost is None else round(cost) for name, cost in found.at_equal_fill.items()}
    print(f"cost at the fill of ours: {equal}")
    reached = against_targets(found, knobs)
    for key, target in TARGETS.items():
        met = reached[key] >= target if key in ("fill", "gap_closed") else reached[key] <= target
        print(f"  {key:<12} {reached[key]:.3f}   target {target}   {'met' if met else 'NOT met'}")
    print("  " + ", ".join(f"{key} {value}" for key, value in reached.items() if key not in TARGETS))
    return reached


def weeks_before(panel: Panel, end: date, every: int) -> Season:
    whole = season(panel, WEEKS, end=sum(start < end for start in panel.starts))
    return sample(whole, every) if every > 1 else whole


def replayed(panel: Panel, end: date, every: int) -> Comparison:
    """The weeks before a day, under every policy and knob."""
    return compare(weeks_before(panel, end, every), Costs(), Supply(), trainings=3)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--every", type=int, default=1, help="replay each N-th item")
    asked.add_argument("--season", choices=(*SEASONS, "both"), default="both")
    asked.add_argument("--hindsight", action="store_true", help="what each item's true mean of the season would be worth")
    asked.add_argument("--folder", type=Path, default=FOLDER)
    options = asked.parse_args()
    panel = sales(options.folder)
    seasons = SEASONS if options.season == "both" else (options.season,)
    if options.hindsight:
        for name in seasons:
            print(f"{name}: {told_the_mean(weeks_before(panel, SEASONS[name], options.every))}")
        return
    result: dict[str, object] = {}
    for name in seasons:
        began = time.process_time()
        knobs = dict.fromkeys(KNOBS, 1.0)
        if name in TUNED_ON:
            knobs = cheapest(replayed(panel, TUNED_ON[name], options.every))
        found = replayed(panel, SEASONS[name], options.every)
        result[name] = show(name, found, knobs, time.process_time() - began)
    print(json.dumps({"bench": "replenishment", "targets": TARGETS, **result}))


if __name__ == "__main__":
    main()
