"""Replays that were made: which version over which days, what would have gone differently, and the cases."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Literal

import msgspec

from afterclick.governance.actor import Actor
from afterclick.governance.permissions import Desk, Permission
from afterclick.governance.policy_words import Change
from afterclick.store.tables import policy_replay_cases
from afterclick.store.transaction import Tx

MOST_CASES: Final = 10_000
"""So many cases of one replay are kept to be looked at; the counts are of all."""
SILENT_MS: Final = 60_000
"""A replay that has not been heard of for so long was interrupted."""
NOTHING: Final = "nothing was there to judge"
INDEPENDENT: Final = "no verdict depends on what it changes"
"""What is said of a replay that found no verdict and no act."""
NO_CASES: Final = "The figures count all cases; single orders and purchase orders are shown to those who may see them."
"""What stands in place of the cases of another desk."""
JUDGED: Final = "judged"
"""The activity under which an item's passes are recorded: one event for all the rules that it passed, named in `because`."""
_DESKS: Final[Mapping[str, tuple[Permission, Desk]]] = {
    "order": ("orders.read", "orders"), "purchase": ("supply.read", "procurement"),
}  # fmt: skip
"""What it takes to see cases of a kind."""
_IS: Final[Mapping[str, str]] = {"order": "c.order_id <> 0", "purchase": "c.object LIKE 'purchase/%'"}
"""How a case of a kind is known."""
_CASE_COLUMNS: Final = (
    "replay", "no", "order_id", "object", "at_ms", "was", "would", "rule", "cause", "total", "currency", "because",
)  # fmt: skip
_COLUMNS: Final = (
    "id, version, digest, against, days, bot, asked_by, started_ms, updated_ms, finished_ms, state, judged, total, card, result"
)


class Case(msgspec.Struct, frozen=True):
    """One case: what became of it and what would have (`pass`, `ask fraud`, `refuse`), the rule and the limit that make the
    difference, its value in minor units, and the number of the order with its store, or of the purchase order.

    `object` names what it is about where that is no order, as `purchase/12`; `order_id` is then 0.
    """

    no: int
    order_id: int
    object: str
    at_ms: int
    was: str
    would: str
    rule: str
    cause: str
    total: int
    currency: str
    because: str
    external_id: str = ""


class Shift(msgspec.Struct, frozen=True):
    """All cases that go from one fate to another: verdicts, different orders (or purchase orders), and their value by currency
    in minor units."""

    was: str
    would: str
    verdicts: int
    orders: int
    money: dict[str, int]


class Result(msgspec.Struct, frozen=True):
    """What a replay found. `questions` more (or, below zero, fewer) are asked of people, which takes `minutes`."""

    from_ms: int
    to_ms: int
    judged: int
    unreadable: int
    """Verdicts whose facts could not be read: erased, or from another time."""
    acts: int
    """Acts on the outside that were held against changed limits of the door."""
    differing: int
    """Verdicts and acts, counted together, that would have gone differently."""
    questions: int
    minutes: float
    shifts: tuple[Shift, ...]
    causes: dict[str, int]
    changes: tuple[Change, ...]
    caveats: tuple[str, ...]
    seconds: float

    @property
    def seen(self) -> int:
        """How many verdicts and acts were held against the other policy."""
        return self.judged + self.acts

    @property
    def words(self) -> str:
        """What was seen, as people read it: `24,997 verdicts and 12,990 acts`."""
        verdicts = f"{self.judged:,} {'verdict' if self.judged == 1 else 'verdicts'}"
        return f"{verdicts} and {self.acts:,} {'act' if self.acts == 1 else 'acts'}" if self.acts else verdicts


