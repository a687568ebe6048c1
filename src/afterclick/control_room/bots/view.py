"""What the pages of the register show of a bot, read from small tables only."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from afterclick.engine import queue
from afterclick.governance.audit import times
from afterclick.governance.cards import Card, Cron, Every, On, Queue, Trigger, handed
from afterclick.governance.figures import FAILED, Figure, day_of, of_days
from afterclick.store.in_order_of_time import first_since
from afterclick.store.transaction import Tx

RUNS: Final = 20
FAILURES: Final = 10
BEHIND_MS: Final = 10 * 60_000
"""A bot whose oldest work has been due for so long is behind."""
_LISTS: Final = {"order": "/orders?", "purchase": "/supply/orders?state=&"}
FAILING: Final = 0.02
"""A bot that fails at this share of today's items, or more, is failing."""


class Listed(msgspec.Struct, frozen=True):
    """A bot in the register, with what it did today; `due_ms` is since when its oldest work is due (0: none is).

    `done` counts items that it was through with, `recorded` what it wrote down beside its acts on the outside.
    """

    id: str
    card: Card
    version: str
    owner: str
    state: str
    because: str
    mode: str
    digest: str
    approved: str
    proposed_by: str
    since_ms: int
    expires_ms: int
    last_ms: int
    queued: int
    due_ms: int
    done: int
    left: int
    failed: int
    recorded: int
    now_ms: int

    @property
    def has_items(self) -> bool:
        """Whether items are handed to it; a bot that only starts by the clock finds its work itself, and is done with none."""
        return any(isinstance(one, Queue | On) for one in self.card.starts_on)

    @property
    def queue(self) -> str:
        """Where the cases are that lie in its queue; empty where those are none, but starts."""
        return queue_of(self.id, self.card.works_on) if handed(self.card.starts_on) else ""

    @property
    def failed_today(self) -> str:
        """Where the questions are that were asked since something failed today."""
        return failed_today(self.now_ms, bot=self.id)

    @property
    def today(self) -> str:
        """Today's date, as lists take it."""
        return times.day_of(self.now_ms)

    @property
    def health(self) -> str:
        """One word: `well`, `behind`, `failing`, or why it does not work."""
        if self.state != "active":
            return "rests" if self.state in ("paused", "retired") else "waits for approval"
        if self.failed and self.failed >= FAILING * (self.done + self.left):
            return "failing"
        return "behind" if self.due_ms and self.now_ms - self.due_ms > BEHIND_MS else "well"


class Version(msgspec.Struct, frozen=True):
    """A card that a bot had, and who approved it."""

    digest: str
    version: str
    seen_ms: int
    approved_by: str
    approved_ms: int
    because: str


class Run(msgspec.Struct, frozen=True):
    """One batch: how many items, how many left at which stage, what failed, and how long it took (None: in hand)."""

    id: int
    version: str
    started_ms: int
    took_ms: int | None
    items: int
    left: dict[str, int]
    failed: int


class Failure(msgspec.Struct, frozen=True):
    """An open question that was asked since something failed."""

    id: int
    item_kind: str
    item: int
    stage: str
    because: str
    asked_ms: int


def queue_of(bot: str, works_on: str) -> str:
    """The list of the cases that lie in a bot's queue, or in those of all bots over such (`any`); empty for other things."""
    return f"{_LISTS[works_on]}queued={quote(bot, safe='')}" if works_on in _LISTS else ""


def failed_today(now_ms: int, **more: str) -> str:
    """The list of the questions that were asked since something failed today, whatever became of them."""
    return f"/inbox?{urlencode({'state': 'any', 'failed': '1', 'day': times.day_of(now_ms), **more})}"


def listed(tx: Tx, *, now_ms: int, bot: str = "") -> list[Listed]:
    """Every bot of the register, or the one, by id."""
    today = day_of(now_ms)
    counted: dict[str, list[Figure]] = {}
    for one in of_days(tx, today, today).happened:
        counted.setdefault(one.actor, []).append(one)
    queued = {
        bot_id: (queue.count(tx, [bot_id]), due_ms)
        for bot_id, due_ms in tx.rows(
            "SELECT bot, MIN(CASE WHEN not_before_ms > added_ms THEN not_before_ms ELSE added_ms END) FROM queue GROUP BY bot"
        )
    }
    rows = tx.rows(
        "SELECT b.id, b.card, b.version, b.owner, b.state, b.because, b.mode, b.digest, b.approved, b.proposed_by, b.since_ms,"  # noqa: S608
        " b.expires_ms, COALESCE((SELECT started_ms FROM batches WHERE bot = b.id ORDER BY id DESC LIMIT 1), b.last_run_ms)"
        f" FROM bots b{' WHERE b.id = ?' if bot else ''} ORDER BY b.id",
        (bot,) if bot else (),
    )
    return [_listed(row, counted.get(row[0], []), *queued.get(row[0], (0, 0)), now_ms=now_ms) for row in rows]


