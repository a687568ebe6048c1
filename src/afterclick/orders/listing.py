"""Lists of orders, page by page in both directions, without walking through a million of them."""

from collections.abc import Sequence
from typing import Final, NamedTuple, get_args

import msgspec

from afterclick.domain.order import OrderState
from afterclick.governance.audit import times
from afterclick.orders import in_hand
from afterclick.orders.records import numbered
from afterclick.store.in_order_of_time import first_since
from afterclick.store.transaction import Tx, Value

STATES: Final[tuple[OrderState, ...]] = get_args(OrderState)
STUCK: Final[tuple[OrderState, ...]] = ("waiting", "inbox", "held")
"""States in which an order rests until something happens; whoever rests longest is shown first."""
MOVING: Final[tuple[OrderState, ...]] = ("received", "running")
ENDED: Final[tuple[OrderState, ...]] = ("shipped", "refused", "cancelled")
RISK_MS: Final = 24 * 3_600_000
"""A promise is at risk when an order rests although it should be with the customer within a day."""
MOST_FOUND: Final = 1_000
"""So many orders of one customer are looked through, the newest."""
RISKS: Final = ("promise", "broken", "near")
"""Of the orders at rest, and of those that move: whose promise is broken or at risk, only those past it, only those within a
day of it."""
HANDS: Final = ("none", "some")
"""Of the latest orders: those with which nobody had to do, and those about which somebody was asked or did something."""
LATEST: Final = 5_000
"""Whether somebody had to do with them is said of so many orders, the last: true at once, and as quick with a million."""
HELPED: Final = "(touched OR EXISTS (SELECT 1 FROM tasks t WHERE t.item_kind = 'order' AND t.item = orders.id))"
"""The condition for orders about which somebody was asked or did something."""
_HOUR_MS: Final = 3_600_000
_AT_REST: Final = "state IN ('waiting', 'inbox', 'held')"
MOVES: Final = "state IN ('received', 'running')"
_ENDED: Final = "state IN ('refused', 'cancelled')"
_COLUMNS: Final = (
    "id, store, external_id, customer, country, currency, total, priority, state, stage, waiting_for, because, placed_ms,"
    " received_ms, since_ms, retry_ms, promise_ms"
)


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
    promise_ms: int = 0


class Page(msgspec.Struct, frozen=True):
    """A page of a list; `next` and `previous` are the cursors of the pages around it, empty where there is none."""

    orders: tuple[Listed, ...]
    next: str
    previous: str = ""


class Sought(NamedTuple):
    """Which orders a list is about: all, or those for which everything named holds.

    `waiting_for` is what or whom they wait for, `at` the stage, `risk` one of RISKS, `older` is in hours, `q` a number (the
    store's or ours) or a customer. What only orders at rest have, `waiting_for` and `older`, looks among those; so does
    `currency`. `risk` looks among those that move too, unless more than `in_hand.FEW` do. `day` (2026-11-20, UTC) is when they
    came to their state where that is one at rest or at the end, else when they came in; parts of an order came in with it.
    `hands` is one of HANDS, among the latest orders; `queued` a bot in whose queue they lie, or `in_hand.ANY`.
    """

    state: str = ""
    waiting_for: str = ""
    at: str = ""
    risk: str = ""
    older: float = 0.0
    q: str = ""
    day: str = ""
    currency: str = ""
    hands: str = ""
    queued: str = ""


class BadCursor(ValueError):
    """The cursor was not made by this list."""


class Unlisted(ValueError):
    """No such list can be made; the message says which can."""


def listed(tx: Tx, *, state: str = "", cursor: str = "", limit: int = 50, sought: Sought | None = None, now_ms: int = 0) -> Page:
    """A page of orders: those that rest longest first where they rest, else the newest first; those of a day by their end.

    Raises:
        BadCursor, Unlisted, NoQueue: see there.
    """
    wanted = (sought or Sought())._replace(state=state) if state else sought or Sought()
    resting = rests(wanted)
    by_since = resting or bool(wanted.day and wanted.state in ENDED)
    where, values = _conditions(tx, wanted, now_ms=now_ms)
    for condition, more in (_of_day(tx, wanted.day, by_since=by_since), _by_hands(tx, wanted.hands)):
        where += condition
        values += more
    back, at = _position(cursor)
    down = back if resting else not back
    if at:
        condition, more = _beyond(at, by_since=by_since, down=down)
        where.append(condition)
        values += more
    order = ", ".join(f"{column}{' DESC' if down else ''}" for column in (("since_ms", "id") if by_since else ("id",)))
    rows: list[Listed] = []
    for place, more in _places(tx, wanted, resting=resting):
        said = " AND ".join([*place, *where])
        sql = f"SELECT {_COLUMNS} FROM orders{' WHERE ' * bool(said)}{said} ORDER BY {order} LIMIT ?"  # noqa: S608
        rows += [Listed(*row) for row in tx.rows(sql, (*more, *values, limit + 1))]
    if resting:  # orders at rest, and those that move
        rows.sort(key=lambda one: (one.since_ms, one.id), reverse=down)
    found = rows[:limit]
    if back:
        found.reverse()
    further = len(rows) > limit
    return Page(
        tuple(found),
        next=_cursor(found[-1]) if found and (back or further) else "",
        previous=f"b{_cursor(found[0])}" if found and (further if back else bool(at)) else "",
    )


