"""What it costs to send an order from which warehouse: carriers' rate cards turned into tables, once per process.

Cost of one parcel = the cheapest carrier that keeps the promise + the warehouse's handling + distance; an order sent from
several warehouses pays `per_split` for each after the first. Distances are great circles (haversine, mean radius 6,371 km)
from the warehouse to the middle of the country of destination, since orders carry no coordinates; a country without a
known middle counts as equally far from everywhere.
"""

from collections.abc import Sequence
from itertools import combinations
from math import asin, cos, radians, sin, sqrt
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from afterclick.domain.allocation import AllocationCosts
from afterclick.domain.country import MIDDLES
from afterclick.domain.shipping import Rate, Tariff
from afterclick.domain.stock import Warehouse

Table: TypeAlias = npt.NDArray[np.int64]

BRACKET_G: Final = 500
LONGEST_DAYS: Final = 30
MOST_WAREHOUSES: Final = 3
LATE: Final = 10**10
"""Added to a parcel's cost for each day past the promise: more than any money, so that a kept promise always wins."""
NEVER: Final = 10**15
"""The cost of what no carrier serves; sums of it still fit 64 bits."""
_DEAREST: Final = 10**7
_DAY_MS: Final = 86_400_000


class Offer(NamedTuple):
    """A carrier's price for one parcel in minor units, and the days it takes."""

    carrier: str
    cost: int
    days: int


class Lane:
    """All ways to one country within some days, for the search of a single order.

    `costs[w][k]` is the cost of k brackets from warehouse w, `limits_g[w]` its heaviest parcel (0: it does not serve the
    country). `choices` are sets of up to three warehouses; `members[w, j]` is 1 where choice j has warehouse w.
    """

    def __init__(self, cost: Table, limits_g: list[int], per_split: int) -> None:
        self.costs: Final[list[list[int]]] = cost.tolist()
        self.limits_g: Final = limits_g
        serving = [w for w, limit in enumerate(limits_g) if limit]
        sizes = range(1, MOST_WAREHOUSES + 1)
        self.choices: Final[list[tuple[int, ...]]] = [chosen for size in sizes for chosen in combinations(serving, size)]
        self.members: Final = np.zeros((len(limits_g), len(self.choices)))
        for j, chosen in enumerate(self.choices):
            self.members[list(chosen), j] = 1
        self._cost = cost
        self._per_split = per_split
        self._pairs = _cheapest_sums(cost[:, None], cost[None, :])
        self._bounds: dict[int, Table] = {}

    def bounds(self, brackets: int) -> Table:
        """What each choice costs at least for an order of so many brackets, if its weight could be divided freely."""
        k = min(max(brackets, 1), len(self.costs[0]) - 1)
        bounds = self._bounds.get(k)
        if bounds is None:
            bounds = self._bounds[k] = self._bound(k)
        return bounds

    def _bound(self, k: int) -> Table:
        cost, pairs = self._cost, self._pairs
        chosen = {size: [one for one in self.choices if len(one) == size] for size in (1, 2, 3)}
        one, two, three = (np.array(some, dtype=np.intp).reshape(-1, size).T for size, some in chosen.items())
        of_three = np.full(three.shape[1], 4 * NEVER)
        for a in range(1, max(k, 2)):
            np.minimum(of_three, cost[three[2], a] + pairs[three[0], three[1], max(k - a, 1)], out=of_three)
        return np.concatenate((cost[one[0], k], pairs[two[0], two[1], k] + self._per_split, of_three + 2 * self._per_split))


def days_left(*, promise_ms: int, now_ms: int) -> int:
    """Whole days until the promised instant; without a promise, more than any carrier takes."""
    return (promise_ms - now_ms) // _DAY_MS if promise_ms else LONGEST_DAYS


def distance_km(warehouse: Warehouse, country: str) -> float:
    """Great circle from a warehouse to the middle of a country; 0 where the middle is not known."""
    middle = MIDDLES.get(country)
    if middle is None:
        return 0.0
    lat1, lon1, lat2, lon2 = map(radians, (warehouse.latitude, warehouse.longitude, *middle))
    chord = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * 6371 * asin(min(1.0, sqrt(chord)))


