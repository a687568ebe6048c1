"""What a store's document can say: an order was placed, or one was cancelled; with the limits of what is believed."""

from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import msgspec

from afterclick.domain.order import NewOrder

LARGEST_DOCUMENT: Final = 1_000_000
"""Bytes."""
MOST_LINES: Final = 2_000
LONGEST_TEXT: Final = 300
LARGEST_QUANTITY: Final = 10**9
LONGEST_AMOUNT: Final = 12
"""Digits before the decimal point; twelve stay below `money.LARGEST_AMOUNT` in every currency."""
YEARS: Final = (2000, 2100)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST: Final = datetime(YEARS[0], 1, 1, tzinfo=UTC)
_END: Final = datetime(YEARS[1] + 1, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


class Unreadable(ValueError):
    """There is no order in this document: it is too large, no JSON object, or has no usable `id`."""


class Cancelled(msgspec.Struct, frozen=True):
    """The store says that this order is cancelled."""

    store: str
    external_id: str


class Delivery(msgspec.Struct, frozen=True):
    """What one document says; `event` identifies its delivery by webhook and is empty when the document was pulled."""

    event: str
    about: NewOrder | Cancelled

    @property
    def type(self) -> Literal["order.placed", "order.cancelled"]:
        return "order.placed" if isinstance(self.about, NewOrder) else "order.cancelled"


def milliseconds(instant: datetime) -> int:
    """Whole milliseconds since 1970 of an instant between the years of `YEARS`; ValueError outside."""
    if not _FIRST <= instant < _END:
        raise ValueError(f"is not between the years {YEARS[0]} and {YEARS[1]}")
    return (instant - _EPOCH) // _MILLISECOND


def minor(text: str, places: int) -> int:
    """Read a plain decimal amount such as `27.45` exactly, as minor units of a currency with `places` decimals.

    Signs, exponents, separators and decimals finer than the currency's smallest coin are refused with a ValueError: rounding
    what a store charged would be a guess. (`money.to_minor` rounds; this is for amounts that must already be whole.)
    """
    whole, _, part = text.partition(".")
    digits = whole + part
    if not (digits.isdecimal() and digits.isascii()) or len(whole) > LONGEST_AMOUNT or not whole or text[-1] == ".":
        raise ValueError(f"is not an amount like 27.45 below {10**LONGEST_AMOUNT:,}")
    if len(part) == places:
        return int(digits)
    if part[places:].strip("0"):
        raise ValueError(f"has more than the {places} decimals of its currency")
    return int(whole + part[:places].ljust(places, "0"))
