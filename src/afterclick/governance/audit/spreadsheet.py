"""The log as a table: one line an event, safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from afterclick.governance.audit.searching import first_block_at
from afterclick.store.streaming import streamed
from afterclick.store.transaction import Tx

HEADINGS: Final = ("case id", "activity", "timestamp", "resource", "version", "verdict", "because", "block", "event")
_AT_ONCE: Final = 1_000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def lines(tx: Tx, *, from_ms: int = 0, to_ms: int = 0) -> Iterator[bytes]:
    """The events from `from_ms` up to, without, `to_ms` (0: no limit) as CSV in UTF-8, oldest first.

    The case is the order's number, or `kind/id` of what the event is about; times are ISO 8601 in UTC. A text that a
    spreadsheet would take for a formula has an apostrophe before it.
    """
    first, last = block_span(tx, from_ms=from_ms, to_ms=to_ms)
    rows = streamed(
        tx,
        "SELECT e.order_id, e.object, e.activity, b.at_ms, b.actor, b.version, e.verdict, e.because, e.block, e.seq"
        " FROM events e JOIN blocks b ON b.number = e.block WHERE e.block BETWEEN ? AND ? ORDER BY e.block, e.seq",
        (first, last),
    )
    yield _csv([HEADINGS])
    while part := list(islice(rows, _AT_ONCE)):
        yield _csv([
            (str(order_id or "") or safe(named or ""), safe(activity), iso(at_ms), safe(actor), safe(version), safe(verdict),
             safe(because), block, seq)
            for order_id, named, activity, at_ms, actor, version, verdict, because, block, seq in part
        ])  # fmt: skip


def block_span(tx: Tx, *, from_ms: int, to_ms: int) -> tuple[int, int]:
    """The first and the last block of a stretch of time; 0 is no limit."""
    first = first_block_at(tx, from_ms) if from_ms else 1
    return first, first_block_at(tx, to_ms) - 1 if to_ms else 2**62


def safe(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) or text.startswith(_FORMULA) else text


def iso(at_ms: int) -> str:
    """An instant as ISO 8601 in UTC, to the millisecond."""
    at = datetime.fromtimestamp(at_ms // 1000, UTC).replace(microsecond=at_ms % 1000 * 1000)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _csv(rows: list[tuple[object, ...]] | list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8", "replace")
