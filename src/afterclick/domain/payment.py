"""Money between the customer and the shop: what is asked of the payment provider and what it answers."""

import msgspec


class Authorise(msgspec.Struct, frozen=True):
    """Block `amount` on the customer's means of payment `token`."""

    key: str
    order_id: int
    token: str
    amount: int
    currency: str


class Capture(msgspec.Struct, frozen=True):
    """Take `amount` of an authorisation."""

    key: str
    order_id: int
    authorisation: str
    amount: int
    currency: str


class Release(msgspec.Struct, frozen=True):
    """Void an authorisation of which nothing was captured."""

    key: str
    order_id: int
    authorisation: str


class Refund(msgspec.Struct, frozen=True):
    """Give `amount` of a capture back."""

    key: str
    order_id: int
    capture: str
    amount: int
    currency: str


class Payment(msgspec.Struct, frozen=True):
    """The provider's answer: its own reference, the amount it moved or blocked, and until when a block holds (0: for good)."""

    reference: str
    amount: int
    expires_ms: int = 0
