"""How a printed document writes amounts, days and addresses."""

from datetime import date

from afterclick.domain.money import to_text
from afterclick.domain.order import Address


def amount(minor: int, currency: str) -> str:
    """Minor units as people read them: -123450 EUR → `−1,234.50`."""
    whole, point, cents = to_text(abs(minor), currency).partition(".")
    return f"{'−' if minor < 0 else ''}{int(whole):,}{point}{cents}"


def long_day(day: date) -> str:
    """A day as in a letter: `3 May 2026`."""
    return f"{day.day} {day:%B %Y}"


def address_lines(address: Address, *, sent_from: str = "") -> list[str]:
    """An address as on an envelope, without the name; the country only where it is another than `sent_from`."""
    town = " ".join(part for part in (address.postcode, address.city) if part)
    place = ", ".join(part for part in (town, address.region) if part)
    country = "" if address.country == sent_from else address.country
    return [line for line in (address.line1, address.line2, place, country) if line]
