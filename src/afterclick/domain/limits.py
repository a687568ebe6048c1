"""The limits by which orders are judged, with their defaults; an office sets its own in its policy file."""

from typing import Annotated, Final, Literal

import msgspec

Points = Annotated[int, msgspec.Meta(ge=0, le=100)]
Count = Annotated[int, msgspec.Meta(ge=1)]
Cents = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[float, msgspec.Meta(gt=0)]

MINOR_PER_EURO_CENT: Final = {
    "BRL": 6.0, "CLP": 10.0, "CNY": 8.0, "CZK": 25.0, "DKK": 7.5, "HKD": 9.0, "HUF": 400.0, "IDR": 18_000.0, "ILS": 4.0,
    "INR": 95.0, "ISK": 1.5, "JPY": 1.6, "KRW": 15.0, "KWD": 3.4, "BHD": 4.0, "MXN": 20.0, "MYR": 5.0, "NOK": 11.5, "PHP": 62.0,
    "PLN": 4.3, "RON": 5.0, "RSD": 117.0, "SAR": 4.0, "AED": 4.0, "SEK": 11.3, "THB": 38.0, "TND": 34.0, "TRY": 40.0,
    "UAH": 45.0, "VND": 280.0, "ZAR": 20.0,
}  # fmt: skip
"""How many minor units are about one euro cent: orders of magnitude, to compare amounts with limits, never to convert money."""


class OrderLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits of the rules `complete` and `genuine`. Amounts are euro cents, compared roughly through `minor_per_euro_cent`."""

    quantity_most: Count = 10_000
    """Pieces on one line that are asked about whatever the history: more is a slip of the keyboard or a special deal."""
    price_least_ratio: Positive = 0.5
    """A unit price below this share of the list price is asked about."""
    price_most_ratio: Positive = 1.5
    """A unit price above this multiple of the list price is asked about."""
    slip_deviation: Positive = 8.0
    """Standard deviations (of ln pieces) above the SKU's usual at which a quantity is taken for a slip, not for a wish."""
    tax_id_check_digits: bool = True
    """Whether a tax id must have right check digits too, not only the right length and characters."""

    history_least: Count = 20
    """Lines of a SKU that must have been seen before its quantities are compared with its own history."""
    customer_history_least: Count = 5
    """Orders of a customer that must have been seen before a value is compared with the customer's own history."""
    least_spread: Positive = 0.7
    """Smallest standard deviation of ln(x) assumed: at 0.7, four deviations are 16 times the usual."""
    unusual_deviation: Positive = 4.0
    """Standard deviations above the usual at which a quantity or value, larger than any before, is far outside its range."""
    quantity_without_history: Count = 1_000
    """Pieces on one line above which a SKU without a history is asked about."""
    value_ignored: Cents = 20_000
    """Orders, and lines of up to `quantity_without_history` pieces, below this value are never unusual: nobody would mind."""
    value_without_history: Cents = 500_000
    """Order value above which a customer without a history is asked about."""
    value_always: Cents = 5_000_000
    """Order value above which any customer is asked about."""
    value_new_customer: Cents = 40_000
    """Order value above which it counts (a little) that the customer has never ordered before."""
    minor_per_euro_cent: dict[str, Positive] = msgspec.field(default_factory=lambda: dict(MINOR_PER_EURO_CENT))
    """Minor units that are about one euro cent, per currency; 1 where a currency is not named."""

    duplicate_hours: Positive = 24.0
    """How long an order may be the original of an exact duplicate."""
    near_duplicate_hours: Positive = 12.0
    """How long an order may be the original of a near duplicate."""
    near_likeness: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.5
    """Share of SKUs in common (of those in either) from which on two baskets are near duplicates."""
    velocity_hours: Positive = 1.0
    """The window in which orders of one customer or one card are counted."""
    address_hours: Positive = 24.0
    """The window in which orders and customers at one address are counted."""
    customer_orders: Count = 5
    """Earlier orders of one customer in the window that are a little suspicious; twice as many are asked about."""
    card_orders: Count = 3
    """Earlier orders on one card in the window that are a little suspicious; twice as many are asked about."""
    card_customers: Count = 2
    """Different customers on one card in the window that are a little suspicious; one more is asked about."""
    address_customers: Count = 3
    """Different customers at one address in the window that are a little suspicious; two more are asked about."""

    points_duplicate: Points = 70
    """Points for the same basket of the same customer to the same address."""
    points_near_duplicate: Points = 55
    """Points for nearly the same basket of the same customer to the same address."""
    points_same_basket: Points = 30
    """Points for the same basket of the same customer elsewhere, or of another customer to the same address."""
    points_unusual: Points = 50
    """Points for a quantity or a value far outside its range, each."""
    points_velocity: Points = 30
    """Points for a count (customer, card, address) at its limit, each."""
    points_velocity_high: Points = 60
    """Points for a count (customer, card, address) far over its limit, each."""
    points_new_customer: Points = 20
    """Points for a first order above `value_new_customer`."""
    points_country: Points = 15
    """Points for a billing or network country other than the country of delivery, each."""
    points_three_countries: Points = 10
    """Further points when delivery, billing and network are in three different countries."""

    ask_score: Annotated[int, msgspec.Meta(ge=1)] = 50
    """Score (0 to 100) from which on a person is asked."""
    refuse_score: Annotated[int, msgspec.Meta(ge=1)] = 101
    """Score from which on an order is refused with nobody asked; 101 is never."""


class StuckLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long an order may stand still before the sweep says why, and pushes it or asks a person."""

    received_hours: Positive = 0.25
    """Queued, or lost from the queue."""
    running_hours: Positive = 0.25
    """In one batch."""
    waiting_hours: dict[str, Positive] = msgspec.field(default_factory=lambda: {"stock": 72.0})
    """Waiting for a system, by its name (`stock`, `payments`, `carrier`, `warehouse`, `store`, `mailbox`)."""
    other_waiting_hours: Positive = 2.0
    """Waiting for any system that `waiting_hours` does not name."""
    inbox_hours: Positive = 24.0
    """Waiting for a person."""
    held_hours: Positive = 168.0
    """Held by somebody."""
    said_again_hours: Positive = 24.0
    """The reason is said once in this time."""
    pushes: Count = 3
    """So often the sweep says and pushes; then it asks a person."""


class ListingLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the orders are compared with the stores' own lists."""

    days: Positive = 3.0
    """How far back."""
    grace_hours: Positive = 0.1
    """Orders younger than this may still be on their way."""


class InboxLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long people have to decide a task, and what happens when nobody does."""

    answer_hours: Positive = 72.0
    """Each step of the chain has so long."""
    chain: tuple[str, ...] = ("manager", "admin")
    """Who is asked next, in this order, when nobody has decided in time."""
    at_last: Literal["hold", "reject", "ask"] = "hold"
    """When the chain has ended: put the order on hold, cancel it, or go on asking the last of the chain."""
