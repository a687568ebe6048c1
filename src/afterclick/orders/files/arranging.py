"""Hold a whole file in memory, compactly, with its lines read, numbered and put in the order in which they are imported."""

import re
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from itertools import repeat
from typing import Final, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from afterclick.orders.files.values import Unfit, habits, instant, price, quantity
from afterclick.reading.tables.rows import CHUNK, Chunk, Unread

PER_ORDER: Final = (
    "customer", "currency", "country", "email", "tax_id", "bill_country", "ip_country",
    "name", "line1", "line2", "city", "region", "postcode",
)  # fmt: skip
"""Fields that are the same on all lines of an order; they stand in `FileLine.details` in this order."""
BETWEEN: Final = "\x1f"
"""Separates joined texts; cells lose their control characters, so it occurs in none."""
_FREE_TEXTS: Final = frozenset({"description", "name", "line1", "line2", "city", "region", "email"})
_FORMULA: Final = ("=", "+", "-", "@")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_NEVER: Final = np.iinfo(np.int64).max

Codes: TypeAlias = NDArray[np.int32]
Numbers: TypeAlias = NDArray[np.int64]


class FileLine(msgspec.Struct, frozen=True, gc=False):
    """One line of a file. `fault` says why it cannot be read ('' when it can); then some of the numbers are None.

    `price` is in ten-thousandths (`values.SCALE`). `content` is what identifies the line within a source, with `nth` counting
    lines of the same content; `in_order` is how many lines its order has.
    """

    number: int
    order_no: str
    sku: str
    pieces: int | None
    price: int | None
    placed_ms: int | None
    fault: str
    content: str
    nth: int
    in_order: int
    details: str


class _Column:
    """Texts of which many are alike: each different one once, and a code for every line."""

    def __init__(self, clean: Callable[[str], str]) -> None:
        self._clean = clean
        self._codes: dict[str, int] = {}
        self._parts: list[Codes] = []
        self.texts: list[str] = []

    def add(self, cells: Iterable[str], count: int) -> None:
        self._parts.append(np.fromiter(map(self._code, cells), np.int32, count))

    def codes(self) -> Codes:
        """The code of every line, in the file's order."""
        self._parts = [np.concatenate(self._parts)] if self._parts else [np.empty(0, np.int32)]
        return self._parts[0]

    def _code(self, cell: str) -> int:
        code = self._codes.get(cell)
        if code is None:
            text = self._clean(cell)
            code = self._codes.setdefault(text, len(self.texts))
            self._codes[cell] = code
            if code == len(self.texts):
                self.texts.append(text)
        return code


class _Values:
    """What the different texts of a column mean: numbers, or why they cannot be read."""

    def __init__(self, column: _Column, read: Callable[[str], int]) -> None:
        self.numbers: list[int | None] = []
        self.faults: list[str] = []
        self.identity: list[str] = []
        for text in column.texts:
            number, fault = None, ""
            try:
                number = read(text)
            except Unfit as unfit:
                fault = unfit.reason
            self.numbers.append(number)
            self.faults.append(fault)
            self.identity.append(text if number is None else str(number))

    def of(self, codes: Codes, *, missing: int) -> Numbers:
        known = np.array([missing if number is None else number for number in self.numbers], np.int64)
        return known[codes]


