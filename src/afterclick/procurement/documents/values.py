"""Numbers, days and texts as trading documents write them."""

import re
import textwrap
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from afterclick.domain.money import LARGEST_AMOUNT, decimals, to_text
from afterclick.domain.text import one_line

MOST_BYTES: Final = 10_000_000
"""Of one document: an order of ten thousand lines has a tenth of it."""
MOST_PROBLEMS: Final = 50
LARGEST_QUANTITY: Final = 10**9
FINEST_BASIS: Final = 10**6
"""A price is kept for at most this many units, so that a millionth of a minor unit is still exact."""
_NUMBER: Final = re.compile(r"[+-]?(\d{1,18}(\.\d{0,12})?|\.\d{1,12})")
_THOUSAND: Final = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
_DAY_FORMATS: Final = {8: "%Y%m%d", 6: "%y%m%d"}
_WRITTEN: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:Z|[+-]\d{2}:\d{2}|T.*)?")


class Unreadable(ValueError):
    """A document, or a part of it, that cannot be read; says where, what, and what to do."""


class Unsendable(ValueError):
    """An order that cannot be written in a format; says what is missing, and what to do."""


def number(text: str, *, comma: bool = False) -> Decimal:
    """A decimal number; `comma` where the document writes its decimals after one.

    Raises:
        Unreadable: it is not a number. Thousands are never grouped in these formats, and are not guessed: `1.250` is refused
            where decimals come after a comma, since there it is a thousand for most.
    """
    if comma and _THOUSAND.fullmatch(text.strip()):
        raise Unreadable(f"{one_line(text, longest=30)!r} may be a thousand or have three decimals: write it without a point")
    plain = text.strip().replace(",", ".") if comma else text.strip()
    if not _NUMBER.fullmatch(plain):
        raise Unreadable(f"{one_line(text, longest=30)!r} is not a number")
    return Decimal(plain)


def quantity(text: str, *, comma: bool = False) -> int:
    """A whole number of units from 0.

    Raises:
        Unreadable: it is not a number, has decimals, is negative, or is beyond `LARGEST_QUANTITY`.
    """
    found = number(text, comma=comma)
    if found != found.to_integral_value() or not 0 <= found <= LARGEST_QUANTITY:
        raise Unreadable(f"{one_line(text, longest=30)!r} is not a whole quantity between 0 and {LARGEST_QUANTITY:,}")
    return int(found)


def price(amount: Decimal, currency: str, *, basis: Decimal = Decimal(1)) -> tuple[int, int]:
    """A price as minor units and the units that cost it: 0.0045 EUR → (45, 100).

    Raises:
        Unreadable: negative, too large, or finer than a millionth of a minor unit.
    """
    try:
        units, minor = basis, amount.scaleb(decimals(currency))
        while minor != minor.to_integral_value() or units != units.to_integral_value():
            units, minor = units * 10, minor * 10
            if units > FINEST_BASIS * max(1, basis):
                raise Unreadable(f"the price {amount} for {basis} is finer than can be paid")
    except InvalidOperation as error:
        raise Unreadable("the price is not a number") from error
    if not 0 <= minor <= LARGEST_AMOUNT or not 1 <= units <= LARGEST_QUANTITY:
        raise Unreadable(f"the price {amount} for {basis} units is out of range")
    return int(minor), int(units)


def price_text(minor: int, currency: str) -> str:
    """Minor units as a plain decimal: 45 EUR → `0.45`."""
    return to_text(minor, currency)


def day(text: str) -> date:
    """A day: `2026-11-30` (with or without a time or a zone), `20261130`, `261130`, or these digits with a time behind.

    Raises:
        Unreadable: it is not a day of the calendar.
    """
    plain = text.strip()
    try:
        if written := _WRITTEN.fullmatch(plain):
            return date(int(written[1]), int(written[2]), int(written[3]))
        if plain.isdigit() and len(plain) in (6, 8, 12, 14):
            digits = plain[:8] if len(plain) >= 8 else plain
            return datetime.strptime(digits, _DAY_FORMATS[len(digits)]).replace(tzinfo=UTC).date()
    except ValueError as error:
        raise Unreadable(f"{one_line(text, longest=30)!r} is not a day of the calendar") from error
    raise Unreadable(f"{one_line(text, longest=30)!r} is not a day (expected 2026-11-30 or 20261130)")


def day_of(instant_ms: int) -> date:
    """The day of an instant in UTC."""
    return datetime.fromtimestamp(instant_ms / 1000, UTC).date()


def pieces_of_text(text: str, width: int, most: int) -> list[str]:
    """A text in at most `most` parts of `width` letters, for fields that have a length; parted between words where it can be."""
    return textwrap.wrap(one_line(text, longest=width * most), width)[:most]
