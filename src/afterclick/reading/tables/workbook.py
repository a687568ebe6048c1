"""Read the first sheet of an XLSX workbook, after looking whether it would unpack to more than it pretends to be."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from python_calamine import CalamineError, CalamineWorkbook

from afterclick.reading.tables.rows import CHUNK, LONGEST_CELL, MOST_COLUMNS, BadFile, Chunk, Figure, Recognise, checked, plainly

MOST_PARTS: Final = 2_000
LARGEST_UNPACKED: Final = 1_000_000_000
"""Bytes of all parts together."""
LARGEST_RATIO: Final = 200
"""Unpacked to packed size; sheets of real orders reach 10 to 30, dull ones 100, a bomb 1,000."""
SPARSE_CELLS: Final = 2_000_000
"""A sheet may always span this many cells; a larger one must be filled to a twentieth, since empty cells take memory too."""

_CELL: Final = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br\s*=\s*[\"']([A-Z]+)(\d+)[\"']")
_BLOCK: Final = 1 << 20
_PACKED: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""What the format allows (ECMA-376 part 2); other methods may ask for gigabytes before they unpack a byte."""

Cell = int | float | str | bool | time | date | datetime | timedelta


def read(path: Path, recognise: Recognise, *, figures: bool = False) -> Iterator[Chunk]:
    """See `rows.read_rows`."""
    _inspect(path)
    try:
        with CalamineWorkbook.from_path(path) as book:  # pyright: ignore[reportUnknownMemberType]  # a bare PathLike in their stubs
            names = book.sheet_names
            sheet = book.get_sheet_by_name(names[0])
    except (CalamineError, OSError, ValueError, IndexError, zipfile.BadZipFile) as error:
        raise BadFile(f"{path} is a damaged XLSX workbook: {str(error)[:200]}") from error
    if sheet.start is None:
        raise BadFile(f"{path} has an empty first sheet")
    rows = enumerate(sheet.iter_rows(), sheet.start[0] + 1)
    header = next([_text(cell) for cell in row] for _, row in rows)
    columns = checked(path, header, recognise)
    places = tuple(columns.values())
    text = _figure_or_text if figures else _text
    notes = (f"only the first of {len(names)} sheets was read: {names[0]!r}",) if len(names) > 1 else ()
    numbers: list[int] = []
    texts: list[tuple[str, ...]] = []
    for number, row in rows:
        cells = tuple([text(row[place]) for place in places])
        if any(cells):
            numbers.append(number)
            texts.append(cells)
        if len(texts) == CHUNK:
            yield Chunk(tuple(columns), tuple(numbers), tuple(texts), notes=notes)
            numbers, texts, notes = [], [], ()
    if texts or notes:
        yield Chunk(tuple(columns), tuple(numbers), tuple(texts), notes=notes)


def _inspect(path: Path) -> None:
    """Refuse a zip bomb before anything unpacks it, also one whose directory lies."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            unpacked = sum(part.file_size for part in parts)
            packed = max(1, path.stat().st_size)
            if len(parts) > MOST_PARTS:
                raise BadFile(f"{path} is refused: it has {len(parts):,} parts, a workbook has a few dozen")
            if unpacked > LARGEST_UNPACKED or unpacked > max(_BLOCK, LARGEST_RATIO * packed):
                raise BadFile(f"{path} is refused as a zip bomb: its {packed:,} bytes would unpack to {unpacked:,}")
            if any(part.compress_type not in _PACKED for part in parts):
                raise BadFile(f"{path} is a damaged XLSX workbook: its parts are packed as no workbook's are")
            for part in parts:
                _inspect_part(path, archive, part)
    except BadFile:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise BadFile(f"{path} is a damaged XLSX workbook: {str(error)[:200]}") from error


def _inspect_part(path: Path, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Unpack a part piece by piece (its size and checksum must be as the directory says) and look how far its cells reach."""
    cells = width = height = 0
    rest = b""
    with archive.open(part) as file:
        while block := file.read(_BLOCK):
            block = rest + block
            end = 0
            for found in _CELL.finditer(block):
                cells += 1
                width = max(width, _column(found[1]))
                height = max(height, int(found[2][:9]))
                end = found.end()
            rest = block[max(end, len(block) - 200) :]
    if width > MOST_COLUMNS:
        raise BadFile(f"{path} has {width:,} columns, more than {MOST_COLUMNS:,}: an order file has a few dozen at most")
    if width * height > max(SPARSE_CELLS, 20 * cells):
        raise BadFile(f"{path} is refused: its sheet spans {width * height:,} cells and fills {cells:,} of them")


def _column(letters: bytes) -> int:
    """The number of a column: A is 1, AA is 27."""
    number = 0
    for letter in letters[:5]:
        number = number * 26 + letter - 64
    return number


def _text(cell: Cell) -> str:
    """A cell as the text that a person would have typed; whole numbers lose the `.0` that spreadsheets keep them with."""
    if isinstance(cell, str):
        return cell.strip()[: LONGEST_CELL + 1]
    if isinstance(cell, bool):
        return str(cell).lower()
    return plainly(cell) if isinstance(cell, float) else str(cell)


def _figure_or_text(cell: Cell) -> str:
    return Figure(_text(cell)) if isinstance(cell, float) or type(cell) is int else _text(cell)
