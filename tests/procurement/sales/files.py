"""Sales files for tests."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from afterclick.procurement.sales.days import Sales, read_sales

TODAY = date(2025, 6, 30)
MONDAY = date(2025, 1, 6)


def csv(folder: Path, text: str, *, name: str = "sales.csv", encoding: str = "utf-8") -> Path:
    """A file with this text."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def read(folder: Path, text: str, given: dict[str, str] | None = None) -> Sales:
    """The sales in a CSV text."""
    return read_sales(csv(folder, text), given, today=TODAY)


def sold(sales: Sales) -> dict[tuple[str, str, str], float]:
    """Pieces by item, place and day."""
    rows = sales.days.select(pl.col("item", "place").cast(pl.String), pl.col("day").cast(pl.String), "quantity").rows()
    return {(item, place, day): quantity for item, place, day, quantity in rows}


def lines(rows: list[tuple[str, int, int]], *, start: date = MONDAY) -> str:
    """A CSV text of rows (item, day number, quantity)."""
    return "item,date,quantity\n" + "".join(f"{item},{start + timedelta(days=day)},{pieces}\n" for item, day, pieces in rows)


def at(day: str) -> datetime:
    """An instant on a day."""
    return datetime.fromisoformat(day).replace(tzinfo=UTC)
