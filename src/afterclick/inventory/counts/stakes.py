"""What a wrong record would cost: promised orders that cannot ship, sales that are lost, goods that nobody knows of."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from afterclick.domain.stock_limits import CountingLimits
from afterclick.inventory.counts.odds import Figures, Odds, Place, chances, likely_size

COVER_DAYS: Final = 30.0
"""Stock that lasts longer than this is hardly missed before the next count finds out."""


class Worth(NamedTuple):
    """The money side of a place: minor units of `currency`; `promised` pieces are reserved in `orders` orders.

    `on_hand` is what is booked, `sold` the pieces that left within the window of sales.
    """

    price: int
    currency: str
    on_hand: int
    promised: int
    orders: int
    sold: int


class Stake(NamedTuple):
    """A place with the chance that its record is wrong, and the expected loss in minor units of `currency`."""

    place: Place
    chance: float
    at_stake: int
    currency: str
    size: float
    """Pieces by which it is likely off."""
    parts: Mapping[str, int]
    """The loss by where it comes from, before the chance: promised, lost, dead."""


def stakes(odds: Odds, places: Sequence[Place], worth: Sequence[Worth], limits: CountingLimits) -> list[Stake]:
    """The expected loss of each place, in their order: chance × (share short × loss short + share over × loss over)."""
    if not places:
        return []
    chance = chances(odds, places)
    price, on_hand, promised, orders, sold = (np.array([float(one[at]) for one in worth]) for at in (0, 2, 3, 4, 5))
    size = likely_size(odds, np.maximum(on_hand, 0.0))
    broken = _broken(size, on_hand, promised, orders) * limits.broken_promise
    broken += np.clip(size - (on_hand - promised), 0.0, promised) * price * limits.margin_share
    daily = sold / limits.sales_days
    matters = np.minimum(1.0, daily * COVER_DAYS / np.maximum(1.0, on_hand))
    lost = size * price * limits.margin_share * matters
    dead = size * price * limits.dead_share
    expected = chance * (odds.short_share * (broken + lost) + (1 - odds.short_share) * dead)
    return [
        Stake(place, float(chance[at]), round(float(expected[at])), worth[at].currency, float(size[at]), {
            "promised": round(float(broken[at])), "lost": round(float(lost[at])), "dead": round(float(dead[at])),
        })
        for at, place in enumerate(places)
    ]  # fmt: skip


def class_a(sold_value: Mapping[str, float], share: float) -> frozenset[str]:
    """The fewest SKUs that together make this share of the value sold."""
    total, reached = sum(sold_value.values()), 0.0
    chosen: list[str] = []
    for sku, value in sorted(sold_value.items(), key=lambda one: (-one[1], one[0])):
        if reached >= share * total or value <= 0:
            break
        chosen.append(sku)
        reached += value
    return frozenset(chosen)


def _broken(size: Figures, on_hand: Figures, promised: Figures, orders: Figures) -> Figures:
    """How many promised orders cannot ship if so many pieces are missing."""
    missing = np.clip(size - (on_hand - promised), 0.0, promised)
    return np.ceil(orders * missing / np.maximum(1.0, promised))
