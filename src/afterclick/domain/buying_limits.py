"""The limits within which purchase orders leave without a person, with their defaults; an office sets its own in its policy."""

from typing import Annotated

import msgspec

from afterclick.domain.limits import Cents, Count, Positive

Share = Annotated[float, msgspec.Meta(ge=0)]
NoneOrMore = Annotated[int, msgspec.Meta(ge=0)]


class BuyingLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Amounts are euro cents, compared roughly through `orders.minor_per_euro_cent`. A day is one of UTC. Beyond a limit, a
    person who may approve purchases is asked."""

    order_most: Cents = 200_000
    """The value of one purchase order."""
    day_most: Cents = 1_000_000
    """The value of all purchase orders of a day."""
    orders_per_day: Count = 100
    """How many purchase orders leave on a day."""
    vendor_day_most: Cents = 500_000
    """The value of all purchase orders of a day at one vendor."""
    vendor_most: dict[str, Cents] = {}
    """The same for single vendors, by their id."""
    category_day_most: Cents = 500_000
    """The value bought on a day in one category of the catalogue."""
    category_most: dict[str, Cents] = {}
    """The same for single categories, by their name; the empty name is what has none."""
    line_pieces_most: Count = 10_000
    """Pieces on one line."""

    price_above_last: Share = 0.1
    """A price more than this share above the one last agreed with any vendor is asked about."""
    price_above_market: Share = 0.25
    """A price more than this share above the middle of what other vendors ask is asked about."""
    price_below: Share = 0.4
    """A price more than this share below the one last agreed, or the middle, is asked about: it is seldom true."""
    value_without_price: Cents = 20_000
    """A line with no earlier price and no other vendor's to compare with is asked about above this value."""
    readings_least: Count = 2
    """A price from a page or a feed counts after so many independent readings; a price list counts at once."""
    reading_days: Count = 7
    """A price from a page or a feed counts for so many days after it was last read."""

    change_price_most: Share = 0.02
    """A vendor may confirm a price that is this share above what was ordered."""
    change_late_days: NoneOrMore = 3
    """A vendor may confirm a date that is so many days later than expected."""
    change_quantity_least: Share = 0.9
    """A vendor may confirm this share of the quantity; the rest is cancelled and planned anew."""
    surplus_most: Share = 0.05
    """So much more than ordered is taken in; what is beyond waits for a person."""

    confirm_hours: Positive = 48.0
    """After so long without an answer, the vendor is reminded to confirm."""
    late_days: NoneOrMore = 1
    """So many days after the expected one, the vendor is reminded to deliver."""
    remind_days: Positive = 3.0
    """Between two reminders."""
    reminders_most: NoneOrMore = 2
    """After so many reminders a person is asked what is to be done."""
