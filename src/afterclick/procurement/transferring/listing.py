"""Lists of transfers, page by page, and one transfer whole with its story."""

import re
from typing import Final

import msgspec

from afterclick.domain.transfer import OPEN_TRANSFER, Transfer, TransferState
from afterclick.procurement.story import SupplyEvent, story
from afterclick.procurement.transferring.ending import End, way_to_end
from afterclick.procurement.transferring.proposing import KIND
from afterclick.store.transaction import Tx, Value
from afterclick.store.transfers import COLUMNS, IS_OPEN

LATE_MS: Final = 7 * 24 * 3_600_000
"""What is proposed, released or in transit for so long is late."""
STATES: Final = ("open", "late", "received", "lost", "cancelled")
"""What a list may be narrowed to; `open` is every state in which something may still come, `late` is part of that."""
_NAME: Final = re.compile(r"[A-Za-z0-9-]{1,40}")


class Unlisted(ValueError):
    """No such list can be made; the message says which can."""


class TransferRow(msgspec.Struct, frozen=True):
    """A transfer in a list: of `pieces`, `received` have come, `lost` were written off, and `due` may still come.

    `because` says why it is made, or, once somebody has ended it, why it ended; `since_ms` is when it came into its state;
    `ends` is how a person may end it now, empty where they may not.
    """

    id: int
    number: str
    sku: str
    start: str
    end: str
    pieces: int
    received: int
    lost: int
    due: int
    state: TransferState
    late: bool
    because: str
    proposed_ms: int
    proposed_by: str
    sent_ms: int
    since_ms: int
    ends: End


class TransferPage(msgspec.Struct, frozen=True):
    """A page of transfers, the newest first; `next` is the cursor of the page after it, 0 on the last."""

    transfers: tuple[TransferRow, ...]
    next: int


class WholeTransfer(msgspec.Struct, frozen=True):
    """One transfer with its story, oldest first."""

    transfer: TransferRow
    story: tuple[SupplyEvent, ...]


def listed(tx: Tx, *, state: str = "", after: int = 0, limit: int = 50, now_ms: int) -> TransferPage:
    """A page of transfers, narrowed to one of `STATES`; `after` is the id of the last one seen, and `late` is judged at `now_ms`.

    Raises:
        Unlisted: there is no such state.
    """
    if state and state not in STATES:
        raise Unlisted(f"there is no list {state[:40]!r} of transfers; choose one of {', '.join(STATES)}")
    where, values = _narrowed(state, now_ms=now_ms)
    if after:
        where += " AND id < ?"
        values.append(after)
    rows = tx.rows(f"SELECT {COLUMNS} FROM transfers WHERE {where} ORDER BY id DESC LIMIT ?", (*values, limit + 1))  # noqa: S608
    found = tuple(_row(Transfer(*row), now_ms=now_ms) for row in rows[:limit])
    return TransferPage(found, found[-1].id if len(rows) > limit else 0)


def how_many_late(tx: Tx, now_ms: int) -> int:
    """As many transfers as the list `late` has."""
    where, values = _narrowed("late", now_ms=now_ms)
    return int(tx.value(f"SELECT COUNT(*) FROM transfers WHERE {where}", values))  # noqa: S608


def whole(tx: Tx, name: str, *, now_ms: int) -> WholeTransfer | None:
    """The transfer of that number (`TO-2026-000001`), or the one that has it as our id; None where there is none."""
    if _NAME.fullmatch(name) is None:
        return None
    rows = tx.rows(f"SELECT {COLUMNS} FROM transfers WHERE number = ?", (name.upper(),))  # noqa: S608
    if not rows and name.isdecimal() and len(name) < 19:
        rows = tx.rows(f"SELECT {COLUMNS} FROM transfers WHERE id = ?", (int(name),))  # noqa: S608
    if not rows:
        return None
    found = Transfer(*rows[0])
    return WholeTransfer(_row(found, now_ms=now_ms), story(tx, f"{KIND}/{found.id}"))


def _narrowed(state: str, *, now_ms: int) -> tuple[str, list[Value]]:
    if state == "late":
        return f"{IS_OPEN} AND since_ms < ?", [now_ms - LATE_MS]
    if state == "open":
        return IS_OPEN, []
    return ("state = ?", [state]) if state else ("1 = 1", [])


def _row(one: Transfer, *, now_ms: int) -> TransferRow:
    late = one.state in OPEN_TRANSFER and one.since_ms < now_ms - LATE_MS
    return TransferRow(
        one.id, one.number, one.sku, one.start, one.end, one.pieces, one.received, one.lost, one.due, one.state, late,
        one.because, one.proposed_ms, one.proposed_by, one.sent_ms, one.since_ms, way_to_end(one, now_ms=now_ms),
    )  # fmt: skip
