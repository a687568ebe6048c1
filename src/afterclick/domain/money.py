"""Amounts in minor units: reading, writing and dividing money without losing a cent.

Minor units per currency follow ISO 4217; currencies not listed here have two decimals.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Final

CURRENCIES: Final = frozenset({
    "AUD", "BGN", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "IDR", "ILS", "INR",
    "ISK", "JPY", "KRW", "KWD", "BHD", "MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "RON", "SEK", "SGD", "THB",
    "TND", "TRY", "USD", "ZAR", "AED", "SAR", "CLP", "VND", "UAH", "RSD",
})  # fmt: skip
_DECIMALS: Final = {"JPY": 0, "KRW": 0, "ISK": 0, "CLP": 0, "VND": 0, "KWD": 3, "BHD": 3, "TND": 3}
LARGEST_AMOUNT: Final = 10**15
"""Amounts beyond this are refused as unreadable: they would not fit a ledger column safely."""


def decimals(currency: str) -> int:
    """Decimal places of a currency's minor unit."""
    return _DECIMALS.get(currency, 2)


def to_minor(amount: Decimal | int | str, currency: str) -> int:
    """Convert a decimal amount into minor units, rounding half up.

    Raises:
        ValueError: the text is no finite number, or is larger than `LARGEST_AMOUNT`.
    """
    try:
        value = Decimal(amount)
        minor = (value * 10 ** decimals(currency)).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    except InvalidOperation as error:
        raise ValueError(f"{str(amount)[:40]!r} is not an amount of money") from error
    if not minor.is_finite() or abs(minor) > LARGEST_AMOUNT:
        raise ValueError(f"{str(amount)[:40]!r} is too large for an amount of money")
    return int(minor)


def to_text(minor: int, currency: str) -> str:
    """Write minor units as a plain decimal string: 1999 EUR → `19.99`."""
    places = decimals(currency)
    return f"{Decimal(minor).scaleb(-places):.{places}f}"


def share(total: int, weights: Sequence[int]) -> list[int]:
    """Divide `total` in proportion to `weights` so that the parts sum to `total` exactly (largest remainder method)."""
    whole = sum(weights)
    if whole == 0:
        return [total, *([0] * (len(weights) - 1))] if weights else []
    parts = [total * weight // whole for weight in weights]
    missing = total - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[:missing]:
        parts[i] += 1
    return parts
