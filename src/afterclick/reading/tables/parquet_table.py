"""Read a Parquet file by slices, each cell as the text that a person would have typed."""

from collections.abc import Iterator, Set
from pathlib import Path
from typing import Final

import polars as pl
from polars.exceptions import PanicException, PolarsError

from afterclick.reading.tables.rows import CHUNK, LONGEST_CELL, MOST_LINES, BadFile, Chunk, Figure, Recognise, checked, plainly

_PLAIN: Final = (pl.String, pl.Categorical, pl.Enum, pl.Boolean, pl.Date, pl.Decimal)


def read(path: Path, recognise: Recognise, *, figures: bool = False) -> Iterator[Chunk]:
    """See `rows.read_rows`. Instants without a zone are UTC, as in every other format."""
    try:
        schema = pl.read_parquet_schema(path)
        header = list(schema)
        columns = checked(path, header, recognise)
        lines = int(pl.scan_parquet(path).select(pl.len()).collect().item())
        if lines > MOST_LINES:
            raise BadFile(f"{path} has {lines:,} lines, more than {MOST_LINES:,}: split it")
        texts = [_text(path, header[place], schema[header[place]]).alias(field) for field, place in columns.items()]
        typed = {at for at, place in enumerate(columns.values()) if figures and schema[header[place]].is_numeric()}
        for start in range(0, lines, CHUNK):
            part = pl.scan_parquet(path).slice(start, CHUNK).select(texts).collect()
            numbers = tuple(range(start + 2, start + 2 + part.height))
            rows = tuple(part.rows())
            yield Chunk(tuple(columns), numbers, tuple(_with_figures(row, typed) for row in rows) if typed else rows)
    except (PolarsError, OSError, PanicException) as error:
        raise BadFile(f"{path} is a damaged Parquet file: {str(error)[:200]}") from error


def _with_figures(row: tuple[str, ...], typed: Set[int]) -> tuple[str, ...]:
    """A row of a file whose columns at `typed` hold numbers; the smallest of them come as 1e-05."""
    return tuple(Figure(plainly(float(cell)) if "e" in cell else cell) if at in typed else cell for at, cell in enumerate(row))


def _text(path: Path, name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if kind.is_integer() or isinstance(kind, _PLAIN):
        text = column.cast(pl.String)
    elif kind.is_float():  # whole numbers come as 17850.0 from tools that have no other way to leave a number out
        text = column.cast(pl.String).str.strip_suffix(".0")
    elif isinstance(kind, pl.Datetime):
        instant = column if kind.time_zone is None else column.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
        text = instant.dt.to_string("iso:strict").str.strip_suffix(".000000")
    else:
        raise BadFile(f"{path} holds {kind} in its column {name!r}: save it as text, number or date")
    return text.str.strip_chars().str.slice(0, LONGEST_CELL + 1).fill_null("")
