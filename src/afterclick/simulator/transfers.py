"""What the pretend warehouses send one another: it is on the way for some hours, and then the dock of the other counts it."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Final

import msgspec

from afterclick.domain.purchase import ReceiptLine
from afterclick.ports.goods_in import Arrivals
from afterclick.simulator.entries import TransferEntry
from afterclick.simulator.ledger import Ledger

ON_THE_WAY_MS: Final = 6 * 3_600_000
"""Pieces stand on the shelf of the other warehouse so long after they left the first."""


class TransferDock:
    """Implements `ports.goods_in.GoodsIn`: what warehouses send one another comes whole, and is counted without a fault.

    Pieces are put on their shelf by `unload`, once, when the dock is first asked after their time. That they were is written
    down in the same `booking`, so that nothing is lost or moved twice where a process is killed or another one asks as well.
    """

    name = "goods_in:transfers"

    def __init__(
        self,
        *,
        ledger: Ledger,
        now_ms: Callable[[], int],
        booking: Callable[[], AbstractContextManager[None]],
        unload: Callable[[Iterable[tuple[str, str, int]]], None],
    ) -> None:
        self._ledger = ledger
        self._now_ms = now_ms
        self._booking = booking
        self._unload = unload

    def arrivals(self, *, cursor: str, limit: int) -> Arrivals:
        with self._booking():
            now_ms = self._now_ms()
            self._put_on_shelves(now_ms)
            found = self._come(now_ms, cursor, limit)
        return Arrivals(tuple(map(_line, found)), _cursor(found, cursor), more=len(found) == limit)

    def _put_on_shelves(self, now_ms: int) -> None:
        sql = "SELECT * FROM transfers WHERE because = '' AND unloaded = 0 AND arrives_ms < ?"
        fresh = [TransferEntry(*row) for row in self._ledger.rows(sql, (now_ms,))]
        for one in fresh:
            one.unloaded = 1
        self._ledger.add(fresh)
        if fresh:
            self._unload([(one.sku, one.to_warehouse, one.pieces) for one in fresh])

    def _come(self, now_ms: int, cursor: str, limit: int) -> list[TransferEntry]:
        """What has come since the cursor, oldest first. The present millisecond is not over, and left for the next time."""
        after = msgspec.json.decode(cursor, type=tuple[int, int, str]) if cursor else (0, 0, "")
        rows = self._ledger.rows(
            "SELECT * FROM transfers WHERE because = '' AND arrives_ms < ? AND (arrives_ms, transfer, key) > (?, ?, ?)"
            " ORDER BY arrives_ms, transfer, key LIMIT ?",
            (now_ms, *after, limit),
        )
        return [TransferEntry(*row) for row in rows]


def _line(one: TransferEntry) -> ReceiptLine:
    return ReceiptLine(
        one.number, 1, one.sku, one.pieces, one.arrives_ms, warehouse=one.to_warehouse, key=f"transfer/{one.transfer}/{one.key}"
    )


def _cursor(found: Sequence[TransferEntry], cursor: str) -> str:
    if not found:
        return cursor
    last = found[-1]
    return msgspec.json.encode((last.arrives_ms, last.transfer, last.key)).decode()
