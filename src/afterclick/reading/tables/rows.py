"""Read the rows of a CSV, XLSX or Parquet file as texts, some at a time, whatever the file's origin or intent."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

MOST_COLUMNS: Final = 1_000
MOST_LINES: Final = 5_000_000
LARGEST_FILE: Final = 2_000_000_000
"""Bytes."""
CHUNK: Final = 20_000
"""Rows that are in memory as Python texts at a time."""
LONGEST_CELL: Final = 300

Recognise: TypeAlias = Callable[[Sequence[str]], dict[str, int]]
"""Which field stands in which column, given the header; raises `BadFile` when a needed one is missing."""


class Figure(str):
    """The text of a cell that holds a number and no text: its point is the decimal one, whatever people there write."""

    __slots__ = ()


class BadFile(ValueError):
    """The file as a whole cannot be read; says why, and what to do."""


class Unread(msgspec.Struct, frozen=True):
    """A line that could not be taken apart: its number, why, and what there was of it."""

    number: int
    because: str
    raw: str


class Chunk(msgspec.Struct, frozen=True):
    """Some rows of a file. `rows` hold a text for each of `fields` ('' for an empty cell), `numbers` are their line numbers.

    Line 1 is the header. `notes` say what was understood about the file as a whole; they come with its first chunk.
    """

    fields: tuple[str, ...]
    numbers: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]
    unread: tuple[Unread, ...] = ()
    notes: tuple[str, ...] = ()


def read_rows(path: Path, recognise: Recognise, *, figures: bool = False) -> Iterator[Chunk]:
    """The rows of a file, at most `CHUNK` at a time; its kind is told by its content, not by its name.

    With `figures`, cells that hold a number come as `Figure`, so that they are told from numbers that somebody typed as text.

    Raises:
        BadFile: no such file, not a table, too large, or without a column that `recognise` needs.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror or error}") from error
    if size == 0:
        raise BadFile(f"{path} is empty")
    if size > LARGEST_FILE:
        raise BadFile(f"{path} has {size:,} bytes, more than {LARGEST_FILE:,}: split it")
    if start.startswith((b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"%PDF")):
        raise BadFile(f"{path} is neither CSV, XLSX nor Parquet (an old XLS, an archive or a PDF): save it as one of these")
    return counted(path, _reader(path, start, figures=figures)(path, recognise))


def _reader(path: Path, start: bytes, *, figures: bool) -> Callable[[Path, Recognise], Iterator[Chunk]]:
    """The reader for a file that starts with these bytes; two of them need libraries of the extra `files`."""
    try:
        if start.startswith(b"PAR1"):
            from afterclick.reading.tables import parquet_table

            return partial(parquet_table.read, figures=figures)
        if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            from afterclick.reading.tables import workbook

            return partial(workbook.read, figures=figures)
    except ModuleNotFoundError as error:
        raise BadFile(f"{path} needs {error.name} to be read: install afterclick[files], or save it as CSV") from error
    from afterclick.reading.tables import text_table

    return text_table.read


def counted(path: Path, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """The chunks, as long as they are not too many lines for one import."""
    lines = 0
    for chunk in chunks:
        lines += len(chunk.rows) + len(chunk.unread)
        if lines > MOST_LINES:
            raise BadFile(f"{path} has more than {MOST_LINES:,} lines: split it")
        yield chunk


def plainly(number: float) -> str:
    """A number as a person would have typed it: 0.00005 and never 5e-05; without the `.0` of a whole one."""
    if not isfinite(number):
        return str(number)
    return str(int(number)) if number.is_integer() and abs(number) < 1e18 else format(Decimal(repr(number)), "f")


def checked(path: Path, header: Sequence[str], recognise: Recognise) -> dict[str, int]:
    """The columns of a header that is not too wide."""
    if len(header) > MOST_COLUMNS:
        raise BadFile(f"{path} has {len(header):,} columns, more than {MOST_COLUMNS:,}: an order file has a few dozen at most")
    return recognise(header)
