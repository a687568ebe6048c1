"""Read a store's JSON order documents; what cannot be read is named and left empty, never guessed.

The format is described in `afterclick.ports.store`. A well-formed document takes the short way: one typed decode. Anything
else is read again field by field in `afterclick.orders.intake.doubtful`, which knows what to say of each. Both ways give the same
order for the same well-formed document.
"""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from afterclick.domain.money import CURRENCIES, LARGEST_AMOUNT, decimals
from afterclick.domain.order import NORMAL, URGENT, Address, Line, NewOrder, Particulars
from afterclick.orders.intake import doubtful
from afterclick.orders.intake.delivery import (
    LARGEST_DOCUMENT,
    LARGEST_QUANTITY,
    LONGEST_TEXT,
    MOST_LINES,
    Cancelled,
    Delivery,
    Unreadable,
    milliseconds,
    minor,
)

__all__ = ["Cancelled", "Delivery", "Unreadable", "read"]


def read(raw: bytes, *, store: str) -> Delivery:
    """Read one document of `store`.

    Raises:
        Unreadable: there is no JSON object, or no usable `id` in it, or the document is larger than `LARGEST_DOCUMENT`.
    """
    if len(raw) > LARGEST_DOCUMENT:
        raise Unreadable(
            f"the order document has {len(raw):,} bytes, more than {LARGEST_DOCUMENT:,}: have the store split the order"
        )
    if b"\\" in raw or b"\x7f" in raw or b"\xc2" in raw:  # perhaps control characters, which the short way does not look for
        return doubtful.read(raw, store=store)
    try:
        return _delivery(_DECODER.decode(raw), store=store)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return doubtful.read(raw, store=store)


Text = Annotated[str, Meta(max_length=LONGEST_TEXT)]
Instant = Annotated[datetime, Meta(tz=True)]
Country = Annotated[str, Meta(pattern="^(?:[A-Z]{2})?$", max_length=2)]


class _Line(msgspec.Struct, gc=False):
    sku: Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
    quantity: Annotated[int, Meta(ge=1, le=LARGEST_QUANTITY)]
    unit_price: str


class _Customer(msgspec.Struct, gc=False):
    id: Text
    email: Text = ""
    tax_id: Text = ""


class _Address(msgspec.Struct, gc=False):
    name: Text = ""
    line1: Text = ""
    line2: Text = ""
    city: Text = ""
    region: Text = ""
    postcode: Text = ""
    country: Country = ""


class _Payment(msgspec.Struct, frozen=True, gc=False):
    token: Text = ""
    card: Text = ""


class _Document(msgspec.Struct, gc=False):
    """A well-formed order; every field as `ports.store` has it."""

    id: Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT)]
    placed_at: Instant
    currency: Annotated[str, Meta(max_length=3)]
    total: str
    customer: _Customer
    ship_to: _Address
    lines: Annotated[list[_Line], Meta(max_length=MOST_LINES)]
    event: Text = ""
    type: Literal["order.placed"] = "order.placed"
    shipping: str = "0"
    discount: str = "0"
    priority: Literal["normal", "urgent"] = "normal"
    deliver_by: Instant | None = None
    bill_country: Country = ""
    ip_country: Country = ""
    partial_ok: bool = False
    payment: _Payment = _Payment()


_DECODER: Final = msgspec.json.Decoder(_Document)


def _delivery(document: _Document, *, store: str) -> Delivery:
    currency = document.currency
    if currency not in CURRENCIES:
        raise ValueError(currency)
    places = decimals(currency)
    address = document.ship_to
    lines = tuple(
        [
            Line(number, _stripped(line.sku), line.quantity, minor(line.unit_price, places))
            for number, line in enumerate(document.lines, 1)
        ]
    )
    if any([line.quantity * line.unit_price > LARGEST_AMOUNT for line in lines]):  # noqa: C419  # twice as quick as a generator
        raise ValueError("lines")
    order = NewOrder(
        store=store,
        external_id=_stripped(document.id),
        placed_ms=milliseconds(document.placed_at),
        customer=document.customer.id.strip(),
        currency=currency,
        total=minor(document.total, places),
        lines=lines,
        particulars=Particulars(
            ship_to=Address(
                address.name.strip(), address.line1.strip(), address.line2.strip(), address.city.strip(), address.region.strip(),
                address.postcode.strip(), address.country,
            ),
            email=document.customer.email.strip(),
            bill_country=document.bill_country,
            ip_country=document.ip_country,
            tax_id=document.customer.tax_id.strip(),
            payment_token=document.payment.token.strip(),
            partial_ok=document.partial_ok,
        ),
        shipping=minor(document.shipping, places),
        discount=minor(document.discount, places),
        card=document.payment.card.strip(),
        priority=NORMAL if document.priority == "normal" else URGENT,
        promise_ms=milliseconds(document.deliver_by) if document.deliver_by else 0,
    )  # fmt: skip
    return Delivery(document.event.strip(), order)


def _stripped(text: str) -> str:
    """The text without the blanks around it; a blank one is none."""
    text = text.strip()
    if not text:
        raise ValueError("blank")
    return text
