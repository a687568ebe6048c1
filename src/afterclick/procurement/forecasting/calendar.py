"""What the calendar says about each period: public holidays, shopping seasons, working days."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from afterclick.procurement.forecasting.panel import Freq, Numbers

NAMES: Final = ("holiday_share", "weeks_to_christmas", "weeks_to_easter", "weeks_to_black_friday", "working_days")
"""The features, in the order of the columns."""
LEAD: Final = 8.0
"""Weeks before a feast in which it can move demand; farther away, and when it is over, it counts as so many."""
MONDAY_TO_FRIDAY: Final = range(5)


def features(starts: Sequence[date], freq: Freq, country: str = "") -> tuple[tuple[str, ...], Numbers]:
    """The features of the periods that start on `starts`, oldest first and without a gap: their names and periods × features.

    - `holiday_share`: share of the period's days that are public holidays (0 to 1).
    - `weeks_to_christmas`, `weeks_to_easter`, `weeks_to_black_friday`: weeks from the start of the period to the next 25
      December, Easter Sunday and Black Friday (the day after the fourth Thursday of November), at most 8. Below 0 never: a
      feast on the first day is 0.
    - `working_days`: days that are neither Saturday, Sunday nor a public holiday.

    Where no country is named, or one whose holidays are not known, there are no public holidays; `known_country` tells. The last
    period is taken to be as long as its calendar says, so training and horizon can be asked for together or apart.
    """
    if not starts:
        return NAMES, np.zeros((0, len(NAMES)))
    ends = [*starts[1:], next_start(starts[-1], freq)]
    years = range(starts[0].year, ends[-1].year + 2)
    free = public_holidays(country, years)
    feasts = (
        [date(year, 12, 25) for year in years],
        [easter(year) for year in years],
        [black_friday(year) for year in years],
    )
    columns = np.zeros((len(starts), len(NAMES)))
    for row, (start, end) in enumerate(zip(starts, ends, strict=True)):
        days = [start + timedelta(days=ahead) for ahead in range((end - start).days)]
        columns[row, 0] = sum(day in free for day in days) / max(1, len(days))
        columns[row, 1:4] = [_weeks_until(start, dates) for dates in feasts]
        columns[row, 4] = _trading(days, MONDAY_TO_FRIDAY, free)
    return NAMES, columns


def known_country(country: str) -> bool:
    """Whether the public holidays of `country` (ISO 3166 code of two letters) are known."""
    import holidays

    return country.upper() in holidays.list_supported_countries()


def public_holidays(country: str, years: Iterable[int]) -> frozenset[date]:
    """The days that are a public holiday in the whole country; none where the country is not named or not known."""
    return _public_holidays(country.upper(), tuple(years))


@lru_cache(maxsize=64)
def _public_holidays(country: str, years: tuple[int, ...]) -> frozenset[date]:
    import holidays

    if not country:
        return frozenset()
    try:
        return frozenset(holidays.country_holidays(country, years=years))
    except NotImplementedError:  # no such country: nothing to forecast worse for
        return frozenset()


def working_day_adjustment(
    starts: Sequence[date], freq: Freq, country: str = "", *, opens: Sequence[int] = MONDAY_TO_FRIDAY
) -> Numbers:
    """For each period, its days of trade as a share of the usual number: divide past demand by it, multiply the forecast with it.

    `opens` are the weekdays of trade, Monday 0 to Sunday 6; public holidays are none. Averages 1 over a calendar year, so that
    levels stay what they are. Meant for months and quarters, whose number of days of trade differs by a tenth; 1 for days and
    weeks.
    """
    if freq in ("D", "W"):
        return np.ones(len(starts))
    if not opens:
        raise ValueError("A shop that is open on no weekday sells nothing; name at least one day of trade, Monday is 0.")
    if not starts:
        return np.zeros(0)
    free = public_holidays(country, range(starts[0].year, starts[-1].year + 2))
    periods = 12 if freq == "M" else 4
    usual = {
        year: sum(_trading(days_of(date(year, month, 1), "M"), opens, free) for month in range(1, 13)) / periods
        for year in {start.year for start in starts}
    }
    return np.array([_trading(days_of(start, freq), opens, free) / usual[start.year] for start in starts])


def days_of(start: date, freq: Freq) -> list[date]:
    """The days of the period that starts on `start`."""
    return [start + timedelta(days=ahead) for ahead in range((next_start(start, freq) - start).days)]


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


def easter(year: int) -> date:
    """Easter Sunday of the western churches (the anonymous Gregorian algorithm, as in Meeus, "Astronomical Algorithms", 1991)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1)


def black_friday(year: int) -> date:
    """The day after the fourth Thursday of November, when the Christmas sales begin."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)


def _weeks_until(start: date, feasts: list[date]) -> float:
    days = min(((feast - start).days for feast in feasts if feast >= start), default=7 * int(LEAD))
    return min(days / 7, LEAD)


def _trading(days: list[date], opens: Sequence[int], free: frozenset[date]) -> int:
    return sum(day.weekday() in opens and day not in free for day in days)
