"""Who is told of which events, and what came of each telling: the records of webhooks out."""

import secrets
from collections.abc import Sequence
from typing import Final

import msgspec

from afterclick.governance.audit.searching import first_block_at
from afterclick.store import log
from afterclick.store.log import Block, Event
from afterclick.store.tables import subscriptions
from afterclick.store.transaction import Row, Tx

TRIES: Final = 8
MOST: Final = 100
"""Subscriptions that an office may have at a time."""
MOST_REPLAYED: Final = 10_000
OWN: Final = "webhooks."
"""Events about tellings themselves are told to nobody."""
STATES: Final = ("waiting", "told", "dead")
_COLUMNS: Final = "id, url, events, secret, state, made_by, made_ms, since_block"


class NoSubscription(LookupError):
    """There is no such subscription, or telling."""


class Impossible(ValueError):
    """It cannot be done like that; says why."""


class Subscription(msgspec.Struct, frozen=True):
    """Somebody who is told. `events` are activities, exactly or as `order.*`, or `*` for all. `salt` is no secret by itself."""

    id: int
    url: str
    events: tuple[str, ...]
    salt: str
    state: str
    made_by: str
    made_ms: int
    since_block: int

    def wants(self, activity: str) -> bool:
        """Whether it asked for this."""
        if activity.startswith(OWN):
            return False
        return any(activity == one or (one.endswith("*") and activity.startswith(one[:-1])) for one in self.events)


class Attempted(msgspec.Struct, frozen=True):
    """One event for one subscriber: where it stands, and what came of the last try."""

    id: int
    subscription: int
    event: str
    activity: str
    state: str
    tries: int
    next_ms: int
    status: int
    said: str
    added_ms: int
    done_ms: int


def add(tx: Tx, url: str, events: Sequence[str], *, salt: str, by: str, now_ms: int) -> Subscription:
    """Tell somebody of events from now on.

    Raises:
        Impossible: there are too many already, or no event is named.
    """
    wanted = tuple(dict.fromkeys(one.strip() for one in events if one.strip()))
    if not wanted:
        raise Impossible("name at least one event, for example shipped, or * for all")
    if tx.value("SELECT COUNT(*) FROM subscriptions WHERE state <> 'ended'") >= MOST:
        raise Impossible(f"there are {MOST} subscriptions already; end one first")
    head = int(tx.value("SELECT COALESCE(MAX(number), 0) FROM blocks"))
    number = tx.value(
        "INSERT INTO subscriptions (url, events, secret, state, made_by, made_ms, since_block)"
        " VALUES (?, ?, ?, 'active', ?, ?, ?) RETURNING id",
        (url, msgspec.json.encode(wanted).decode(), salt, by, now_ms, head),
    )
    _log(tx, number, "webhooks.subscribed", f"{', '.join(wanted)} to {url}", by=by, now_ms=now_ms)
    return Subscription(number, url, wanted, salt, "active", by, now_ms, head)


def new_salt() -> str:
    """What tells one subscriber's secret from another's."""
    return secrets.token_hex(16)


def change(tx: Tx, number: int, state: str, *, by: str, now_ms: int) -> Subscription:
    """Pause (what comes waits), go on (`active`), or end (what waits is dropped).

    Raises:
        NoSubscription: there is none.
    """
    found = one(tx, number)
    tx.update(subscriptions, keys=("id",), sets=("state",), rows=[(state, number)])
    if state == "ended":
        tx.run("DELETE FROM tellings WHERE subscription = ? AND state = 'waiting'", (number,))
    if state != found.state:
        _log(tx, number, "webhooks.changed", f"{found.state} to {state}", by=by, now_ms=now_ms)
    return msgspec.structs.replace(found, state=state)


def renew(tx: Tx, number: int, salt: str, *, by: str, now_ms: int) -> Subscription:
    """Sign with another secret from now on."""
    found = one(tx, number)
    tx.update(subscriptions, keys=("id",), sets=("secret",), rows=[(salt, number)])
    _log(tx, number, "webhooks.renewed", "a new secret", by=by, now_ms=now_ms)
    return msgspec.structs.replace(found, salt=salt)


def listed(tx: Tx) -> list[Subscription]:
    """Everyone who is told, or paused, by id."""
    return [_read(row) for row in tx.rows(f"SELECT {_COLUMNS} FROM subscriptions WHERE state <> 'ended' ORDER BY id")]  # noqa: S608


