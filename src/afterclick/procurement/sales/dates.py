"""Read days as people write them in sales files: each distinct text once, and what has two meanings by what the others show."""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

import numpy as np

from afterclick.reading.tables.rows import BadFile

FIRST: Final = date(1900, 1, 1)
"""Older dates are typing errors, or what a program writes for no date."""
_EXCEL: Final = date(1899, 12, 30)
"""Day 0 of spreadsheets; their numbers of the years 1954 to 2119 are read."""
_ISO: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_COMPACT: Final = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_WEEK: Final = re.compile(r"(\d{4})-?[WwKk][Ww]?-?(\d{1,2})")
_YEAR_WEEK: Final = re.compile(r"(\d{4})(?:[-/.](?=\d)|(?=\d{2}$))(\d{1,2})")
_MONTH: Final = re.compile(r"(\d{4})[-/.](\d{1,2})")
_MONTH_YEAR: Final = re.compile(r"(\d{1,2})[-/.](\d{4})")
_QUARTER: Final = re.compile(r"(\d{4})-?[Qq]([1-4])")
_NUMBERED: Final = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})")
_NAMED: Final = re.compile(r"(?:(\d{1,2})[. -]+)?([^\W\d]{3,10})\.?[ -]+(?:(\d{1,2})(?:st|nd|rd|th)?,?[ -]+)?(\d{4}|\d{2})")
_SERIAL: Final = re.compile(r"([2-7]\d{4})(?:\.\d+)?")
_WRITE: Final = "write them as 2025-12-31"
_Order: TypeAlias = Literal["day first", "month first", "year first"]
_MONTHS: Final = {  # the first letters of the months' names in the languages of `columns.SYNONYMS`, without accents
    name: number
    for number, names in enumerate(
        ("jan gen ene sty", "feb fev lut", "mar maa mrz mae", "apr avr abr kwi", "may mai mei mag maj", "jun giu cze jui",
         "jul lug lip", "aug aou ago sie", "sep set wrz", "oct okt ott paz out", "nov lis", "dec dez dic gru des"), 1,
    )
    for name in names.split()
}  # fmt: skip


def read_days(texts: Iterable[str], *, today: date, weeks: bool = False) -> dict[str, date]:
    """The day of each text; one that cannot be read is left out.

    Read are ISO 8601 (days, weeks, months, quarters: their first day), 20251231, 31.12.2025, 31 Dec 2025, Dec 2025, numbers of
    days in spreadsheets, and 12/31/2025 or 25-12-31, where the texts together show what comes first. `weeks` says that 2025-07
    is a week, not a month; numbers beyond 12, where most are, say so too.

    Raises:
        BadFile: nothing shows whether 3/4/2025 is in March or April, or whether 25/12/24 is of 2024 or 2025.
    """
    texts = list(texts)
    order = _order([found for text in texts if (found := _NUMBERED.fullmatch(text.strip())) and found[2] != "."], today)
    weeks = weeks or _are_weeks(texts)
    return {text: day for text in texts if (day := _day(text.strip(), order, weeks=weeks)) and day >= FIRST}


def _order(open_ones: list[re.Match[str]], today: date) -> _Order:
    """What comes first in dates of three numbers, by all of them together."""
    day_first = any(int(found[1]) > 12 for found in open_ones)
    month_first = any(int(found[3]) > 12 for found in open_ones)
    if open_ones and _is_year_first(open_ones, today):
        return "year first"
    if open_ones and day_first == month_first:
        raise BadFile(f"the dates ({_seen(open_ones)}) do not show whether the day or the month comes first: {_WRITE}")
    return "day first" if day_first else "month first"


