"""Read delimited text: any delimiter, any of the usual encodings, and a name for each line that is broken."""

import codecs
import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

from afterclick.reading.tables.rows import CHUNK, LONGEST_CELL, BadFile, Chunk, Recognise, Unread, checked

LONGEST_LINE: Final = 1_000_000
"""Characters; whoever writes a longer one has lost a quote or means harm."""
LONGEST_RECORD: Final = 20
"""Lines over which a quoted cell may run; past that the quote was never closed."""
_DELIMITERS: Final = (",", ";", "\t", "|")
_MARKS: Final = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_NO_LETTER: Final = "�"
_NAMES: Final = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252"}


def read(path: Path, recognise: Recognise) -> Iterator[Chunk]:
    """See `rows.read_rows`."""
    encoding, notes = _encoding(path)
    with path.open(encoding=encoding, errors="replace") as file:
        records = _Records(file, encoding)
        header = records.header(path)
        columns = checked(path, header, recognise)
        fields, places = tuple(columns), tuple(columns.values())
        while taken := list(islice(records, CHUNK)):
            numbers: list[int] = []
            rows: list[tuple[str, ...]] = []
            unread: list[Unread] = []
            for found in taken:
                if isinstance(found, Unread):
                    unread.append(found)
                else:
                    number, cells = found
                    numbers.append(number)
                    rows.append(tuple([cells[place].strip()[: LONGEST_CELL + 1] for place in places]))
            yield Chunk(fields, tuple(numbers), tuple(rows), tuple(unread), notes)
            notes = ()


def _encoding(path: Path) -> tuple[str, tuple[str, ...]]:
    """The file's encoding: by its mark, else UTF-8, else Windows-1252 when no more lines are good UTF-8 than are not."""
    bad: list[int] = []
    good = 0
    with path.open("rb") as file:
        start = file.read(4)
        for mark, encoding in _MARKS.items():
            if start.startswith(mark):
                return encoding, ()
        if b"\0" in start:
            raise BadFile(f"{path} is neither CSV, XLSX nor Parquet: it holds bytes that are no text")
        file.seek(0)
        for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), 1):
            if not line.isascii():
                try:
                    line.decode()
                    good += 1
                except UnicodeDecodeError:
                    bad.append(number)
    if not bad:
        return "utf-8", ()
    listed = f"{len(bad):,} lines are not UTF-8 (the first: {', '.join(map(str, bad[:5]))})"
    if good > len(bad):
        return "utf-8", (f"{listed}, though {good:,} others are: those lines are left out",)
    return "cp1252", (f"{listed}: the file was read as Windows-1252, so look at accented letters and signs",)


class _Records:
    """Goes through a file's records: (line number, cells), or what is wrong with a line. Blank lines are passed over."""

    def __init__(self, file: TextIO, encoding: str) -> None:
        self._file = file
        self._encoding = _NAMES[encoding]
        self._ahead: list[str] = []
        self._number = 0
        self._delimiter = ","
        self._width = 0

    def header(self, path: Path) -> Sequence[str]:
        """The first line that is not blank, taken apart at the delimiter that gives the most cells."""
        line = ""
        while not line.strip():
            line = self._line()
            if not line:
                raise BadFile(f"{path} has no header line")
        if len(line) > LONGEST_LINE:
            cells = max(line.count(delimiter) for delimiter in _DELIMITERS)
            raise BadFile(
                f"{path} starts with a line of more than {LONGEST_LINE:,} characters and {cells:,} columns: no order file"
            )
        if "\0" in line:
            raise BadFile(f"{path} is neither CSV, XLSX nor Parquet: its first line holds characters that are no text")
        self._delimiter = max(_DELIMITERS, key=line.count)
        try:
            cells = next(csv.reader([line], delimiter=self._delimiter))
        except csv.Error as error:
            raise BadFile(f"{path} has a header line that cannot be taken apart: {error}") from error
        self._width = len(cells)
        return [cell.strip() for cell in cells]

    def __iter__(self) -> Iterator[tuple[int, list[str]] | Unread]:
        while line := self._line():
            if line.isspace():
                continue
            number = self._number
            if len(line) > LONGEST_LINE:
                yield Unread(number, f"the line has more than {LONGEST_LINE:,} characters", line[:LONGEST_CELL])
                continue
            if '"' in line:
                cells = self._quoted(line)
                if isinstance(cells, str):
                    yield Unread(number, cells, line.rstrip("\n"))
                    continue
            else:
                cells = line.rstrip("\n").split(self._delimiter)
            if not any(cells):
                continue
            because = self._fault(cells)
            yield Unread(number, because, self._delimiter.join(cells)) if because else (number, cells)

    def _line(self) -> str:
        """The next line, cut (and the rest passed over) when it is too long; '' at the end."""
        self._number += 1
        if self._ahead:
            return self._ahead.pop(0)
        line = self._file.readline(LONGEST_LINE + 1)
        if len(line) > LONGEST_LINE:
            rest = line
            while rest and not rest.endswith("\n"):
                rest = self._file.readline(LONGEST_LINE)
        return line

    def _quoted(self, line: str) -> list[str] | str:
        """The cells of a record that starts on `line` and may run over the next ones; a text when it cannot be taken apart."""
        taken = [line]

        def lines() -> Iterator[str]:
            yield line
            while len(taken) < LONGEST_RECORD and (following := self._line()):
                taken.append(following)
                yield following

        before = self._number
        try:
            cells = next(csv.reader(lines(), delimiter=self._delimiter, strict=True))
            if len(taken) == 1 or len(cells) == self._width:
                return cells
            because = "a quote that opens on it closes on a later line"
        except csv.Error as error:
            because = str(error)
        self._ahead[:0] = taken[1:]  # they are records of their own
        self._number = before
        return f"the quotes of the line do not fit: {because}"

    def _fault(self, cells: list[str]) -> str:
        if len(cells) != self._width:
            return f"the line has {'more' if len(cells) > self._width else 'fewer'} cells than the header"
        if any(_NO_LETTER in cell for cell in cells):
            return f"the line holds bytes that are not {self._encoding}"
        if any("\0" in cell for cell in cells):
            return "the line holds characters that are no text"
        return ""
