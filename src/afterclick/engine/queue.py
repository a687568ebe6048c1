"""The queue: groups of items that wait for a bot, and how a worker claims them as one batch."""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Final

import msgspec

from afterclick.domain.order import NORMAL
from afterclick.governance.cards import Trigger, handed
from afterclick.store.tables import batches, queue
from afterclick.store.transaction import Tx

GROUP: Final = 1_000
"""Items in one row of the queue, at most."""
MOST_TOLD_APART: Final = 50_000
"""So many queued items are counted one by one, each once; more as the sum of their groups, in which one may lie twice."""
_GROUPS_LOOKED_AT: Final = 256
_URGENT_AT_ONCE: Final = 8
_QUEUE_COLUMNS: Final = ("bot", "priority", "not_before_ms", "items", "size", "resume", "added_ms")
_BATCH_COLUMNS: Final = (
    "id",
    "bot",
    "version",
    "priority",
    "items",
    "resume",
    "progress",
    "executor",
    "started_ms",
    "finished_ms",
    "policy",
)


class _Work(msgspec.Struct):
    """What must be known of a bot's card."""

    works_on: str = ""
    starts_on: tuple[Trigger, ...] = ()


_work: Final = msgspec.json.Decoder(_Work).decode


def put(
    tx: Tx, bot_id: str, items: Sequence[int], *, now_ms: int, priority: int = NORMAL, resume: str = "", not_before_ms: int = 0
) -> None:
    """Queue items for a bot. Urgent items (priority 0) travel in small groups, so that none waits for another."""
    rows = [
        (bot_id, priority, not_before_ms, msgspec.json.encode(group).decode(), len(group), resume, now_ms)
        for group in (items[start : start + GROUP] for start in range(0, len(items), GROUP))
    ]
    tx.insert(queue, _QUEUE_COLUMNS, rows)


def put_start(tx: Tx, bot_id: str, *, now_ms: int) -> None:
    """Queue a start without items, for a bot that looks after its work itself."""
    tx.insert(queue, _QUEUE_COLUMNS, [(bot_id, NORMAL, 0, "[]", 0, "", now_ms)])


def claim(
    tx: Tx, versions: Mapping[str, tuple[str, int]], *, urgent: bool, executor: str, now_ms: int, policy: int = 0
) -> tuple[int, str] | None:
    """Take the next groups of one bot as a batch; returns the batch's id and its bot, or None when nothing is due.

    `versions` names the bots that may start: id → (version, largest batch). Groups are merged while they fit and go on at
    the same place of the story. Two workers never take the same group. `policy` is the regime under which the batch will run.
    """
    if not versions:
        return None
    condition, value = tx.among(list(versions))
    lanes = "priority = 0" if urgent else "priority > 0"
    locked = " FOR UPDATE SKIP LOCKED" if tx.dialect == "postgresql" else ""
    due = tx.rows(
        f"SELECT id, bot, priority, items, size, resume FROM queue WHERE bot {condition} AND {lanes} AND not_before_ms <= ?"  # noqa: S608
        f" ORDER BY priority, id LIMIT ?{locked}",
        (value, now_ms, _URGENT_AT_ONCE if urgent else _GROUPS_LOOKED_AT),
    )
    if not due:
        return None
    _, bot_id, priority, _, _, resume = due[0]
    version, largest = versions[bot_id]
    taken: list[int] = []
    items: list[int] = []
    for group, bot, _, group_items, size, group_resume in due:
        if bot == bot_id and group_resume == resume and (not taken or len(items) + size <= largest):
            taken.append(group)
            items.extend(msgspec.json.decode(group_items, type=list[int]))
    condition, value = tx.among(taken)
    tx.run(f"DELETE FROM queue WHERE id {condition}", (value,))  # noqa: S608
    batch = open_batch(
        tx, bot_id, version, items, priority=priority, resume=resume, executor=executor, now_ms=now_ms, policy=policy
    )
    return batch, bot_id


def open_batch(
    tx: Tx,
    bot_id: str,
    version: str,
    items: Sequence[int],
    *,
    executor: str,
    now_ms: int,
    priority: int = NORMAL,
    resume: str = "",
    policy: int = 0,
) -> int:
    """Write down a batch that is about to run; returns its id."""
    batch = tx.take("batches")
    distinct = list(dict.fromkeys(items))
    row = (batch, bot_id, version, priority, msgspec.json.encode(distinct).decode(), resume, "{}", executor, now_ms, 0, policy)
    tx.insert(batches, _BATCH_COLUMNS, [row])
    return batch


