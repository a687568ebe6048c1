"""Read quantities, amounts and instants as people write them in files; what has two meanings is refused, not guessed."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import msgspec

from afterclick.orders.intake.delivery import LARGEST_QUANTITY, milliseconds

SCALE: Final = 10_000
"""Amounts from files are whole ten-thousandths of the currency: price lists go below the cent, sums of them stay exact."""
LARGEST_PRICE: Final = 10**9 * SCALE
LARGEST_VALUE: Final = 10**13 * SCALE
"""Of a line: `money.LARGEST_AMOUNT` in a currency with cents; it fits a ledger column of 64 bits."""

_WHOLE: Final = re.compile(r"([+-]?)(\d{1,30})(?:\.0+)?")
_AMOUNT: Final = re.compile(r"([+-]?)(\d{1,30})(?:\.(\d{1,30}))?(?:[eE]([+-]?\d{1,3}))?")
_GROUPED_POINT: Final = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_GROUPED_COMMA: Final = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_CURRENCY_SIGNS: Final = "€$£¥ \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}'"
_COMMA_CENTS: Final = re.compile(r",\d{1,2}$")
_POINT_CENTS: Final = re.compile(r"\.\d{1,2}$")
_NUMBERED: Final = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:[ T,]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")


class Unfit(ValueError):
    """A cell that cannot be read; `reason` is the same for all cells with this fault, so that they can be counted."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Habits(msgspec.Struct, frozen=True):
    """How a file as a whole writes numbers and dates, where one cell alone would leave it open.

    `day_first` is None when no date of the file tells 3/4 from 4/3.
    """

    decimal_comma: bool = False
    day_first: bool | None = None


def habits(prices: Iterable[str], dates: Iterable[str]) -> Habits:
    """What the prices and dates of a file tell of its habits; contradictions leave the point, and dates unread."""
    commas = points = False
    for price in prices:
        commas = commas or _COMMA_CENTS.search(price) is not None
        points = points or _POINT_CENTS.search(price) is not None
    day_first = month_first = False
    for date in dates:
        found = _NUMBERED.fullmatch(date)
        if found and found[2] != ".":
            day_first = day_first or int(found[1]) > 12
            month_first = month_first or int(found[3]) > 12
    return Habits(decimal_comma=commas and not points, day_first=day_first if day_first != month_first else None)


def quantity(text: str) -> int:
    """A whole number of pieces, negative for returned ones, never zero."""
    if not text:
        raise Unfit("the quantity is missing")
    found = _WHOLE.fullmatch(text)
    if not found:
        raise Unfit("the quantity is not a whole number")
    pieces = int(found[1] + found[2])
    if abs(pieces) > LARGEST_QUANTITY:
        raise Unfit(f"the quantity is beyond {LARGEST_QUANTITY:,}")
    if not pieces:
        raise Unfit("the quantity is zero")
    return pieces


def price(text: str, habits: Habits) -> int:
    """An amount in ten-thousandths (`SCALE`). At most four decimals, save for the dust that computing with floats leaves."""
    plain = _ungrouped(text.strip(_CURRENCY_SIGNS).replace("\N{NO-BREAK SPACE}", "").replace("'", ""), habits)
    if not plain:
        raise Unfit("the price is missing")
    found = _AMOUNT.fullmatch(plain)
    if not found or int(found[4] or 0) > 30:
        raise Unfit("the price is not an amount")
    exact = Decimal(plain) * SCALE
    amount = round(exact)
    if abs(exact - amount) > max(1, abs(exact)) * Decimal("1e-9"):
        raise Unfit("the price has more than four decimals")
    if abs(amount) > LARGEST_PRICE:
        raise Unfit(f"the price is beyond {LARGEST_PRICE // SCALE:,}")
    return amount


def _ungrouped(text: str, habits: Habits) -> str:
    """The amount with a decimal point and without marks between thousands."""
    if habits.decimal_comma:
        if _GROUPED_COMMA.fullmatch(text):
            text = text.replace(".", "")
        elif "." in text:
            return "?"
        return text.replace(",", ".")
    return text.replace(",", "") if _GROUPED_POINT.fullmatch(text) else text


def instant(text: str, habits: Habits) -> int:
    """Milliseconds since 1970: ISO 8601, 31.12.2025 14:30, or 12/31/2025 where the file shows which is which; no zone is UTC."""
    if not text:
        raise Unfit("the date is missing")
    try:
        found = _NUMBERED.fullmatch(text)
        at = _numbered(found, habits) if found else datetime.fromisoformat(text)
    except ValueError as error:
        raise error if isinstance(error, Unfit) else Unfit("the date is not one") from error
    try:
        return milliseconds(at if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError) as error:
        raise Unfit(f"the date {error}") from error


def _numbered(found: re.Match[str], habits: Habits) -> datetime:
    day_first = True if found[2] == "." else habits.day_first  # with points, every country writes the day first
    if day_first is None:
        raise Unfit("the date's day and month cannot be told apart; write dates as 2025-12-31")
    day, month = (found[1], found[3]) if day_first else (found[3], found[1])
    return datetime(int(found[4]), int(month), int(day), int(found[5] or 0), int(found[6] or 0), int(found[7] or 0), tzinfo=UTC)
