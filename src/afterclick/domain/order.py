"""A customer's order, as the back office sees it."""

from typing import Final, Literal

import msgspec

OrderState = Literal["received", "running", "waiting", "inbox", "held", "refused", "cancelled", "shipped"]
MOVING: Final = ("received", "running")
OPEN: Final = ("received", "running", "waiting", "inbox", "held")
CLOSED: Final = ("refused", "cancelled", "shipped")

URGENT: Final = 0
NORMAL: Final = 5


class Address(msgspec.Struct, frozen=True, omit_defaults=True):
    """A postal address; `region` is a state or province where the country uses one."""

    name: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""


class Line(msgspec.Struct, frozen=True):
    """One line of an order. `unit_price` is what the customer pays for one piece, tax included, in minor units."""

    no: int
    sku: str
    quantity: int
    unit_price: int


class Particulars(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an order carries beside its lines and totals; kept as one document, since it is read and written as one."""

    ship_to: Address = Address()
    email: str = ""
    bill_country: str = ""
    ip_country: str = ""
    tax_id: str = ""
    payment_token: str = ""
    partial_ok: bool = False
    withheld: tuple[str, ...] = ()
    """Fields that this sales channel never carries, so that nobody can have left them out."""
    problems: tuple[str, ...] = ()
    """What could not be read when the order came in, one sentence each; such data is never guessed."""


class Order(msgspec.Struct, frozen=True):
    """An order with its lines, as stored.

    `total` = sum of lines + `shipping` − `discount`. `card` and `address_key` are fingerprints, never the real thing.
    `revision` counts amendments; it is part of every effect key, so that an amended order may act again.
    """

    id: int
    store: str
    external_id: str
    placed_ms: int
    received_ms: int
    customer: str
    currency: str
    total: int
    shipping: int
    discount: int
    country: str
    card: str
    address_key: str
    priority: int
    promise_ms: int
    state: OrderState
    stage: str
    revision: int
    particulars: Particulars
    lines: tuple[Line, ...]

    @property
    def age_key(self) -> tuple[int, int]:
        """Who comes first when stock is short: priority, then age."""
        return self.priority, self.placed_ms


class NewOrder(msgspec.Struct, frozen=True):
    """An order as a store hands it over, before it has an id. Fields mean what they mean in `Order`."""

    store: str
    external_id: str
    placed_ms: int
    customer: str
    currency: str
    total: int
    lines: tuple[Line, ...]
    particulars: Particulars
    shipping: int = 0
    discount: int = 0
    card: str = ""
    priority: int = NORMAL
    promise_ms: int = 0
