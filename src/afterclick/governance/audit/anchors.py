"""Heads of the log that were written down outside, by which a cut tail or a rewritten log shows."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec

from afterclick.store import tables
from afterclick.store.transaction import Tx

State = Literal["kept", "declined", "failed", "withheld"]
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_COLUMNS: Final = ("block", "hash", "at_ms", "witness", "state", "said")


class AnchorError(ValueError):
    """An anchor file cannot be used; the message names the line."""


class _Line(msgspec.Struct, frozen=True):
    """What counts of a line of an anchor file."""

    block: int
    hash: str


class Kept(NamedTuple):
    """A head that was written down, or was not: where (`witness`), and what was said of it."""

    block: int
    hash: str
    at_ms: int
    witness: str
    state: State
    said: str = ""


def read(path: Path) -> dict[int, str]:
    """The anchors in a file of JSON lines: block → hash.

    Raises:
        AnchorError: a line is no anchor, or two lines contradict each other.
    """
    anchors: dict[int, str] = {}
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                one = msgspec.json.decode(line, type=_Line)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise AnchorError(f"{path}, line {number} is no anchor: {error}") from error
            if one.block < 1 or not _HASH.fullmatch(one.hash):
                raise AnchorError(f"{path}, line {number} is no anchor: a block has a number from 1 on, and a hash 64 hex digits")
            if anchors.setdefault(one.block, one.hash) != one.hash:
                raise AnchorError(
                    f"{path}, line {number} names another hash for block {one.block} than a line before it: either the log was"
                    " rewritten between the two, or the file belongs to two offices; give each office a file of its own"
                )
    return anchors


def head(tx: Tx) -> tuple[int, str] | None:
    """The last block of the log and its hash; None for an empty log."""
    found = tx.rows("SELECT number, hash FROM blocks ORDER BY number DESC LIMIT 1")
    return (found[0][0], found[0][1]) if found else None


def note(tx: Tx, kept: Iterable[Kept]) -> None:
    """Remember inside the office where heads were written down."""
    tx.insert(tables.anchors, _COLUMNS, list(kept))


def latest(tx: Tx, *, limit: int = 50) -> Sequence[Kept]:
    """Where heads were written down, the latest first."""
    rows = tx.rows("SELECT block, hash, at_ms, witness, state, said FROM anchors ORDER BY id DESC LIMIT ?", (limit,))
    return [Kept(*row) for row in rows]
