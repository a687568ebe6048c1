"""The one log: append-only events, chained by hash block by block.

A block is what one transaction recorded. Its hash covers the hash before it, its own head and its events, so that no event
can be changed, removed or put in later without breaking every block after it; see `hashing`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from afterclick.store.chain import Chain, Recorded, Verified
from afterclick.store.hashing import GENESIS, Block, Erasure, Event, block_hash, seal
from afterclick.store.streaming import streamed
from afterclick.store.tables import blocks, events
from afterclick.store.transaction import Tx

__all__ = ("GENESIS", "Block", "Event", "Verified", "append", "block_hash", "recorded", "verify")

_EVENT_COLUMNS: Final = ("block", "seq", "activity", "order_id", "object", "verdict", "because", "facts", "key")
_BLOCK_COLUMNS: Final = ("number", "previous", "hash", "at_ms", "actor", "version", "mode", "batch", "events", "duration_us")
_SEALED_COLUMNS: Final = (*_BLOCK_COLUMNS, "seed")
_TOLD_EVERY: Final = 1_000
"""Blocks after which whoever waits is told how far the walk is."""


def append(tx: Tx, block: Block, happened: Sequence[Event]) -> int:
    """Record events as one block at the end of the chain; returns its number.

    Call it last in a transaction: the chain's end is held until commit.
    """
    number = tx.take("blocks")
    previous = tx.value("SELECT hash FROM blocks WHERE number = ?", (number - 1,)) or GENESIS
    digest, seed = seal(previous, number, block, happened)
    row = (number, previous, digest, *block[:5], len(happened), block.duration_us)
    if seed:
        tx.insert(blocks, _SEALED_COLUMNS, [(*row, seed)])
    else:
        tx.insert(blocks, _BLOCK_COLUMNS, [row])
    tx.insert(events, _EVENT_COLUMNS, [(number, seq, *one) for seq, one in enumerate(happened)])
    return number


def verify(tx: Tx, *, anchors: Mapping[int, str] | None = None, progress: Callable[[int], None] | None = None) -> Verified:
    """Walk the chain from its first block to its head and recompute every hash; memory does not grow with the log.

    `anchors` are heads that were written down outside the office: block → hash. `progress` is called with the last block.
    """
    chain = Chain(anchors)
    stray: list[int] = []
    last = 0
    for one in recorded(tx, stray=stray):
        last = one.number
        if not chain.follow(one):
            return chain.result()
        if progress is not None and last % _TOLD_EVERY == 0:
            progress(last)
    written = (tx.value("SELECT next FROM counters WHERE name = 'blocks'") or 1) - 1
    if stray:
        chain.broken(last + 1, f"{len(stray)} events belong to no block")
    elif written != last:
        chain.broken(last + 1, f"{written} blocks were written, {last} are there")
    return chain.result()


def recorded(tx: Tx, *, first: int = 1, last: int = 2**62, stray: list[int] | None = None) -> Iterator[Recorded]:
    """The blocks from `first` to `last` with their events, one after the other. `stray` takes blocks of events without one."""
    erasures = erasures_in(tx, first=first, last=last)
    heads = streamed(
        tx, "SELECT number, previous, hash, at_ms, actor, version, mode, batch, duration_us, events, seed FROM blocks"
        " WHERE number BETWEEN ? AND ? ORDER BY number", (first, last),
    )  # fmt: skip
    happened = streamed(
        tx, "SELECT block, seq, activity, order_id, object, verdict, because, facts, key FROM events"
        " WHERE block BETWEEN ? AND ? ORDER BY block, seq", (first, last),
    )  # fmt: skip
    strays: list[int] = [] if stray is None else stray
    following = next(happened, None)
    for number, previous, digest, *head, claimed, seed in heads:
        mine: list[Event] = []
        places: list[int] = []
        while following is not None and following[0] <= number:
            if following[0] == number:
                mine.append(Event._make(following[2:]))
                places.append(following[1])
            else:
                strays.append(following[0])
            following = next(happened, None)
        yield Recorded(number, previous, digest, Block._make(head), claimed, seed, mine, places, erasures.get(number))
    if following is not None:
        strays.extend([following[0], *(row[0] for row in happened)])


def erasures_in(tx: Tx, *, first: int = 1, last: int = 2**62) -> dict[int, Erasure]:
    """What was erased from these blocks, by block."""
    span = (first, last)
    gone: dict[int, dict[int, str]] = {}
    for block, seq, text in tx.rows("SELECT block, seq, commitment FROM erased_events WHERE block BETWEEN ? AND ?", span):
        gone.setdefault(block, {})[seq] = text
    rows = tx.rows("SELECT block, salts, plain FROM erased_blocks WHERE block BETWEEN ? AND ?", span)
    left = {block: (salts, plain) for block, salts, plain in rows}
    return {block: Erasure(gone.get(block, {}), *left.get(block, ("", ""))) for block in gone.keys() | left.keys()}
