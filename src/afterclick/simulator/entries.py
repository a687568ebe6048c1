"""What the outside writes down of each act, one kind of entry per act; the fields of an entry are the columns of its table.

`because` is empty where the act was done and holds the reason where it was declined for good.
"""

from typing import Final, TypeAlias

import msgspec


class HoldEntry(msgspec.Struct):
    """An authorisation. `captured` is how much of `amount` was taken; a released one is worth nothing any more."""

    order_id: int
    key: str
    token: str
    amount: int
    currency: str
    expires_ms: int
    captured: int = 0
    released: int = 0
    because: str = ""


class CaptureEntry(msgspec.Struct):
    order_id: int
    key: str
    authorisation: str
    amount: int
    currency: str
    refunded: int = 0
    because: str = ""


class ReleaseEntry(msgspec.Struct):
    order_id: int
    key: str
    authorisation: str
    because: str = ""


class RefundEntry(msgspec.Struct):
    order_id: int
    key: str
    capture: str
    amount: int
    currency: str
    because: str = ""


class LabelEntry(msgspec.Struct):
    """A label. A key voided before anything was bought under it has an entry without a tracking number."""

    order_id: int
    key: str
    carrier: str
    warehouse: str
    tracking: str
    cost: int
    voided: int = 0
    because: str = ""


class VoidEntry(msgspec.Struct):
    order_id: int
    key: str
    carrier: str
    label_key: str


class HandOverEntry(msgspec.Struct):
    """`parcels` is the JSON of the request's parcels."""

    order_id: int
    key: str
    external_id: str
    parcels: str
    at_ms: int
    recalled: int = 0
    because: str = ""


class RecallEntry(msgspec.Struct):
    order_id: int
    key: str
    because: str = ""


class ShortEntry(msgspec.Struct):
    """Pieces that a declined hand-over asked for and the shelf did not have; `beyond` of them were not on record either."""

    order_id: int
    key: str
    sku: str
    warehouse: str
    asked: int
    there: int
    beyond: int


class NoticeEntry(msgspec.Struct):
    order_id: int
    key: str
    recipient: str
    template: str
    because: str = ""


class UpdateEntry(msgspec.Struct):
    external_id: str
    key: str
    status: str
    tracking: str
    because: str = ""


class PurchaseEntry(msgspec.Struct):
    """A purchase order at a vendor: `document` is JSON of the order as it was placed, with nothing ordered where it was taken
    back before it ever came; `withdrawn` counts from the moment at which nothing more will come."""

    purchase: int
    key: str
    vendor: str
    number: str
    document: str
    at_ms: int
    withdrawn: int = 0
    because: str = ""


class VendorWordEntry(msgspec.Struct):
    """A withdrawal or a reminder that a vendor got."""

    purchase: int
    key: str
    vendor: str
    kind: str
    because: str = ""


class VendorEventEntry(msgspec.Struct):
    """What a vendor will say (`kind` answer) or bring (`kind` delivery) at its time, as JSON."""

    purchase: int
    key: str
    kind: str
    at_ms: int
    body: str


class TransferEntry(msgspec.Struct):
    """Pieces sent from one warehouse to another. `unloaded` says that they stand on the shelf of the other; nothing of a declined
    one ever comes."""

    transfer: int
    key: str
    number: str
    sku: str
    from_warehouse: str
    to_warehouse: str
    pieces: int
    arrives_ms: int
    unloaded: int = 0
    because: str = ""


class ShelfEntry(msgspec.Struct):
    """A shelf that is no longer as it was in the morning: pieces on record (may fall below zero) and pieces that are there."""

    sku: str
    warehouse: str
    known: int
    there: int


Kind: TypeAlias = type[msgspec.Struct]

TABLES: Final[dict[Kind, tuple[str, int]]] = {
    HoldEntry: ("holds", 2),
    CaptureEntry: ("captures", 2),
    ReleaseEntry: ("releases", 2),
    RefundEntry: ("refunds", 2),
    LabelEntry: ("labels", 3),
    VoidEntry: ("voids", 3),
    HandOverEntry: ("hand_overs", 2),
    RecallEntry: ("recalls", 2),
    ShortEntry: ("shorts", 4),
    NoticeEntry: ("notices", 2),
    UpdateEntry: ("updates", 2),
    PurchaseEntry: ("purchases", 2),
    VendorWordEntry: ("vendor_words", 2),
    VendorEventEntry: ("vendor_events", 2),
    TransferEntry: ("transfers", 2),
    ShelfEntry: ("shelves", 2),
}
"""Each kind of entry: its table, and how many of its first fields are the key."""