def _listed(row: Sequence[Any], today: Sequence[Figure], queued: int, due_ms: int, *, now_ms: int) -> Listed:
    done = sum(one.count for one in today if one.is_through)
    left = sum(one.count for one in today if one.left_at)
    failed = sum(one.count for one in today if one.left_at and one.verdict == FAILED)
    # What stands under its name since people and releases changed the bot itself is none of its work.
    recorded = sum(one.count for one in today if not one.is_act and not one.activity.startswith("bot."))
    card = msgspec.json.decode(row[1], type=Card)
    values: list[Any] = [row[0], card, *row[2:], queued, due_ms, done, left, failed, recorded, now_ms]
    return Listed(*values)


def versions(tx: Tx, bot: str) -> list[Version]:
    """Every card that the bot had, the newest first."""
    rows = tx.rows(
        "SELECT digest, version, seen_ms, approved_by, approved_ms, because FROM bot_versions WHERE bot = ?"
        " ORDER BY seen_ms DESC, digest",
        (bot,),
    )
    return [Version(*row) for row in rows]


def runs(tx: Tx, bot: str) -> list[Run]:
    """Its latest batches, the newest first."""
    rows = tx.rows(
        "SELECT id, version, items, progress, started_ms, finished_ms FROM batches WHERE bot = ? ORDER BY id DESC LIMIT ?",
        (bot, RUNS),
    )
    failed = _failed(tx, bot, since_ms=min((row[4] for row in rows), default=0))
    found: list[Run] = []
    for number, version, items, progress, started_ms, finished_ms in rows:
        left = {stage: gone for stage, gone in msgspec.json.decode(progress, type=dict[str, list[int]]).items() if gone}
        at_fault = [item for item, at in failed if started_ms <= at <= (finished_ms or at)]
        gone = {item for stage in left.values() for item in stage} if at_fault else set[int]()
        took = finished_ms - started_ms if finished_ms else None
        size = len(msgspec.json.decode(items, type=list[int]))
        bad = sum(item in gone for item in at_fault)
        found.append(Run(number, version, started_ms, took, size, {stage: len(ids) for stage, ids in left.items()}, bad))
    return found


def _failed(tx: Tx, bot: str, *, since_ms: int) -> list[tuple[int, int]]:
    """The orders at which something failed since an instant, and when; questions are numbered in the order of time."""
    first = first_since(tx, "tasks", "id", "asked_ms", since_ms)
    rows = tx.rows(
        "SELECT item, asked_ms FROM tasks WHERE id >= ? AND item_kind = 'order' AND bot = ? AND proposal = 'retry'", (first, bot)
    )
    return [(item, asked_ms) for item, asked_ms in rows]


def failures(tx: Tx, bot: str) -> list[Failure]:
    """What failed and is still open, the newest first."""
    rows = tx.rows(
        "SELECT id, item_kind, item, stage, because, asked_ms FROM tasks WHERE state = 'open' AND bot = ? AND proposal = 'retry'"
        " ORDER BY id DESC LIMIT ?",
        (bot, FAILURES),
    )
    return [Failure(*row) for row in rows]


def acts(card: Card, happened: Sequence[Figure]) -> list[tuple[str, int]]:
    """Every act that the card allows, with how often it was done in these days."""
    done: dict[str, int] = {}
    for one in happened:
        if one.actor == card.id and one.is_act:
            done[one.activity] = done.get(one.activity, 0) + one.count
    return [(act, done.get(act, 0)) for act in card.acts]


def starts(card: Card) -> str:
    """What starts the bot, in words."""
    return ", ".join(_start(one) for one in card.starts_on)


def _start(trigger: Trigger) -> str:
    match trigger:
        case Queue(name=name):
            return f"when items lie in the queue {name}"
        case On(activity=activity):
            return f"when “{activity}” happens"
        case Every(seconds=seconds):
            return f"every {seconds:g} s"
        case Cron(expression=expression):
            return f"at {expression} (crontab, UTC)"
