"""How all orders stand: how many in which state, and lists of them, page by page."""

from collections.abc import Sequence
from typing import Final, get_args

import msgspec

from afterclick.domain.order import OrderState
from afterclick.store.transaction import Tx, Value

STATES: Final[tuple[OrderState, ...]] = get_args(OrderState)
STUCK: Final[tuple[OrderState, ...]] = ("waiting", "inbox", "held")
"""States in which an order rests until something happens; whoever rests longest is shown first."""

_COLUMNS: Final = (
    "id, store, external_id, customer, country, currency, total, priority, state, stage, waiting_for, because, placed_ms,"
    " received_ms, since_ms, retry_ms"
)


class Tally(msgspec.Struct, frozen=True):
    """Orders by where they are; the states add up to `received`, which is all that ever came in, parts of orders included.

    `moving` are received or running, `touchless` are shipped without anybody being asked or doing anything.
    """

    received: int
    shipped: int
    waiting: int
    inbox: int
    refused: int
    cancelled: int
    held: int
    moving: int
    touchless: int

    @property
    def touchless_rate(self) -> float:
        return round(self.touchless / self.received, 4) if self.received else 0.0


class Listed(msgspec.Struct, frozen=True):
    """One order in a list. `retry_ms` is how long after `since_ms` what is waited for is tried again (0: not by the clock)."""

    id: int
    store: str
    external_id: str
    customer: str
    country: str
    currency: str
    total: int
    priority: int
    state: OrderState
    stage: str
    waiting_for: str
    because: str
    placed_ms: int
    received_ms: int
    since_ms: int
    retry_ms: int


class Page(msgspec.Struct, frozen=True):
    """A page of a list; `next` is the cursor of the page after it, empty on the last."""

    orders: tuple[Listed, ...]
    next: str


class BadCursor(ValueError):
    """The cursor was not made by this list."""


def tally(tx: Tx) -> Tally:
    """Count all orders; walks the table once."""
    counted = dict(tx.rows("SELECT state, COUNT(*) FROM orders GROUP BY state"))
    touchless = tx.value(
        "SELECT COUNT(*) FROM orders o WHERE o.state = 'shipped' AND NOT o.touched"
        " AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.item_kind = 'order' AND t.item = o.id)"
    )
    moving = counted.get("received", 0) + counted.get("running", 0)
    return Tally(
        received=sum(counted.values()),
        shipped=counted.get("shipped", 0),
        waiting=counted.get("waiting", 0),
        inbox=counted.get("inbox", 0),
        refused=counted.get("refused", 0),
        cancelled=counted.get("cancelled", 0),
        held=counted.get("held", 0),
        moving=moving,
        touchless=touchless,
    )


def resting(tx: Tx) -> dict[str, int]:
    """How many orders wait, are in the inbox or on hold, and how many are queued; cheap with a million orders."""
    counted = dict(tx.rows("SELECT state, COUNT(*) FROM orders WHERE state IN ('waiting', 'inbox', 'held') GROUP BY state"))
    queued = int(tx.value("SELECT COALESCE(SUM(size), 0) FROM queue"))
    came_in = int(tx.value("SELECT COALESCE((SELECT next - 1 FROM counters WHERE name = 'orders'), 0)"))
    return {"received": came_in, "queued": queued} | {state: counted.get(state, 0) for state in STUCK}


def listed(tx: Tx, *, state: str = "", cursor: str = "", limit: int = 50) -> Page:
    """A page of orders, of one state or of all: those that rest longest first where they rest, else the newest first.

    Raises:
        BadCursor: see there. ValueError: there is no such state.
    """
    if state and state not in STATES:
        raise ValueError(f"there is no state {state!r}; choose one of {', '.join(STATES)}")
    after = _after(cursor)
    conditions, values = (["state = ?"], [state]) if state else ([], [])
    given: list[Value] = list(values)
    if state in STUCK:
        order = "since_ms, id"
        if after:
            conditions.append("(since_ms > ? OR (since_ms = ? AND id > ?))")
            given += [after[0], after[0], after[1]]
    else:
        order = "id DESC"
        if after:
            conditions.append("id < ?")
            given.append(after[1])
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    rows = tx.rows(f"SELECT {_COLUMNS} FROM orders{where} ORDER BY {order} LIMIT ?", (*given, limit + 1))  # noqa: S608
    found = tuple(Listed(*row) for row in rows[:limit])
    return Page(found, f"{found[-1].since_ms}.{found[-1].id}" if len(rows) > limit else "")


def _after(cursor: str) -> Sequence[int]:
    """Where a page starts: (since_ms, id) of the order before it; nothing for the first page."""
    if not cursor:
        return ()
    since, _, order_id = cursor.partition(".")
    if not all(part.isascii() and part.isdecimal() and len(part) < 19 for part in (since, order_id)):
        raise BadCursor(f"{cursor[:40]!r} is no cursor of this list; start again from its first page")
    return int(since), int(order_id)
