"""What the shop sold before it had this office: taken in from a sales file, so that forecasts need not wait for a year."""

from collections.abc import Mapping, Set
from datetime import date
from typing import Final, NamedTuple

import polars as pl

from afterclick.procurement.sales.days import Sales
from afterclick.store import tables
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

SLOWEST: Final = 7
"""Days that one figure of a file may stand for; from months nobody can tell weeks."""
MINOR: Final = 100
"""Minor units of the money in a file; what something cost decides which items matter, and nothing is paid by it."""
SCHEMA: Final = {
    "item": pl.String, "day": pl.Int32, "quantity": pl.Int64, "largest": pl.Int64, "lines": pl.Int64, "value": pl.Int64,
}  # fmt: skip
_COLUMNS: Final = ("sku", "day", "quantity", "largest", "lines", "value")


class TooCoarse(ValueError):
    """The file tells of months or longer."""


class Kept(NamedTuple):
    """What was kept: items, days with a sale of an item, pieces; and pieces by SKU that the catalogue does not know."""

    items: int
    item_days: int
    pieces: int
    first: date | None
    last: date | None
    unknown: Mapping[str, int]


def keep(tx: Tx, sales: Sales, *, source: str) -> tuple[Kept, list[Event]]:
    """Write down what a file tells of items in the catalogue, all places together; returns it with what to log.

    What an earlier file said of the same item and day is replaced: the same file again changes nothing.

    Raises:
        TooCoarse: its figures stand for more than a week each.
    """
    if sales.period_days > SLOWEST:
        raise TooCoarse(f"each figure of it stands for {sales.period_days} days; forecasts need days or weeks")
    catalogue = {row[0] for row in tx.rows("SELECT sku FROM items")}
    sold = _by_day(_as_in(catalogue, sales.days))
    is_known = pl.col("item").is_in(list(catalogue))
    known, unknown = sold.filter(is_known), sold.filter(~is_known)
    rows = known.select("item", pl.col("day").to_physical().cast(pl.Int64), *_COLUMNS[2:]).rows()
    tx.run_many("DELETE FROM past_sales WHERE sku = ? AND day = ?", [row[:2] for row in rows])
    tx.insert(tables.past_sales, _COLUMNS, rows)
    left_out = unknown.group_by("item").agg(pl.col("quantity").sum()).sort("quantity", "item", descending=[True, False])
    first, last = (known["day"].min(), known["day"].max()) if known.height else (None, None)
    kept = Kept(
        known["item"].n_unique(), known.height, int(known["quantity"].sum()), first if isinstance(first, date) else None,
        last if isinstance(last, date) else None, dict(left_out.rows()),
    )  # fmt: skip
    because = f"{kept.pieces:,} pieces of {kept.items:,} items, {kept.first} to {kept.last}"
    return kept, [Event("sales.kept", None, f"file/{source}"[:200], "", because)] if rows else []


def past_days(tx: Tx, *, since: int, until: int) -> pl.DataFrame:
    """What was kept of the days from `since` to before `until` (days since 1970), as `own.own_days` reads orders."""
    sql = "SELECT sku, day, quantity, largest, lines, value FROM past_sales WHERE day >= ? AND day < ?"
    return pl.DataFrame(tx.rows(sql, (since, until)), schema=SCHEMA, orient="row")


def _as_in(catalogue: Set[str], days: pl.DataFrame) -> pl.DataFrame:
    """The days with SKUs as the catalogue writes them, whatever their capitals; unknown ones in capitals, as orders are read."""
    capitals = {sku.upper(): sku for sku in sorted(catalogue)}
    written: list[str] = days["item"].unique().cast(pl.String).to_list()
    read = [name if name in catalogue else capitals.get(name.upper(), name.upper()) for name in written]
    return days.with_columns(pl.col("item").cast(pl.String).replace_strict(written, read, return_dtype=pl.String))


def _by_day(days: pl.DataFrame) -> pl.DataFrame:
    """Whole pieces by item and day, over all places and currencies; days without a sale left out."""
    value = pl.col("value") if "value" in days.columns else pl.lit(0.0)
    whole = days.select(
        pl.col("item").cast(pl.String), "day", pl.col("quantity").round().cast(pl.Int64),
        pl.col("largest").round().cast(pl.Int64), pl.col("lines").cast(pl.Int64),
        (value.fill_nan(0).fill_null(0) * MINOR).round().cast(pl.Int64).alias("value"),
    )  # fmt: skip
    sums = [pl.col("quantity").sum(), pl.col("largest").max(), pl.col("lines").sum(), pl.col("value").sum()]
    return whole.group_by("item", "day").agg(sums).filter(pl.col("quantity") > 0).sort("item", "day")
