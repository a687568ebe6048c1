"""Search the log, newest first, within a bounded stretch at a time, so that a log of any length answers at once."""

from collections.abc import Sequence
from typing import Final

import msgspec

from afterclick.store.in_order_of_time import first_since
from afterclick.store.transaction import Row, Tx, Value

ROWS: Final = 50
A_FEW_BLOCKS: Final = 200
MOST_BLOCKS: Final = 20_000
"""Heads of blocks that one search looks at."""
MOST_EVENTS: Final = 40_000
"""Events that one search looks at; about 50 ms on a laptop."""
NEWEST: Final = 2**62
_AFTER_ALL: Final = 2**31 - 1
_RUN: Final = 5_000
"""Events that are looked through at once: where many match, the first few runs fill the page."""
_COLUMNS: Final = (
    "e.block, e.seq, e.activity, e.order_id, e.object, e.verdict, e.because, e.facts, b.at_ms, b.actor, b.version, b.mode, b.hash"
)


class Wanted(msgspec.Struct, frozen=True):
    """What is looked for; what is empty is not asked about.

    `actor` also matches by its beginning (`person:`), `because` anywhere in the text, upper and lower case alike in ASCII.
    `object` is `kind/id`. Times are inclusive at `from_ms` and exclusive at `to_ms`.
    """

    order_id: int = 0
    object: str = ""
    actor: str = ""
    activity: str = ""
    verdict: str = ""
    because: str = ""
    from_ms: int = 0
    to_ms: int = 0


class Found(msgspec.Struct, frozen=True):
    """One event with the head of its block."""

    block: int
    seq: int
    activity: str
    order_id: int | None
    object: str | None
    verdict: str
    because: str
    facts: str
    at_ms: int
    actor: str
    version: str
    mode: str
    hash: str


class Page(msgspec.Struct, frozen=True):
    """What one search found. `next` is the cursor to go on with, empty at the log's beginning.

    `back_to_ms` is how far back it looked where it stopped for its bounds, 0 where it stopped because the page was full.
    """

    events: tuple[Found, ...]
    next: str = ""
    back_to_ms: int = 0


def search(tx: Tx, wanted: Wanted, *, cursor: str = "", limit: int = ROWS) -> Page:
    """Events that match, newest first; `cursor` is the `next` of the page before.

    Raises:
        ValueError: there is no such cursor.
    """
    before = _place(cursor)
    first, last = _span(tx, wanted, before[0])
    if wanted.order_id or wanted.object:
        return _page(_matching(tx, wanted, first, last, before, limit + 1), limit)
    found, settled = _newest(tx, wanted, first, last, before, limit + 1, blocks=A_FEW_BLOCKS)
    if len(found) <= limit and settled > first:  # most often the newest few blocks fill the page
        found, settled = _newest(tx, wanted, first, last, before, limit + 1, blocks=MOST_BLOCKS)
    if len(found) > limit:
        return _page(found, limit)
    shown = tuple(Found(*row) for row in found)
    if settled <= first:
        return Page(shown)
    back_to_ms = tx.value("SELECT at_ms FROM blocks WHERE number >= ? ORDER BY number LIMIT 1", (settled,)) or 0
    return Page(shown, f"{settled - 1}.{_AFTER_ALL}", back_to_ms)


def event(tx: Tx, block: int, seq: int) -> Found | None:
    """One event; None where there is none of that number."""
    sql = f"SELECT {_COLUMNS} FROM events e JOIN blocks b ON b.number = e.block WHERE e.block = ? AND e.seq = ?"  # noqa: S608
    rows = tx.rows(sql, (block, seq))
    return Found(*rows[0]) if rows else None


def first_block_at(tx: Tx, at_ms: int) -> int:
    """The first block written at that instant or later; one past the head where there is none."""
    return first_since(tx, "blocks", "number", "at_ms", at_ms)


