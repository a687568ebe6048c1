"""Take text out of events: the events stay, the chain still verifies, and the log says what was taken out."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from afterclick.store import log
from afterclick.store.chain import ERASES, Chain, Recorded
from afterclick.store.chain import Erased as Said
from afterclick.store.hashing import ERASED, SALT, Block, Erasure, Event, commitment, erasable, plain_hash, salts_of
from afterclick.store.streaming import streamed
from afterclick.store.transaction import Tx

__all__ = ("ERASED", "SHORTEST", "BrokenBlock", "about", "erase")

SHORTEST: Final = 5
"""Characters that a word must have to be looked for in text; shorter ones would be found everywhere."""


class BrokenBlock(RuntimeError):
    """A block from which text should be erased does not hold; erasing would hide that."""


def about(tx: Tx, orders: Sequence[int], tasks: Sequence[int], words: Sequence[str]) -> list[tuple[int, int]]:
    """Events with text that can be erased, as (block, event).

    Those about the orders and the questions, and documents that could not be read and have one of these words in them.
    """
    found = {*_unreadable(tx, orders, words)}
    for column, (among, value) in {
        "order_id": tx.among(orders), "object": tx.among([f"task/{task}" for task in tasks])
    }.items():  # fmt: skip
        rows = tx.rows(
            "SELECT block, seq, activity, order_id, object, verdict, because, facts, key FROM events"  # noqa: S608
            f" WHERE {column} {among} AND (because <> '' OR facts <> '')",
            (value,),
        )
        found |= {(block, seq) for block, seq, *event in rows if _has_text(Event._make(event))}
    return sorted(found)


def erase(tx: Tx, places: Sequence[tuple[int, int]], *, by: str, because: str, now_ms: int) -> int:
    """Take the text out of these events, and append the block that says so; returns its number.

    Raises:
        BrokenBlock: one of the blocks was changed before.
    """
    by_block: dict[int, set[int]] = {}
    for block, seq in places:
        by_block.setdefault(block, set()).add(seq)
    plain: dict[str, str] = {}
    for number, wanted in sorted(by_block.items()):
        (one,) = log.recorded(tx, first=number, last=number)
        _check(one)
        erasure = _without(one, wanted)
        if erasure.plain:
            plain[str(number)] = erasure.plain
        _write(tx, number, wanted, erasure)
    said = Said(tuple(places), plain)
    event = Event(ERASES, None, "log/texts", "Done", because, msgspec.json.encode(said).decode())
    return log.append(tx, Block(now_ms, by, ""), [event])


def _has_text(event: Event) -> bool:
    return erasable(event) and event.activity != ERASES and (event.because, event.facts) != (ERASED, "")


def _unreadable(tx: Tx, orders: Sequence[int], words: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Documents that could not be read belong to no order; they are looked through for the customer's names."""
    if not words:
        return
    wanted = [form for word in words for form in (word.casefold(), msgspec.json.encode(word).decode().strip('"').casefold())]
    among, value = tx.among(orders)
    stores = tx.rows(f"SELECT store FROM channels UNION SELECT store FROM orders WHERE id {among}", (value,))  # noqa: S608
    among, value = tx.among([f"store/{row[0]}" for row in stores])
    rows = streamed(
        tx,
        f"SELECT block, seq, facts, because FROM events WHERE object {among} AND activity = 'unreadable'",  # noqa: S608
        (value,),
    )
    for block, seq, facts, because in rows:
        text = f"{facts}\n{because}".casefold()
        if because != ERASED and any(word in text for word in wanted):
            yield block, seq


def _check(one: Recorded) -> None:
    """The block must hold by itself, so that erasing cannot cover up an earlier change."""
    found = Chain.content(one)
    if found:
        raise BrokenBlock(f"{found}; nothing was erased: run `afterclick audit verify`, and find out what happened first")


def _without(one: Recorded, wanted: Iterable[int]) -> Erasure:
    """What is noted of the block once these texts are gone."""
    gone = set(wanted)
    if not one.seed:
        left = [event._replace(because=ERASED, facts="") if place in gone else event for place, event in enumerate(one.happened)]
        before = dict(one.erasure.commitments) if one.erasure else {}
        return Erasure(before | dict.fromkeys(gone, ""), "", plain_hash(one.previous, one.number, one.head, left))
    salts = _salts(one)
    noted = dict(one.erasure.commitments) if one.erasure else {}
    kept: list[str] = []
    for place, event in enumerate(one.happened):
        if place in gone:
            noted[place] = commitment(salts[place], event.because, event.facts).hex()
        elif erasable(event) and place not in noted:
            kept.append(salts[place].decode())
    return Erasure(noted, "".join(kept))


def _salts(one: Recorded) -> dict[int, bytes]:
    """The salts that are still there, by place."""
    if one.erasure is None:
        whole = salts_of(one.seed, len(one.happened))
        return {place: whole[place * SALT : (place + 1) * SALT] for place in range(len(one.happened))}
    left = one.erasure.salts.encode()
    places = [place for place, event in enumerate(one.happened) if erasable(event) and place not in one.erasure.commitments]
    return {place: left[turn * SALT : (turn + 1) * SALT] for turn, place in enumerate(places)}


def _write(tx: Tx, number: int, gone: Iterable[int], erasure: Erasure) -> None:
    tx.run_many("UPDATE events SET because = ?, facts = '' WHERE block = ? AND seq = ?", [(ERASED, number, seq) for seq in gone])
    tx.run_many(
        "INSERT INTO erased_events (block, seq, commitment) VALUES (?, ?, ?)",
        [(number, seq, erasure.commitments[seq]) for seq in gone],
    )
    tx.run(
        "INSERT INTO erased_blocks (block, salts, plain) VALUES (?, ?, ?)"
        " ON CONFLICT (block) DO UPDATE SET salts = excluded.salts, plain = excluded.plain",
        (number, erasure.salts, erasure.plain),
    )
    if not erasure.plain:
        tx.run("UPDATE blocks SET seed = ? WHERE number = ?", (ERASED, number))  # with the seed all salts could be made again
