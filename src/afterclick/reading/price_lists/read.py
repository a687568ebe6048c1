"""Read a vendor's price list or product feed, whatever its format: told by its content, not by its name."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from afterclick.reading.price_lists import feeds
from afterclick.reading.price_lists.columns import heading_of, recognise
from afterclick.reading.price_lists.lines import PriceList, read_lines
from afterclick.reading.prices.texts import NOTHING, Hints
from afterclick.reading.tables.rows import BadFile, read_rows


def read_price_list(path: Path, *, hints: Hints = NOTHING) -> PriceList:
    """The lines of a price list (CSV, XLSX, Parquet, PDF) or feed (XML, JSON); bad ones are named and the rest goes on.

    Raises:
        BadFile: the file as a whole cannot be read; says why.
    """
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        raise BadFile(f"{path} cannot be read: {error.strerror or error}") from error
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    try:
        if text.startswith(b"%PDF"):
            return _printed(path, hints)
        if text.startswith(b"<"):
            return read_lines(feeds.xml_rows(_body(path)), source="feed", hints=hints)
        if text.startswith((b"{", b"[")):
            return read_lines(feeds.json_rows(_body(path)), source="feed", hints=hints)
    except ModuleNotFoundError as error:
        raise BadFile(f"{path} needs {error.name} to be read: install afterclick[scouting]") from error
    except BadFile as error:
        raise BadFile(f"{path.name}: {error}") from error
    return _table(path, hints)


def is_list(body: bytes, content_type: str) -> bool:
    """Whether what a vendor's address answers is a price list or feed and no page."""
    start = body[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"%pdf", b"pk\x03\x04", b"par1", b"{", b"[")):
        return True
    if start.startswith(b"<"):
        return not (start.startswith((b"<!doctype html", b"<html")) or b"<html" in body[:4096].lower() or "html" in content_type)
    return "html" not in content_type


def _body(path: Path) -> bytes:
    if path.stat().st_size > feeds.LARGEST:
        raise BadFile(f"the feed has {path.stat().st_size:,} bytes, more than {feeds.LARGEST:,}")
    return path.read_bytes()


def _printed(path: Path, hints: Hints) -> PriceList:
    from afterclick.reading.price_lists.pdf_table import pdf_rows

    rows, header = pdf_rows(_body(path))
    return read_lines(rows, source="pdf", hints=hints, header=header)


def _table(path: Path, hints: Hints) -> PriceList:
    header: Sequence[str] = ()
    heading: Mapping[str, str] = {}

    def columns(names: Sequence[str]) -> dict[str, int]:
        nonlocal header, heading
        header, found = names, recognise(names)
        heading = heading_of(names, found)
        return found

    rows: list[tuple[int, Mapping[str, str]]] = []
    unread: list[tuple[int, str]] = []
    notes: list[str] = []
    for chunk in read_rows(path, columns, figures=True):
        rows += [
            (number, {**dict(zip(chunk.fields, cells, strict=True)), **heading})
            for number, cells in zip(chunk.numbers, chunk.rows, strict=True)
        ]
        unread += [(one.number, one.because) for one in chunk.unread]
        notes += chunk.notes
    return read_lines(rows, source="table", hints=hints, header=header, unread=unread, notes=notes)
