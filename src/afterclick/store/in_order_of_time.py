"""Rows that are numbered in the order of time: from an instant to a number, with no index on the time."""

from afterclick.store.transaction import Tx


def first_since(tx: Tx, table: str, number_column: str, time_column: str, at_ms: int, *, among: str = "") -> int:
    """The number of the first row of that instant or later; one past the last row where there is none.

    Takes some twenty questions by number. Numbers may be missing. `among` is a condition that leaves out rows whose time says
    nothing about when they were numbered.
    """
    rows = f"SELECT {number_column}, {time_column} FROM {table} WHERE {among or '1 = 1'}"  # noqa: S608  # names from code
    last = tx.rows(f"{rows} ORDER BY {number_column} DESC LIMIT 1")
    if not last or last[0][1] < at_ms:
        return last[0][0] + 1 if last else 1
    low, high = 1, last[0][0]
    while low < high:
        middle = (low + high) // 2
        # There is one: the last row is not before that instant.
        number, time_ms = tx.rows(f"{rows} AND {number_column} >= ? ORDER BY {number_column} LIMIT 1", (middle,))[0]
        if time_ms < at_ms:
            low = number + 1
        else:
            high = middle
    return low
