"""An online store: its list of orders, and what it is told of them.

An order document is JSON, the same in every list and webhook; connectors of real stores translate into it:

    {"id": "S-1001", "event": "evt-77", "type": "order.placed", "placed_at": "2026-11-20T10:00:00Z", "currency": "EUR",
     "total": "59.85", "shipping": "4.95", "discount": "0.00", "priority": "normal",
     "deliver_by": "2026-11-25T00:00:00Z",
     "customer": {"id": "C-9", "email": "a@b.example", "tax_id": ""},
     "ship_to": {"name": "", "line1": "", "line2": "", "city": "", "region": "", "postcode": "", "country": "DE"},
     "bill_country": "DE", "ip_country": "DE", "partial_ok": false, "payment": {"token": "tok_1", "card": "fp_1"},
     "lines": [{"sku": "SKU-00001", "quantity": 2, "unit_price": "27.45"}]}

`event` identifies the delivery of a webhook; `type` is `order.placed` or `order.cancelled` (the latter needs only `id`).
Amounts are decimal strings with tax included; total = sum of quantity × unit_price + shipping − discount.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from afterclick.ports.answer import Answer


class Told(msgspec.Struct, frozen=True):
    """What the store is told of an order: that it was shipped or cancelled; `tracking` names the parcels."""

    key: str
    external_id: str
    status: Literal["shipped", "cancelled", "changed"]
    tracking: tuple[str, ...] = ()
    order_id: int = 0


class Page(msgspec.Struct, frozen=True):
    """A page of the store's list: raw order documents (JSON, `ports.order_document`), and where the next page starts."""

    documents: tuple[bytes, ...]
    cursor: str
    more: bool


class Listed(msgspec.Struct, frozen=True):
    """One row of the store's own list for reconciliation: which orders exist, in which status."""

    external_id: str
    status: Literal["open", "cancelled"]
    placed_ms: int


class Store(Protocol):
    name: str

    def orders(self, *, cursor: str, limit: int) -> Page:
        """Order documents placed after `cursor` (empty: from the first), oldest first, at most `limit`."""
        ...

    def listing(self, *, placed_from_ms: int, placed_to_ms: int) -> Sequence[Listed]:
        """Every order the store knows of that was placed in the half-open interval."""
        ...

    def document(self, external_ids: Sequence[str]) -> Sequence[bytes]:
        """The documents of these orders, in any order; unknown ones are left out."""
        ...

    def tell(self, updates: Sequence[Told]) -> Sequence[Answer[None]]: ...