def _is_year_first(open_ones: list[re.Match[str]], today: date) -> bool:
    """Whether dates such as 25-12-31 begin with the year: its place shows fewer numbers, and the last day is nearer to today.

    Raises:
        BadFile: these two signs are at odds.
    """
    if any(len(found[4]) == 4 or int(found[1]) <= 12 or _year(found[1]) > today.year + 1 for found in open_ones):
        return False
    first = [day for found in open_ones if (day := _date(found[1], found[3], found[4]))]
    last = [day for found in open_ones if (day := _date(found[4], found[3], found[1]))]
    if not first or not last:
        return bool(first)
    fewer = len({day.year for day in last}) - len({day.year for day in first})
    nearer = abs(max(last) - today) - abs(max(first) - today)
    if fewer > 0 and nearer > timedelta():
        return True
    if fewer < 0 and nearer < timedelta():
        return False
    raise BadFile(f"the dates ({_seen(open_ones)}) do not show whether the year or the day comes first: {_WRITE}")


def _seen(open_ones: list[re.Match[str]]) -> str:
    return f"{open_ones[0][0]!r} and {open_ones[-1][0]!r}"


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(_year(year), int(month), int(day))
    except ValueError:
        return None


def _are_weeks(texts: list[str]) -> bool:
    """Whether the numbers beside a year are those of weeks: most of them are beyond 12."""
    numbers = [int(found[2]) for text in texts if (found := _MONTH.fullmatch(text.strip()))]
    numbers += [int(found[1]) for text in texts if (found := _MONTH_YEAR.fullmatch(text.strip()))]
    return sum(number > 12 for number in numbers) > len(numbers) / 2


def _day(text: str, order: _Order, *, weeks: bool) -> date | None:
    try:
        if found := _ISO.fullmatch(text) or _COMPACT.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _NUMBERED.fullmatch(text):
            return _of_three(found, order)
        if found := _WEEK.fullmatch(text) or (weeks and _YEAR_WEEK.fullmatch(text)):
            return date.fromisocalendar(int(found[1]), int(found[2]), 1)
        if found := _QUARTER.fullmatch(text):
            return date(int(found[1]), 3 * int(found[2]) - 2, 1)
        if found := _MONTH.fullmatch(text):
            return date(int(found[1]), int(found[2]), 1)
        if found := _MONTH_YEAR.fullmatch(text):
            return date.fromisocalendar(int(found[2]), int(found[1]), 1) if weeks else date(int(found[2]), int(found[1]), 1)
        if found := _SERIAL.fullmatch(text):
            return _EXCEL + timedelta(days=int(found[1]))
        if found := _NAMED.fullmatch(text):
            return date(_year(found[4]), _month(found[2]), int(found[1] or found[3] or 1))
    except (ValueError, OverflowError, KeyError):
        return None
    return None


def _of_three(found: re.Match[str], order: _Order) -> date | None:
    """The day of three numbers; with points between them the day always comes first."""
    if found[2] == "." or order == "day first":
        return _date(found[4], found[3], found[1])
    return _date(found[1], found[3], found[4]) if order == "year first" else _date(found[4], found[1], found[3])


def _year(text: str) -> int:
    """A year of two digits lies within the last 80 or next 20 years, counted from 2020: 39 is 2039, 40 is 1940."""
    return int(text) if len(text) == 4 else 1900 + int(text) + 100 * (int(text) < 40)


def _month(name: str) -> int:
    letters = name.casefold().translate(str.maketrans("äáéèêûóźż", "aaeeeuozz"))
    if letters.startswith("juil"):
        return 7
    return _MONTHS[letters[:3]]


def rhythm(days: Iterable[date]) -> int:
    """How many days each figure of a file stands for: 1, or 7, 30 or 91 where its days are all starts or ends of such periods."""
    known = sorted(set(days))
    if len(known) < 3:
        return 1
    if len({day.weekday() for day in known}) == 1:
        return 7
    firsts = known if all(day.day == 1 for day in known) else [day + timedelta(days=1) for day in known]
    if any(day.day != 1 for day in firsts):
        return 1
    months = np.diff([12 * day.year + day.month for day in firsts])
    return 91 if bool((months % 3 == 0).all()) else 30
