"""The tables of a printed price list (PDF with text) as rows."""

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, Final

from afterclick.reading.price_lists.columns import header_at, heading_of
from afterclick.reading.tables.rows import BadFile

LARGEST: Final = 50_000_000
"""Bytes."""
MOST_PAGES: Final = 300
_BY_WORDS: Final = {"vertical_strategy": "text", "horizontal_strategy": "text", "min_words_vertical": 3}


def pdf_rows(body: bytes) -> tuple[list[tuple[int, Mapping[str, str]]], list[str]]:
    """The rows of every table with a header that names a price, with its header; the number is page × 1000 + row.

    Raises:
        BadFile: it is no PDF that can be read, too long, or holds no such table.
    """
    import pdfplumber  # slow to load, and needed for nothing else
    from pdfminer.pdfexceptions import PDFException
    from pdfplumber.utils.exceptions import PdfminerException

    if len(body) > LARGEST:
        raise BadFile(f"the PDF has {len(body):,} bytes, more than {LARGEST:,}")
    rows: list[tuple[int, Mapping[str, str]]] = []
    header: list[str] = []
    columns: Mapping[str, int] = {}
    try:
        with pdfplumber.open(BytesIO(body)) as pdf:
            if len(pdf.pages) > MOST_PAGES:
                raise BadFile(f"the PDF has {len(pdf.pages):,} pages, more than {MOST_PAGES}: split it")
            for page in pdf.pages:
                for table in _tables(page):
                    place, named = header_at(table)
                    if place >= 0:
                        columns, header = named, table[place]
                    if not columns:
                        continue
                    for number, cells in enumerate(table[place + 1 :], place + 2):
                        if any(cells) and cells != header and max(columns.values()) < len(cells):
                            row = {field: cells[at] for field, at in columns.items()} | heading_of(header, columns)
                            rows.append((page.page_number * 1000 + number, row))
                page.close()
    except (
        PDFException,
        PdfminerException,
        ValueError,
        KeyError,
        TypeError,
        RecursionError,
        AssertionError,
        IndexError,
    ) as error:
        if isinstance(error, BadFile):
            raise
        raise BadFile(f"the PDF cannot be read: {type(error).__name__} {str(error)[:150]}") from error
    if not rows:
        raise BadFile("the PDF holds no table with a header that names articles and prices, or it is a picture without text")
    return rows, header


def _tables(page: Any) -> Iterator[list[list[str]]]:
    """A page's tables as texts: those with lines, else what its words line up to."""
    found = page.extract_tables() or page.extract_tables(_BY_WORDS)
    for table in found:
        yield [[" ".join(str(cell or "").split()) for cell in row] for row in table]
