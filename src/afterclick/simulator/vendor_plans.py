"""What a pretend vendor will do about an order, settled when it comes: by the seed and the order's number alone."""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from afterclick.domain.purchase import AcknowledgedLine, Acknowledgement, PurchaseLine, PurchaseOrder, ReceiptLine
from afterclick.simulator.entries import VendorEventEntry
from afterclick.simulator.faults import Chance, Faults

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
USUAL_LEAD_DAYS: Final = 5
ANSWERS_AFTER_MS: Final = 4 * HOUR_MS


class VendorFaults(msgspec.Struct, frozen=True):
    """The rate of each fault, 0 to 1, of the purchase orders or lines that it can befall."""

    answer_lost: float = 0.0
    """The order was placed, and word of it never came back."""
    declines: float = 0.0
    """The order is not taken at all."""
    silent: float = 0.0
    """No confirmation until reminded."""
    refuses_line: float = 0.0
    dearer: float = 0.0
    """Confirmed at a price up to 20 % above the one ordered."""
    fewer: float = 0.0
    """Confirmed for fewer units than ordered."""
    later: float = 0.0
    """Confirmed for up to three weeks later."""
    late: float = 0.0
    """Comes up to three weeks later than confirmed; a reminder brings it within two days."""
    in_parts: float = 0.0
    """Comes in two deliveries a week apart."""
    too_much: float = 0.0
    damaged: float = 0.0
    cancels: float = 0.0
    """Confirmed, and cancelled some days after."""

    @classmethod
    def all_on(cls) -> "VendorFaults":
        """A bad quarter: every fault present."""
        return cls(
            answer_lost=0.05, declines=0.02, silent=0.06, refuses_line=0.03, dearer=0.05, fewer=0.05, later=0.06, late=0.1,
            in_parts=0.08, too_much=0.05, damaged=0.02, cancels=0.03,
        )  # fmt: skip

    @classmethod
    def beside(cls, faults: Faults) -> "VendorFaults":
        """None where the rest of the world works, else all."""
        return cls() if faults == Faults.none() else cls.all_on()


class _Fate(NamedTuple):
    """What becomes of one line: units confirmed and brought, the price, days it comes later than asked, and what is unfit."""

    confirmed: int
    brought: int
    price: int
    says_later: int
    comes_later: int
    damaged: int
    in_parts: bool


class Plans:
    """Makes the plans of all vendors."""

    def __init__(self, *, seed: int, faults: VendorFaults) -> None:
        self._chance = {
            fault: Chance(seed=seed, fault=f"vendor:{fault}", rate=float(getattr(faults, fault)))
            for fault in VendorFaults.__struct_fields__
        }

    def strikes(self, fault: str, key: str) -> bool:
        """Whether a fault of `VendorFaults` befalls what the key names."""
        return self._chance[fault].strikes(key)

    def of(self, order: PurchaseOrder, vendor: str, *, now_ms: int) -> list[VendorEventEntry]:
        """Everything that the vendor will say and bring."""
        named = order.number
        fates = {line.no: self._fate(order, line) for line in order.lines}
        silent = self.strikes("silent", named)
        answers_ms = now_ms + (60 * DAY_MS if silent else ANSWERS_AFTER_MS)
        asked_ms = _asked_for(order, now_ms)
        lines = tuple(_answered(line, fates[line.no], asked_ms) for line in order.lines)
        changed = any(line.answer != "accepted" for line in lines)
        reply = Acknowledgement(
            named, "changed" if changed else "accepted", lines, f"V{order.id:06d}", vendor, currency=order.currency
        )
        found = [_event(order, "a1", "answer", answers_ms, reply)]
        cancels = self.strikes("cancels", named)
        if cancels:
            refusal = replace(reply, answer="refused", lines=(), note="we cannot deliver after all")
            found.append(_event(order, "a2", "answer", answers_ms + 2 * DAY_MS, refusal))
            return found
        for line in order.lines:
            found += self._deliveries(order, line, fates[line.no], asked_ms)
        return found

    def _fate(self, order: PurchaseOrder, line: PurchaseLine) -> _Fate:
        key = f"{order.number}/{line.no}"
        part = self._chance["late"].part(key)
        confirmed = line.quantity
        if self.strikes("refuses_line", key):
            confirmed = 0
        elif self.strikes("fewer", key):
            confirmed = max(1, int(line.quantity * (0.3 + 0.6 * part)))
        price = round(line.price * (1 + 0.2 * part)) if self.strikes("dearer", key) else line.price
        brought = confirmed + (1 + confirmed // 4 if confirmed and self.strikes("too_much", key) else 0)
        return _Fate(
            confirmed, brought, price,
            1 + int(20 * part) if self.strikes("later", key) else 0,
            1 + int(20 * part) if self.strikes("late", key) else 0,
            min(brought, 1) if self.strikes("damaged", key) else 0,
            brought > 1 and self.strikes("in_parts", key),
        )  # fmt: skip

    def _deliveries(self, order: PurchaseOrder, line: PurchaseLine, fate: _Fate, asked_ms: int) -> list[VendorEventEntry]:
        comes_ms = asked_ms + (fate.says_later + fate.comes_later) * DAY_MS
        first = fate.brought // 2 if fate.in_parts else fate.brought
        parts = [(1, first, comes_ms), (2, fate.brought - first, comes_ms + 7 * DAY_MS)]
        return [
            _event(order, f"d{line.no}.{part}", "delivery", at_ms, ReceiptLine(
                order.number, line.no, line.sku, units, at_ms, fate.damaged if part == 1 else 0, order.warehouse,
                f"DN-{order.number}-{part}", f"{order.number}/d{line.no}.{part}",
            ))
            for part, units, at_ms in parts
            if units
        ]  # fmt: skip


def _answered(line: PurchaseLine, fate: _Fate, asked_ms: int) -> AcknowledgedLine:
    if not fate.confirmed:
        return AcknowledgedLine(line.no, "refused", because="not available any more")
    changed = (fate.confirmed, fate.price, fate.says_later) != (line.quantity, line.price, 0)
    day = datetime.fromtimestamp(asked_ms / 1000, UTC).date() + timedelta(days=fate.says_later)
    return AcknowledgedLine(
        line.no, "changed" if changed else "accepted", fate.confirmed, fate.price, line.price_basis, day, line.sku
    )


def _asked_for(order: PurchaseOrder, now_ms: int) -> int:
    """Noon (UTC) of the day on which the goods are wanted, or usual; never before the vendor could have packed them."""
    soonest = now_ms + 2 * DAY_MS
    if order.deliver_on is None:
        return now_ms + USUAL_LEAD_DAYS * DAY_MS
    noon = datetime(order.deliver_on.year, order.deliver_on.month, order.deliver_on.day, 12, tzinfo=UTC)
    return max(soonest, int(noon.timestamp() * 1000))


def _event(order: PurchaseOrder, key: str, kind: str, at_ms: int, body: Acknowledgement | ReceiptLine) -> VendorEventEntry:
    return VendorEventEntry(order.id, f"{order.number}/{key}", kind, at_ms, msgspec.json.encode(body).decode())
