"""How well sensors find wrong records, and how often they call for a count in vain.

    python bench/stock_truth.py --days 7 --items 40

A simulated warehouse of which the truth is known runs through the real evidence, belief and counting. An error is found when a
count of its place is proposed within a day; whoever counts comes two hours later. Beside it, the same days with counts by value
at risk alone. Targets were set before the first run. Prints a table and a JSON line.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

from afterclick.domain.limits import OrderLimits
from afterclick.domain.stock_limits import CountingLimits, SensingLimits
from afterclick.inventory.counting import count
from afterclick.inventory.counts import tasks
from afterclick.inventory.counts.propose import propose_now
from afterclick.inventory.sensing import registry
from afterclick.inventory.sensing.evidence import take
from afterclick.inventory.sensing.sense import sense_now
from afterclick.simulator.sensors import GATE, TARE_G, WAREHOUSE, SensedWarehouse, Setting, Step
from afterclick.store import stock
from afterclick.store.database import Database, sqlite_url
from afterclick.store.stock import Move
from afterclick.store.tables import metadata
from afterclick.store.transaction import Tx

START_MS: Final = 1_795_132_800_000
HOUR_MS: Final = 3_600_000
RECALL: Final = 0.90
FALSE_A_DAY: Final = 1.0
BUDGET: Final = 6
"""Counts a day by value at risk: about a seventh of the places."""


class Outcome(NamedTuple):
    """What came of the errors: how many there were, how many were found within a day, after how many hours (the median), how many
    counts were made, how many of them in vain, how many sensors were rightly and wrongly said to have failed."""

    errors: int
    found: int
    hours: float
    counts: int
    in_vain: int
    failed: int
    false_failed: int
    cpu_s: float


class Day:
    """The office's side: books the steps, senses, proposes, and counts two hours after a proposal."""

    def __init__(self, tx: Tx, warehouse: SensedWarehouse, *, sensing: bool) -> None:
        self.tx, self.warehouse, self.sensing = tx, warehouse, sensing
        self.counting, self.limits = CountingLimits(per_day=BUDGET), SensingLimits()
        self.open_errors: dict[str, int] = {}
        self.waits: list[float] = []
        self.errors = self.in_vain = self.counts = 0
        self.held: dict[str, int] = {}
        self.failed: set[str] = set()
        self._proposed: set[int] = set()

    def step(self, step: Step) -> None:
        tx, at_ms = self.tx, step.at_ms
        for error in step.errors:
            if error.pieces:
                self.errors += error.sku not in self.open_errors
                self.open_errors.setdefault(error.sku, at_ms)
        stock.move(tx, [Move(one.sku, WAREHOUSE, one.pieces, one.reason) for one in step.bookings], now_ms=at_ms)
        for one in step.held:
            self.held[one.sku] = max(0, self.held.get(one.sku, 0) + one.pieces)
        tx.run_many(
            "UPDATE stock_levels SET reserved = ? WHERE sku = ?",
            [(self.held[one.sku], one.sku) for one in step.held],
        )
        if self.sensing:
            take(tx, step.readings, limits=self.limits, now_ms=at_ms)
            events = sense_now(tx, self.limits, self.counting, now_ms=at_ms)
            self.failed |= {str(one.object) for one in events if one.activity in ("sensor.silent", "sensor.stuck")}
        if (at_ms - START_MS) % (24 * HOUR_MS) == 2 * HOUR_MS:
            propose_now(tx, self.counting, OrderLimits(), now_ms=at_ms)
        self._judge(at_ms)

    def _judge(self, at_ms: int) -> None:
        """Note what was found, and count what was proposed two hours ago."""
        for task in tasks.active(self.tx):
            if task.id not in self._proposed:
                self._proposed.add(task.id)
                since_ms = self.open_errors.pop(task.sku, None)
                if since_ms is not None:
                    self.waits.append((at_ms - since_ms) / HOUR_MS)
                elif task.reason == "sensor":
                    self.in_vain += 1
            if at_ms - task.proposed_ms >= 2 * HOUR_MS:
                there = self.warehouse.truth[task.sku] + self.warehouse.unbooked(task.sku)
                count(self.tx, [(task.sku, WAREHOUSE, max(0, there))], by="bench", now_ms=at_ms)
                self.counts += 1


