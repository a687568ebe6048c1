"""Read every line of a sales file at once: which item, where, on which day, how many, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import polars as pl

from afterclick.procurement.sales.columns import is_weekly
from afterclick.procurement.sales.dates import FIRST, read_days
from afterclick.procurement.sales.numbers import NUMBERS, decimal_commas, number
from afterclick.procurement.sales.opening import Opened
from afterclick.reading.tables.rows import BadFile

MOST_PIECES: Final = 1_000_000_000
"""Of one line; the limit of order lines too. Beyond it no shop sells, and sums of floats lose pieces."""
LONGEST_NAME: Final = 200
PLANNED: Final = 1
"""The code of a line that says no quantity, but a price or promotion of a day to come."""
FAULTS: Final = {
    2: "the date is missing",
    3: "the date cannot be read",
    4: "the date lies in the future",
    5: "the item is missing",
    6: f"the item's name is longer than {LONGEST_NAME} letters",
    7: "the quantity is missing",
    8: "the quantity is not a number",
    9: f"the quantity is beyond {MOST_PIECES:,}",
}
_MOST_DAYS: Final = 300_000
_TIME: Final = r"[ T]+\d{1,2}:\d{2}.*$"
_ISO_DAY: Final = r"^\d{4}-\d{2}-\d{2}(?:[ T]|$)"
_NO: Final = ("", "0", "0.0", "no", "n", "false", "f", "none", "nein", "falsch", "non", "faux", "falso", "nee", "nie", "nej", "-")


@dataclass(frozen=True)
class Habits:
    """How a file writes numbers and days: `dressed` are the fields whose numbers have blanks, signs or marks between thousands,
    `commas` those with a decimal comma, `days` what each text of a day means.
    """

    dressed: frozenset[str]
    commas: frozenset[str]
    days: Mapping[str, date] | None
    short_days: bool


def habits(opened: Opened, *, today: date) -> Habits:
    """What the texts of a file show about how it writes; looks through the whole file, and only at its text columns.

    Raises:
        BadFile: a column is of a kind that holds neither text nor number nor date, or dates have two meanings.
    """
    schema = opened.rows.collect_schema()
    for field, kind in schema.items():
        if kind.is_nested() or isinstance(kind, pl.Binary | pl.Object):
            name = opened.names.get(field, field)
            raise BadFile(f"{opened.path} holds {kind} in its column {name!r}: save it as text, number or date")
    wanted = [
        pl.col(field).filter(pl.col(field).cast(pl.Float64, strict=False).is_null() & (pl.col(field) != "")).head(1_000).implode()
        for field in NUMBERS
        if schema.get(field) == pl.String
    ]
    short = False
    if textual := not isinstance(schema["date"], pl.Date | pl.Datetime):
        date_text = pl.col("date").cast(pl.String)
        first = opened.rows.select(date_text.str.contains(_ISO_DAY).fill_null(value=True)).head(1_000).collect().to_series()
        short = bool(first.all())
        wanted.append(_day_text(short=short).unique().implode().alias("days"))
    seen = opened.rows.select(wanted).collect(engine="streaming") if wanted else pl.DataFrame()
    dressed = {field: texts for field in seen.columns if field != "days" and (texts := seen[field][0].to_list())}
    commas = decimal_commas(opened.rows, dressed, [field for field in NUMBERS if schema.get(field) == pl.String])
    marked = frozenset(dressed) | {field for field, marks in commas.items() if marks}
    if not textual:
        return Habits(marked, frozenset(commas), None, short_days=False)
    texts = [text for text in seen["days"][0].to_list() if text]
    if len(texts) > _MOST_DAYS:
        raise BadFile(f"the column {opened.names['date']!r} holds {len(texts):,} different texts: it is no column of dates")
    return Habits(marked, frozenset(commas), read_days(texts, today=today, weeks=is_weekly(opened.names["date"])), short)


def read_lines(opened: Opened, how: Habits, *, today: date) -> pl.LazyFrame:
    """The lines with `item`, `place`, `day`, `quantity`, `code` (0, `PLANNED`, or a key of `FAULTS`) and what else the file has.

    Those are `price`, `value`, `promoted` (0 or 1), `stock` (on hand, or 1 and 0), `category`, `currency` and `line`. A line with
    a fault has neither item nor place nor day, so that all of a kind fall together when they are added up. Names are as they
    stand in the file: `tidy` reads them, and doing so for each name is quicker than for each line.
    """
    schema = opened.rows.collect_schema()
    fields: dict[str, pl.Expr] = {
        "item": pl.col("item").cast(pl.String),
        "day": _day(how, schema),
        "quantity": _number("quantity", how),
    }
    fields["place"] = pl.col("place").cast(pl.String) if "place" in schema else pl.lit("")
    for field in ("price", "value"):
        if field in schema:
            number = _number(field, how)
            fields[field] = pl.when(number.is_finite() & (number.abs() < MOST_PIECES)).then(number)
    if "promotion" in schema:
        fields["promoted"] = _flag("promotion", schema).cast(pl.Float32)
    if "stock" in schema:
        fields["stock"] = _number("stock", how).cast(pl.Float32)
    elif "in_stock" in schema:
        fields["stock"] = _flag("in_stock", schema).cast(pl.Float32)
    for field in ("category", "currency"):
        if field in schema:
            fields[field] = pl.col(field).cast(pl.String)
    kept = ["line"] if "line" in schema else []
    plans = [pl.col(field).is_not_null() for field in ("price", "promoted") if field in fields]
    planned = pl.any_horizontal(plans) if plans else pl.lit(value=False)
    read = opened.rows.select(*kept, missing=_missing("quantity", schema), no_date=_missing("date", schema), **fields)
    code = _code(planned, latest=today + timedelta(days=1))
    good = pl.col("code") <= PLANNED
    return read.with_columns(code=code).with_columns(
        item=pl.when(good).then("item"), place=pl.when(good).then("place"), day=pl.when(good).then("day"),
        quantity=pl.when(pl.col("code") == 0).then("quantity").otherwise(0.0),
    ).drop("missing", "no_date")  # fmt: skip


def tidy(name: pl.Expr) -> pl.Expr:
    """A name without blanks around it; a whole number that a tool keeps as 17850.0 loses its fraction."""
    return name.cast(pl.String).str.strip_chars().str.replace(r"^(\d+)\.0$", "${1}")


def name_fault(item: pl.Expr) -> pl.Expr:
    """The code of what is wrong with an item's tidy name, 0 where nothing is."""
    long = item.str.len_chars() > LONGEST_NAME
    return pl.when(item.is_null() | (item == "")).then(5).when(long).then(6).otherwise(0).cast(pl.UInt8)


