"""The rows of a price list into prices per piece, with every row named that cannot be one."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Final

import msgspec

from afterclick.reading.gtin import checked
from afterclick.reading.pages.facts import Availability
from afterclick.reading.price_lists.columns import BREAK
from afterclick.reading.price_lists.counts import LARGEST_COUNT, Unfit, read_count
from afterclick.reading.price_lists.units import Unit, read_unit
from afterclick.reading.prices.amounts import decimals_in
from afterclick.reading.prices.signs import is_code, meant
from afterclick.reading.prices.texts import Hints, Price, read_price, read_sign
from afterclick.reading.prices.units import Per, read_per
from afterclick.reading.tables.rows import Figure

MOST_NAMED: Final = 200
LONGEST_TEXT: Final = 300
LARGEST_PRICE: Final = Decimal(10) ** 9
_BELOW: Final = re.compile(r"(?:^|[^\w.,])[-−]\s?\d|^\(.*\)$")
"""An amount below zero, or a range: neither is the price of a thing."""
_POWER: Final = re.compile(r"\d[eE][+-]?\d{1,3}(?!\w)")
"""A spreadsheet's 5.00E+02; the e is no currency."""
_NO_BASIS: Final = re.compile(r"\d+\s*(?:\+|[-–]\s*\d+)|\bper unit\b", re.IGNORECASE)
"""`1-9 pcs` in a heading says how many are bought, and not for how many the price is; a unit may be a box."""
_NONE_LEFT: Final = re.compile(
    r"^(?:0+|no|n|nein|non|false|out.*|sold out|ausverkauft|nicht.*|rupture|agotado|esaurito|discontinued|-)$", re.I
)
_SOME: Final = re.compile(
    r"^(?:[1-9]\d*\+?|>\s*\d+|yes|y|ja|oui|si|sí|true|in[ _]?stock|available|auf lager|lieferbar|en stock|disponible)$", re.I
)


class ListLine(msgspec.Struct, frozen=True):
    """One article of a price list. `price` is for `pieces` pieces; `breaks` are (quantity from which, price for `pieces`).

    It is sold in multiples of `pack` pieces, `minimum` pieces at least.
    """

    number: int
    vendor_sku: str
    gtin: str
    description: str
    price: Decimal
    currency: str
    pieces: int = 1
    unit: str = ""
    pack: int = 1
    minimum: int = 1
    breaks: tuple[tuple[int, Decimal], ...] = ()
    availability: Availability = ""
    doubt: str = ""

    @property
    def per_piece(self) -> Decimal:
        """The price of one piece."""
        return self.price / self.pieces


class PriceList(msgspec.Struct, frozen=True):
    """What a price list says. `named` are the first of the `rejected` lines: (line number, why); `notes` are about the whole."""

    source: str
    lines: tuple[ListLine, ...]
    rejected: int = 0
    named: tuple[tuple[int, str], ...] = ()
    notes: tuple[str, ...] = ()


def read_lines(
    rows: Iterable[tuple[int, Mapping[str, str]]],
    *,
    source: str,
    hints: Hints,
    header: Sequence[str] = (),
    unread: Sequence[tuple[int, str]] = (),
    notes: Sequence[str] = (),
) -> PriceList:
    """Read rows of (line number, field → text); the fields are those of `columns.recognise`."""
    kept = list(rows)
    whole = _hints(kept, hints, header)
    lines: list[ListLine] = []
    named: list[tuple[int, str]] = list(unread)
    for number, row in kept:
        try:
            lines.append(_line(number, row, whole))
        except Unfit as error:
            named.append((number, str(error)))
    twice = [key for key, count in Counter(one.vendor_sku for one in lines if one.vendor_sku).items() if count > 1]
    told = [*notes, f"{len(twice):,} article numbers stand on several lines, such as {twice[0]}"] if twice else notes
    return PriceList(source, tuple(lines), len(named), tuple(sorted(named)[:MOST_NAMED]), tuple(told))


def _hints(rows: Iterable[tuple[int, Mapping[str, str]]], hints: Hints, header: Sequence[str]) -> Hints:
    """What the list as a whole tells of its prices: the currency in its header, and the mark that parts its decimals.

    A mark settles what it means elsewhere only where the list shows no other.
    """
    texts = (text for _, row in rows for field, text in row.items() if field == "price" or field.startswith(BREAK))
    marks = Counter(mark for text in texts if not isinstance(text, Figure) and (mark := decimals_in(text)))
    code, _ = meant(read_sign(" ".join(header)), country=hints.country)
    known = msgspec.structs.replace(hints, currency=code or hints.currency)
    if not marks:
        return known
    return msgspec.structs.replace(known, mark=marks.most_common(1)[0][0], settled=len(marks) == 1)


