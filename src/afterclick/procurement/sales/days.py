"""Add the lines of a sales file up to what was sold of each item, place and day, with an account of what was set aside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl
from polars.exceptions import PanicException, PolarsError

from afterclick.procurement.sales.dates import rhythm
from afterclick.procurement.sales.lines import FAULTS, PLANNED, habits, name_fault, read_lines, tidy
from afterclick.procurement.sales.opening import Opened, open_sales
from afterclick.reading.tables.rows import BadFile

MOST_NAMED: Final = 100
MOST_SPELT: Final = 6
REPEATED_AT_MOST: Final = 0.05
"""Share of a file's item-days with more than one row, up to which a repeated row is taken for a slip, not for a second sale."""


@dataclass(frozen=True)
class Fault:
    """A line that was set aside: its number in the file (the header is line 1), and why."""

    line: int
    because: str


@dataclass(frozen=True)
class Sales:
    """What was sold by item, place and day.

    `days` has item, place, day (in no order), quantity (returns of the same day taken off; never below 0), largest (the most
    pieces on one line) and lines; where the file has them value (quantity × price), promoted (share of the lines), stock_least
    and stock_most (on hand, or 0 and 1), category, currency. `planned` has the same of days to come, its value being the price.
    `period_days` is how many days each of the file's own figures stands for. `set_aside` counts lines by reason, `named` tells
    the first of them, and `notes` say what was understood about the file as a whole. `says_zero`: a line says that nothing was
    sold, as totals do; a sale and its return on the same day do not.
    """

    days: pl.DataFrame
    planned: pl.DataFrame
    period_days: int
    lines: int
    set_aside: Mapping[str, int]
    named: tuple[Fault, ...]
    notes: tuple[str, ...]
    names: Mapping[str, str]
    says_zero: bool


def read_sales(path: Path, given: Mapping[str, str] | None = None, *, today: date) -> Sales:
    """The sales of a CSV, XLSX or Parquet file; `given` names columns that are not recognised (see `columns.recognise`).

    Raises:
        BadFile: the file as a whole cannot be read, has no item, date or quantity, or none of its lines can be used.
    """
    opened = open_sales(path, given)
    try:
        return _read(opened, today)
    except (PolarsError, PanicException) as error:
        if opened.slow or _is_parquet(path):
            raise BadFile(f"{path} cannot be read: {str(error).splitlines()[0][:200]}") from error
        return _read(open_sales(path, given, slowly=True), today)  # it names each line that is broken


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def _read(opened: Opened, today: date) -> Sales:
    lines = read_lines(opened, habits(opened, today=today), today=today)
    sums, spelt = _spelt_alike(added_up(lines))
    sold, last = _sold(sums)
    plans = sums.filter(pl.col("code") == PLANNED)
    late = plans.filter(pl.col("day") <= last) if last else plans
    faulty = sums.filter(pl.col("code") > PLANNED)
    counts = {FAULTS[code]: count for code, count in faulty.group_by("code").agg(pl.col("lines").sum()).sort("code").rows()}
    if late.height:
        counts[FAULTS[7]] = counts.get(FAULTS[7], 0) + int(late["lines"].sum())
    for one in opened.unread:
        counts[one.because] = counts.get(one.because, 0) + 1
    total = int(sums["lines"].sum()) + len(opened.unread)
    named = _named(opened, lines, last) if counts else ()
    if not sold.height:
        first = f"; the first: line {named[0].line}, {named[0].because}" if named else ""
        raise BadFile(f"{opened.path}: none of its {total:,} lines can be used{first} ({_columns(opened)})")
    period_days = rhythm(sold["day"].unique().to_list())
    says_zero = bool(sold.select(((pl.col("quantity") == 0) & (pl.col("largest") == 0)).any()).item())
    totals = "order_no" not in opened.names and (period_days > 1 or says_zero)
    sold, repeated = _repeats_once(sold) if totals else (sold, 0)
    notes = (*opened.notes, *spelt, *_notes(sold, repeated))
    planned = plans.filter(pl.col("day") > last) if last else plans.clear()
    return Sales(_netted(sold), planned.drop("code"), period_days, total, counts, named, notes, opened.names, says_zero)


