"""Measure the whole supply desk in a simulated company: a quarter with spikes, bad vendors, lying pages and noisy scales.

    python bench/supply.py [--days 90] [--skus 100] [--seed 1] [--min-days 14,21,28] [--weekly 28]

A company with a year of sales behind it, two warehouses and seven vendors 3 to 21 days away, run by the real office with every
bot mounted. Orders come in as documents and go through `orders.fulfil`. Vendors confirm late, change, deliver in parts, too much
or not at all: every fault of the simulator. Pages of one vendor show prices 10 to 1,000 times too high or too low for 25 days.
Scales are noisy, one dies, goods vanish. A buyer says yes every morning to what was asked; a counter counts what is on the list.

The same company runs again with reorder points in place of forecasts and plans: so many days of the sales of the eight weeks
before, set once ("min/max") or every Monday ("weekly"), bought up to twice as much. All else is the same, the vendors too.
Nothing is tuned: planning costs are the defaults of the policy. What is on the right of a figure is its target.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from afterclick.cli.quarter.days import Quarter, Rule, fill
from afterclick.cli.quarter.judging import Judged, judged
from afterclick.cli.quarter.office import START_MS, opened
from afterclick.cli.quarter.past import RECENT_DAYS, write_past
from afterclick.cli.quarter.scales import Scales
from afterclick.cli.quarter.trouble import Pages
from afterclick.engine.clock import SetClock
from afterclick.simulator.demand import Demand
from afterclick.simulator.vendor_plans import VendorFaults

PAST_DAYS = 371
SCALES = 20
FILL = 0.97


class Outcome(NamedTuple):
    """A quarter under one rule: shares served at once (`fill_last`: after the first third), mean cost of stock in minor units,
    questions to the buyer, goods that vanished or turned up, counts in all and for sensors."""

    rule: str
    fill: float
    fill_last: float
    stock: float
    asked: int
    vanished: int
    counts: int
    sensed: int
    judged: Judged
    cpu_s: float


def quarter(rule: Rule, *, days: int, skus: int, seed: int, min_days: int = 14) -> Outcome:
    """One company, one rule."""
    began = time.process_time()
    demand, clock = Demand(seed=seed, skus=skus, past=PAST_DAYS, days=days), SetClock(START_MS)
    scales = _scales(demand, seed) if rule == "plan" else None
    with tempfile.TemporaryDirectory() as folder:
        office = opened(Path(folder), demand, seed=seed, clock=clock, faults=VendorFaults.all_on())
        with office.database.transaction() as tx:
            write_past(tx, demand, seed=seed)
        pages = Pages(office, demand, seed=seed)
        with office.engine() as engine:
            lived = Quarter(office, engine, clock, demand, rule=rule, min_days=min_days, scales=scales)
            for day in range(days):
                pages.day(day)
                lived.day(day)
                if sys.stderr.isatty():
                    print(f"\r{rule}: day {day + 1}, {fill(lived.figures):.3f} served", end="", file=sys.stderr)
        found = judged(office, pages.true)
        with office.database.reading() as tx:
            counts, sensed = tx.rows("SELECT COUNT(*), SUM(CASE WHEN reason = 'sensor' THEN 1 ELSE 0 END) FROM count_tasks")[0]
        office.close()
    stock = sum(one.stock for one in lived.figures) / len(lived.figures)
    name = rule if rule == "plan" else f"{rule}, {min_days} days"
    return Outcome(
        name, fill(lived.figures), fill(lived.figures[len(lived.figures) // 3 :]), stock, lived.answers,
        scales.vanished if scales else 0, counts, sensed or 0, found, time.process_time() - began,
    )  # fmt: skip


def _scales(demand: Demand, seed: int) -> Scales:
    busiest = np.argsort(-demand.pieces[:, demand.past - RECENT_DAYS : demand.past].sum(axis=1))[:SCALES]
    return Scales({demand.items[row].sku: demand.items[row].weight_g for row in busiest.tolist()}, seed=seed)


def show(one: Outcome, days: int) -> None:
    """A line of the table."""
    said = one.judged
    print(f"{one.rule:<24}{one.fill:>7.3f}{one.fill_last:>9.3f}{one.stock / 100:>12,.0f}{said.orders:>8}{said.alone:>8}"
          f"{one.asked / days:>9.1f}{len(said.limits):>8}{len(said.twice):>7}{len(said.prices):>8}{len(said.unproven):>9}"
          f"{one.cpu_s:>8.0f}", flush=True)  # fmt: skip
    for wrong in (*said.limits[:5], *said.twice[:5], *said.prices[:5], *said.counts[:5], *said.unproven[:5]):
        print(f"  {wrong[:200]}")


def main() -> None:
    """Print the table, and one line of JSON at the end; exits with 1 where a target is missed."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--days", type=int, default=90)
    options.add_argument("--skus", type=int, default=100)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--min-days", default="14,21,28", help="days of sales for reorder points set once, with commas")
    options.add_argument("--weekly", default="28", help="the same for reorder points set every Monday")
    given = options.parse_args()
    size = {"days": given.days, "skus": given.skus, "seed": given.seed}
    print(f"{'':<24}{'fill':>7}{'after ⅓':>9}{'stock €':>12}{'orders':>8}{'alone':>8}{'asked/d':>9}{'limits':>8}{'twice':>7}"
          f"{'prices':>8}{'unproven':>9}{'cpu s':>8}")  # fmt: skip
    ours = quarter("plan", **size)
    show(ours, given.days)
    others: list[Outcome] = []
    rivals: list[tuple[Rule, str]] = [("min/max", given.min_days), ("weekly min/max", given.weekly)]
    for rule, listed in rivals:
        for min_days in (int(text) for text in listed.split(",") if text):
            others.append(quarter(rule, **size, min_days=min_days))
            show(others[-1], given.days)
    sys.exit(0 if _said(ours, others, given.days) else 1)


def _said(ours: Outcome, others: list[Outcome], days: int) -> bool:
    """Print the figures with their targets; returns whether all are reached."""
    wrong = ours.judged
    reach = [one for one in others if one.fill >= min(ours.fill, FILL)]
    rival = min(reach, key=lambda one: one.stock, default=None)
    said = {
        "fill": round(ours.fill, 4), "target_fill": FILL, "limits_broken": len(wrong.limits), "double_orders": len(wrong.twice),
        "wrong_prices_used": len(wrong.prices), "changes_by_sensors": len(wrong.counts), "unproven": len(wrong.unproven),
        "target_of_these": 0, "stock": round(ours.stock / 100), "stock_min_max": {
            one.rule: {"stock": round(one.stock / 100), "fill": round(one.fill, 4)} for one in others
        }, "stock_of_cheapest_min_max_at_this_fill": round(rival.stock / 100) if rival else None,
        "orders": wrong.orders, "orders_without_a_person": wrong.alone, "asked_a_day": round(ours.asked / days, 1),
        "goods_vanished": ours.vanished, "counts": ours.counts, "counts_for_sensors": ours.sensed,
        "cpu_s": round(sum(one.cpu_s for one in (ours, *others))),
    }  # fmt: skip
    print(json.dumps(said))
    held = not (wrong.limits or wrong.twice or wrong.prices or wrong.counts or wrong.unproven)
    return held and ours.fill >= FILL and (rival is None or ours.stock < rival.stock)


if __name__ == "__main__":
    main()