def run(setting: Setting, seed: int, *, sensing: bool) -> Outcome:
    """Some days with sensors, or without."""
    warehouse = SensedWarehouse(setting, seed=seed, start_ms=START_MS)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(sqlite_url(Path(folder) / "bench.sqlite"))
        metadata.create_all(database.engine)
        busy = time.process_time()
        with database.transaction() as tx:
            _furnish(tx, warehouse, sensing=sensing)
            day = Day(tx, warehouse, sensing=sensing)
            for step in warehouse.steps():
                day.step(step)
        busy = time.process_time() - busy
        database.dispose()
    soon = [one for one in day.waits if one <= 24]
    bad = {f"sensor/scale-{sku}" for sku in (*warehouse.dead_at, *warehouse.stuck_at)}
    hours = sorted(day.waits)[len(day.waits) // 2] if day.waits else 0.0
    return Outcome(day.errors, len(soon), hours, day.counts, day.in_vain, len(day.failed & bad), len(day.failed - bad), busy)


def _furnish(tx: Tx, warehouse: SensedWarehouse, *, sensing: bool) -> None:
    tx.run(
        "INSERT INTO warehouses (id, name, country, latitude, longitude, handling) VALUES (?, '', 'DE', 0, 0, 1)", (WAREHOUSE,)
    )
    tx.run_many(
        "INSERT INTO items (sku, name, category, tax_category, weight_g, price, currency)"
        " VALUES (?, '', 'x', 'standard', ?, 2500, 'EUR')",
        list(warehouse.weights.items()),
    )
    stock.ensure_levels(tx, [(sku, WAREHOUSE) for sku in warehouse.weights])
    stock.move(tx, [Move(sku, WAREHOUSE, there, "opening") for sku, there in warehouse.opening.items()], now_ms=START_MS - 1)
    if not sensing:
        return
    for sku in warehouse.scales:
        weight = warehouse.weights[sku]
        registry.add(tx, f"scale-{sku}", kind="scale", warehouse=WAREHOUSE, sku=sku, tare_g=TARE_G, tolerance_g=weight // 2,
                     now_ms=START_MS)  # fmt: skip
    registry.add(tx, GATE, kind="gate", warehouse=WAREHOUSE, now_ms=START_MS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--items", type=int, default=40)
    parser.add_argument("--seeds", type=int, default=2)
    given = parser.parse_args()
    setting = Setting(items=given.items, days=given.days)
    print(f"{'':<24}{'errors':>8}{'in a day':>10}{'recall':>8}{'hours':>8}{'counts':>8}{'in vain':>9}{'core s':>8}")
    total: dict[bool, list[Outcome]] = {True: [], False: []}
    for sensing in (True, False):
        for seed in range(1, given.seeds + 1):
            one = run(setting, seed, sensing=sensing)
            total[sensing].append(one)
            name = f"{'sensors' if sensing else 'value at risk alone'}, seed {seed}"
            print(f"{name:<24}{one.errors:>8}{one.found:>10}{one.found / max(1, one.errors):>8.2f}{one.hours:>8.1f}"
                  f"{one.counts:>8}{one.in_vain:>9}{one.cpu_s:>8.1f}")  # fmt: skip
    sensed, plain = total[True], total[False]
    recall = sum(one.found for one in sensed) / max(1, sum(one.errors for one in sensed))
    false_a_day = sum(one.in_vain for one in sensed) / (given.days * given.seeds)
    said = {
        "recall": round(recall, 3), "target_recall": RECALL,
        "recall_without": round(sum(one.found for one in plain) / max(1, sum(one.errors for one in plain)), 3),
        "false_counts_per_warehouse_day": round(false_a_day, 2), "target_false": FALSE_A_DAY,
        "failed_sensors_found": sum(one.failed for one in sensed), "failed_sensors": given.seeds * (setting.dead + setting.stuck),
        "sensors_wrongly_failed": sum(one.false_failed for one in sensed), "cpu_s": round(sum(one.cpu_s for one in sensed), 1),
    }  # fmt: skip
    print(json.dumps(said))
    sys.exit(0 if recall >= RECALL and false_a_day <= FALSE_A_DAY else 1)


if __name__ == "__main__":
    main()
