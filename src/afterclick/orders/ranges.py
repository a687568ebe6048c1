"""Learns in what quantities each SKU and for what values each customer usually orders."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from afterclick.orders.catalogue import LEARNT
from afterclick.store.transaction import Row, Tx

_AT_ONCE: Final = 20_000
"""Orders read at once: some 60,000 lines, a few megabytes."""
_TRUSTED: Final = "state NOT IN ('refused', 'cancelled', 'inbox', 'held')"
_UPSERT: Final = (
    "INSERT INTO ranges (kind, ref, seen, ln_sum, ln_sq, largest) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (kind, ref) DO UPDATE "
    "SET seen = ranges.seen + excluded.seen, ln_sum = ranges.ln_sum + excluded.ln_sum, ln_sq = ranges.ln_sq + excluded.ln_sq, "
    "largest = CASE WHEN excluded.largest > ranges.largest THEN excluded.largest ELSE ranges.largest END"
)


def learn(tx: Tx, *, after_order_id: int, up_to: int) -> None:
    """Add the orders with after_order_id < id ≤ up_to to the ranges, once; the caller keeps the cursor in the same transaction.

    To be called after those orders were judged: what was refused, cancelled, held or put to a person teaches nothing, or else
    one absurd order would make the next one look usual.
    """
    learnt = 0
    for first in range(after_order_id, up_to, _AT_ONCE):
        last = min(first + _AT_ONCE, up_to)
        lines = tx.rows(
            f"SELECT l.sku, l.quantity FROM orders o JOIN order_lines l ON l.order_id = o.id "  # noqa: S608
            f"WHERE o.id > ? AND o.id <= ? AND o.{_TRUSTED} AND l.quantity > 0",
            (first, last),
        )
        values = tx.rows(
            f"SELECT customer, total FROM orders WHERE id > ? AND id <= ? AND {_TRUSTED} AND customer <> '' AND total > 0",  # noqa: S608
            (first, last),
        )
        tx.run_many(_UPSERT, [*_moments("quantity", lines), *_moments("value", values)])
        learnt += len(lines)
    if learnt:
        tx.take(LEARNT, learnt)


def _moments(kind: str, observed: Sequence[Row]) -> list[tuple[str, str, int, float, float, int]]:
    """(reference, size) rows → a row of `ranges` per reference: how many, sum of ln, sum of ln², largest. Sorted, so that two
    workers lock the rows in one order."""
    refs = sorted({row[0] for row in observed})
    if not refs:
        return []
    place = {ref: i for i, ref in enumerate(refs)}
    group = np.fromiter((place[row[0]] for row in observed), dtype=np.int64, count=len(observed))
    size = np.fromiter((row[1] for row in observed), dtype=np.int64, count=len(observed))
    ln = np.log(size)
    seen = np.bincount(group, minlength=len(refs))
    ln_sum = np.bincount(group, weights=ln, minlength=len(refs))
    ln_sq = np.bincount(group, weights=ln * ln, minlength=len(refs))
    largest = np.zeros(len(refs), dtype=np.int64)
    np.maximum.at(largest, group, size)
    columns = zip(refs, seen.tolist(), ln_sum.tolist(), ln_sq.tolist(), largest.tolist(), strict=True)
    return [(kind, *row) for row in columns]
