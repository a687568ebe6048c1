"""Keep daily sums of sales in files, one a day, so that a new day is added without touching the others."""

import os
import re
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import polars as pl

from afterclick.procurement.sales.days import Sales

_DAY: Final = re.compile(r"(\d{4}-\d{2})-\d{2}\.parquet")
_MONTH: Final = re.compile(r"\d{4}-\d{2}\.parquet")
_KEYS: Final = ("item", "place", "day")


def keep_day(folder: Path, day: date, sums: pl.DataFrame) -> Path:
    """Write what was sold on one day in place of what was known of it; killed half-way, the old file stays whole.

    `sums` has the columns of `days.Sales.days`, of which item, day and quantity are needed; rows of other days are an error.
    """
    if (sums["day"] != day).any():
        raise ValueError(f"the sums for {day} have rows of other days")
    return _write(folder / f"{day}.parquet", sums.sort([key for key in _KEYS if key in sums.columns]))


def fold_months(folder: Path, *, before: date) -> list[Path]:
    """Put the days of each month that ended before `before` into one file, so that reading them back stays quick.

    The month is written whole before its days are removed. Killed in between, both are there, and the days count.
    """
    month = before.replace(day=1)
    days = sorted(path for path in folder.glob("*.parquet") if _DAY.fullmatch(path.name) and path.name < f"{month}.parquet")
    folded: list[Path] = []
    for name in sorted({path.name[:7] for path in days}):
        own = [path for path in days if path.name.startswith(name)]
        folded.append(_write(folder / f"{name}.parquet", _read(folder, [folder / f"{name}.parquet", *own]).collect()))
        for path in own:
            path.unlink()
    return folded


def kept_days(folder: Path, *, since: date | None = None) -> pl.DataFrame:
    """What was sold by item, place and day, from `since` on, in the columns in which it was kept; in no order."""
    files = sorted(path for path in folder.glob("*.parquet") if _DAY.fullmatch(path.name) or _MONTH.fullmatch(path.name))
    if since:
        files = [path for path in files if path.name[:7] >= f"{since:%Y-%m}"]
    if not files:
        return pl.DataFrame(schema={"item": pl.String, "day": pl.Date, "quantity": pl.Float64})
    rows = _read(folder, files)
    return (rows.filter(pl.col("day") >= since) if since else rows).collect(engine="streaming")


def last_day(folder: Path) -> date | None:
    """The latest day that is kept as a file of its own or within a month's; None where nothing is."""
    names = sorted((path.stem for path in folder.glob("*.parquet")), reverse=True)
    if not names:
        return None
    if len(names[0]) == len("2025-12-31"):
        return date.fromisoformat(names[0])
    first = date.fromisoformat(f"{names[0]}-01")
    last = pl.scan_parquet(folder / f"{names[0]}.parquet").select(pl.col("day").max()).collect().item()
    return last if isinstance(last, date) else first - timedelta(days=1)


def as_sales(days: pl.DataFrame) -> Sales:
    """Kept days as `periods.history` wants them."""
    every = {"place": pl.lit(""), "largest": pl.col("quantity").cast(pl.Float64), "lines": pl.lit(1, dtype=pl.UInt32)}
    more = [value.alias(name) for name, value in every.items() if name not in days.columns]
    fields = ["item", "date", "quantity", *(["order_no"] if "largest" in days.columns else [])]
    whole = days.with_columns(*more).with_columns(
        pl.col("item", "place").cast(pl.Categorical), pl.col("quantity").cast(pl.Float64)
    )
    zeros = bool((whole["quantity"] == 0).any())
    return Sales(whole, whole.clear(), 1, whole.height, {}, (), (), dict.fromkeys(fields, ""), zeros)


def _read(folder: Path, files: Sequence[Path]) -> pl.LazyFrame:
    """The rows of some files; of a day that has a file of its own, only those in it."""
    there = [path for path in files if path.exists()]
    alone = [date.fromisoformat(path.stem) for path in there if _DAY.fullmatch(path.name)]
    months = [pl.scan_parquet(path) for path in there if _MONTH.fullmatch(path.name)]
    days = [pl.scan_parquet(folder / f"{day}.parquet") for day in alone]
    parts = [rows.filter(~pl.col("day").is_in(alone)) for rows in months] + days
    return pl.concat(parts, how="diagonal_relaxed")


def _write(path: Path, sums: pl.DataFrame) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".fresh")
    sums.write_parquet(fresh, compression="zstd", statistics=True)
    os.replace(fresh, path)  # noqa: PTH105  # one step, so that a reader sees the old file or the new one
    return path