def rests(wanted: Sought) -> bool:
    """Whether the list is of orders at rest.

    Raises:
        Unlisted: see there.
    """
    if wanted.state and wanted.state not in STATES:
        raise Unlisted(f"there is no state {wanted.state!r}; choose one of {', '.join(STATES)}")
    if wanted.risk and wanted.risk not in RISKS:
        raise Unlisted(f"there is no risk {wanted.risk!r}; choose one of {', '.join(RISKS)}")
    if not 0 <= wanted.older < 1_000_000:
        raise Unlisted("`older` is a number of hours")
    if wanted.hands and wanted.hands not in HANDS:
        raise Unlisted(f"`hands` is one of {', '.join(HANDS)}, not {wanted.hands[:20]!r}")
    named = wanted.waiting_for or wanted.risk or wanted.older or wanted.currency
    only_at_rest = bool(named) or (bool(wanted.at) and not wanted.state)
    if only_at_rest and wanted.state and wanted.state not in STUCK:
        raise Unlisted(
            f"only orders at rest can be chosen by what they wait for, since when, risk or currency: {', '.join(STUCK)}"
        )
    if wanted.at and wanted.state == "shipped":
        raise Unlisted("shipped orders have passed every stage; leave out `at`")
    return wanted.state in STUCK or only_at_rest


def _places(tx: Tx, wanted: Sought, *, resting: bool) -> list[tuple[list[str], list[Value]]]:
    """Where such orders are, each a condition by which they are found at once."""
    # Both databases use an index over some rows alone only where the query says the index's own condition, in its words.
    if resting:
        move_too = wanted.risk and not (wanted.state or wanted.waiting_for or wanted.older or wanted.currency)
        return [([_AT_REST], []), *(_moving(tx) if move_too else ())]
    if wanted.state in ("refused", "cancelled"):
        return [([_ENDED], [])]
    if wanted.state in MOVING and not wanted.q:
        return _moving(tx) or [([], [])]
    return [([], [])]


def _moving(tx: Tx) -> list[tuple[list[str], list[Value]]]:
    """The condition for orders that move; nothing where they are too many to be named."""
    ids = in_hand.moving(tx)
    if ids is None:
        return []
    among, value = tx.among(ids)
    return [([f"id {among}", MOVES], [value])]


def _conditions(tx: Tx, wanted: Sought, *, now_ms: int) -> tuple[list[str], list[Value]]:
    where: list[str] = []
    values: list[Value] = []
    if wanted.state:
        where.append(f"state = '{wanted.state}'")
    for column, value in (("waiting_for", wanted.waiting_for), ("stage", wanted.at), ("currency", wanted.currency.upper())):
        if value:
            where.append(f"{column} = ?")
            values.append(value)
    if wanted.older:
        where.append("since_ms < ?")
        values.append(now_ms - round(wanted.older * _HOUR_MS))
    if wanted.risk:
        where.append("promise_ms > ? AND promise_ms < ?")
        values += [now_ms if wanted.risk == "near" else 0, now_ms + (1 if wanted.risk == "broken" else RISK_MS)]
    if wanted.q:
        theirs = tx.rows("SELECT id FROM orders WHERE customer = ? ORDER BY placed_ms DESC LIMIT ?", (wanted.q, MOST_FOUND))
        among, value = tx.among([*numbered(tx, wanted.q), *(row[0] for row in theirs)])
        where.append(f"id {among}")
        values.append(value)
    if wanted.queued:
        among, value = tx.among(in_hand.queued(tx, wanted.queued))
        where.append(f"id {among}")
        values.append(value)
    return where, values


def _of_day(tx: Tx, day: str, *, by_since: bool) -> tuple[list[str], list[Value]]:
    """The condition for orders that came to their state that day, or else came in."""
    if not day:
        return [], []
    try:
        span = times.day(day)
    except times.NoTime as error:
        raise Unlisted(f"`day`: {error}") from error
    if by_since:
        return ["since_ms >= ?", "since_ms < ?"], [*span]
    among = "parent IS NULL"  # a part has a number of its own day, but came in with its order
    ids = [first_since(tx, "orders", "id", "received_ms", at_ms, among=among) for at_ms in span]
    return ["id >= ?", "id < ?", among], [*ids]


def _by_hands(tx: Tx, hands: str) -> tuple[list[str], list[Value]]:
    if not hands:
        return [], []
    return ["id > ?", HELPED if hands == "some" else f"NOT {HELPED}"], [(tx.value("SELECT MAX(id) FROM orders") or 0) - LATEST]


def _beyond(at: Sequence[int], *, by_since: bool, down: bool) -> tuple[str, list[Value]]:
    """The condition for orders behind a place in the list, the way that it is walked."""
    since_ms, order_id = at
    sign = "<" if down else ">"
    if not by_since:
        return f"id {sign} ?", [order_id]
    return f"(since_ms {sign} ? OR (since_ms = ? AND id {sign} ?))", [since_ms, since_ms, order_id]


def _cursor(one: Listed) -> str:
    return f"{one.since_ms}.{one.id}"


def _position(cursor: str) -> tuple[bool, Sequence[int]]:
    """Whether a page lies before its cursor, and the cursor's place: (since_ms, id); nothing for the first page."""
    if not cursor:
        return False, ()
    since, _, order_id = cursor.removeprefix("b").partition(".")
    if not all(part.isascii() and part.isdecimal() and len(part) < 19 for part in (since, order_id)):
        raise BadCursor(f"{cursor[:40]!r} is no cursor of this list; start again from its first page")
    return cursor.startswith("b"), (int(since), int(order_id))
