"""What the shop says to a vendor about a purchase order, and what comes back from the vendor and from the dock."""

from typing import Literal

import msgspec

from afterclick.domain.purchase import DocumentFormat, PurchaseOrder

Asks = Literal["confirm", "deliver"]


class _ToVendor(msgspec.Struct, frozen=True, kw_only=True):
    """What every message carries: its effect key, the purchase order, and where it goes (an endpoint of the vendor's)."""

    key: str
    purchase: int
    number: str
    vendor: str
    to: str

    @property
    def order_id(self) -> None:
        """No customer's order is concerned."""

    @property
    def about(self) -> str:
        """What the door records it under."""
        return f"purchase/{self.purchase}"


class Dispatch(_ToVendor, frozen=True, kw_only=True):
    """An order, or a new revision of it: what it says, the document as it is sent, and its value in minor units."""

    order: PurchaseOrder
    format: DocumentFormat
    document: bytes
    amount: int


class Withdrawal(_ToVendor, frozen=True, kw_only=True):
    """The shop takes an order back, or these lines of it (none: all that is outstanding)."""

    lines: tuple[int, ...] = ()
    because: str = ""


class Reminder(_ToVendor, frozen=True, kw_only=True):
    """The shop asks the vendor to confirm, or to deliver what is late; `number_of` counts the reminders."""

    asks: Asks
    lines: tuple[int, ...]
    text: str
    number_of: int = 1


class Taken(msgspec.Struct, frozen=True):
    """The vendor's side has the message; `reference` is theirs, empty where they give none."""

    reference: str = ""


class Reply(msgspec.Struct, frozen=True):
    """A document of a vendor's, as it came. `format` is `json` for an Acknowledgement in the office's own form, else the
    document's. `id` names it for good: the same twice counts once."""

    id: str
    vendor: str
    format: Literal["json", "ubl", "edifact", "x12"]
    document: bytes
    at_ms: int


class Replies(msgspec.Struct, frozen=True):
    """Replies after a cursor, oldest first, and the cursor behind them."""

    replies: tuple[Reply, ...]
    cursor: str
    more: bool = False