def added_up(lines: pl.LazyFrame) -> pl.DataFrame:
    """The lines (see `lines.read_lines`) by item, place, day, currency and code, in no order; polars streams through them."""
    columns = lines.collect_schema().names()
    if "price" in columns:
        paid = pl.col("value") if "value" in columns else pl.col("quantity") * pl.col("price")
        lines = lines.with_columns(value=pl.when(pl.col("code") == PLANNED).then("price").otherwise(paid))
        columns.append("value")
    if "stock" in columns:
        lines = lines.with_columns(stock_least="stock", stock_most="stock")
        columns += ["stock_least", "stock_most"]
    quantity = pl.col("quantity")
    sums = [quantity.sum(), quantity.max().cast(pl.Float32).alias("largest"), pl.len().alias("lines")]
    names = [name for name in ("item", "place", "currency") if name in columns]
    keys = [pl.col(name).cast(pl.Categorical) for name in names]
    found = lines.group_by(*keys, "day", "code").agg(sums + _others(columns)).collect(engine="streaming")
    return _tidied(found, names)


def _others(columns: Sequence[str]) -> list[pl.Expr]:
    """How what a file may have besides is added up."""
    how = {
        "value": pl.col("value").sum(), "promoted": pl.col("promoted").mean(), "stock_least": pl.col("stock_least").min(),
        "stock_most": pl.col("stock_most").max(), "category": pl.col("category").max(),
    }  # fmt: skip
    return [sum_ for name, sum_ in how.items() if name in columns]


