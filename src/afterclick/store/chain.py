"""Follow the log block by block, wherever it was read from, up to the first block that does not hold."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from afterclick.store.hashing import ERASED, GENESIS, Block, Erasure, Event, block_hash, plain_hash

ERASES: Final = "data.erased"
"""The activity under which the log itself says what was erased; such an event is never erased."""


class Erased(msgspec.Struct, frozen=True, omit_defaults=True):
    """The facts of an event `data.erased`: places as (block, event), and the new hash of blocks without commitments."""

    events: tuple[tuple[int, int], ...]
    plain: dict[str, str] = {}


class Recorded(NamedTuple):
    """One block as it was read; `claimed` is the number of events that its head claims, `places` are their numbers."""

    number: int
    previous: str
    hash: str
    head: Block
    claimed: int
    seed: str
    happened: Sequence[Event]
    places: Sequence[int]
    erasure: Erasure | None = None


class Verified(msgspec.Struct, frozen=True):
    """What a walk over the chain found; `broken_block` is the first block that does not hold (0: none), `detail` why.

    `anchored` is the last block that an anchor confirmed (0: none), `erased` the number of events whose text was erased.
    """

    ok: bool
    events: int
    blocks: int
    head: str
    broken_block: int = 0
    detail: str = ""
    anchored: int = 0
    erased: int = 0


class Chain:
    """The walk: hand it one block after the other, then ask for the `result`. `anchors`: block → the hash it had."""

    def __init__(self, anchors: Mapping[int, str] | None = None) -> None:
        self._anchors = anchors or {}
        self._head = GENESIS
        self._blocks = 0
        self._events = 0
        self._anchored = 0
        self._noted: dict[int, Erasure] = {}
        self._said: dict[int, set[int]] = {}
        self._said_plain: dict[int, str] = {}
        self._sealed = False
        self._broken: Verified | None = None

    def follow(self, one: Recorded) -> bool:
        """Take the next block; False when it does not hold, and the walk is over."""
        problem = self._problem(one)
        if problem:
            self.broken(self._blocks + 1, problem)
            return False
        self._head, self._blocks, self._events = one.hash, one.number, self._events + len(one.happened)
        if one.number in self._anchors:
            self._anchored = one.number
        self._sealed = self._sealed or bool(one.seed)
        if one.erasure is not None:
            self._noted[one.number] = one.erasure
        for event in one.happened:
            if event.activity == ERASES:
                self._say(event.facts)
        return True

    @property
    def reached(self) -> tuple[int, int, str]:
        """How far the walk is: blocks, events, and the hash of the last block."""
        return self._blocks, self._events, self._head

    def broken(self, block: int, detail: str) -> None:
        """Say that the log does not hold, unless something before that was found."""
        if self._broken is None:
            self._broken = Verified(False, self._events, self._blocks, self._head, block, detail, self._anchored)

    def result(self) -> Verified:
        """What was found, once the last block was followed."""
        last = max(self._anchors, default=0)
        if last > self._blocks:
            self.broken(
                self._blocks + 1, f"the tail was cut: block {last} was anchored, and the log ends at block {self._blocks}"
            )
        self._compare_erased()
        erased = sum(len(one.commitments) for one in self._noted.values())
        return self._broken or Verified(True, self._events, self._blocks, self._head, 0, "", self._anchored, erased)

    @staticmethod
    def content(one: Recorded) -> str:
        """Whether the block's head and events give its hash; empty if so."""
        changed = f"block {one.number} was changed: its events no longer give its hash"
        try:
            if one.erasure is not None and not one.seed:
                gone = [one.happened[place] for place in one.erasure.commitments if place < len(one.happened)]
                whole = plain_hash(one.previous, one.number, one.head, one.happened) == one.erasure.plain
                fits = len(gone) == len(one.erasure.commitments) and all((e.because, e.facts) == (ERASED, "") for e in gone)
                return "" if whole and fits else changed
            found = block_hash(one.previous, one.number, one.head, one.happened, seed=one.seed, erasure=one.erasure)
        except ValueError as error:
            return f"block {one.number} was changed: {error}"
        return "" if found == one.hash else changed

    def _problem(self, one: Recorded) -> str:
        number = self._blocks + 1
        if one.number != number:
            return f"block {number} is missing" if one.number > number else f"block {one.number} is there twice"
        if one.previous != self._head:
            return f"block {number} does not follow the block before it"
        if one.claimed != len(one.happened):
            return f"block {number} has lost or gained events"
        if list(one.places) != list(range(len(one.happened))):
            return f"block {number} was changed: its events are not numbered as they were"
        if one.erasure is not None and not one.seed and self._sealed:  # text has commitments since the first seed: none was there
            return f"block {number} was changed: nothing can have been erased from it"
        problem = self.content(one)
        anchored = self._anchors.get(number)
        if not problem and anchored is not None and anchored != one.hash:
            since = f"between block {self._anchored + 1} and this one" if self._anchored + 1 < number else "there"
            return f"block {number} is not the block that was anchored: the log was rewritten {since}"
        return problem

    def _say(self, facts: str) -> None:
        try:
            said = msgspec.json.decode(facts, type=Erased)
            for block, place in said.events:
                self._said.setdefault(block, set()).add(place)
            self._said_plain.update({int(block): plain for block, plain in said.plain.items()})
        except (msgspec.MsgspecError, ValueError):
            self.broken(self._blocks, f"block {self._blocks} says that something was erased, and not what")

    def _compare_erased(self) -> None:
        """What was erased must be what the log says was erased, place by place."""
        for block in sorted(self._noted.keys() | self._said.keys()):
            noted = self._noted.get(block, Erasure({}))
            if set(noted.commitments) != self._said.get(block, set()) or noted.plain != self._said_plain.get(block, ""):
                self.broken(block, f"block {block} was changed: what was erased from it is not what the log says was erased")
