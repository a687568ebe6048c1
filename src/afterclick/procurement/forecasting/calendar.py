"""The course of the calendar: which periods follow each other, and which days are public holidays."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

from afterclick.procurement.forecasting.panel import Freq


def public_holidays(country: str, years: Iterable[int]) -> frozenset[date]:
    """The days that are a public holiday in the whole country; none where the country is not named or not known."""
    return _public_holidays(country.upper(), tuple(years))


def has_holidays(country: str) -> bool:
    """Whether the public holidays of a country (ISO 3166) are known."""
    import holidays

    return country.upper() in holidays.list_supported_countries()


@lru_cache(maxsize=64)
def _public_holidays(country: str, years: tuple[int, ...]) -> frozenset[date]:
    import holidays

    return frozenset(holidays.country_holidays(country, years=years)) if has_holidays(country) else frozenset()


def next_start(start: date, freq: Freq) -> date:
    """The first day of the period after the one that starts on `start`."""
    if freq in ("D", "W"):
        return start + timedelta(days=1 if freq == "D" else 7)
    months = start.year * 12 + start.month - 1 + (1 if freq == "M" else 3)
    return date(months // 12, months % 12 + 1, 1)


def starts_after(last: date, freq: Freq, horizon: int) -> list[date]:
    """The first days of the `horizon` periods after the one that starts on `last`."""
    starts: list[date] = []
    for _ in range(horizon):
        last = next_start(last, freq)
        starts.append(last)
    return starts