def _tidied(sums: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The sums under tidy names; what differed only in blanks, or in the capitals of a currency, falls together."""
    changed = False
    for name in names:
        written = sums.select(pl.col(name).unique().drop_nulls()).to_series()
        read = written.to_frame().select(tidy(pl.col(name))).to_series()
        read = read.str.to_uppercase() if name == "currency" else read
        if (read != written.cast(pl.String)).any():
            changed = True
            sums = sums.with_columns(pl.col(name).replace_strict(written, read, default=None).cast(pl.Categorical))
        if name == "item" and (faults := read.to_frame().select(name_fault(pl.col(name))).to_series()).max():
            changed = True
            code = pl.col(name).cast(pl.String).replace_strict(read, faults, default=0, return_dtype=pl.UInt8)
            sums = sums.with_columns(
                code=pl.when(pl.col("code") <= PLANNED).then(pl.max_horizontal("code", code)).otherwise("code")
            )
    return _together(sums) if changed else sums


def _spelt_alike(sums: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Items whose names differ only in capitals as one, in capitals as orders are read, and what is said of it."""
    written = sums["item"].unique().drop_nulls()
    capitals = written.cast(pl.String).str.to_uppercase()
    alike = capitals.is_duplicated()
    if not alike.any():
        return sums, []
    one = capitals.filter(alike).unique().sort()
    read = pl.select(pl.when(alike).then(capitals).otherwise(written.cast(pl.String))).to_series()
    named = sums.with_columns(pl.col("item").replace_strict(written, read, default=None).cast(pl.Categorical))
    listed = ", ".join(one.head(MOST_SPELT)) + (" …" if len(one) > MOST_SPELT else "")
    note = f"{alike.sum():,} names differ only in capitals and were taken for {len(one):,} item{'s' * (len(one) != 1)}: {listed}"
    return _together(named), [note]


def _together(sums: pl.DataFrame) -> pl.DataFrame:
    """Rows that came to the same names as one; those with a fault lose theirs."""
    names = [name for name in ("item", "place", "currency") if name in sums.columns]
    nameless = [pl.when(pl.col("code") <= PLANNED).then(name).alias(name) for name in ("item", "place", "day")]
    total = [pl.col("quantity").sum(), pl.col("largest").max(), pl.col("lines").sum()]
    return sums.with_columns(nameless).group_by(*names, "day", "code").agg(total + _others(sums.columns))


def _sold(sums: pl.DataFrame) -> tuple[pl.DataFrame, date | None]:
    every = sums["code"].max() == 0  # the usual case, in which nothing need be copied
    sold = (sums if every else sums.filter(pl.col("code") == 0)).drop("code")
    last = sold["day"].max()
    return sold, last if isinstance(last, date) else None


def _repeats_once(sold: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Repeated rows counted once, where a file of totals otherwise holds one row for each item, place and day.

    It holds totals where it says 0 for days without sales, or its days are starts of weeks or months, and it has no order
    numbers. In a file of single sales the same row twice is two sales.
    """
    several = int((sold["lines"] > 1).sum())
    if not several or several > REPEATED_AT_MOST * sold.height:
        return sold, 0
    alike = (pl.col("lines") * pl.col("largest").cast(pl.Float64)).cast(pl.Float32)
    repeated = (pl.col("lines") > 1) & (pl.col("quantity").cast(pl.Float32) == alike)
    rows = int(sold.filter(repeated).select((pl.col("lines") - 1).sum()).item())
    shares = [pl.when(repeated).then(pl.col(name) / pl.col("lines")).otherwise(name).alias(name) for name in ("quantity", "value")
              if name in sold.columns]  # fmt: skip
    return sold.with_columns(shares), rows


def _netted(sold: pl.DataFrame) -> pl.DataFrame:
    """Days without returns in them: what came back the same day is taken off, what came back later was wanted first."""
    quantity = pl.col("quantity").clip(lower_bound=0.0)
    largest = pl.min_horizontal(pl.col("largest").cast(pl.Float64).clip(lower_bound=0.0), quantity)
    return sold.with_columns(quantity=quantity, largest=largest)


def _notes(sold: pl.DataFrame, repeated: int) -> list[str]:
    notes: list[str] = []
    taken_off = int((sold["largest"] > sold["quantity"].cast(pl.Float32)).sum())  # as coarse as the largest is kept
    later = abs(float(sold["quantity"].clip(upper_bound=0.0).sum()))
    if taken_off or later:
        notes.append(
            f"returns were taken off the sales of the same day ({taken_off:,} item-days); {later:,.0f} pieces that came back on "
            "a later day do not count, since they were wanted when they were sold"
        )
    if repeated:
        notes.append(f"{repeated:,} rows repeat another row of the same item, place and day, and were counted once")
    if "currency" in sold.columns and "value" in sold.columns:
        shares = sold.group_by("currency").agg(pl.col("lines").sum()).sort("lines", "currency", descending=[True, False]).rows()
        if len(shares) > 1:
            listed = ", ".join(f"{currency or 'none'} {count / sold['lines'].sum():.0%}" for currency, count in shares[:6])
            notes.append(
                f"the file has {len(shares)} currencies ({listed} of the lines): nothing was converted; prices are compared "
                "within a currency, and each currency weighs by its share of the pieces"
            )
    return notes


def _named(opened: Opened, lines: pl.LazyFrame, last: date | None) -> tuple[Fault, ...]:
    """The first lines that were set aside, by a second look at the file."""
    if "line" not in lines.collect_schema():
        lines = lines.with_row_index("line", offset=2)
    named = name_fault(tidy(pl.col("item")))
    lines = lines.with_columns(code=pl.when(pl.col("code") <= PLANNED).then(pl.max_horizontal("code", named)).otherwise("code"))
    late = (pl.col("code") == PLANNED) & (pl.col("day") <= last) if last else pl.col("code") == PLANNED
    found = lines.filter((pl.col("code") > PLANNED) | late).select("line", "code").head(MOST_NAMED).collect(engine="streaming")
    faults = [Fault(line, FAULTS.get(code, FAULTS[7])) for line, code in found.rows()]
    faults += [Fault(one.number, one.because) for one in opened.unread[:MOST_NAMED]]
    return tuple(sorted(faults, key=lambda one: one.line)[:MOST_NAMED])


def _columns(opened: Opened) -> str:
    return ", ".join(f"{field} from {name!r}" for field, name in opened.names.items())
