"""What the shop sold of each SKU on each day: the office's orders and, of the days before them, the past sales that were taken
in; with bundles taken apart into what lies on the shelf."""

from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from typing import Final

import polars as pl

from afterclick.procurement.bundles import contents
from afterclick.procurement.sales.daily import as_sales
from afterclick.procurement.sales.past import SCHEMA, past_days
from afterclick.procurement.sales.periods import History
from afterclick.procurement.sales.periods import history as weekly
from afterclick.store.transaction import Tx

SOLD_ON: Final = 0.005
"""Share of a shop's item-days with orders on which there was nothing on hand all day, from which on it is a shop that takes
orders for what it has not."""
_EPOCH: Final = date(1970, 1, 1)
_DAY_MS: Final = 86_400_000
_AT_ONCE: Final = 50_000
_ORDERED: Final = (
    "SELECT l.sku, o.placed_ms / 86400000, CAST(SUM(l.quantity) AS BIGINT), MAX(l.quantity), COUNT(*),"
    " CAST(SUM(l.quantity * l.unit_price) AS BIGINT) FROM orders o JOIN order_lines l ON l.order_id = o.id"
    " WHERE o.placed_ms >= ? AND o.placed_ms < ? AND o.state NOT IN ('refused', 'cancelled')"
    " GROUP BY l.sku, o.placed_ms / 86400000"
)
"""Wanted is what was ordered, shipped or not: an order that waits for stock is demand too. An order that was split shares its
lines with its parts, so that each line stands once."""


def own_days(tx: Tx, *, since_ms: int, until_ms: int) -> pl.DataFrame:
    """What was ordered by SKU and day of placing (UTC), from `since_ms` up to the start of the day of `until_ms`; and what was
    kept of the days before the first order.

    Columns item, day, quantity (pieces), largest (the most on one line), lines, value (minor units) and category; sorted.
    """
    whole_days = until_ms // _DAY_MS * _DAY_MS
    first_ms = tx.value("SELECT MIN(placed_ms) FROM orders WHERE state NOT IN ('refused', 'cancelled')")
    before_ms = whole_days if first_ms is None else min(first_ms, whole_days)
    past = past_days(tx, since=since_ms // _DAY_MS, until=before_ms // _DAY_MS)
    parts = [past] if past.height else []
    with closing(tx.cursor(_ORDERED, (since_ms, whole_days))) as cursor:
        while rows := cursor.fetchmany(_AT_ONCE):
            parts.append(pl.DataFrame(rows, schema=SCHEMA, orient="row"))
    sold = _apart(pl.concat(parts), _bundles(tx)) if parts else pl.DataFrame(schema=SCHEMA)
    categories = pl.DataFrame(tx.rows("SELECT sku, category FROM items"), schema={"item": pl.String, "category": pl.String},
                              orient="row")  # fmt: skip
    days = pl.lit(_EPOCH) + pl.duration(days=pl.col("day"))
    return (
        sold.join(categories, on="item", how="left")
        .with_columns(days.alias("day"), pl.col("category").fill_null(""))
        .sort("item", "day")
    )


def stock_days(tx: Tx, *, since_ms: int) -> pl.DataFrame:
    """The days on which pieces of a SKU came or went: item, day, what was left in the evening (`stock_least`, since a day that
    ends with stock was not sold out for good) and the most on hand in the morning or evening; sorted.

    Told from the stock moves, backwards from what is on hand now, all places together.
    """
    hand = pl.DataFrame(
        tx.rows("SELECT sku, CAST(SUM(on_hand) AS BIGINT) FROM stock_levels GROUP BY sku"),
        schema={"item": pl.String, "hand": pl.Int64}, orient="row",
    )  # fmt: skip
    moved = pl.DataFrame(
        tx.rows(
            "SELECT sku, at_ms / 86400000, CAST(SUM(quantity) AS BIGINT) FROM stock_moves WHERE at_ms >= ?"
            " GROUP BY sku, at_ms / 86400000",
            (since_ms,),
        ),
        schema={"item": pl.String, "day": pl.Int32, "pieces": pl.Int64}, orient="row",
    )  # fmt: skip
    later = pl.col("pieces").cum_sum().over("item") - pl.col("pieces")
    levels = moved.sort("item", "day", descending=[False, True]).join(hand, on="item", how="left", maintain_order="left")
    evening = pl.col("hand").fill_null(0) - later
    morning = evening - pl.col("pieces")
    return levels.select("item", _day(), stock_least=evening, stock_most=pl.max_horizontal(evening, morning)).sort("item", "day")


def history(tx: Tx, *, since_ms: int, until_ms: int, country: str) -> History | None:
    """The demand of every SKU by week, and whether it could be bought; None where nothing was sold."""
    sold = own_days(tx, since_ms=since_ms, until_ms=until_ms)
    if not sold.height:
        return None
    days = sold
    levels = stock_days(tx, since_ms=since_ms)
    if levels.height and not _sells_on(sold, levels):
        both = sold.join(levels, on=["item", "day"], how="full", coalesce=True).sort("item", "day")
        days = both.with_columns(
            pl.col("quantity", "largest", "lines", "value").fill_null(0),
            pl.col("category").fill_null(strategy="max").over("item"),
        )
    return weekly(as_sales(days.filter(pl.col("day") < day_of(until_ms))), "W", country=country)


def _sells_on(sold: pl.DataFrame, levels: pl.DataFrame) -> bool:
    """Whether the shop takes orders for what it has not: then an empty shelf hides no demand."""
    levels = levels.select("item", "day", "stock_most", "stock_least", changed="day").sort("day")
    known = (
        sold.select("item", "day")
        .sort("day")
        .join_asof(levels, on="day", by="item", strategy="backward", check_sortedness=False)
        .select(most=pl.when(pl.col("changed") == pl.col("day")).then("stock_most").otherwise("stock_least"))
    )
    return known.filter(pl.col("most") <= 0).height > SOLD_ON * sold.height


def day_of(at_ms: int) -> date:
    """The day (UTC) of an instant."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).date()


def weeks_before(day: date, weeks: int) -> int:
    """The instant at which the Monday so many whole weeks before the week of `day` began, in ms."""
    monday = day - timedelta(days=day.weekday()) - timedelta(weeks=weeks)
    return (monday - _EPOCH).days * _DAY_MS


def _day() -> pl.Expr:
    return (pl.lit(_EPOCH) + pl.duration(days=pl.col("day"))).alias("day")


def _bundles(tx: Tx) -> pl.DataFrame:
    """What bundles are made of: bundle, part, each (pieces of the part in one bundle)."""
    rows = [(sku, part, pieces) for sku, parts in contents(tx).items() for part, pieces in parts.items()]
    return pl.DataFrame(rows, schema={"item": pl.String, "part": pl.String, "each": pl.Int64}, orient="row")


def _apart(sold: pl.DataFrame, bundles: pl.DataFrame) -> pl.DataFrame:
    """Bundles taken apart into their parts; their value goes to the parts by pieces."""
    joined = sold.join(bundles, on="item", how="left").with_columns(each=pl.col("each").fill_null(1))
    parts = pl.col("each").sum().over("item", "day")
    taken = joined.with_columns(
        value=pl.when(pl.col("part").is_null()).then("value").otherwise(pl.col("value") * pl.col("each") // parts),
        item=pl.coalesce("part", "item"), quantity=pl.col("quantity") * pl.col("each"),
        largest=pl.col("largest") * pl.col("each"),
    )  # fmt: skip
    sums = [pl.col(name).sum() for name in ("quantity", "lines", "value")]
    return taken.group_by("item", "day").agg(pl.col("largest").max(), *sums)
