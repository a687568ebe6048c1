"""Buying: vendors and their offers, purchase orders, and what vendors answer and deliver.

Quantities of offers and orders count the vendor's unit (a box, a pallet, a piece); `per_unit` says how many pieces of our SKU
one such unit holds. A `price` is in minor units for `price_basis` units, so that a screw at 0.0045 EUR is 45 for 100. Days
are dates in the vendor's country, without a time.
"""

from datetime import date
from typing import Annotated, Final, Literal

import msgspec

from afterclick.domain.order import Address

DocumentFormat = Literal["pdf", "ubl", "edifact", "x12"]
PurchaseState = Literal[
    "proposed", "asked", "approved", "sent", "acknowledged", "part_received", "received", "cancelled", "refused"
]
OPEN_PURCHASE: Final = ("proposed", "asked", "approved", "sent", "acknowledged", "part_received")
"""States in which something may still come: all of these count as on order or about to be."""
ON_ORDER: Final = ("approved", "sent", "acknowledged", "part_received")
CLOSED_PURCHASE: Final = ("received", "cancelled", "refused")
Answered = Literal["noted", "accepted", "changed", "refused"]
"""`noted`: it has arrived, and the answer itself is still to come."""
OfferSource = Literal["price_list", "page", "feed", "person", "document"]
Cents = Annotated[int, msgspec.Meta(ge=0)]
Quantity = Annotated[int, msgspec.Meta(ge=1, le=10**9)]

PIECE: Final = "C62"
"""UN/ECE Recommendation 20: one (piece)."""


class Freight(msgspec.Struct, frozen=True):
    """What a delivery costs on top: `fixed` per order + `per_kg` of goods + `share_bp` of their value (basis points), in the
    vendor's currency. `fixed` falls away from a value of `free_from` on, where that is not 0. All 0 where prices include it.
    """

    fixed: Cents = 0
    per_kg: Cents = 0
    share_bp: Cents = 0
    free_from: Cents = 0


class VendorCalendar(msgspec.Struct, frozen=True):
    """When a vendor works: weekdays (0 = Monday), single closed days, and the hour (vendor's local time) after which an order
    counts for the next working day; 24 = no cut-off. `utc_offset_minutes` is the vendor's local time."""

    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    closed: tuple[date, ...] = ()
    cutoff_hour: int = 24
    utc_offset_minutes: int = 0


class Vendor(msgspec.Struct, frozen=True):
    """Whom we buy from. Amounts are minor units of `currency`.

    `minimum_value` is the least value of goods in one order; `order_cost` what an order costs us to place and receive.
    `lead_days` is the vendor's promise from the order to the goods at our door, in days on the calendar (not working days).
    Only an `allowed` vendor is ordered from without asking.
    """

    id: str
    name: str
    address: Address = Address()
    tax_id: str = ""
    gln: str = ""
    currency: str = "EUR"
    incoterm: str = "DAP"
    """Incoterms 2020, for example `EXW` or `DAP`: who pays the way here, and duty."""
    payment_days: int = 30
    minimum_value: Cents = 0
    order_cost: Cents = 0
    freight: Freight = Freight()
    calendar: VendorCalendar = VendorCalendar()
    lead_days: int = 7
    mailbox: str = ""
    document: DocumentFormat = "pdf"
    allowed: bool = False
    category: str = ""
    duty_bp: Cents = 0
    """Customs duty on goods from this vendor in basis points of their value, where an offer names no rate of its own."""
    endpoint: str = ""
    """Where electronic documents go: a Peppol address `scheme:id` (`0088:4035811991014`), or an EDI mailbox's id."""


class PriceBreak(msgspec.Struct, frozen=True):
    """From `quantity` units on, `price_basis` units cost `price`."""

    quantity: Quantity
    price: Cents


class Offer(msgspec.Struct, frozen=True):
    """What a vendor asks for a SKU of ours. Quantities are the vendor's units; `breaks` rise in quantity, at least one.

    Valid from `valid_from` to `valid_to`, both included, where they are given. `lead_days` goes before the vendor's own.
    """

    vendor: str
    sku: str
    breaks: tuple[PriceBreak, ...]
    currency: str = "EUR"
    vendor_sku: str = ""
    gtin: str = ""
    name: str = ""
    minimum: Quantity = 1
    pack: Quantity = 1
    """Units are ordered in multiples of this."""
    unit: str = PIECE
    per_unit: Quantity = 1
    price_basis: Quantity = 1
    valid_from: date | None = None
    valid_to: date | None = None
    lead_days: int | None = None
    duty_bp: int | None = None
    weight_g: int = 0
    """Of one piece; 0 = not known."""
    source: OfferSource = "price_list"
    source_name: str = ""
    """The file, page or person it came from."""
    read_ms: int = 0

    def price_at(self, quantity: int) -> int:
        """Minor units for `price_basis` units when `quantity` units are bought; below the first break, the first break's."""
        reached = [each.price for each in self.breaks if each.quantity <= quantity]
        return reached[-1] if reached else self.breaks[0].price

    def valid_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


