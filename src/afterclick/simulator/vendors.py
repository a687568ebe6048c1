"""The pretend vendors: they confirm, change, forget, deliver late, in parts or too much, and cancel; each by its seed."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from afterclick.domain.purchase import Acknowledgement, PurchaseOrder, ReceiptLine
from afterclick.domain.vendor_messages import Dispatch, Reminder, Replies, Reply, Taken, Withdrawal
from afterclick.ports.answer import Answer, Declined, Done, Unavailable
from afterclick.ports.goods_in import Arrivals
from afterclick.simulator.entries import PurchaseEntry, VendorEventEntry, VendorWordEntry
from afterclick.simulator.ledger import Ledger
from afterclick.simulator.vendor_plans import DAY_MS, HOUR_MS, Plans, VendorFaults

ON_THE_ROAD_MS: Final = DAY_MS
"""Goods leave a vendor so long before they arrive; then an order cannot be taken back any more."""
_LOST: Final = Unavailable("timeout: the vendor did not answer within 30 s")
Unload = Callable[[Iterable[tuple[str, str, int]]], None]


class SimulatedVendors:
    """Implements `ports.vendors.Vendors` and, as `SimulatedVendors.dock`, `ports.goods_in.GoodsIn`.

    What a vendor does is settled when it gets the order, by the seed and the order's number alone. `unload` puts what was
    delivered on the shelves of the pretend warehouse, once, when the dock is first asked after its time.
    """

    name = "vendors"

    def __init__(
        self, *, ledger: Ledger, seed: int, faults: VendorFaults, now_ms: Callable[[], int], unload: Unload = lambda _: None
    ) -> None:
        self._ledger = ledger
        self._now_ms = now_ms
        self._unload = unload
        self._plans = Plans(seed=seed, faults=faults)
        self.dock = SimulatedDock(self)

    def order(self, requests: Sequence[Dispatch]) -> Sequence[Answer[Taken]]:
        now_ms = self._now_ms()
        planned: list[VendorEventEntry] = []

        with self._ledger.booking():
            taken_back = {entry.purchase for entry in self._entries(requests) if entry.withdrawn}

            def act(request: Dispatch) -> tuple[PurchaseEntry, Answer[Taken] | None]:
                document = msgspec.json.encode(request.order).decode()
                entry = PurchaseEntry(request.purchase, request.key, request.vendor, request.number, document, now_ms)
                if request.purchase in taken_back:
                    entry.because = f"{request.number} was taken back"
                elif not request.order.lines or not request.document:
                    entry.because = f"{request.number} orders nothing"
                elif self._plans.strikes("declines", request.key):
                    entry.because = f"{request.vendor} takes no orders at the moment"
                else:
                    planned.extend(self._plans.of(request.order, request.vendor, now_ms=now_ms))
                return entry, _LOST if self._plans.strikes("answer_lost", request.key) else None

            answers = self._ledger.once(PurchaseEntry, requests, of=_purchase, act=act, answer=_placed, named="purchase")
            self._ledger.add(planned)
            return answers

    def withdraw(self, requests: Sequence[Withdrawal]) -> Sequence[Answer[Taken]]:
        """Nothing that has not left the vendor comes; an order that the vendor never got will not be taken when it comes."""
        now_ms = self._now_ms()
        with self._ledger.booking():
            placed = {entry.purchase: entry for entry in self._entries(requests)}
            events = self._ledger.find(VendorEventEntry, {request.purchase for request in requests})
            changed: list[PurchaseEntry] = []
            dropped: list[tuple[object, object]] = []

            def act(request: Withdrawal) -> tuple[VendorWordEntry, Answer[Taken] | None]:
                mine = [one for one in events if one.purchase == request.purchase and one.at_ms >= now_ms]
                on_the_road = [one for one in mine if one.kind == "delivery" and one.at_ms - now_ms <= ON_THE_ROAD_MS]
                because = "the goods are on their way" if on_the_road else ""
                if not because:
                    never = PurchaseEntry(request.purchase, f"{request.key}:never", request.vendor, request.number, "", now_ms)
                    entry = placed.setdefault(request.purchase, never)
                    entry.withdrawn = 1
                    changed.append(entry)
                    dropped.extend((one.purchase, one.key) for one in mine)
                return VendorWordEntry(request.purchase, request.key, request.vendor, "withdraw", because), None

            answers = self._ledger.once(VendorWordEntry, requests, of=_purchase, act=act, answer=_heard, named="withdraw")
            self._ledger.add(changed)
            self._ledger.drop(VendorEventEntry, dropped)
            return answers

    def remind(self, requests: Sequence[Reminder]) -> Sequence[Answer[Taken]]:
        """A silent vendor answers at last, and what is late comes within two days."""
        now_ms = self._now_ms()
        with self._ledger.booking():
            events = self._ledger.find(VendorEventEntry, {request.purchase for request in requests})
            moved: list[VendorEventEntry] = []

            def act(request: Reminder) -> tuple[VendorWordEntry, Answer[Taken] | None]:
                for one in events:
                    if one.purchase == request.purchase and one.at_ms > now_ms:
                        soon = HOUR_MS if one.kind == "answer" else 2 * DAY_MS
                        if request.asks == "deliver" or one.kind == "answer":
                            one.at_ms = min(one.at_ms, now_ms + soon)
                            moved.append(one)
                return VendorWordEntry(request.purchase, request.key, request.vendor, request.asks), None

            answers = self._ledger.once(VendorWordEntry, requests, of=_purchase, act=act, answer=_heard, named="remind")
            self._ledger.add(moved)
            return answers

    def replies(self, *, cursor: str, limit: int) -> Replies:
        found = self._due("answer", cursor, limit)
        replies = tuple(Reply(key, _vendor_of(body), "json", _said(body), at_ms) for at_ms, _, key, body in found)
        return Replies(replies, _cursor(found, cursor), more=len(found) == limit)

    def arrivals(self, *, cursor: str, limit: int) -> Arrivals:
        """See `dock`."""
        found = self._due("delivery", cursor, limit)
        lines = tuple(msgspec.json.decode(body, type=ReceiptLine) for _, _, _, body in found)
        return Arrivals(lines, _cursor(found, cursor), more=len(found) == limit)

    def unloaded(self, lines: Sequence[ReceiptLine]) -> None:
        """Put delivered goods on the pretend shelves; a line that was unloaded before stays where it is."""
        with self._ledger.booking():
            keys = msgspec.json.encode([one.key for one in lines]).decode()
            sql = "SELECT key FROM vendor_words WHERE purchase = 0 AND key IN (SELECT value FROM json_each(?))"
            known = {row[0] for row in self._ledger.rows(sql, (keys,))}
            fresh = [one for one in lines if one.key not in known]
            self._ledger.add([VendorWordEntry(0, one.key, one.order, "unloaded") for one in fresh])
            self._unload(self._pieces(fresh))

    def _pieces(self, lines: Sequence[ReceiptLine]) -> list[tuple[str, str, int]]:
        holding: dict[tuple[str, int], int] = {}
        numbers = msgspec.json.encode(sorted({one.order for one in lines})).decode()
        sql = "SELECT document FROM purchases WHERE document <> '' AND number IN (SELECT value FROM json_each(?))"
        for (document,) in self._ledger.rows(sql, (numbers,)):
            order = msgspec.json.decode(document, type=PurchaseOrder)
            holding |= {(order.number, line.no): line.per_unit for line in order.lines}
        return [
            (one.sku, one.warehouse, (one.quantity - one.damaged) * holding.get((one.order, one.line_no), 1)) for one in lines
        ]

    def _due(self, kind: str, cursor: str, limit: int) -> list[tuple[int, int, str, str]]:
        """What has come since the cursor, oldest first. The present millisecond is not over, and left for the next time."""
        at_ms, purchase, key = msgspec.json.decode(cursor, type=tuple[int, int, str]) if cursor else (0, 0, "")
        rows = self._ledger.rows(
            "SELECT at_ms, purchase, key, body FROM vendor_events WHERE kind = ? AND at_ms < ?"
            " AND (at_ms, purchase, key) > (?, ?, ?) ORDER BY at_ms, purchase, key LIMIT ?",
            (kind, self._now_ms(), at_ms, purchase, key, limit),
        )
        return [(row[0], row[1], row[2], row[3]) for row in rows]

    def _entries(self, requests: Sequence[Dispatch] | Sequence[Withdrawal]) -> list[PurchaseEntry]:
        return self._ledger.find(PurchaseEntry, {request.purchase for request in requests})


class SimulatedDock:
    """Implements `ports.goods_in.GoodsIn`: what the pretend vendors bring is unloaded and counted without a fault."""

    name = "goods_in"

    def __init__(self, vendors: SimulatedVendors) -> None:
        self._vendors = vendors

    def arrivals(self, *, cursor: str, limit: int) -> Arrivals:
        found = self._vendors.arrivals(cursor=cursor, limit=limit)
        self._vendors.unloaded(found.lines)
        return found


def _vendor_of(body: str) -> str:
    return msgspec.json.decode(body, type=Acknowledgement).vendor


def _said(body: str) -> bytes:
    return body.encode()


def _cursor(found: Sequence[tuple[int, int, str, str]], cursor: str) -> str:
    return msgspec.json.encode(found[-1][:3]).decode() if found else cursor


def _placed(entry: PurchaseEntry) -> Answer[Taken]:
    if entry.because or entry.withdrawn:
        return Declined(entry.because or f"{entry.number} was taken back")
    return Done(Taken(f"V{entry.purchase:06d}"))


def _heard(entry: VendorWordEntry) -> Answer[Taken]:
    return Declined(entry.because) if entry.because else Done(Taken())


def _purchase(request: Dispatch | Withdrawal | Reminder) -> int:
    return request.purchase
