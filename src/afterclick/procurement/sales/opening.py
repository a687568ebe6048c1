"""Open a sales file of any kind as columns of known meaning, by the quick way where the file is clean enough for it."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl
from polars.exceptions import PanicException, PolarsError

from afterclick.procurement.sales.columns import recognise
from afterclick.reading.tables.rows import LARGEST_FILE, BadFile, Unread, checked, read_rows

_DELIMITERS: Final = ",;\t|"
_LONGEST_HEADER: Final = 100_000
_ARCHIVES: Final = (b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"%PDF")
_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Opened:
    """A sales file: `rows` has a column for each recognised field, as text or as its own type, and `line` where it is known.

    `names` are the file's own names of the fields. `slow` says that its rows were read one by one; `unread` are those that could
    not be taken apart, `notes` what was understood about the file as a whole.
    """

    path: Path
    rows: pl.LazyFrame
    names: dict[str, str]
    slow: bool
    unread: tuple[Unread, ...] = ()
    notes: tuple[str, ...] = ()


def open_sales(path: Path, given: Mapping[str, str] | None = None, *, slowly: bool = False) -> Opened:
    """The rows of a CSV, Parquet or XLSX file; see `columns.recognise` for `given`.

    Parquet and clean CSV are read by polars while they are added up. Everything else (workbooks, other encodings, lines with too
    many cells), and `slowly`, goes through `reading.tables`, which names each line that is broken.

    Raises:
        BadFile: no such file, not a table, too large, or without item, date or quantity.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(_LONGEST_HEADER)
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror or error}") from error
    if start.startswith(b"PAR1"):
        return _parquet(path, given)
    quick = size <= LARGEST_FILE and not start.startswith((*_ARCHIVES, *_MARKS, b"PK")) and b"\0" not in start
    found = _text(path, start, given) if quick and not slowly else None
    return found or _row_by_row(path, given)


def _parquet(path: Path, given: Mapping[str, str] | None) -> Opened:
    try:
        header = list(pl.read_parquet_schema(path))
    except (PolarsError, OSError, PanicException) as error:
        raise BadFile(f"{path} is a damaged Parquet file: {str(error)[:200]}") from error
    places = checked(path, header, lambda names: recognise(names, given))
    return Opened(path, _chosen(pl.scan_parquet(path), header, places), _named(header, places), slow=False)


def _text(path: Path, start: bytes, given: Mapping[str, str] | None) -> Opened | None:
    """A CSV file by polars; None where its header is not plain."""
    first = start.split(b"\n", 1)[0].rstrip(b"\r").removeprefix(b"\xef\xbb\xbf")
    try:
        line = first.decode()
        delimiter = max(_DELIMITERS, key=line.count)
        header = [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, strict=True), list[str]())]
    except (UnicodeDecodeError, csv.Error):
        return None
    if len(first) >= _LONGEST_HEADER or not any(header) or b"\n" not in start:
        return None
    places = checked(path, header, lambda names: recognise(names, given))
    columns = [str(place) for place in range(len(header))]
    rows = pl.scan_csv(
        path, separator=delimiter, has_header=False, skip_lines=1, schema=dict.fromkeys(columns, pl.String), glob=False
    )
    return Opened(path, _chosen(rows, columns, places), _named(header, places), slow=False)


def _row_by_row(path: Path, given: Mapping[str, str] | None) -> Opened:
    header: list[str] = []

    def learn(names: Sequence[str]) -> dict[str, int]:
        header[:] = names
        return recognise(names, given)

    parts: list[pl.DataFrame] = []
    unread: list[Unread] = []
    notes: list[str] = []
    for chunk in read_rows(path, learn):
        part = pl.DataFrame(chunk.rows, schema=dict.fromkeys(chunk.fields, pl.String), orient="row")
        parts.append(part.with_columns(line=pl.Series(chunk.numbers, dtype=pl.UInt32)))
        unread += chunk.unread
        notes += chunk.notes
    if not parts:
        raise BadFile(f"{path} has a header and no rows")
    names = {field: header[place] for field, place in recognise(header, given).items()}
    return Opened(path, pl.concat(parts).lazy(), names, slow=True, unread=tuple(unread), notes=tuple(notes))


def _chosen(rows: pl.LazyFrame, header: Sequence[str], places: Mapping[str, int]) -> pl.LazyFrame:
    return rows.select(pl.col(header[place]).alias(field) for field, place in places.items())


def _named(header: Sequence[str], places: Mapping[str, int]) -> dict[str, str]:
    return {field: header[place] for field, place in places.items()}
