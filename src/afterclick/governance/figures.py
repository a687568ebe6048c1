"""What happened, counted by day, so that no page has to read the log."""

from typing import Final, NamedTuple

import msgspec

from afterclick.store.transaction import Tx

DAY_MS: Final = 86_400_000
CURSOR: Final = "figures"
"""The counter of blocks that were counted; its next number is the next block."""
FAILED: Final = "Failed"
"""The verdict under which questions are counted that were asked since something failed; the log has them as `Ask`."""
FAILS: Final = "because LIKE '% failed: %'"
"""The condition for questions that were asked since something failed."""
MOST_BLOCKS: Final = 5_000
MOST_EVENTS: Final = 250_000
"""Counted in one transaction, so that nobody waits long for it."""

_HAPPENED: Final = f"""
INSERT INTO daily_figures (day, actor, version, activity, verdict, count)
SELECT b.at_ms / {DAY_MS}, b.actor, b.version, e.activity, e.said, CAST(SUM(e.happened) AS BIGINT)
FROM (
  SELECT block, activity, CASE WHEN verdict = 'Ask' AND {FAILS} THEN '{FAILED}' ELSE verdict END AS said,
    COUNT(*) AS happened
  FROM events WHERE block > ? AND block <= ? GROUP BY 1, 2, 3
) AS e JOIN blocks b ON b.number = e.block
WHERE b.mode = 'live'
GROUP BY 1, 2, 3, 4, 5
ON CONFLICT (day, actor, version, activity, verdict) DO UPDATE SET count = daily_figures.count + excluded.count
"""  # noqa: S608  # constants
_WORK: Final = f"""
INSERT INTO daily_work (day, actor, version, blocks, duration_us)
SELECT at_ms / {DAY_MS}, actor, version, COUNT(*), CAST(SUM(duration_us) AS BIGINT)
FROM blocks WHERE number > ? AND number <= ? GROUP BY 1, 2, 3
ON CONFLICT (day, actor, version) DO UPDATE SET
  blocks = daily_work.blocks + excluded.blocks, duration_us = daily_work.duration_us + excluded.duration_us
"""  # noqa: S608  # constants
# Somebody wants something changed that a bot was through with: it counts against the bot that was through with it last.
_REWORK: Final = f"""
INSERT INTO daily_work (day, actor, version, reworked)
SELECT a.day, b.actor, b.version, COUNT(*)
FROM (
  SELECT b.at_ms / {DAY_MS} AS day, (
    SELECT MAX(d.block) FROM events d
    WHERE d.order_id = e.order_id AND d.block < e.block AND d.verdict = 'Done' AND d.key IS NULL) AS last
  FROM blocks b JOIN events e ON e.block = b.number
  WHERE b.number > ? AND b.number <= ? AND (b.actor LIKE 'person:%' OR b.actor LIKE 'machine:%') AND e.activity LIKE 'asked.%'
) AS a JOIN blocks b ON b.number = a.last
GROUP BY 1, 2, 3
ON CONFLICT (day, actor, version) DO UPDATE SET reworked = daily_work.reworked + excluded.reworked
"""  # noqa: S608  # constants


class Figure(msgspec.Struct, frozen=True):
    """How often an actor's events had this activity and verdict on a day (days since 1970, UTC), rehearsals left out."""

    day: int
    actor: str
    version: str
    activity: str
    verdict: str
    count: int

    @property
    def is_act(self) -> bool:
        """Whether it was an act on the outside: `port.act`, done or declined."""
        return self.verdict in ("Done", "Declined") and "." in self.activity

    @property
    def is_through(self) -> bool:
        """Whether the bot was through with an item; its activity is then the item's new state."""
        return self.verdict == "Done" and "." not in self.activity

    @property
    def left_at(self) -> str:
        """The stage at which an item left the story without being through; empty where none did."""
        return self.activity.removeprefix("left.") if self.activity.startswith("left.") else ""


class Work(NamedTuple):
    """What an actor's work took on a day: committed stages, their time, and what people wanted changed afterwards."""

    day: int
    actor: str
    version: str
    blocks: int
    duration_us: int
    reworked: int


class Figures(NamedTuple):
    """The figures of some days."""

    happened: list[Figure]
    work: list[Work]


def advance(tx: Tx, *, most_blocks: int = MOST_BLOCKS) -> int:
    """Count the next blocks, each exactly once: the cursor moves in the same transaction. Returns how many; 0 at the end."""
    after = tx.take(CURSOR, 0) - 1
    last, events = after, 0
    heads = tx.rows("SELECT number, events FROM blocks WHERE number > ? ORDER BY number LIMIT ?", (after, most_blocks))
    for number, count in heads:
        events += count
        if last > after and events > MOST_EVENTS:
            break
        last = number
    if last > after:
        for sql in (_HAPPENED, _WORK, _REWORK):
            tx.run(sql, (after, last))
        tx.take(CURSOR, last - after)
    return last - after


def through_block(tx: Tx) -> int:
    """The last block that was counted."""
    return int(tx.value("SELECT COALESCE((SELECT next - 1 FROM counters WHERE name = ?), 0)", (CURSOR,)))


def behind(tx: Tx) -> bool:
    """Whether there are blocks that were not counted yet."""
    return bool(tx.rows("SELECT 1 FROM blocks WHERE number > ? LIMIT 1", (through_block(tx),)))


def of_days(tx: Tx, first: int, last: int) -> Figures:
    """The figures of each day from `first` to `last`, both included; days are counted from 1970, UTC."""
    between = (first, last)
    happened = tx.packed(Figure.__struct_fields__, "daily_figures WHERE day BETWEEN ? AND ?", between)
    work = tx.packed(Work._fields, "daily_work WHERE day BETWEEN ? AND ?", between)
    return Figures([Figure(*row) for row in sorted(happened)], [Work._make(row) for row in sorted(work)])


def day_of(at_ms: int) -> int:
    """The day of an instant."""
    return at_ms // DAY_MS
