"""The rows of a price list into prices per piece, with every row named that cannot be one."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final

import msgspec

from afterclick.reading.gtin import checked
from afterclick.reading.pages.facts import Availability
from afterclick.reading.price_lists.columns import BREAK
from afterclick.reading.prices.amounts import decimals_in
from afterclick.reading.prices.signs import is_code, meant
from afterclick.reading.prices.texts import Hints, read_price, read_sign

MOST_NAMED: Final = 200
LONGEST_TEXT: Final = 300
LARGEST_PRICE: Final = Decimal(10) ** 9
LARGEST_COUNT: Final = 10**6
WORDS_OF_PACKS: Final = (
    "box boxes bx pack pk pck pkg case cs carton ctn karton kt ve vpe packung dose bundle set paquet boite caja confezione doos"
    " opak bal"
)
WORDS_OF_PIECES: Final = (
    "ea each pc pcs pce c62 h87 st stk stck stuck stueck piece pieces unit units unite u ud pz stuks szt ks nr"
)
_PACKS: Final = frozenset(WORDS_OF_PACKS.split())
_PIECES: Final = frozenset(WORDS_OF_PIECES.split())
_SO_MANY: Final = {
    "c": 100, "cen": 100, "hundred": 100, "100": 100, "m": 1000, "mil": 1000, "t3": 1000, "thousand": 1000, "1000": 1000,
    "dz": 12, "dzn": 12, "dozen": 12, "pr": 2, "pair": 2, "paar": 2,
}  # fmt: skip
"""Units that are so many pieces (UN/ECE recommendation 20 and what vendors write)."""
_BELOW: Final = re.compile(r"(?:^|[^\w.,])[-−]\s?\d|^\(.*\)$")
"""An amount below zero, or a range: neither is the price of a thing."""
_NONE_LEFT: Final = re.compile(
    r"^(?:0+|no|n|nein|non|false|out.*|sold out|ausverkauft|nicht.*|rupture|agotado|esaurito|discontinued|-)$", re.I
)
_SOME: Final = re.compile(
    r"^(?:[1-9]\d*\+?|>\s*\d+|yes|y|ja|oui|si|sí|true|in[ _]?stock|available|auf lager|lieferbar|en stock|disponible)$", re.I
)


class ListLine(msgspec.Struct, frozen=True):
    """One article of a price list. `price` is for `pieces` pieces; `breaks` are (quantity from which, price for `pieces`)."""

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


class _Unfit(ValueError):
    """A line cannot be used; says why."""


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
    marks = Counter(mark for _, row in kept if (mark := decimals_in(row.get("price", ""))))
    code, _ = meant(read_sign(" ".join(header)), country=hints.country)
    whole = msgspec.structs.replace(
        hints, mark=marks.most_common(1)[0][0] if marks else hints.mark, currency=code or hints.currency
    )
    lines: list[ListLine] = []
    named: list[tuple[int, str]] = list(unread)
    for number, row in kept:
        try:
            lines.append(_line(number, row, whole))
        except _Unfit as error:
            named.append((number, str(error)))
    twice = [key for key, count in Counter(one.vendor_sku for one in lines if one.vendor_sku).items() if count > 1]
    told = [*notes, f"{len(twice):,} article numbers stand on several lines, such as {twice[0]}"] if twice else notes
    return PriceList(source, tuple(lines), len(named), tuple(sorted(named)[:MOST_NAMED]), tuple(told))


def _line(number: int, row: Mapping[str, str], hints: Hints) -> ListLine:
    sku, text = _text(row, "vendor_sku"), _text(row, "description")
    written = row.get("gtin", "").strip()
    gtin = checked(written)
    if not (sku or gtin or text):
        raise _Unfit("it names no article")
    told = row.get("currency", "").strip()
    currency = told.upper() if is_code(told.upper()) else meant(told, country=hints.country)[0]
    here = msgspec.structs.replace(hints, currency=currency or hints.currency)
    shown = row.get("price", "").strip()
    price = None if _BELOW.search(shown) else read_price(shown, hints=here)
    if not shown or price is None or price.amount <= 0:
        raise _Unfit(f"{shown[:40]!r} is no price" if shown else "the price is missing")
    if price.amount > LARGEST_PRICE:
        raise _Unfit(f"the price {shown[:40]!r} is beyond {LARGEST_PRICE:,}")
    if currency and price.sign and price.currency and price.currency != currency:
        raise _Unfit(f"the price {shown[:40]!r} is not in {currency}, which the line names")
    contents, pack, unit = _count(row, "contents"), _count(row, "pack"), _text(row, "unit")
    pieces = _count(row, "basis") * _pieces_in(unit, contents=contents, pack=pack) * (price.per.pieces or 1)
    if not 1 <= pieces <= LARGEST_COUNT or price.per.unit != "piece":
        raise _Unfit(f"the price is not for pieces: {shown[:40]!r} {unit!r}")
    doubt = price.doubt if price.other is not None and not hints.mark else ""
    doubt = doubt or (f"{written[:20]!r} is no GTIN: its check digit is wrong" if written and not gtin else "")
    return ListLine(
        number, sku, gtin, text, price.amount, price.currency or here.currency, pieces, unit, pack,
        _count(row, "minimum"), _breaks(row, here), _stock(row.get("availability", "").strip()), doubt,
    )  # fmt: skip


def _pieces_in(unit: str, *, contents: int, pack: int) -> int:
    """How many pieces one unit of the price is."""
    plain = re.sub(r"[^a-z0-9]", "", unit.lower())
    if plain in _SO_MANY:
        return _SO_MANY[plain]
    if (counted := re.match(r"(?:[a-z]*)(\d{1,6})(?:[a-z]*)$", plain)) and plain not in _PIECES and int(counted[1]):
        return int(counted[1])
    if plain in _PACKS:
        return contents if contents > 1 else pack
    return 1


def _breaks(row: Mapping[str, str], hints: Hints) -> tuple[tuple[int, Decimal], ...]:
    found: list[tuple[int, Decimal]] = []
    for field, text in row.items():
        if field.startswith(BREAK) and text.strip():
            price = read_price(text, hints=hints)
            if price is None or price.amount <= 0:
                raise _Unfit(f"the price from {field[len(BREAK) :]} on, {text[:40]!r}, is none")
            found.append((int(field[len(BREAK) :]), price.amount))
    found.sort()
    for (_, dearer), (quantity, price) in pairwise(found):
        if price > dearer:
            raise _Unfit(f"the price rises from {quantity} on")
    return tuple(found)


def _count(row: Mapping[str, str], field: str) -> int:
    """A count in a column; 1 where there is none."""
    text = row.get(field, "").strip()
    found = re.match(r"[^\d-]{0,12}(\d{1,7})(?:[.,]0+)?(?!\d)", text)
    if text and not found:
        raise _Unfit(f"{text[:30]!r} is no count ({field})")
    count = int(found[1]) if found else 1
    if count > LARGEST_COUNT:
        raise _Unfit(f"{text[:30]!r} is beyond {LARGEST_COUNT:,} ({field})")
    return count or 1


def _text(row: Mapping[str, str], field: str) -> str:
    text = " ".join(row.get(field, "").split())
    if len(text) > LONGEST_TEXT or not text.isprintable():
        raise _Unfit(f"its {field.replace('_', ' ')} is longer than {LONGEST_TEXT} characters or holds control characters")
    if field == "vendor_sku" and text[:1] in ("=", "@") and text:
        raise _Unfit("its article number starts like a formula of a spreadsheet")
    return text


def _stock(text: str) -> Availability:
    if _NONE_LEFT.match(text):
        return "OutOfStock"
    return "InStock" if _SOME.match(text) else ""
