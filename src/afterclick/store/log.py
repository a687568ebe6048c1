"""The one log: append-only events, chained by hash block by block.

A block is what one transaction recorded. Its hash is SHA-256 over the hash before it, its own head and its events as JSON,
so that no event can be changed, removed or put in later without breaking every block after it.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from afterclick.store.tables import blocks, events
from afterclick.store.transaction import Tx

GENESIS: Final = "0" * 64
_EVENT_COLUMNS: Final = ("block", "seq", "activity", "order_id", "object", "verdict", "because", "facts", "key")
_BLOCK_COLUMNS: Final = ("number", "previous", "hash", "at_ms", "actor", "version", "mode", "batch", "events", "duration_us")
_VERIFY_BLOCKS_AT_ONCE: Final = 200


class Event(NamedTuple):
    """What happened: the activity, to which order or other object (`kind/id`), the verdict, why, and the facts as JSON.

    `key` is the effect key of an act on the outside; the database refuses to record one twice.
    """

    activity: str
    order_id: int | None = None
    object: str | None = None
    verdict: str = ""
    because: str = ""
    facts: str = ""
    key: str | None = None


class Block(NamedTuple):
    """The head of a block: when, by whom at which version, in which mode and batch, and how long the work took."""

    at_ms: int
    actor: str
    version: str
    mode: str = "live"
    batch: int | None = None
    duration_us: int = 0


def append(tx: Tx, block: Block, happened: Sequence[Event]) -> int:
    """Record events as one block at the end of the chain; returns its number.

    Call it last in a transaction: the chain's end is held until commit.
    """
    number = tx.take("blocks")
    previous = tx.value("SELECT hash FROM blocks WHERE number = ?", (number - 1,)) or GENESIS
    digest = block_hash(previous, number, block, happened)
    tx.insert(blocks, _BLOCK_COLUMNS, [(number, previous, digest, *block[:5], len(happened), block.duration_us)])
    tx.insert(events, _EVENT_COLUMNS, [(number, seq, *one) for seq, one in enumerate(happened)])
    return number


def block_hash(previous: str, number: int, block: Block, happened: Sequence[Event]) -> str:
    """SHA-256 in hex over `previous`, the block's number and head, and its events, as JSON."""
    digest = hashlib.sha256(previous.encode())
    digest.update(msgspec.json.encode((number, tuple(block), len(happened))))
    digest.update(msgspec.json.encode(happened))
    return digest.hexdigest()


class Verified(msgspec.Struct, frozen=True):
    """What a walk over the chain found; `broken_block` is the first block that does not hold (0: none), `detail` why."""

    ok: bool
    events: int
    blocks: int
    head: str
    broken_block: int = 0
    detail: str = ""


def verify(tx: Tx) -> Verified:
    """Walk the chain from its first block to its head and recompute every hash."""
    previous, expected, seen = GENESIS, 1, 0
    for number, claimed_previous, claimed, head, count, happened in _walk(tx):
        problem = _problem(number, expected, claimed_previous == previous, count == len(happened))
        if not problem and block_hash(previous, number, head, happened) != claimed:
            problem = f"block {number} was changed: its events no longer give its hash"
        if problem:
            return Verified(False, seen, expected - 1, previous, expected, problem)
        previous, expected, seen = claimed, number + 1, seen + count
    written = (tx.value("SELECT next FROM counters WHERE name = 'blocks'") or 1) - 1
    stray = tx.value("SELECT COUNT(*) FROM events") - seen
    if written != expected - 1 or stray:
        detail = f"{written} blocks were written, {expected - 1} are there" if not stray else f"{stray} events belong to no block"
        return Verified(False, seen, expected - 1, previous, expected, detail)
    return Verified(True, seen, expected - 1, previous)


def _problem(number: int, expected: int, follows: bool, complete: bool) -> str:
    if number != expected:
        return f"block {expected} is missing"
    if not follows:
        return f"block {number} does not follow the block before it"
    return "" if complete else f"block {number} has lost or gained events"


def _walk(tx: Tx) -> Iterator[tuple[int, str, str, Block, int, list[Event]]]:
    after = 0
    while heads := tx.rows(
        "SELECT number, previous, hash, at_ms, actor, version, mode, batch, events, duration_us FROM blocks"
        " WHERE number > ? ORDER BY number LIMIT ?",
        (after, _VERIFY_BLOCKS_AT_ONCE),
    ):
        last = heads[-1][0]
        grouped: dict[int, list[Event]] = {}
        for row in tx.rows(
            "SELECT block, activity, order_id, object, verdict, because, facts, key FROM events"
            " WHERE block > ? AND block <= ? ORDER BY block, seq",
            (after, last),
        ):
            grouped.setdefault(row[0], []).append(Event._make(row[1:]))
        for number, previous, digest, at_ms, actor, version, mode, batch, count, duration_us in heads:
            head = Block(at_ms, actor, version, mode, batch, duration_us)
            yield number, previous, digest, head, count, grouped.get(number, [])
        after = last