def _code(planned: pl.Expr, *, latest: date) -> pl.Expr:
    """What is wrong with a line, the first thing only. A day of tomorrow may be today elsewhere."""
    day, quantity = pl.col("day"), pl.col("quantity")
    return (
        pl.when(pl.col("no_date")).then(2)
        .when(day.is_null() | (day < FIRST)).then(3)
        .when(pl.col("item").is_null()).then(5)
        .when(pl.col("missing")).then(pl.when(planned).then(PLANNED).otherwise(7))
        .when(day > latest).then(4)
        .when(quantity.is_null() | ~quantity.is_finite()).then(8)
        .when(quantity.abs() > MOST_PIECES).then(9)
        .otherwise(0).cast(pl.UInt8)
    )  # fmt: skip


def _missing(field: str, schema: pl.Schema) -> pl.Expr:
    column = pl.col(field)
    return column.is_null() | (column.str.strip_chars() == "") if schema[field] == pl.String else column.is_null()


def _day_text(*, short: bool) -> pl.Expr:
    text = pl.col("date").cast(pl.String)
    return text.str.head(10) if short else text.str.strip_chars().str.replace(_TIME, "").str.strip_suffix(".0")


def _day(how: Habits, schema: pl.Schema) -> pl.Expr:
    """The day on which it was sold by the clock of whoever wrote the file."""
    if how.days is None:
        return pl.col("date").dt.date() if isinstance(schema["date"], pl.Datetime) else pl.col("date")
    known = list(how.days)
    return _day_text(short=how.short_days).replace_strict(known, list(how.days.values()), default=None, return_dtype=pl.Date)


def _number(field: str, how: Habits) -> pl.Expr:
    return number(field, dressed=field in how.dressed, comma=field in how.commas)


def _flag(field: str, schema: pl.Schema) -> pl.Expr:
    column, kind = pl.col(field), schema[field]
    if isinstance(kind, pl.Boolean) or kind.is_numeric():
        return column.cast(pl.Float64) > 0
    text = column.cast(pl.String).str.strip_chars().str.to_lowercase()
    return pl.when(text != "").then(~text.is_in(list(_NO)))