def due(tx: Tx, bots: Sequence[str], *, until_ms: int) -> int:
    """How many groups are queued for these bots and due by then."""
    condition, value = tx.among(bots)
    return tx.value(f"SELECT COUNT(*) FROM queue WHERE bot {condition} AND not_before_ms <= ?", (value, until_ms))  # noqa: S608


def waiting(tx: Tx, *, urgent: bool, now_ms: int) -> bool:
    """Whether anything is due in a lane."""
    lanes = "priority = 0" if urgent else "priority > 0"
    return bool(tx.rows(f"SELECT 1 FROM queue WHERE {lanes} AND not_before_ms <= ? LIMIT 1", (now_ms,)))  # noqa: S608


def works_on(tx: Tx) -> dict[str, str]:
    """The bots that are handed items, each with what these are, as `order`."""
    cards = [(bot, _work(card)) for bot, card in tx.rows("SELECT id, card FROM bots WHERE card <> '' ORDER BY id")]
    return {bot: card.works_on for bot, card in cards if handed(card.starts_on)}


def lying(tx: Tx, bots: Sequence[str]) -> set[int]:
    """The items that lie in the queues of these bots, which are over one kind of items; of very many the next ones."""
    condition, value = tx.among(bots)
    sql = f"SELECT id, size FROM queue WHERE bot {condition} ORDER BY priority, id LIMIT ?"  # noqa: S608
    groups = tx.rows(sql, (value, MOST_TOLD_APART))
    before = accumulate((size for _, size in groups), initial=0)
    among, ids = tx.among([group for (group, _), size in zip(groups, before, strict=False) if size < MOST_TOLD_APART])
    found: set[int] = set()
    for (items,) in tx.rows(f"SELECT items FROM queue WHERE id {among}", (ids,)):  # noqa: S608
        found.update(msgspec.json.decode(items, type=list[int]))
    return found


def count(tx: Tx, bots: Sequence[str]) -> int:
    """How many items lie in the queues of these bots, which are over one kind of items."""
    condition, value = tx.among(bots)
    size = int(tx.value(f"SELECT COALESCE(SUM(size), 0) FROM queue WHERE bot {condition}", (value,)))  # noqa: S608
    return len(lying(tx, bots)) if size <= MOST_TOLD_APART else size


def unfinished(tx: Tx, bots: Sequence[str], *, now_ms: int, for_ms: int = 0) -> list[tuple[int, str]]:
    """Batches of these bots that have been open for so long and are not through, each with the worker that claimed it.

    One that seems to come from the future was opened before the clock was set back, and counts as long open.
    """
    condition, value = tx.among(bots)
    sql = f"SELECT id, executor FROM batches WHERE finished_ms = 0 AND bot {condition} AND (started_ms <= ? OR started_ms > ?)"  # noqa: S608
    return [(row[0], row[1]) for row in tx.rows(sql, (value, now_ms - for_ms, now_ms))]


def give_up(tx: Tx, batch: int, *, stages: Sequence[str], now_ms: int) -> tuple[list[int], str]:
    """End a batch that no run will end, and queue what had not left it, from the stage after its last one.

    `stages` are the names of the story's stages in order. Returns the items, none when somebody else was quicker, and the
    stage at which they go on (empty: where the batch itself began).
    """
    found = tx.rows("SELECT bot, priority, items, resume, progress FROM batches WHERE id = ? AND finished_ms = 0", (batch,))
    if not found or not tx.run("UPDATE batches SET finished_ms = ? WHERE id = ? AND finished_ms = 0", (now_ms, batch)):
        return [], ""
    bot_id, priority, items, resume, progress = found[0]
    through = msgspec.json.decode(progress, type=dict[str, list[int]])
    gone = {item for left in through.values() for item in left}
    remaining = [item for item in msgspec.json.decode(items, type=list[int]) if item not in gone]
    last = max((place for place, name in enumerate(stages) if name in through), default=-1)
    following = stages[last + 1] if 0 <= last < len(stages) - 1 else ""
    goes_on = f"at:{following}" if following else f"after:{stages[last]}" if last >= 0 else resume
    put(tx, bot_id, remaining, now_ms=now_ms, priority=priority, resume=goes_on)
    return remaining, following
