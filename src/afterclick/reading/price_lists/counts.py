"""Counts in the cells of a price list: `10`, `1.000`, `min. 25 Stk`; what may mean two things is refused."""

import re
from typing import Final

from afterclick.reading.prices.amounts import plain_digits
from afterclick.reading.prices.units import MEASURES
from afterclick.reading.tables.rows import Figure

LARGEST_COUNT: Final = 10**6
_COUNT: Final = re.compile(
    r"[^\d-]{0,20}(?<![.,])(?:(?P<grouped>\d{1,3}(?P<mark>[.,' ])\d{3}(?:(?P=mark)\d{3})*)|(?P<plain>\d{1,7}))(?:[.,]0+)?"
    r"(?P<unit>\D{0,30})"
)


class Unfit(ValueError):
    """A line cannot be used; says why."""


def read_count(text: str, *, field: str, mark: str = "") -> int:
    """A count in a column; 1 where there is none, or it is 0.

    Args:
        text: as it stands in the cell.
        field: the column, for the message.
        mark: what parts decimals in this list; `1.000` is a thousand only where that is not the point.

    Raises:
        Unfit: it is no whole count, or one of kilograms or metres.
    """
    shown = f"{text.strip()[:30]!r}"
    plain = plain_digits(text)
    if not plain:
        return 1
    found = _COUNT.fullmatch(plain)
    if found is None or MEASURES & set(re.findall(r"[^\W\d_]+", found["unit"].lower())):
        raise Unfit(f"{shown} is no count ({field})")
    count = int(re.sub(r"\D", "", found["grouped"] or found["plain"]))
    if found["grouped"] and found["mark"] == ("." if isinstance(text, Figure) else mark):
        raise Unfit(f"{shown} may be {count} or a count with decimals ({field})")
    if count > LARGEST_COUNT:
        raise Unfit(f"{shown} is beyond {LARGEST_COUNT:,} ({field})")
    return count or 1