def _place(cursor: str) -> tuple[int, int]:
    if not cursor:
        return NEWEST, 0
    block, dot, seq = cursor.partition(".")
    if not (dot and block.isascii() and block.isdigit() and seq.isascii() and seq.isdigit()) or len(cursor) > 30:
        raise ValueError(f"there is no place {cursor[:40]!r} in the log: begin with the first page")
    return min(int(block), NEWEST), min(int(seq), _AFTER_ALL)


def _span(tx: Tx, wanted: Wanted, before: int) -> tuple[int, int]:
    """The first and the last block that may match."""
    first = first_block_at(tx, wanted.from_ms) if wanted.from_ms else 1
    last = first_block_at(tx, wanted.to_ms) - 1 if wanted.to_ms else (tx.value("SELECT MAX(number) FROM blocks") or 0)
    return first, min(last, before)


def _newest(
    tx: Tx, wanted: Wanted, first: int, last: int, before: tuple[int, int], limit: int, *, blocks: int
) -> tuple[list[Row], int]:
    """Up to `limit` events that match among the newest blocks; and the block down to which all were looked at, if they were."""
    runs, settled = _stretch(tx, wanted, max(first, last - blocks + 1), last)
    found: list[Row] = []
    for low, high in runs:
        found += _matching(tx, wanted, low, high, before, limit - len(found))
        if len(found) >= limit:
            break
    return found, settled


def _stretch(tx: Tx, wanted: Wanted, since: int, last: int) -> tuple[list[tuple[int, int]], int]:
    """Runs of blocks to look into, the newest first, within the bounds; and the block down to which that settles the search."""
    condition, values = _of_block(wanted, "")
    heads = tx.packed(("number", "events"), f"blocks WHERE number BETWEEN ? AND ?{condition}", (since, last, *values))
    runs: list[tuple[int, int]] = []
    seen = run = 0
    for number, events in sorted(heads, reverse=True):
        if seen and seen + events > MOST_EVENTS:
            return runs, number + 1
        if runs and runs[-1][0] == number + 1 and run < _RUN:
            runs[-1] = (number, runs[-1][1])
            run += events
        else:
            runs.append((number, number))
            run = events
        seen += events
    return runs, since


def _matching(tx: Tx, wanted: Wanted, first: int, last: int, before: tuple[int, int], limit: int) -> list[Row]:
    conditions, values = _of_event(wanted)
    of_block, more = _of_block(wanted, "b.")
    return tx.rows(
        f"SELECT {_COLUMNS} FROM events e JOIN blocks b ON b.number = e.block"  # noqa: S608
        f" WHERE e.block BETWEEN ? AND ? AND (e.block < ? OR e.seq < ?){conditions}{of_block}"
        " ORDER BY e.block DESC, e.seq DESC LIMIT ?",
        (first, last, *before, *values, *more, limit),
    )


def _of_event(wanted: Wanted) -> tuple[str, Sequence[Value]]:
    asked: list[tuple[str, Value]] = [("e.order_id = ?", wanted.order_id)] if wanted.order_id else []
    named = {"object": wanted.object, "activity": wanted.activity, "verdict": wanted.verdict}
    asked += [(f"e.{name} = ?", value) for name, value in named.items() if value]
    if wanted.because:
        asked.append(("LOWER(e.because) LIKE ? ESCAPE '!'", f"%{_literally(wanted.because.lower())}%"))
    return "".join(f" AND {condition}" for condition, _ in asked), [value for _, value in asked]


def _of_block(wanted: Wanted, prefix: str) -> tuple[str, Sequence[Value]]:
    if not wanted.actor:
        return "", ()
    return f" AND {prefix}actor LIKE ? ESCAPE '!'", (f"{_literally(wanted.actor)}%",)


def _literally(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _page(found: Sequence[Row], limit: int) -> Page:
    shown = tuple(Found(*row) for row in found[:limit])
    more = f"{shown[-1].block}.{shown[-1].seq}" if len(found) > limit else ""
    return Page(shown, more)
