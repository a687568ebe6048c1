"""What the customers of a pretend company want day by day: seasons, trends, slow sellers, new and fading ones, and spikes."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from afterclick.domain.catalogue import Item

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

KINDS: Final = ("steady", "seasonal", "slow", "rising", "fading", "new")
_SHARES: Final = (0.35, 0.25, 0.17, 0.09, 0.09, 0.05)
WEEK: Final = (1.15, 1.05, 1.0, 0.95, 1.0, 0.85, 1.0)
"""Monday to Sunday, against the mean day."""
NEW_DAYS: Final = 70
"""So long before the days that count, what is new was first sold."""
SPIKED: Final = 0.12
"""Share of the SKUs that have a spike: two to four times the usual demand for 4 to 10 days, told to nobody beforehand."""
_CATEGORIES: Final = ("kitchen", "garden", "toys", "tea", "candles", "stationery", "lamps", "gifts")
_LINE: Final = (0.70, 0.20, 0.10)
"""Shares of order lines with one, two and three pieces."""


class Spike(NamedTuple):
    """Demand of a SKU (its row) is `times` the usual from day `first` on, for so many days."""

    row: int
    first: int
    days: int
    times: float


class Wants(NamedTuple):
    """An order that a customer will place on a day: the second of the day, and (row, pieces) lines."""

    second: int
    lines: tuple[tuple[int, int], ...]


class Demand:
    """A year and more of demand for some SKUs: `pieces` is SKUs × days, of which the first `past` are over.

    The same seed gives the same demand. `costs` are what a piece costs to buy, in minor units, before any vendor's own price;
    `items` the SKUs themselves. Spikes come in the days that are not over.
    """

    def __init__(self, *, seed: int, skus: int, past: int, days: int, pieces_per_day: float = 2.0, weekday: int = 0) -> None:
        if skus < 1 or past < NEW_DAYS or days < 1:
            raise ValueError(f"demand needs at least a SKU, {NEW_DAYS} days that are over and one to come")
        self._seed = seed
        self.past, self.days = past, days
        rng = np.random.default_rng((seed, 21))
        kinds: Ints = rng.choice(len(KINDS), size=skus, p=_SHARES)
        numbers: list[int] = kinds.tolist()
        self.kinds = tuple(KINDS[kind] for kind in numbers)
        self.costs: Ints = np.clip(rng.lognormal(np.log(700), 0.6, skus), 80, 6_000).astype(np.int64)
        self.items = _items(rng, self.costs)
        usual = pieces_per_day * rng.lognormal(-0.32, 0.8, skus)  # a mean of 1
        usual = np.where(kinds == KINDS.index("slow"), usual * 0.06, usual)
        rate = usual[:, None] * _course(rng, kinds, past, past + days)
        rate *= np.array(WEEK)[(np.arange(past + days) + weekday) % 7]
        self.spikes = _spikes(rng, skus, past, days)
        for one in self.spikes:
            rate[one.row, one.first : one.first + one.days] *= one.times
        unsteady = rng.gamma(4.0, 0.25, rate.shape)  # a variance of a quarter of the squared mean, on top of Poisson's
        self.pieces: Ints = rng.poisson(rate * unsteady).astype(np.int64)

    def orders(self, day: int) -> Iterator[Wants]:
        """The orders of a day, earliest first: one or two lines, of one to three pieces each."""
        rng = np.random.default_rng((self._seed, 22, day))
        lines: list[tuple[int, int]] = []
        for row in np.flatnonzero(self.pieces[:, day]).tolist():
            left = int(self.pieces[row, day])
            while left:
                some = min(left, 1 + int(rng.choice(3, p=_LINE)))
                lines.append((row, some))
                left -= some
        lines = [lines[at] for at in rng.permutation(len(lines)).tolist()]
        baskets: list[tuple[tuple[int, int], ...]] = []
        while lines:
            taken = 2 if len(lines) > 1 and rng.random() < 0.3 and lines[-1][0] != lines[-2][0] else 1
            baskets.append(tuple(lines[-taken:]))
            del lines[-taken:]
        seconds = np.sort(rng.integers(0, 86_400, len(baskets))).tolist()
        yield from (Wants(second, basket) for second, basket in zip(seconds, baskets, strict=True))


def _items(rng: np.random.Generator, costs: Ints) -> tuple[Item, ...]:
    """Each sells for one and three quarters to two and a half times its cost."""
    prices = (costs * rng.uniform(1.75, 2.5, len(costs))).astype(np.int64)
    weights = rng.integers(80, 1_500, len(costs))
    category: list[int] = rng.integers(0, len(_CATEGORIES), len(costs)).tolist()
    return tuple(
        Item(f"Q-{row + 1:04d}", f"{_CATEGORIES[category[row]].capitalize()} no. {row + 1}", _CATEGORIES[category[row]],
             weight_g=int(weights[row]), price=int(prices[row]))
        for row in range(len(costs))
    )  # fmt: skip


def _course(rng: np.random.Generator, kinds: Ints, past: int, days: int) -> Floats:
    """How demand goes over the days, SKUs × days: 1 is usual."""
    at = np.arange(days)
    course = np.ones((len(kinds), days))
    numbers: list[int] = kinds.tolist()
    for row, kind in enumerate(numbers):
        name = KINDS[kind]
        if name == "seasonal":
            swing, peak = rng.uniform(0.3, 0.7), rng.integers(0, 365)
            course[row] = 1 + swing * np.cos(2 * np.pi * (at - peak) / 365)
        elif name == "rising":
            course[row] = np.exp((at - past) / 365 * rng.uniform(0.4, 0.9))
        elif name == "fading":
            course[row] = np.exp(-np.maximum(at - past + 120, 0) / 365 * rng.uniform(1.0, 3.0))
        elif name == "new":
            course[row] = at >= past - NEW_DAYS
    return course


def _spikes(rng: np.random.Generator, skus: int, past: int, days: int) -> tuple[Spike, ...]:
    rows = rng.permutation(skus)[: round(SPIKED * skus)].tolist()
    return tuple(
        Spike(row, past + int(rng.integers(0, max(1, days - 4))), int(rng.integers(4, 11)), float(rng.uniform(2, 4)))
        for row in rows
    )