class PurchaseLine(msgspec.Struct, frozen=True):
    """One line of a purchase order; `quantity` and the counts below are the vendor's units.

    `acknowledged` is None until the vendor answers; `because` is the one-line reason why it is bought.
    """

    no: int
    sku: str
    quantity: Quantity
    price: Cents
    price_basis: Quantity = 1
    unit: str = PIECE
    per_unit: Quantity = 1
    vendor_sku: str = ""
    gtin: str = ""
    name: str = ""
    deliver_on: date | None = None
    acknowledged: int | None = None
    received: int = 0
    cancelled: int = 0
    because: str = ""
    need: str = ""
    """Names the need that it answers (`replenishment/17`): a need has one line at a time, so that it is never bought twice."""

    @property
    def net(self) -> int:
        """Value of the line in minor units, rounded half up."""
        return line_value(self.quantity, self.price, self.price_basis)

    @property
    def pieces(self) -> int:
        return self.quantity * self.per_unit

    @property
    def due(self) -> int:
        """Units that may still come."""
        return max(0, self.quantity - self.received - self.cancelled)


class PurchaseOrder(msgspec.Struct, frozen=True):
    """An order to a vendor. `number` is ours, as printed (`PO-2026-000042`); `revision` counts changes that were sent.

    `key` names the need that it answers: the same need makes the same key, so that it is never bought twice.
    """

    number: str
    vendor: str
    currency: str
    lines: tuple[PurchaseLine, ...]
    ordered_ms: int = 0
    state: PurchaseState = "proposed"
    warehouse: str = ""
    deliver_to: Address = Address()
    deliver_on: date | None = None
    incoterm: str = ""
    payment_days: int = 30
    note: str = ""
    vendor_reference: str = ""
    """The vendor's own number for it, from the acknowledgement."""
    revision: int = 0
    id: int = 0
    key: str = ""
    expected_freight: Cents = 0

    @property
    def net(self) -> int:
        """Value of the goods in minor units, without tax and freight."""
        return sum(line.net for line in self.lines)


class AcknowledgedLine(msgspec.Struct, frozen=True):
    """What a vendor answers to one line. None = the answer does not say, so that what was ordered stands.

    `line_no` is our line, 0 where the document names the item only; then `vendor_sku`, `gtin` or `sku` finds it.
    `quantity` in the vendor's units, `price` in minor units for `price_basis` units.
    """

    line_no: int
    answer: Answered
    quantity: int | None = None
    price: int | None = None
    price_basis: int = 1
    deliver_on: date | None = None
    sku: str = ""
    vendor_sku: str = ""
    gtin: str = ""
    unit: str = ""
    replaced_by: str = ""
    """The vendor's SKU of a substitute."""
    because: str = ""


class Acknowledgement(msgspec.Struct, frozen=True):
    """A vendor's answer to an order: as a whole, and line by line. `order` is our number as the vendor wrote it.

    With `answer` accepted or refused and no lines, it holds for every line. `problems` name what could not be read, one
    sentence each with the segment or line; nothing of it is guessed.
    """

    order: str
    answer: Answered
    lines: tuple[AcknowledgedLine, ...] = ()
    vendor_reference: str = ""
    vendor: str = ""
    """The vendor's identifier in the document (GLN, tax id, endpoint), to compare with the sender."""
    buyer: str = ""
    currency: str = ""
    answered_on: date | None = None
    deliver_on: date | None = None
    document: str = ""
    """The number of the answer itself."""
    note: str = ""
    problems: tuple[str, ...] = ()


class ReceiptLine(msgspec.Struct, frozen=True):
    """Goods that came in for a line of a purchase order; `quantity` and `damaged` (part of it) are the vendor's units."""

    order: str
    line_no: int
    sku: str
    quantity: int
    received_ms: int
    damaged: int = 0
    warehouse: str = ""
    delivery_note: str = ""
    key: str = ""
    """Names this receipt, so that reporting it twice counts once."""


def line_value(quantity: int, price: int, price_basis: int = 1) -> int:
    """What `quantity` units cost in minor units when `price_basis` units cost `price`; rounded half up."""
    return (2 * quantity * price + price_basis) // (2 * price_basis)
