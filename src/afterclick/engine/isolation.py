"""One bad item never stops another: find the item at which a piece of work fails, and set it aside."""

import sqlite3
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

T = TypeVar("T")


def is_outage(error: BaseException) -> bool:
    """Whether the error is about the database as a whole, so that no item is to blame."""
    if isinstance(error, sqlite3.OperationalError):
        return True
    if isinstance(error, DBAPIError):
        return True
    return any(kind.__name__ == "OperationalError" and kind.__module__.startswith("psycopg") for kind in type(error).__mro__)


def run(work: Callable[[Sequence[T]], None], items: Sequence[T], *, set_aside: Callable[[T, Exception], None]) -> None:
    """Do `work` for all items at once; when it fails, halve until each bad item stands alone, and set it aside.

    `work` must leave nothing behind when it raises. Costs log₂(items) repetitions for each bad item.
    """
    try:
        work(items)
    except Exception as error:
        if is_outage(error):
            raise
        if len(items) <= 1:
            if not items:
                raise
            set_aside(items[0], error)
            return
        middle = len(items) // 2
        run(work, items[:middle], set_aside=set_aside)
        run(work, items[middle:], set_aside=set_aside)
