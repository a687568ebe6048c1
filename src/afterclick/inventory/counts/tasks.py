"""The list of counts: proposed, looked up, and let go of when nobody came to it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from afterclick.inventory.counts.choosing import Chosen
from afterclick.store.log import Event
from afterclick.store.tables import count_tasks
from afterclick.store.transaction import Tx, Value

STATES: Final = ("proposed", "open", "counted", "expired")
ACTIVE: Final = "state IN ('proposed', 'open')"
_COLUMNS: Final = (
    "sku", "warehouse", "state", "reason", "because", "chance", "at_stake", "currency", "proposed_ms", "expires_ms", "moves",
    "days", "odd",
)  # fmt: skip


class Task(msgspec.Struct, frozen=True):
    """A count to make, or that was made. `booked` and `counted` hold from the moment it was booked, and are 0 before.

    `tries` are the results so far; with one that was not booked, `first_difference` is what it was off by.
    """

    id: int
    sku: str
    name: str
    warehouse: str
    state: str
    reason: str
    because: str
    chance: float
    at_stake: int
    currency: str
    proposed_ms: int
    expires_ms: int
    tries: int
    first_difference: int
    booked: int
    counted: int
    done_ms: int
    done_by: str

    @property
    def difference(self) -> int:
        """Pieces found more (or fewer) than booked."""
        return self.counted - self.booked

    @property
    def active(self) -> bool:
        """Whether it still has to be counted."""
        return self.state in ("proposed", "open")


_SELECT: Final = (
    "SELECT t.id, t.sku, COALESCE(i.name, ''), t.warehouse, t.state, t.reason, t.because, t.chance, t.at_stake, t.currency,"
    " t.proposed_ms, t.expires_ms, t.tries, t.first_difference, t.booked, t.counted, t.done_ms, t.done_by"
    " FROM count_tasks t LEFT JOIN items i ON i.sku = t.sku"
)


def active(tx: Tx, *, warehouse: str = "", after: Task | None = None, limit: int = 500) -> list[Task]:
    """What is to be counted, by warehouse and SKU, as one walks along the shelves; `after` is the last one seen."""
    also, values = _of(warehouse)
    if after is not None:
        also += " AND (t.warehouse, t.sku) > (?, ?)"
        values = (*values, after.warehouse, after.sku)
    return [Task(*row) for row in tx.rows(
        f"{_SELECT} WHERE t.{ACTIVE}{also} ORDER BY t.warehouse, t.sku LIMIT ?", (*values, limit)
    )]  # fmt: skip


def done(tx: Tx, *, warehouse: str = "", after: Task | None = None, limit: int = 50) -> list[Task]:
    """What was counted or let go, newest first; `after` is the last one seen."""
    also, values = _of(warehouse)
    if after is not None:
        also += " AND (t.done_ms, t.id) < (?, ?)"
        values = (*values, after.done_ms, after.id)
    return [Task(*row) for row in tx.rows(
        f"{_SELECT} WHERE t.state IN ('counted', 'expired'){also} ORDER BY t.done_ms DESC, t.id DESC LIMIT ?",
        (*values, limit),
    )]  # fmt: skip


def one(tx: Tx, number: int) -> Task | None:
    """A task by its number."""
    rows = tx.rows(f"{_SELECT} WHERE t.id = ?", (number,))
    return Task(*rows[0]) if rows else None


def named(tx: Tx, numbers: Iterable[int]) -> dict[int, Task]:
    """Tasks by their numbers; those that are not there are left out."""
    condition, value = tx.among(sorted(set(numbers)))
    return {row[0]: Task(*row) for row in tx.rows(f"{_SELECT} WHERE t.id {condition}", (value,))}


def busy(tx: Tx) -> list[tuple[str, str, str]]:
    """(sku, warehouse, reason) of every active task."""
    return [tuple(row) for row in tx.rows(f"SELECT sku, warehouse, reason FROM count_tasks WHERE {ACTIVE}")]  # noqa: S608


def proposed_since(tx: Tx, since_ms: int) -> Mapping[tuple[str, bool], int]:
    """How many were proposed since: (warehouse, whether a sensor asked) → count."""
    rows = tx.rows(
        "SELECT warehouse, CASE WHEN reason = 'sensor' THEN 1 ELSE 0 END, COUNT(*) FROM count_tasks WHERE proposed_ms >= ?"
        " GROUP BY 1, 2", (since_ms,),
    )  # fmt: skip
    return {(warehouse, bool(sensor)): count for warehouse, sensor, count in rows}


def propose(tx: Tx, chosen: Sequence[Chosen], *, now_ms: int, expire_hours: float) -> list[Event]:
    """Put counts on the list; a place that is on it already stays as it is. Returns the events, for the caller to log."""
    there = {(sku, warehouse) for sku, warehouse, _ in busy(tx)}
    fresh = [one for one in chosen if (one.stake.place.sku, one.stake.place.warehouse) not in there]
    expires_ms = now_ms + round(expire_hours * 3_600_000)
    tx.insert(count_tasks, _COLUMNS, [
        (
            one.stake.place.sku, one.stake.place.warehouse, "proposed", one.reason, one.because, one.stake.chance,
            one.stake.at_stake, one.stake.currency, now_ms, expires_ms, one.stake.place.moves, one.stake.place.days,
            one.stake.place.odd,
        )
        for one in fresh
    ])  # fmt: skip
    return [
        Event("count.proposed", None, f"stock/{one.stake.place.sku}@{one.stake.place.warehouse}", "Pass", one.because)
        for one in fresh
    ]


def expire(tx: Tx, *, now_ms: int) -> int:
    """Let go of what nobody has counted in time; returns how many."""
    return tx.run(
        "UPDATE count_tasks SET state = 'expired', done_ms = ? WHERE state IN ('proposed', 'open') AND expires_ms <= ?",
        (now_ms, now_ms),
    )


def _of(warehouse: str) -> tuple[str, tuple[Value, ...]]:
    return (" AND t.warehouse = ?", (warehouse,)) if warehouse else ("", ())
