"""Look up what may explain a difference: the moves since the count before, here, elsewhere and of similar SKUs."""

from typing import Final

from afterclick.inventory.counts.explaining import Case, Counted, Explanation, Moved, explain
from afterclick.inventory.counts.tasks import Task
from afterclick.store.transaction import Tx

MOST_MOVES: Final = 2_000
MOST_SIMILAR: Final = 20
_MOVE: Final = "id, at_ms, sku, warehouse, quantity, reason, order_id, note"


def explained(tx: Tx, task: Task) -> list[Explanation]:
    """Why a counted task differs; nothing while it is not counted."""
    if task.state != "counted":
        return []
    return explain(case_of(tx, task.sku, task.warehouse, task.booked, task.counted, at_ms=task.done_ms))


def last_counts(tx: Tx, sku: str, warehouse: str = "") -> list[tuple[str, int, int, int]]:
    """The newest count of a SKU in each warehouse: (warehouse, at, booked, counted)."""
    rows = tx.rows("SELECT warehouse, at_ms, booked, counted FROM stock_counts WHERE sku = ? ORDER BY id DESC LIMIT 1000", (sku,))
    newest: dict[str, tuple[str, int, int, int]] = {}
    for row in rows:
        newest.setdefault(row[0], tuple(row))
    return [row for place, row in sorted(newest.items()) if not warehouse or place == warehouse]


def case_of(tx: Tx, sku: str, warehouse: str, booked: int, counted: int, *, at_ms: int) -> Case:
    """Everything around a count of `counted` pieces where `booked` were expected, made at `at_ms`."""
    before = tx.value(
        "SELECT MAX(at_ms) FROM stock_counts WHERE sku = ? AND warehouse = ? AND at_ms < ?", (sku, warehouse, at_ms)
    ) or 0  # fmt: skip
    similar = _similar(tx, sku)
    condition, value = tx.among([sku, *similar])
    moves = tx.rows(
        f"SELECT {_MOVE} FROM stock_moves WHERE sku {condition} AND (sku = ? OR warehouse = ?) AND at_ms > ? AND at_ms <= ?"  # noqa: S608
        " AND reason <> 'count' ORDER BY id DESC LIMIT ?",
        (value, sku, warehouse, before, at_ms, MOST_MOVES),
    )
    held = tx.rows(
        "SELECT order_id, SUM(quantity) FROM reservations WHERE sku = ? AND warehouse = ? AND state = 'open' GROUP BY order_id"
        " ORDER BY order_id LIMIT 500", (sku, warehouse),
    )  # fmt: skip
    packs = tx.rows("SELECT DISTINCT pieces FROM item_codes WHERE sku = ? AND pieces > 1", (sku,))
    return Case(
        sku, warehouse, booked, counted, tuple(Moved(*row) for row in moves), _elsewhere(tx, sku, warehouse, similar, before),
        tuple((order, int(pieces)) for order, pieces in held), tuple(int(row[0]) for row in packs),
    )  # fmt: skip


def _elsewhere(tx: Tx, sku: str, warehouse: str, similar: list[str], after_ms: int) -> tuple[Counted, ...]:
    """Differences that counts found in the meantime, or sensors believe, in other warehouses and similar SKUs."""
    condition, value = tx.among([sku, *similar])
    rows = tx.rows(
        "SELECT sku, warehouse, counted - booked FROM stock_counts"  # noqa: S608
        f" WHERE sku {condition} AND NOT (sku = ? AND warehouse = ?) AND at_ms > ? AND counted <> booked"
        " ORDER BY id DESC LIMIT 200",
        (value, sku, warehouse, after_ms),
    )
    drifts = tx.rows(
        f"SELECT sku, warehouse, drift FROM sensor_state WHERE sku {condition}"  # noqa: S608
        " AND NOT (sku = ? AND warehouse = ?) AND drift <> 0",
        (value, sku, warehouse),
    )
    found = [Counted(*row) for row in rows] + [Counted(other, place, round(drift)) for other, place, drift in drifts]
    return tuple(found)


def _similar(tx: Tx, sku: str) -> list[str]:
    """SKUs that are easily taken for this one: one character other, missing, added, or two changed places."""
    rows = tx.rows(
        "SELECT sku FROM items WHERE sku <> ? AND LENGTH(sku) BETWEEN ? AND ?"
        " ORDER BY CASE WHEN substr(sku, 1, ?) = ? THEN 0 ELSE 1 END, sku LIMIT 20000",
        (sku, len(sku) - 1, len(sku) + 1, len(sku) - 1, sku[:-1]),
    )
    return [other for (other,) in rows if nearly(sku, other)][:MOST_SIMILAR]


def nearly(one: str, other: str) -> bool:
    """Whether two codes are one slip of the pen apart (a Damerau-Levenshtein distance of 1)."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    at = next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    first, second = one[at:], other[at:]
    if len(one) == len(other):
        return first[1:] == second[1:] or (first[:2] == second[1::-1] and first[2:] == second[2:])
    longer, shorter = (first, second) if len(one) > len(other) else (second, first)
    return longer[1:] == shorter