class Replay(msgspec.Struct, frozen=True):
    """One replay. `version` 0: a file; `against` 0: what was recorded rather than a version; `bot` empty: all bots.

    `total`: how many events there are to look at; once it is done, how many verdicts and acts were held against the policy.
    `card` is the digest of the one bot's card by whose rules it judged; empty where it judged by several, or against a version.
    """

    id: int
    version: int
    digest: str
    against: int
    days: int
    bot: str
    asked_by: str
    started_ms: int
    updated_ms: int
    finished_ms: int
    state: Literal["running", "done", "failed"]
    judged: int
    total: int
    card: str
    result: Result | None
    because: str = ""

    def silent(self, now_ms: int) -> bool:
        """Whether it was interrupted: it runs, but nothing has been heard of it for a while."""
        return self.state == "running" and now_ms - self.updated_ms > SILENT_MS


def begin(tx: Tx, *, version: int, digest: str, against: int, days: int, bot: str, card: str = "", by: str, now_ms: int) -> int:
    """Write down that a replay begins; returns its id."""
    return tx.value(
        "INSERT INTO policy_replays (version, digest, against, days, bot, card, asked_by, started_ms, updated_ms, state)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'running') RETURNING id",
        (version, digest, against, days, bot, card, by, now_ms, now_ms),
    )


def progress(tx: Tx, replay: int, *, judged: int, total: int, now_ms: int) -> None:
    """How far it is."""
    tx.run("UPDATE policy_replays SET judged = ?, total = ?, updated_ms = ? WHERE id = ?", (judged, total, now_ms, replay))


def finish(tx: Tx, replay: int, result: Result, cases: Sequence[Case], *, now_ms: int) -> None:
    """Write down what it found."""
    rows = [(replay, *msgspec.structs.astuple(case)[:-1]) for case in cases[:MOST_CASES]]
    tx.insert(policy_replay_cases, _CASE_COLUMNS, rows)
    text = msgspec.json.encode(result).decode()
    tx.run(
        "UPDATE policy_replays SET state = 'done', result = ?, judged = ?, total = ?, updated_ms = ?, finished_ms = ?"
        " WHERE id = ?",
        (text, result.judged, result.seen, now_ms, now_ms, replay),
    )


def fail(tx: Tx, replay: int, because: str, *, now_ms: int) -> None:
    """Write down that it came to nothing, and why."""
    sql = "UPDATE policy_replays SET state = 'failed', result = ?, updated_ms = ?, finished_ms = ? WHERE id = ?"
    tx.run(sql, (msgspec.json.encode(because).decode(), now_ms, now_ms, replay))


def found(tx: Tx, replay: int) -> Replay | None:
    """One replay."""
    rows = tx.rows(f"SELECT {_COLUMNS} FROM policy_replays WHERE id = ?", (replay,))  # noqa: S608
    return _replay(rows[0]) if rows else None


def counting(tx: Tx, digest: str, against: int) -> tuple[int, str]:
    """The replay of a text on which it may be put in force in place of a version (0: none), and what is to be said about it.

    One against another version does not count. One that had nothing to judge counts only where the office has recorded nothing
    that could be judged, as on its first day.
    """
    latest = "SELECT COALESCE(MAX(id), 0) FROM policy_replays WHERE digest = ? AND against = ? AND state = 'done'"
    number = int(tx.value(f"{latest} AND total > 0", (digest, against)))
    if number:
        return number, ""
    number = int(tx.value(latest, (digest, against)))
    if not number:
        return 0, f"no replay of it against version {against}, which is active now, was made"
    recorded = tx.rows(
        "SELECT b.at_ms FROM events e JOIN blocks b ON b.number = e.block WHERE e.verdict IN ('Pass', 'Ask', 'Refuse')"
        " AND e.facts <> '' ORDER BY e.block DESC LIMIT 1"
    )
    if not recorded:
        return number, NOTHING
    made = found(tx, number)
    if made is not None and made.result is not None and recorded[0][0] >= made.result.from_ms:
        return 0, f"its replay shows nothing: {INDEPENDENT}"
    return 0, f"its replay says nothing: {NOTHING}, although the office has recorded verdicts"


