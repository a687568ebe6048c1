"""Which orders have stood still for too long, why, and what is done about each."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from afterclick.domain.limits import StuckLimits
from afterclick.engine import queue
from afterclick.orders import amendments
from afterclick.orders.amend import amend
from afterclick.orders.fulfil import fulfil
from afterclick.orders.inbox.tasks import AGAIN
from afterclick.orders.records import AMEND, FULFIL, at_rest
from afterclick.store import tables
from afterclick.store.log import Event
from afterclick.store.transaction import Row, Tx

AT_ONCE: Final = 1_000
LOOKED_THROUGH: Final = 50_000
"""Orders looked through in one sweep for lost ones; the next goes on there. An index for it would cost each order."""
_AT_REST: Final = "state IN ('waiting', 'inbox', 'held')"
"""The condition of the index over these, in its own words, without which SQLite would walk through all orders."""
_AT_REST_OR_LOST: Final = "state IN ('received', 'waiting', 'inbox', 'held')"
_HOUR_MS: Final = 3_600_000
_COLUMNS: Final = "id, state, stage, waiting_for, because, since_ms, priority"
_TASK: Final = ("bot", "stage", "item_kind", "item", "who", "because", "proposal", "state", "asked_ms", "expires_ms")


class Standing(NamedTuple):
    """An order that stands still."""

    id: int
    state: str
    stage: str
    waiting_for: str
    because: str
    since_ms: int
    priority: int


class _Said(NamedTuple):
    """How often something was said of an order since a person last decided about it, and when first and last."""

    times: int
    first_ms: int
    last_ms: int


_NEVER: Final = _Said(0, 0, 0)


def sweep(tx: Tx, limits: StuckLimits, *, now_ms: int, answer_hours: float) -> list[Event]:
    """Say why each order beyond its time stands still, and push it or ask; returns the events.

    A person who is asked has `answer_hours` to decide.
    """
    expires_ms = now_ms + round(answer_hours * _HOUR_MS)
    found = [*_resting(tx, limits, now_ms), *_lost(tx, limits, now_ms)]
    said = _said(tx, [one.id for one in found])
    again_ms = round(limits.said_again_hours * _HOUR_MS)
    idle = {one.id for one in found} - _queued(tx, {one.id for one in found})
    push_ms = round(limits.received_hours * _HOUR_MS)
    events: list[Event] = []
    pushed: list[Standing] = []
    asked: list[Standing] = []
    for one in found:
        before = said.get(one.id, _NEVER)
        tried = one.state in ("received", "waiting") and one.waiting_for != "stock"
        if tried and before.times >= limits.pushes and now_ms - before.first_ms >= limits.pushes * again_ms:
            asked.append(one)
        elif tried and one.id in idle and now_ms - before.last_ms >= push_ms:
            pushed.append(one)
            events.append(Event("stuck", one.id, None, "Wait", f"{why(one, now_ms)}; queued again"))
        elif now_ms - before.last_ms >= again_ms:
            events.append(Event("stuck", one.id, None, "Wait", why(one, now_ms)))
    events += _ask(tx, asked, now_ms, expires_ms)
    _push(tx, pushed, now_ms)
    _push_amendments(tx, limits, now_ms)
    return events + _slow_batches(tx, limits, now_ms)


def why(one: Standing, now_ms: int) -> str:
    """The reason in one line, naming what is waited for."""
    hours = (now_ms - one.since_ms) / _HOUR_MS
    since = f"for {hours:.0f} h" if hours >= 1 else f"for {hours * 60:.0f} min"
    because = " ".join(one.because.split())
    if one.state == "received":
        return f"received {since} and not begun"
    if one.state == "waiting":
        return f"waits for {one.waiting_for or 'nobody knows what'} {since}: {because}"
    if one.state == "inbox":
        return f"waits {since} for {one.waiting_for} to decide: {because}"
    return f"held {since}: {because}"


def _resting(tx: Tx, limits: StuckLimits, now_ms: int) -> list[Standing]:
    """Waiting, asking and held orders beyond the limit of what they wait for, the oldest first."""
    named = limits.waiting_hours
    others = ", ".join("?" * len(named)) or "''"
    choices: list[tuple[str, Sequence[str], float]] = [
        *[("state = 'waiting' AND waiting_for = ?", [system], hours) for system, hours in named.items()],
        (f"state = 'waiting' AND waiting_for NOT IN ({others})", list(named), limits.other_waiting_hours),
        ("state = 'inbox'", [], limits.inbox_hours),
        ("state = 'held'", [], limits.held_hours),
    ]
    found: list[Row] = []
    for where, values, hours in choices:
        what = f"{_AT_REST} AND {where} AND since_ms < ? AND batch IS NULL"
        sql = f"SELECT {_COLUMNS} FROM orders WHERE {what} ORDER BY since_ms LIMIT ?"  # noqa: S608
        found += tx.rows(sql, (*values, now_ms - round(hours * _HOUR_MS), AT_ONCE))
    return [Standing._make(row) for row in found]


def _lost(tx: Tx, limits: StuckLimits, now_ms: int) -> list[Standing]:
    """Received orders beyond their time that no queue and no batch has, among the next so many orders."""
    start = tx.value("SELECT next FROM counters WHERE name = 'unstick'") or 0
    last = tx.value("SELECT MAX(id) FROM orders") or 0
    end = start + LOOKED_THROUGH
    following = 0 if end > last else end
    tx.run(
        "INSERT INTO counters (name, next) VALUES ('unstick', ?) ON CONFLICT (name) DO UPDATE SET next = ?",
        (following, following),
    )
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM orders WHERE id >= ? AND id < ? AND state = 'received' AND batch IS NULL AND since_ms < ?"  # noqa: S608
        " ORDER BY id",
        (start, end, now_ms - round(limits.received_hours * _HOUR_MS)),
    )
    queued = _queued(tx, {row[0] for row in rows})
    return [Standing._make(row) for row in rows if row[0] not in queued][:AT_ONCE]


def _queued(tx: Tx, ids: Collection[int]) -> set[int]:
    """Those of these orders that lie in a queue, or in a batch that has yet to take them."""
    found: set[int] = set()
    if ids:
        condition, value = tx.among([FULFIL, AMEND])
        for table, where in (("queue", ""), ("batches", " AND finished_ms = 0")):
            for (items,) in tx.rows(f"SELECT items FROM {table} WHERE bot {condition}{where}", (value,)):  # noqa: S608
                found.update(item for item in msgspec.json.decode(items, type=list[int]) if item in ids)
    return found


def _said(tx: Tx, ids: Iterable[int]) -> dict[int, _Said]:
    condition, value = tx.among(list(ids))
    rows = tx.rows(
        "SELECT e.order_id, COUNT(*), MIN(b.at_ms), MAX(b.at_ms) FROM events e JOIN blocks b ON b.number = e.block"  # noqa: S608
        f" WHERE e.order_id {condition} AND e.activity = 'stuck' AND e.block > (SELECT COALESCE(MAX(d.block), 0) FROM events d"
        " WHERE d.order_id = e.order_id AND d.activity LIKE 'decided.%') GROUP BY e.order_id",
        (value,),
    )
    return {order_id: _Said(times, first_ms, last_ms) for order_id, times, first_ms, last_ms in rows}


def _push(tx: Tx, pushed: Sequence[Standing], now_ms: int) -> None:
    """Queue orders again at the stage where they stand; those that somebody wants changed for the bot that does it."""
    amended = amendments.open_ones(tx, [one.id for one in pushed]).keys()
    groups: dict[tuple[str, str, int], list[int]] = {}
    for one in pushed:
        bot_id = bot_of(one.stage)
        at = "" if bot_id == FULFIL and one.id in amended else one.stage
        groups.setdefault((AMEND if one.id in amended else bot_id, at, one.priority), []).append(one.id)
    for (bot_id, at, priority), ids in groups.items():
        queue.put(tx, bot_id, ids, now_ms=now_ms, priority=priority, resume=f"at:{at}" if at else "")


def _ask(tx: Tx, asked: Sequence[Standing], now_ms: int, expires_ms: int) -> list[Event]:
    """Give orders that pushing does not help to a person, where nobody has moved them since they were found."""
    locked = at_rest(tx, [one.id for one in asked], _AT_REST_OR_LOST) if asked else []
    condition, value = tx.among(locked)
    still = {Standing._make(row) for row in tx.rows(f"SELECT {_COLUMNS} FROM orders WHERE id {condition}", (value,))}  # noqa: S608
    events: list[Event] = []
    for one in asked:
        if one not in still:
            continue
        because = why(one, now_ms)
        sql = "UPDATE orders SET state = 'inbox', waiting_for = 'operations', because = ?, since_ms = ? WHERE id = ?"
        tx.run(sql, (because, now_ms, one.id))
        row = (bot_of(one.stage), one.stage, "order", one.id, "operations", because, AGAIN, "open", now_ms, expires_ms)
        tx.insert(tables.tasks, _TASK, [row])
        events.append(Event("stuck", one.id, None, "Ask", because))
    return events


def _push_amendments(tx: Tx, limits: StuckLimits, now_ms: int) -> None:
    """Queue orders again whose amendments nobody is about to do or asked about, as when the bot was only rehearsing."""
    rows = tx.rows(
        "SELECT DISTINCT a.order_id FROM amendments a JOIN orders o ON o.id = a.order_id"
        " WHERE a.state = 'open' AND o.batch IS NULL AND a.asked_ms < ? AND NOT EXISTS (SELECT 1 FROM tasks t"
        "  WHERE t.item_kind = 'order' AND t.item = o.id AND t.state = 'open' AND t.bot = ?) ORDER BY a.order_id LIMIT ?",
        (now_ms - round(limits.received_hours * _HOUR_MS), AMEND, AT_ONCE),
    )
    asked = {row[0] for row in rows}
    queue.put(tx, AMEND, sorted(asked - _queued(tx, asked)), now_ms=now_ms)


def bot_of(at: str) -> str:
    """Which bot goes on with an order that rests at this stage."""
    return AMEND if at in amend.stages and at not in fulfil.stages else FULFIL


def _slow_batches(tx: Tx, limits: StuckLimits, now_ms: int) -> list[Event]:
    """Batches that take too long, each said once, with the reason shown at their orders."""
    events: list[Event] = []
    for batch, bot_id, items, started_ms in tx.rows(
        "SELECT id, bot, items, started_ms FROM batches WHERE finished_ms = 0 AND started_ms < ? AND items <> '[]'",
        (now_ms - round(limits.running_hours * _HOUR_MS),),
    ):
        if tx.rows("SELECT 1 FROM events WHERE object = ? AND activity = 'stuck'", (f"batch/{batch}",)):
            continue
        orders = msgspec.json.decode(items, type=list[int])
        because = f"batch {batch} of {bot_id} with {len(orders)} orders has run for {(now_ms - started_ms) / _HOUR_MS:.1f} h"
        events.append(Event("stuck", None, f"batch/{batch}", "Wait", because))
        condition, value = tx.among(orders)
        tx.run(f"UPDATE orders SET because = ? WHERE batch = ? AND id {condition}", (because, batch, value))  # noqa: S608
    return events
