"""A cost below which no plan exists: budget and minimums priced instead of kept, so that every need is decided alone.

Lagrangian relaxation: for prices λ ≥ 0 of the budget and μ ≥ 0 of each vendor's minimum, the least of cost + λ·outlay − μ·value
over all ways, need by need, is never above the cost of a plan that keeps all limits (Fisher, Management Science 27(1), 1981).
"""

import time
from dataclasses import dataclass
from typing import Final

import numpy as np

from afterclick.procurement.vendors.grid import SLACK, Grid, Truths
from afterclick.procurement.vendors.landed import Indexes, Numbers

HALVINGS: Final = 40
"""Of the interval that holds the budget's price: beyond what the money's unit can tell."""
STEPS: Final = 80
"""Of the search for the minimums' prices."""
PATIENCE: Final = 6
"""Steps without a better bound after which the stride is halved."""


@dataclass(frozen=True)
class Relaxed:
    """`bound` holds for every plan that buys from no closed vendor and from every decided one. `pick` is its cheapest plan at
    these prices; `price` the worth of one more minor unit of budget."""

    bound: float
    pick: Indexes
    price: float


@dataclass(frozen=True)
class _Side:
    """The relaxed plan at some prices: its bound, and how far each limit is missed (positive: broken)."""

    bound: float
    pick: Indexes
    over: float
    short: Numbers


class Relaxation:
    """The relaxed choice among `open_` vendors, of which the `decided` ones are used for certain and paid for."""

    def __init__(self, table: Grid, open_: Truths, decided: Truths) -> None:
        self._table = table
        self._cost = np.where(np.append(open_, True)[table.vendor], table.cost, np.inf)
        certain = decided & np.isinf(table.free_from)
        self._freight = float(table.freight[certain].sum())
        self._fixed = float(table.once[decided].sum()) + self._freight
        self._minimum = np.where(decided, table.minimum, 0.0)

    def solve(self, *, target: float, until: float) -> Relaxed:
        """The best bound found by `until` (`time.perf_counter`); `target` is the cost of the best plan known."""
        best = self._at(0.0, np.zeros_like(self._minimum))
        price = 0.0
        if best.over > SLACK:
            price, best = self._budget_price(best, until)
        if (best.short > SLACK).any():
            price, best = self._minimums(price, best, target, until)
        return Relaxed(best.bound, best.pick, price)

    def _at(self, price: float, premium: Numbers) -> _Side:
        table = self._table
        reduced = self._cost + price * table.outlay if price else self._cost
        if premium.any():
            reduced = reduced - np.append(premium, 0.0)[table.vendor] * table.value
        pick = reduced.argmin(axis=1)
        values = table.by_vendor(pick)
        short = self._minimum - values
        over = float(table.at(table.outlay, pick).sum()) + self._freight - table.budget
        bound = float(table.at(reduced, pick).sum()) + self._fixed + float(premium @ self._minimum)
        bound += price * (self._freight - table.budget) if price else 0.0
        return _Side(bound, pick, over, np.where(self._minimum > 0, short, 0.0))

    def _budget_price(self, free: _Side, until: float) -> tuple[float, _Side]:
        """The price at which the budget is just kept, and the plan there: the dual's top is where the excess changes sign."""
        none = np.zeros_like(self._minimum)
        low, high, kept = 0.0, 1.0, self._at(1.0, none)
        while kept.over > SLACK and high < 1e9:
            low, high = high, high * 4
            kept = self._at(high, none)
        bound = max(free.bound, kept.bound)
        for _ in range(HALVINGS):
            if time.perf_counter() > until:
                break
            middle = (low + high) / 2
            side = self._at(middle, none)
            bound = max(bound, side.bound)
            if side.over > SLACK:
                low = middle
            else:
                high, kept = middle, side
        return high, _Side(bound, kept.pick, kept.over, kept.short)

    def _minimums(self, price: float, start: _Side, target: float, until: float) -> tuple[float, _Side]:
        """Subgradient ascent with Polyak's stride towards the best known plan, over the budget's and the minimums' prices."""
        premium, best, best_price = np.zeros_like(self._minimum), start, price
        side, stride, waited = self._at(price, premium), 1.0, 0
        for _ in range(STEPS):
            over = side.over if np.isfinite(side.over) and (price > 0 or side.over > 0) else 0.0
            slope = np.where((premium > 0) | (side.short > 0), side.short, 0.0)
            steepness = over * over + float(slope @ slope)
            if steepness <= SLACK or time.perf_counter() > until:
                break
            reach = stride * max(target - side.bound, abs(target) * 1e-6) / steepness
            price, premium = max(0.0, price + reach * over), np.maximum(0.0, premium + reach * slope)
            side = self._at(price, premium)
            if side.bound > best.bound:
                best, best_price, waited = side, price, 0
            else:
                waited += 1
                if waited >= PATIENCE:
                    stride, waited = stride / 2, 0
        return best_price, best
