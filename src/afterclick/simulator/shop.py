"""The pretend online store: its list of orders, what it is told of them, and the webhooks it sends."""

import hashlib
import heapq
import hmac
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from afterclick.ports.answer import Answer, Done
from afterclick.ports.store import Listed, Page, Told
from afterclick.simulator.day import CHUNK, Day
from afterclick.simulator.entries import UpdateEntry
from afterclick.simulator.faults import Chance, Faults
from afterclick.simulator.ledger import Ledger

Delivery = tuple[dict[str, str], bytes]
"""The headers and the body of one webhook."""

SIGNATURE: Final = "Afterclick-Signature"
PAGE_LIMIT: Final = 10_000
_HOUR_MS: Final = 3_600_000


class SimulatedStore:
    """Implements `ports.store.Store`. The whole day can be read from the start; it may be told of orders it never made, too."""

    name = "store"

    def __init__(self, *, day: Day, ledger: Ledger) -> None:
        self._day = day
        self._ledger = ledger

    def orders(self, *, cursor: str, limit: int) -> Page:
        if cursor and not (cursor.isascii() and cursor.isdigit()):
            raise ValueError(f"cursor {cursor[:40]!r} was not given out by this store; start again without one")
        begin = int(cursor or "0")
        end = min(begin + max(1, min(limit, PAGE_LIMIT)), self._day.orders)
        documents = tuple(
            placed.document
            for number in range(begin // CHUNK, -(-end // CHUNK))
            for placed in self._day.chunk(number)[max(begin - number * CHUNK, 0) : end - number * CHUNK]
        )
        return Page(documents, str(max(begin, end)), end < self._day.orders)

    def listing(self, *, placed_from_ms: int, placed_to_ms: int) -> Sequence[Listed]:
        cancelled = {row[0] for row in self._ledger.rows("SELECT external_id FROM updates WHERE status = 'cancelled'")}
        listed: list[Listed] = []
        for number in range(self._day.chunks):
            for row, ms in enumerate(self._day.plan(number).ms):
                placed_ms = self._day.start_ms + ms
                if placed_from_ms <= placed_ms < placed_to_ms:
                    external_id = self._day.external_id(number * CHUNK + row)
                    listed.append(Listed(external_id, "cancelled" if external_id in cancelled else "open", placed_ms))
        return listed

    def document(self, external_ids: Sequence[str]) -> Sequence[bytes]:
        positions = sorted({p for external_id in external_ids if (p := self._day.position(external_id)) is not None})
        return [self._day.chunk(position // CHUNK)[position % CHUNK].document for position in positions]

    def tell(self, updates: Sequence[Told]) -> Sequence[Answer[None]]:
        with self._ledger.booking():
            return self._ledger.once(UpdateEntry, updates, of=_external_id, act=_note, answer=_noted, named="update")


class Webhooks:
    """The store's webhooks in the order in which they arrive: some twice, some late, some swapped, some never."""

    def __init__(self, *, day: Day, seed: int, faults: Faults, secret: str, now_ms: Callable[[], int]) -> None:
        self._day = day
        self._secret = secret
        self._now_ms = now_ms
        self._lost, self._twice, self._late, self._swapped = (
            Chance(seed=seed, fault=fault, rate=float(getattr(faults, fault)))
            for fault in ("webhook_lost", "webhook_duplicated", "webhook_late", "webhook_reordered")
        )

    def __iter__(self) -> Iterator[Delivery]:
        """Each delivery, signed at the moment it is taken. Only what is delayed is kept in memory."""
        under_way: list[tuple[int, int, bytes]] = []
        for number, placed in enumerate(self._day):
            for delay_ms in self._delays(placed.external_id):
                heapq.heappush(under_way, (placed.placed_ms + delay_ms, number, placed.document))
            while under_way and under_way[0][0] <= placed.placed_ms:
                yield self._signed(heapq.heappop(under_way)[2])
        while under_way:
            yield self._signed(heapq.heappop(under_way)[2])

    def _delays(self, external_id: str) -> list[int]:
        """How long after the order its webhooks come, in milliseconds: usually one, at once."""
        if self._lost.strikes(external_id):
            return []
        first = 0
        if self._late.strikes(external_id):
            first = _HOUR_MS + int(3 * _HOUR_MS * self._late.part(external_id))
        elif self._swapped.strikes(external_id):
            first = 30_000 + int(270_000 * self._swapped.part(external_id))
        if self._twice.strikes(external_id):
            return [first, first + int(600_000 * self._twice.part(external_id))]
        return [first]

    def _signed(self, body: bytes) -> Delivery:
        return {"Content-Type": "application/json", SIGNATURE: sign(body, secret=self._secret, at_s=self._now_ms() // 1000)}, body


def sign(body: bytes, *, secret: str, at_s: int) -> str:
    """The signature header's value: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`."""
    digest = hmac.digest(secret.encode(), b"%d." % at_s + body, hashlib.sha256).hex()
    return f"t={at_s},v1={digest}"


def _note(update: Told) -> tuple[UpdateEntry, Answer[None] | None]:
    return UpdateEntry(update.external_id, update.key, update.status, " ".join(update.tracking)), None


def _noted(_: UpdateEntry) -> Answer[None]:
    return Done(None)


def _external_id(update: Told) -> str:
    return update.external_id