class Sourcing:
    """Cost tables of all warehouses and carriers. It never changes: build a new one (milliseconds) when a rate card does.

    A rate under `ES>DE` holds from warehouses in ES only and goes before the rate under `DE`.
    `parcel[c, d, w, k]` is the cost of k brackets of 500 g from warehouse w to country c within d days, `several[c, d, k]` a
    lower bound for sending k brackets from more than one warehouse, `limit_g[c, w]` the heaviest parcel, all in int64.

    Raises:
        ValueError: no warehouse, no tariff, two of one name, tariffs in different currencies, or a rate below zero.
    """

    def __init__(self, warehouses: Sequence[Warehouse], tariffs: Sequence[Tariff], costs: AllocationCosts | None = None) -> None:
        _check(warehouses, tariffs)
        self.costs: Final = costs or AllocationCosts()
        self.warehouses: Final = [warehouse.id for warehouse in warehouses]
        self.position: Final = {name: w for w, name in enumerate(self.warehouses)}
        served = sorted({key.rpartition(">")[2] for tariff in tariffs for key in tariff.rates})
        self.country: Final = {name: c for c, name in enumerate(served)}
        self.last_day: Final = min(LONGEST_DAYS, max(rate.days for tariff in tariffs for rate in tariff.rates.values()))
        self.brackets: Final = max(2, max(tariff.max_weight_g for tariff in tariffs) // BRACKET_G)
        self.parcel: Final = np.full((len(served), self.last_day + 1, len(warehouses), self.brackets + 1), NEVER, np.int64)
        self.limit_g: Final = np.zeros((len(served), len(warehouses)), np.int64)
        self._rates: dict[tuple[str, str], list[tuple[Tariff, Rate]]] = {}
        self._offers: dict[tuple[str, str, int, int], list[Offer]] = {}
        self._lanes: dict[tuple[int, int], Lane] = {}
        for w, warehouse in enumerate(warehouses):
            for c, country in enumerate(served):
                self._price(w, warehouse, c, country, tariffs)
        self.several: Final = _bound_of_several(self.parcel, self.costs.per_split)
        self.least_limit_g: Final = int(self.limit_g[self.limit_g > 0].min())

    def _price(self, w: int, warehouse: Warehouse, c: int, country: str, tariffs: Sequence[Tariff]) -> None:
        """Fill the tables for one warehouse and one country; heavier than any carrier takes means several parcels."""
        found = [(tariff, tariff.rates.get(f"{warehouse.country}>{country}") or tariff.rates.get(country)) for tariff in tariffs]
        rates = [(tariff, rate) for tariff, rate in found if rate is not None]
        if not rates:
            return
        self._rates[warehouse.id, country] = rates
        k = np.arange(1, self.brackets + 1)
        day = np.arange(self.last_day + 1)[:, None]
        table = np.full((self.last_day + 1, self.brackets), NEVER, np.int64)
        for tariff, rate in rates:
            price = np.where(
                k * BRACKET_G <= tariff.max_weight_g, rate.base + rate.per_kg * ((k * BRACKET_G + 999) // 1000), NEVER
            )
            table = np.minimum(table, price + LATE * np.maximum(0, min(rate.days, LONGEST_DAYS) - day))
        table += warehouse.handling + round(self.costs.per_100_km * distance_km(warehouse, country) / 100)
        heaviest = max(tariff.max_weight_g for tariff, _ in rates) // BRACKET_G
        full, rest = np.divmod(k - 1, heaviest)
        self.parcel[c, :, w, 1:] = full * table[:, [heaviest - 1]] + table[:, rest]
        self.limit_g[c, w] = heaviest * BRACKET_G

    def lane(self, c: int, d: int) -> Lane:
        """All ways to country `c` within `d` days, worked out when first asked for."""
        lane = self._lanes.get((c, d))
        if lane is None:
            lane = self._lanes[c, d] = Lane(self.parcel[c, d], self.limit_g[c].tolist(), self.costs.per_split)
        return lane

    def cheapest(self, warehouse: str, country: str, weight_g: int, days: int) -> list[Offer]:
        """Carriers for one parcel that keep `days`, cheapest first; if none does, the late ones, soonest first.

        Empty where no carrier takes this parcel: country not served, or too heavy.
        """
        bracket = max(1, -(-weight_g // BRACKET_G))
        key = (warehouse, country, min(bracket, self.brackets + 1), max(0, min(days, self.last_day)))
        offers = self._offers.get(key)
        if offers is None:
            able = [
                Offer(tariff.carrier, rate.base + rate.per_kg * ((bracket * BRACKET_G + 999) // 1000), rate.days)
                for tariff, rate in self._rates.get((warehouse, country), [])
                if bracket * BRACKET_G <= tariff.max_weight_g
            ]
            kept = [offer for offer in able if min(offer.days, LONGEST_DAYS) <= key[3]]
            by_price = sorted(kept, key=lambda offer: (offer.cost, offer.days, offer.carrier))
            offers = self._offers[key] = by_price or sorted(able, key=lambda offer: (offer.days, offer.cost, offer.carrier))
        return offers


def parcels_cost(by_bracket: Sequence[int], weight_g: int) -> int:
    """What `weight_g` costs by the prices of 1, 2, … brackets; heavier than the last bracket means several parcels."""
    full, rest = divmod(-(-weight_g // BRACKET_G) - 1, len(by_bracket) - 1)
    return full * by_bracket[-1] + by_bracket[rest + 1]


def _check(warehouses: Sequence[Warehouse], tariffs: Sequence[Tariff]) -> None:
    if not warehouses or not any(tariff.rates for tariff in tariffs):
        raise ValueError("sourcing needs at least one warehouse and one carrier's tariff with a rate")
    for kind, names in (("warehouse", [w.id for w in warehouses]), ("carrier", [tariff.carrier for tariff in tariffs])):
        if len(set(names)) < len(names):
            raise ValueError(f"two entries for one {kind} among {', '.join(names)}: keep one")
    currencies = {tariff.currency for tariff in tariffs}
    if len(currencies) > 1:
        raise ValueError(f"tariffs in {', '.join(sorted(currencies))} cannot be compared: convert them into one currency")
    for tariff in tariffs:
        if tariff.max_weight_g < BRACKET_G:
            raise ValueError(f"{tariff.carrier} takes {tariff.max_weight_g} g at most: a tariff has to reach {BRACKET_G} g")
        for key, rate in tariff.rates.items():
            if min(rate.base, rate.per_kg, rate.days) < 0 or rate.base + rate.per_kg > _DEAREST:
                raise ValueError(
                    f"the rate of {tariff.carrier} to {key} is below zero or beyond {_DEAREST}: correct the rate card"
                )


def _cheapest_sums(some: Table, other: Table) -> Table:
    """The cheapest way to divide k brackets over two parcels, over [..., k]; what weighs one bracket still fills two parcels."""
    last = some.shape[-1] - 1
    sums = np.broadcast_to(some + other, np.broadcast_shapes(some.shape, other.shape)) + 4 * NEVER
    for a in range(1, last):
        np.minimum(sums[..., a + 1 :], some[..., [a]] + other[..., 1 : last - a + 1], out=sums[..., a + 1 :])
    sums[..., :2] = sums[..., [2]]
    return sums


def _bound_of_several(parcel: Table, per_split: int) -> Table:
    """What k brackets sent from two or three warehouses cost at least, over [country, day, k].

    Two bounds, of which the higher holds: the two cheapest warehouses with the lightest parcels; and the cheapest division of
    the brackets over two or three parcels, each from whichever warehouse is cheapest for it.
    """
    cheapest = parcel.min(axis=2)
    two = _cheapest_sums(cheapest, cheapest)
    three = _cheapest_sums(cheapest, two)
    lightest = np.sort(parcel[..., 1], axis=2)[..., :2].sum(axis=2)  # of a single warehouse alone still a bound
    return np.maximum(np.minimum(two + per_split, three + 2 * per_split), lightest[..., None] + per_split)
