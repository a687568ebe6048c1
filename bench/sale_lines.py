"""Measure how sale lines become daily sums, and how a new day is added to them.

    python bench/sale_lines.py --lines 10000000

Generated lines: 10,000 items of which a few sell much, 5 warehouses, two years, order numbers, prices and 2 % returns. A file of
each kind is read in a process of its own, so that its memory is its own. Then an office's days are kept one by one as files.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

FIRST: Final = date(2024, 1, 1)
DAYS: Final = 730
ITEMS: Final = 10_000
WAREHOUSES: Final = 5
TARGETS: Final = {"cpu_s": 4.0, "peak_mb": 1_536.0, "new_day_s": 0.2}


def main() -> None:
    """Print what was measured beside what it must reach, and one line of JSON; ends with 1 where a target is missed."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    asked.add_argument("--lines", type=int, default=10_000_000)
    asked.add_argument("--csv", action="store_true", help="measure a CSV of the same lines too")
    asked.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    chosen = asked.parse_args()
    if chosen.read:
        print(json.dumps(measure(chosen.read)))
        return
    with tempfile.TemporaryDirectory(prefix="afterclick-bench-") as folder:
        measured = {kind: _elsewhere(_written(Path(folder), chosen.lines, kind)) for kind in ("parquet", *(["csv"] * chosen.csv))}
        kept = keep(Path(folder) / "daily", _one_day(chosen.lines // DAYS))
    figures = {"lines": chosen.lines, **measured, **kept}
    whole = measured["parquet"]
    print(f"{'':<34}{'measured':>12}{'target':>12}")
    for kind, one in measured.items():
        said = TARGETS if kind == "parquet" else {}
        print(f"{kind + ': CPU seconds':<34}{one['cpu_s']:>12.2f}{said.get('cpu_s', ''):>12}")
        print(f"{kind + ': wall seconds':<34}{one['wall_s']:>12.2f}")
        print(f"{kind + ': largest memory, MB':<34}{one['peak_mb']:>12,.0f}{said.get('peak_mb', ''):>12}")
    print(f"{'item-warehouse-days':<34}{whole['sums']:>12,}")
    for name, value in kept.items():
        print(f"{name.replace('_', ' '):<34}{value:>12.3f}{TARGETS.get(name, ''):>12}")
    print(json.dumps(figures))
    reached = whole["cpu_s"] <= TARGETS["cpu_s"] and whole["peak_mb"] <= TARGETS["peak_mb"]
    sys.exit(0 if reached and kept["new_day_s"] <= TARGETS["new_day_s"] else 1)


def measure(path: Path) -> dict[str, float]:
    """Read a file to daily sums, faults, returns and repeated rows looked at, as the command does."""
    from afterclick.procurement.sales.days import read_sales

    began, busy = time.perf_counter(), time.process_time()
    sales = read_sales(path, today=datetime.now(UTC).date())
    return {
        "cpu_s": round(time.process_time() - busy, 2), "wall_s": round(time.perf_counter() - began, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024), "sums": sales.days.height,
    }  # fmt: skip


def keep(folder: Path, day: pl.DataFrame) -> dict[str, float]:
    """Seconds to keep the last of 730 days, the slowest of ten, and to read all of them back as weeks."""
    from afterclick.procurement.sales.daily import as_sales, fold_months, keep_day, kept_days
    from afterclick.procurement.sales.periods import history

    days = [FIRST + timedelta(days=n) for n in range(DAYS)]
    spent: list[float] = []
    for number, one in enumerate(days):
        sums = day.with_columns(day=pl.lit(one))
        began = time.perf_counter()
        keep_day(folder, one, sums)
        spent.append(time.perf_counter() - began)
        if one.day == 1 and number:
            fold_months(folder, before=one)
    began = time.perf_counter()
    kept = kept_days(folder)
    read_s = time.perf_counter() - began
    history(as_sales(kept), "W")
    return {"new_day_s": round(max(spent[-10:]), 4), "read_back_s": round(read_s, 3),
            "weeks_s": round(time.perf_counter() - began - read_s, 3)}  # fmt: skip


def _elsewhere(path: Path) -> dict[str, Any]:
    ran = subprocess.run([sys.executable, __file__, "--read", str(path)], capture_output=True, text=True, check=True)
    return json.loads(ran.stdout)


def _written(folder: Path, lines: int, kind: str) -> Path:
    chance = np.random.default_rng(1)
    quantity = 1 + chance.geometric(0.4, lines)
    made = pl.DataFrame({
        "order": np.arange(lines) // 3, "item": (ITEMS * chance.power(0.5, lines)).astype(np.int32),
        "warehouse": chance.integers(0, WAREHOUSES, lines), "day": np.sort(chance.integers(0, DAYS, lines)),
        "second": chance.integers(0, 86_400, lines), "price": chance.lognormal(2, 0.5, lines).round(2),
        "quantity": np.where(chance.random(lines) < 0.02, -quantity, quantity),
    })  # fmt: skip
    placed = pl.lit(datetime(FIRST.year, FIRST.month, FIRST.day)) + pl.duration(days="day", seconds="second")  # noqa: DTZ001
    table = made.lazy().select(
        order_no=pl.format("A-{}", "order"), item=pl.format("SKU-{}", "item"), warehouse=pl.format("WH{}", "warehouse"),
        date=placed, quantity="quantity", price="price",
    )  # fmt: skip
    path = folder / f"lines.{kind}"
    if kind == "csv":
        table.sink_csv(path)
    else:
        table.sink_parquet(path)
    return path


def _one_day(lines: int) -> pl.DataFrame:
    chance = np.random.default_rng(2)
    pairs = pl.DataFrame({
        "item": [f"SKU-{n}" for n in (ITEMS * chance.power(0.5, lines)).astype(int)],
        "place": [f"WH{n}" for n in chance.integers(0, WAREHOUSES, lines)],
        "quantity": chance.geometric(0.4, lines).astype(np.float64), "value": chance.lognormal(3, 0.5, lines).round(2),
    })  # fmt: skip
    sums = [pl.col("quantity").sum(), pl.col("quantity").max().alias("largest"), pl.len().alias("lines"), pl.col("value").sum()]
    return pairs.group_by("item", "place", maintain_order=True).agg(sums)


if __name__ == "__main__":
    main()
