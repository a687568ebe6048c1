"""The facts by which an order is judged, recorded with every verdict so that a rule can be replayed over past orders.

They name no person: the street, the name and the local part of the e-mail address stay with the order.
"""

import math

import msgspec

from afterclick.domain.catalogue import Range


class Usual(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A `Range` ready to compare with: `seen` times x, mean (`centre`) and deviation (`spread`) of ln(x), `largest` x."""

    seen: int
    centre: float
    spread: float
    largest: int

    @staticmethod
    def of(learnt: Range) -> "Usual":
        """The mean and the sample standard deviation from a range's moments, rounded to keep records short."""
        seen = learnt.seen
        if seen <= 0:
            return Usual(0, 0.0, 0.0, 0)
        centre = learnt.ln_sum / seen
        variance = max(0.0, (learnt.ln_sq - seen * centre * centre) / (seen - 1)) if seen > 1 else 0.0
        return Usual(seen, round(centre, 3), round(math.sqrt(variance), 3), learnt.largest)

    def deviation(self, size: int, *, least_spread: float) -> float:
        """How many standard deviations ln(size) lies above the usual; `least_spread` keeps a steady history from being touchy."""
        return (math.log(size) - self.centre) / max(self.spread, least_spread) if size > 0 else -math.inf


class ItemFacts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the catalogue says of a SKU; `price` is the list price in minor units (0: none), `usual` the pieces per line."""

    active: bool
    price: int
    currency: str
    usual: Usual


class LineFacts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One line as ordered; `item` is None for a SKU that the catalogue does not know."""

    no: int
    sku: str
    quantity: int
    unit_price: int
    item: ItemFacts | None = None


class Earlier(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An earlier order, neither refused nor cancelled, of the same customer or to the same address.

    `exact`: the same pieces of the same SKUs; `likeness`: SKUs in both over SKUs in either (Jaccard index), 0 to 1.
    """

    order_id: int
    age_ms: int
    exact: bool
    likeness: float
    same_customer: bool
    same_address: bool


class OrderFacts(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Everything that the orders desk's rules look at. Amounts are minor units of `currency`.

    `missing` names the empty ones of `customer`, `payment_token`, `name`, `line1`, `city`; `withheld` and `problems` are those
    of `Particulars`. `email` has letters and digits before the @ replaced by x. Counts are of orders placed before this one,
    in the limits' window; those of the card and the address are 0 unless several customers (or guests) share it, and
    `card_customers` and `address_customers` count different customers, this one included. `usual_value` None: a new customer.
    """

    order_id: int
    placed_ms: int
    currency: str
    total: int
    lines: tuple[LineFacts, ...]
    shipping: int = 0
    discount: int = 0
    country: str = ""
    region: str = ""
    postcode: str = ""
    missing: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    email: str = ""
    tax_id: str = ""
    bill_country: str = ""
    ip_country: str = ""
    usual_value: Usual | None = None
    customer_orders: int = 0
    card_orders: int = 0
    card_customers: int = 0
    address_customers: int = 0
    earlier: tuple[Earlier, ...] = ()

    @property
    def worth(self) -> tuple[int, str]:
        """The amount that hangs on the verdict, in minor units, and its currency."""
        return self.total, self.currency
