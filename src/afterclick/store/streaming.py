"""Read the rows of a query as they come, for results too large to hold."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from afterclick.store.transaction import Row, Tx, Value

AT_ONCE: Final = 1_000
"""Rows that are held at a time."""


def streamed(tx: Tx, sql: str, values: Sequence[Value] = ()) -> Iterator[Row]:
    """The rows of a query, one after the other, within the transaction; leaving off early is fine."""
    cursor: Any = tx.cursor(sql, values)
    try:
        while found := cursor.fetchmany(AT_ONCE):
            yield from found
    finally:
        cursor.close()