def one(tx: Tx, number: int) -> Subscription:
    """That subscription."""
    rows = tx.rows(f"SELECT {_COLUMNS} FROM subscriptions WHERE id = ? AND state <> 'ended'", (number,))  # noqa: S608
    if not rows:
        raise NoSubscription(f"there is no subscription {number}")
    return _read(rows[0])


def attempts(tx: Tx, number: int, *, state: str = "", before: int = 2**62, limit: int = 50) -> list[Attempted]:
    """Tellings of a subscription, the newest first."""
    where, values = ("AND state = ?", (state,)) if state else ("", ())
    rows = tx.rows(
        "SELECT id, subscription, block, seq, activity, state, tries, next_ms, status, said, added_ms, done_ms FROM tellings"  # noqa: S608
        f" WHERE subscription = ? AND id < ? {where} ORDER BY id DESC LIMIT ?",
        (number, before, *values, limit),
    )
    return [Attempted(row[0], row[1], f"{row[2]}.{row[3]}", *row[4:]) for row in rows]


def counted(tx: Tx) -> dict[int, dict[str, int]]:
    """How many tellings wait or are dead: subscription → state → how many."""
    found: dict[int, dict[str, int]] = {}
    for number, state, count in tx.rows(
        "SELECT subscription, state, COUNT(*) FROM tellings WHERE state IN ('waiting', 'dead') GROUP BY subscription, state"
    ):
        found.setdefault(number, {})[state] = count
    return found


def tell_again(tx: Tx, number: int, telling: int, *, by: str, now_ms: int) -> int:
    """Try one telling anew, whatever came of it; returns 1.

    Raises:
        NoSubscription: there is none.
    """
    one(tx, number)
    touched = tx.run(
        "UPDATE tellings SET state = 'waiting', tries_left = ?, next_ms = ?, done_ms = 0 WHERE id = ? AND subscription = ?",
        (TRIES, now_ms, telling, number),
    )
    if not touched:
        raise NoSubscription(f"subscription {number} has no telling {telling}")
    _log(tx, number, "webhooks.replayed", f"telling {telling}", by=by, now_ms=now_ms)
    return 1


def replay(tx: Tx, number: int, *, from_ms: int, to_ms: int, by: str, now_ms: int) -> int:
    """Tell a subscriber once more of everything that happened in `[from_ms, to_ms)` and that it asked for; returns how much.

    Raises:
        NoSubscription: there is none. Impossible: it would be too much at once.
    """
    told = one(tx, number)
    first, last = first_block_at(tx, from_ms), first_block_at(tx, to_ms) - 1
    count = note(tx, told, first, last, now_ms=now_ms, again=True, most=MOST_REPLAYED)
    _log(tx, number, "webhooks.replayed", f"{count} events of blocks {first} to {last}", by=by, now_ms=now_ms)
    return count


def note(tx: Tx, told: Subscription, first: int, last: int, *, now_ms: int, again: bool = False, most: int = 0) -> int:
    """Write down what a subscriber is to be told of blocks `first` to `last`; returns how much is new, or with `again` waits."""
    span = "FROM events e JOIN blocks b ON b.number = e.block WHERE e.block BETWEEN ? AND ? AND b.mode = 'live'"
    seen = tx.rows(f"SELECT e.activity, COUNT(*) {span} GROUP BY e.activity", (first, last))
    wanted = {activity: count for activity, count in seen if told.wants(activity)}
    if not wanted:
        return 0
    if most and sum(wanted.values()) > most:
        raise Impossible(f"that would be {sum(wanted.values()):,} events, more than {most:,}; name a shorter time")
    condition, value = tx.among(sorted(wanted))
    clash = "UPDATE SET state = 'waiting', tries_left = excluded.tries_left, next_ms = excluded.next_ms, done_ms = 0"
    return tx.run(
        "INSERT INTO tellings (subscription, block, seq, activity, state, tries_left, next_ms, added_ms)"
        f" SELECT ?, e.block, e.seq, e.activity, 'waiting', ?, ?, ? {span} AND e.activity {condition}"
        f" ON CONFLICT (subscription, block, seq) DO {clash if again else 'NOTHING'}",
        (told.id, TRIES, now_ms, now_ms, first, last, value),
    )


def _read(row: Row) -> Subscription:
    return Subscription(row[0], row[1], tuple(msgspec.json.decode(row[2], type=list[str])), *row[3:])


def _log(tx: Tx, number: int, activity: str, because: str, *, by: str, now_ms: int) -> None:
    log.append(tx, Block(now_ms, by, ""), [Event(activity, None, f"subscription/{number}", "", because)])
