"""Read a Parquet file by slices, each cell as the text that a person would have typed."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl
from polars.exceptions import PanicException, PolarsError

from afterclick.reading.tables.rows import CHUNK, LONGEST_CELL, MOST_LINES, BadFile, Chunk, Recognise, checked

_PLAIN: Final = (pl.String, pl.Categorical, pl.Enum, pl.Boolean, pl.Date, pl.Decimal)


def read(path: Path, recognise: Recognise) -> Iterator[Chunk]:
    """See `rows.read_rows`. Instants without a zone are UTC, as in every other format."""
    try:
        schema = pl.read_parquet_schema(path)
        header = list(schema)
        columns = checked(path, header, recognise)
        lines = int(pl.scan_parquet(path).select(pl.len()).collect().item())
        if lines > MOST_LINES:
            raise BadFile(f"{path} has {lines:,} lines, more than {MOST_LINES:,}: split it")
        texts = [_text(path, header[place], schema[header[place]]).alias(field) for field, place in columns.items()]
        for start in range(0, lines, CHUNK):
            part = pl.scan_parquet(path).slice(start, CHUNK).select(texts).collect()
            numbers = tuple(range(start + 2, start + 2 + part.height))
            yield Chunk(tuple(columns), numbers, tuple(part.rows()))
    except (PolarsError, OSError, PanicException) as error:
        raise BadFile(f"{path} is a damaged Parquet file: {str(error)[:200]}") from error


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