def unseen(tx: Tx, bot: str, version: str, card: str) -> bool:
    """Whether a bot has judged before, but not by this version, and no replay has shown what this version would have said.

    One that found nothing to judge shows nothing.
    """
    judged = "verdict IN ('Pass', 'Ask', 'Refuse') AND activity NOT LIKE 'left.%'"
    rows = tx.rows(f"SELECT DISTINCT version FROM daily_figures WHERE actor = ? AND {judged}", (bot,))  # noqa: S608  # a constant
    if not rows or version in [row[0] for row in rows]:
        return False
    shown = "SELECT 1 FROM policy_replays WHERE bot = ? AND card = ? AND state = 'done' AND total > 0 LIMIT 1"
    return not tx.rows(shown, (bot, card))


def of_bot(tx: Tx, bot: str, *, limit: int = 5) -> list[Replay]:
    """The latest replays of what a bot recorded, by its own rules as they were then."""
    sql = f"SELECT {_COLUMNS} FROM policy_replays WHERE bot = ? AND card <> '' ORDER BY id DESC LIMIT ?"  # noqa: S608
    return [_replay(row) for row in tx.rows(sql, (bot, limit))]


def listed(tx: Tx, *, version: int | None = None, limit: int = 20) -> list[Replay]:
    """The latest replays; of one version, where it is named."""
    where, values = ("WHERE version = ? ", (version, limit)) if version is not None else ("", (limit,))
    return [_replay(row) for row in tx.rows(f"SELECT {_COLUMNS} FROM policy_replays {where}ORDER BY id DESC LIMIT ?", values)]  # noqa: S608


def seen_by(who: Actor) -> frozenset[str]:
    """The kinds of cases that somebody may see: a policy holds for the whole office, but orders are a desk's."""
    return frozenset(kind for kind, (permission, desk) in _DESKS.items() if who.may(permission, desk=desk))


def left_out(tx: Tx, replay: int, kinds: Collection[str]) -> str:
    """What is said to whoever sees only these kinds of cases; nothing where that is all there are."""
    hidden = [_IS[kind] for kind in _DESKS if kind not in kinds]
    sql = f"SELECT 1 FROM policy_replay_cases c WHERE c.replay = ? AND ({' OR '.join(hidden)}) LIMIT 1"  # noqa: S608  # constants
    return NO_CASES if hidden and tx.rows(sql, (replay,)) else ""


def cases(
    tx: Tx,
    replay: int,
    *,
    after: int = 0,
    limit: int = 50,
    was: str = "",
    would: str = "",
    kinds: Collection[str] = tuple(_DESKS),
) -> list[Case]:
    """The cases of a replay in the order in which they were judged; `after` is the `no` of the last one seen.

    `kinds` are those that may be seen, see `seen_by`.
    """
    sql = f"SELECT {', '.join(f'c.{name}' for name in _CASE_COLUMNS[1:])}, COALESCE(o.external_id, p.number, '')"
    sql += " FROM policy_replay_cases c LEFT JOIN orders o ON o.id = c.order_id LEFT JOIN purchase_orders p ON p.id ="
    sql += " CASE WHEN c.object LIKE 'purchase/%' THEN CAST(substr(c.object, 10) AS BIGINT) END WHERE c.replay = ? AND c.no > ?"
    sql += "".join(f" AND NOT ({_IS[kind]})" for kind in _DESKS if kind not in kinds)
    values: list[Any] = [replay, after]
    for name, value in (("was", was), ("would", would)):
        if value:
            sql, values = f"{sql} AND c.{name} = ?", [*values, value]
    return [Case(*row) for row in tx.rows(f"{sql} ORDER BY c.no LIMIT ?", [*values, limit])]


def _replay(row: tuple[Any, ...]) -> Replay:
    state, text = row[10], row[-1]
    result = msgspec.json.decode(text, type=Result) if state == "done" else None
    return Replay(*row[:14], result, msgspec.json.decode(text, type=str) if state == "failed" else "")  # pyright: ignore[reportCallIssue]  # 14 columns