def _line(number: int, row: Mapping[str, str], hints: Hints) -> ListLine:
    sku, text = _text(row, "vendor_sku"), _text(row, "description")
    written = row.get("gtin", "").strip()
    gtin = checked(written)
    if not (sku or gtin or text):
        raise Unfit("it names no article")
    told = row.get("currency", "").strip()
    currency = told.upper() if is_code(told.upper()) else meant(told, country=hints.country)[0]
    here = msgspec.structs.replace(hints, currency=currency or hints.currency)
    breaks = _breaks(row, here)
    shown, least = _shown(row, breaks)
    price = _price(shown, here)
    if breaks and breaks[0][1].amount > price.amount:
        raise Unfit(f"the price rises from {breaks[0][0]} on")
    if currency and price.sign and price.currency and price.currency != currency:
        raise Unfit(f"the price {shown[:40]!r} is not in {currency}, which the line names")
    unit = read_unit(_text(row, "unit"))
    pieces, pack = _sold(row, price, unit, shown, mark=hints.mark)
    if other := [quantity for quantity, one in breaks if one.per.said and one.per.pieces != pieces]:
        raise Unfit(f"the price from {other[0]} on is not for {pieces} pieces, as that of the line is")
    doubts = [_doubt(price), unit.doubt, *(_doubt(one) for _, one in breaks)]
    doubts += [f"{written[:20]!r} is no GTIN: its check digit is wrong"] if written and not gtin else []
    return ListLine(
        number, sku, gtin, text, price.amount, price.currency or here.currency, pieces, _text(row, "unit"), pack,
        max(least, _count(row, "minimum", hints.mark)), tuple((quantity, one.amount) for quantity, one in breaks),
        _stock(row.get("availability", "").strip()), next(filter(None, doubts), ""),
    )  # fmt: skip


def _shown(row: Mapping[str, str], breaks: Sequence[tuple[int, Price]]) -> tuple[str, int]:
    """The text of a line's price, and the pieces from which it holds: that of the first break, where no column is for less."""
    if "price" in row or not breaks:
        return row.get("price", ""), 1
    least = breaks[0][0]
    return row[f"{BREAK}{least}"], least


def _price(shown: str, hints: Hints) -> Price:
    """The price in a cell; one that is a number there already has its decimals after a point."""
    text = shown.strip()
    if not text:
        raise Unfit("the price is missing")
    if _POWER.search(text):
        raise Unfit(f"the price {text[:40]!r} is written with a power of ten: save it as a plain number")
    known = msgspec.structs.replace(hints, mark=".", settled=True) if isinstance(shown, Figure) else hints
    price = None if _BELOW.search(text) else read_price(text, hints=known)
    if price is None or price.amount <= 0:
        raise Unfit(f"{text[:40]!r} is no price")
    if price.amount > LARGEST_PRICE:
        raise Unfit(f"the price {text[:40]!r} is beyond {LARGEST_PRICE:,}")
    return price


def _doubt(price: Price) -> str:
    return price.doubt if price.other is not None else ""


def _sold(row: Mapping[str, str], price: Price, unit: Unit, shown: str, *, mark: str) -> tuple[int, int]:
    """For how many pieces a line's price is, and how many are sold at a time.

    The price's own text, its heading, the unit and a column may each say for how many: the same from several is one
    statement, two different ones are refused. A pack that is sold whole counts its pieces, not itself.
    """
    packs, held = _count(row, "pack", mark), unit.pieces
    if unit.is_open:
        held = _count(row, "contents", mark)
        held, packs = (packs, 1) if held == 1 else (held, packs)
    if not held or price.per.unit != "piece":
        raise Unfit(f"the price is not for pieces: {shown.strip()[:40]!r} {_text(row, 'unit')!r}")
    heading = _of_heading(row.get("heading", ""))
    if heading.unit != "piece":
        raise Unfit(f"the price is not for pieces: {row['heading'][:40]!r}")
    told = {count for count in (_count(row, "basis", mark), held) if count > 1}
    told |= {per.pieces for per in (price.per, heading) if per.said and per.pieces}
    if len(told) > 1:
        raise Unfit(f"the price is for {' and for '.join(map(str, sorted(told)))} pieces at once: {shown.strip()[:40]!r}")
    pieces = max(told, default=1)
    if pieces > LARGEST_COUNT:
        raise Unfit(f"the price is for {pieces:,} pieces, beyond {LARGEST_COUNT:,}")
    return pieces, held * packs if unit.whole else packs


@lru_cache
def _of_heading(heading: str) -> Per:
    """For how many of what the heading says that its prices are."""
    return read_per(_NO_BASIS.sub(" ", heading))


def _breaks(row: Mapping[str, str], hints: Hints) -> list[tuple[int, Price]]:
    found: list[tuple[int, Price]] = []
    for field, text in row.items():
        if field.startswith(BREAK) and text.strip():
            try:
                found.append((int(field[len(BREAK) :]), _price(text, hints)))
            except Unfit as error:
                raise Unfit(f"from {field[len(BREAK) :]} on, {error}") from error
    found.sort(key=lambda one: one[0])
    for (_, dearer), (quantity, price) in pairwise(found):
        if price.amount > dearer.amount:
            raise Unfit(f"the price rises from {quantity} on")
    return found


def _count(row: Mapping[str, str], field: str, mark: str) -> int:
    return read_count(row.get(field, ""), field=field, mark=mark)


def _text(row: Mapping[str, str], field: str) -> str:
    text = " ".join(row.get(field, "").split())
    if len(text) > LONGEST_TEXT or not text.isprintable():
        raise Unfit(f"its {field.replace('_', ' ')} is longer than {LONGEST_TEXT} characters or holds control characters")
    if field == "vendor_sku" and text[:1] in ("=", "@") and text:
        raise Unfit("its article number starts like a formula of a spreadsheet")
    return text


def _stock(text: str) -> Availability:
    if _NONE_LEFT.match(text):
        return "OutOfStock"
    return "InStock" if _SOME.match(text) else ""