class Arranged:
    """A file, ready to be imported: which `fields` it has, its items, and `notes` about it as a whole."""

    def __init__(self, chunks: Iterable[Chunk]) -> None:
        """Read all chunks; some 50 bytes per line stay in memory, and every different text once."""
        self.fields: frozenset[str] = frozenset()
        self.notes: list[str] = []
        self._armed: list[int] = []
        self._numbers: list[Numbers] = []
        plain = ("order_no", "quantity", "unit_price", "placed_at", "fault", "raw", "description")
        self._columns = {name: _Column(_cleaned) for name in plain}
        self._columns["sku"] = _Column(lambda cell: _cleaned(cell).upper())
        self._columns["details"] = _Column(str)
        for chunk in chunks:
            self.fields = frozenset(chunk.fields)
            self.notes += chunk.notes
            self._add(chunk)
        if self._armed:
            first = ", ".join(map(str, self._armed[:5]))
            self.notes.append(
                f"texts of {len(self._armed):,} lines start like a formula of a spreadsheet (the first: {first}); "
                "they are kept with an apostrophe in front"
            )
        way = habits(self._columns["unit_price"].texts, self._columns["placed_at"].texts)
        self._pieces = _Values(self._columns["quantity"], quantity)
        self._price = _Values(self._columns["unit_price"], lambda cell: price(cell, way))
        self._placed = _Values(self._columns["placed_at"], lambda cell: instant(cell, way))

    def items(self) -> dict[str, str]:
        """SKU → its most frequent description, of all that was sold for money."""
        sku, described = self._columns["sku"], self._columns["description"]
        prices = self._price.of(self._columns["unit_price"].codes(), missing=0)
        sold = (prices > 0) & (self._pieces.of(self._columns["quantity"].codes(), missing=0) > 0)
        codes, texts = sku.codes()[sold], described.codes()[sold]
        by_name: dict[str, list[tuple[int, str]]] = {sku.texts[code]: [(0, "")] for code in np.unique(codes).tolist()}
        pairs, counts = np.unique(codes.astype(np.int64) * max(1, len(described.texts)) + texts, return_counts=True)
        counted: list[tuple[int, int]] = list(zip(pairs.tolist(), counts.tolist(), strict=True))
        for pair, count in counted:
            code, text = divmod(pair, max(1, len(described.texts)))
            if described.texts[text]:
                by_name[sku.texts[code]].append((-count, described.texts[text]))
        return {name: min(found)[1] for name, found in by_name.items()}

    def parts(self) -> Iterator[list[FileLine]]:
        """The lines, about `CHUNK` at a time; an order is never divided (unless it alone is larger, which no good order is)."""
        orders = self._columns["order_no"].codes()
        order, in_order = self._order(orders)
        ends = np.flatnonzero(np.diff(orders[order], append=-1)) + 1
        seen: dict[str, int] = {}
        start = 0
        while start < len(order):
            enough = int(np.searchsorted(ends, start + CHUNK))
            end = min(int(ends[min(enough, len(ends) - 1)]), start + 2 * CHUNK)
            yield self._lines(order[start:end], in_order, seen)
            start = end

    def _add(self, chunk: Chunk) -> None:
        count = len(chunk.rows) + len(chunk.unread)
        self._numbers.append(np.array([*chunk.numbers, *(line.number for line in chunk.unread)], np.int64))
        cells = dict(zip(chunk.fields, zip(*chunk.rows, strict=True), strict=True)) if chunk.rows else {}
        for field in _FREE_TEXTS & cells.keys():
            cells[field] = self._disarmed(chunk, cells[field])
        empty = ("",) * len(chunk.rows)
        details = [map(_cleaned, cells[field]) if field in cells else empty for field in PER_ORDER]
        cells["details"] = tuple(map(BETWEEN.join, zip(*details, strict=True)))
        blank = {"details": BETWEEN * (len(PER_ORDER) - 1)}
        unread = {"fault": [line.because for line in chunk.unread], "raw": [_brief(line) for line in chunk.unread]}
        for name, column in self._columns.items():
            column.add(cells.get(name, empty), len(chunk.rows))
            column.add(unread.get(name, repeat(blank.get(name, ""), len(chunk.unread))), count - len(chunk.rows))

    def _disarmed(self, chunk: Chunk, cells: tuple[str, ...]) -> tuple[str, ...]:
        """Free texts that a spreadsheet would run as a formula get an apostrophe in front, which makes them text everywhere."""
        armed = [place for place, cell in enumerate(cells) if cell.startswith(_FORMULA)]
        if not armed:
            return cells
        self._armed += [chunk.numbers[place] for place in armed]
        return tuple([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])

    def _order(self, orders: Codes) -> tuple[NDArray[np.intp], list[int]]:
        """The places of the lines by the date of their order, and how many lines each order has."""
        numbers = np.concatenate([*self._numbers, np.empty(0, np.int64)])
        placed = self._placed.of(self._columns["placed_at"].codes(), missing=_NEVER)
        count = len(self._columns["order_no"].texts)
        earliest = np.full(count, _NEVER, np.int64)
        first = np.full(count, _NEVER, np.int64)
        np.minimum.at(earliest, orders, placed)
        np.minimum.at(first, orders, numbers)
        return np.lexsort((numbers, first[orders], earliest[orders])), np.bincount(orders, minlength=count).tolist()

    def _lines(self, places: NDArray[np.intp], in_order: list[int], seen: dict[str, int]) -> list[FileLine]:
        """The lines at these places. `seen` counts contents, within one order at a time."""
        columns = ("order_no", "sku", "quantity", "unit_price", "placed_at", "fault", "raw", "details")
        codes: list[list[int]] = np.column_stack([self._columns[name].codes()[places] for name in columns]).tolist()
        order_nos, skus, faults, raws, details = (
            self._columns[name].texts for name in ("order_no", "sku", "fault", "raw", "details")
        )
        pieces, price, placed = self._pieces, self._price, self._placed
        numbers: list[int] = np.concatenate(self._numbers)[places].tolist()
        lines: list[FileLine] = []
        for number, (order, sku, q, p, d, fault, raw, detail) in zip(numbers, codes, strict=True):
            if lines and lines[-1].order_no != order_nos[order]:
                seen.clear()
            content = BETWEEN.join(
                (order_nos[order], skus[sku], pieces.identity[q], price.identity[p], placed.identity[d], raws[raw])
            )
            nth = seen[content] = seen.get(content, -1) + 1
            because = faults[fault] or pieces.faults[q] or price.faults[p] or placed.faults[d]
            lines.append(
                FileLine(
                    number, order_nos[order], skus[sku], pieces.numbers[q], price.numbers[p], placed.numbers[d], because,
                    content, nth, in_order[order], details[detail],
                )
            )  # fmt: skip
        return lines


def _cleaned(cell: str) -> str:
    """A cell without control characters and the blanks around it."""
    return cell.strip() if cell.isprintable() else _CONTROL.sub(" ", cell).strip()


def _brief(line: Unread) -> str:
    """A broken line's text, or enough of it to know the line again."""
    return line.raw if len(line.raw) <= 200 else f"{line.raw[:100]}… {blake2b(line.raw.encode(), digest_size=16).hexdigest()}"
