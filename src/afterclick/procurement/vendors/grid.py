"""The choice as a table: a row per need, a column per way to meet it, and what couples the rows: vendors and the budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from afterclick.domain.purchase import Vendor
from afterclick.procurement.vendors.landed import Indexes, Numbers, Options
from afterclick.procurement.vendors.needs import Need, Terms

Truths = npt.NDArray[np.bool_]

SLACK: Final = 1e-6
"""Minor units by which rounding may miss a limit."""


@dataclass(frozen=True)
class Grid:
    """`cost`, `outlay`, `value`, `vendor` and `option` are needs × ways. Way 0 is to buy nothing; where a need has fewer ways
    than others, `cost` is infinite. Amounts in minor units of the plan's currency, `vendor` is the number of vendors where
    nobody is bought from.

    By vendor: `once` is what an order costs us, `freight` what its delivery costs, until the goods reach `free_from` (infinite
    where it is never free), `minimum` the least value of goods.
    """

    cost: Numbers
    outlay: Numbers
    value: Numbers
    vendor: Indexes
    option: Indexes
    once: Numbers
    freight: Numbers
    free_from: Numbers
    minimum: Numbers
    budget: float

    @property
    def vendors(self) -> int:
        return len(self.once)

    def at(self, table: Numbers, pick: Indexes) -> Numbers:
        """The entry of each row that a plan picks."""
        return table[np.arange(len(pick)), pick]

    def by_vendor(self, pick: Indexes) -> Numbers:
        """The value of goods that a plan buys from each vendor."""
        weights = self.at(self.value, pick)
        return np.bincount(self.vendor_at(pick), weights=weights, minlength=self.vendors + 1)[:-1].astype(np.float64)

    def vendor_at(self, pick: Indexes) -> Indexes:
        return self.vendor[np.arange(len(pick)), pick]


@dataclass(frozen=True)
class Assessed:
    """What a plan comes to. `values` are the goods by vendor, `short` how far each used vendor is below its minimum, `over` how
    far the plan is over the budget (negative: what is left)."""

    cost: float
    outlay: float
    values: Numbers
    used: Truths
    short: Numbers
    over: float

    @property
    def feasible(self) -> bool:
        return self.over <= SLACK and not bool((self.short > SLACK).any())


def grid(needs: Sequence[Need], found: Options, vendors: Sequence[Vendor], terms: Terms) -> Grid:
    """The table of a plan."""
    rows = len(needs)
    counts = np.bincount(found.need, minlength=rows)
    ways = 1 + (int(counts.max()) if len(counts) else 0)
    nobody = len(vendors)
    column = np.arange(len(found.need)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
    place = (found.need, column)
    cost = np.full((rows, ways), np.inf)
    outlay, value = np.zeros((rows, ways)), np.zeros((rows, ways))
    vendor, option = np.full((rows, ways), nobody, dtype=np.int64), np.full((rows, ways), -1, dtype=np.int64)
    cost[:, 0] = [max(0, need.worth) if need.pieces > 0 else 0 for need in needs]
    cost[place], outlay[place], value[place] = found.cost, found.outlay, found.value
    vendor[place], option[place] = found.vendor, np.arange(len(found.need))
    rates = np.array([terms.rate(one.currency) or 0.0 for one in vendors], dtype=np.float64)

    def each(name: str) -> Numbers:
        return rates * np.array([_amount(one, name) for one in vendors], dtype=np.float64)

    free_from = each("free_from")
    return Grid(
        cost, outlay, value, vendor, option, each("order_cost"), np.ceil(each("fixed") - SLACK),
        np.where(free_from > 0, free_from, np.inf), each("minimum_value"),
        np.inf if terms.budget is None else float(max(0, terms.budget)),
    )  # fmt: skip


def assess(table: Grid, pick: Indexes) -> Assessed:
    """What a plan costs, and which limits it breaks; `pick` is a way for each need."""
    chosen = table.vendor_at(pick)
    values = table.by_vendor(pick)
    used = np.bincount(chosen, minlength=table.vendors + 1)[:-1] > 0
    freight = np.where(used & (values < table.free_from), table.freight, 0.0).sum()
    outlay = float(table.at(table.outlay, pick).sum() + freight)
    cost = float(table.at(table.cost, pick).sum() + freight + table.once[used].sum())
    short = np.where(used, np.maximum(0.0, table.minimum - values), 0.0)
    return Assessed(cost, outlay, values, used, short, outlay - table.budget)


def _amount(vendor: Vendor, name: str) -> int:
    return getattr(vendor.freight if name in ("fixed", "free_from") else vendor, name)
