"""The limits by which stock is counted and sensors are believed, with their defaults; an office sets its own in its policy."""

from typing import Annotated

import msgspec

from afterclick.domain.limits import Cents, Count, Positive

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
NoneOrMore = Annotated[int, msgspec.Meta(ge=0)]


class CountingLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many places are counted, which, and when a result is counted again before it is booked."""

    per_day: NoneOrMore = 30
    """Counts proposed per warehouse and day."""
    by_warehouse: dict[str, NoneOrMore] = {}
    """The same for single warehouses, by their id."""
    a_share: Share = 0.8
    """The items that together make this share of the value sold are class A."""
    a_days: Count = 60
    """Class A is counted at least so often, as far as the counts of a day reach."""
    sales_days: Count = 91
    """How far back sales tell the class and how fast an item sells."""
    rest_days: Positive = 3.0
    """A place that was just counted rests so long, unless a sensor says otherwise."""
    expire_hours: Positive = 48.0
    """What nobody has counted by then leaves the list, and may come onto it again."""
    margin_share: Share = 0.35
    """Of the price: what is lost with a sale that cannot be served."""
    broken_promise: Cents = 1_000
    """What an order costs that was promised and cannot ship, beside its margin: goodwill, messages, a second parcel."""
    dead_share: Share = 0.25
    """Of the price: what a piece costs that is there and that nobody knows of."""
    tolerance_pieces: NoneOrMore = 1
    """A difference of up to so many pieces is booked at once."""
    tolerance_share: Share = 0.02
    """So is one up to this share of what is booked; beyond both, a second count is asked."""
    most_tries: Count = 4
    """After so many counts that do not agree, the last is booked."""


class SensingLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a sensor is believed against the books."""

    drift_pieces: Positive = 1.0
    """A difference between sensors and books from this many pieces on may ask for a count,"""
    drift_share: Share = 0.02
    """if it is also more than this share of what is booked,"""
    drift_chance: Annotated[float, msgspec.Meta(gt=0.5, lt=1)] = 0.98
    """and if it is this likely that it is more than noise,"""
    drift_minutes: Positive = 30.0
    """and if it has lasted for so long."""
    counts_per_day: NoneOrMore = 20
    """Counts that sensors may ask for per warehouse and day, beside those of `[counting]`."""
    window_minutes: Positive = 120.0
    """So far back the readings of scales are looked at."""
    half_life_minutes: Positive = 240.0
    """After so long without a new one, a reading says half as much."""
    flicker_seconds: Positive = 30.0
    """Reads of one tag within so long of each other are one passage."""
    missed_share: Share = 0.01
    """Of passages: how many a gate or scanner misses."""
    weight_share: Share = 0.01
    """By how much the weight of an item may be wrong in the catalogue."""
    silent_times: Positive = 5.0
    """A sensor that has said nothing for so many times its usual interval is silent,"""
    silent_minutes: Positive = 15.0
    """but not before so long;"""
    silent_hours_gate: Positive = 72.0
    """and a gate or a scanner, which has nothing to say while nothing moves, not before so long."""
    stuck_readings: Count = 12
    """A scale that says the same to the gram so often,"""
    stuck_pieces: Count = 3
    """while so many pieces were booked in or out, is stuck."""
    late_days: Positive = 14.0
    """Evidence is kept for so long; what comes later than that is too late to count."""
