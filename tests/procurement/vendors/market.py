"""Small seeded markets for the tests of vendor choice: needs, offers, vendors, and tables of ways to buy."""

import itertools

import numpy as np

from afterclick.domain.purchase import Offer, PriceBreak, Vendor
from afterclick.procurement.vendors.grid import Grid, assess
from afterclick.procurement.vendors.needs import Need


def vendor(name: str = "A", lead_days: int = 0, **given) -> Vendor:
    return Vendor(name, f"Vendor {name}", lead_days=lead_days, **given)


def offer(vendor: str = "A", sku: str = "S", *breaks: tuple[int, int], **given) -> Offer:
    return Offer(vendor, sku, tuple(PriceBreak(*each) for each in breaks or ((1, 100),)), **given)


def need(sku: str = "S", pieces: int = 10, worth: int = 1_000_000, **given) -> Need:
    return Need(sku, pieces, worth, **given)


def random_table(seed: int, *, needs: int, vendors: int, ways: int) -> Grid:
    """A table in which vendors' orders, minimums, free deliveries and mostly a budget couple the needs."""
    dice = np.random.default_rng(seed)
    shape = (needs, ways + 1)
    cost, outlay, value = np.full(shape, np.inf), np.zeros(shape), np.zeros(shape)
    sellers, option = np.full(shape, vendors), np.full(shape, -1)
    tight = dice.choice([0.2, 1.0, 3.0])
    for row in range(needs):
        base = dice.uniform(1_000, 50_000)
        cost[row, 0] = base * dice.uniform(1.05, 2)
        for way in range(1, 1 + int(dice.integers(0, ways + 1))):
            factor = dice.uniform(0.8, 1.3) * dice.choice([1, 1, 1.5, 2])
            outlay[row, way], value[row, way] = np.ceil(base * factor), base * factor * 0.95
            cost[row, way] = base * dice.uniform(0.8, 1.3)
            sellers[row, way], option[row, way] = dice.integers(vendors), row * ways + way
    most = np.where(np.isfinite(cost), outlay, 0).max(axis=1).sum()
    return Grid(
        cost, outlay, value, sellers, option, dice.uniform(0, tight * 8_000, vendors),
        dice.integers(0, int(tight * 8_000) + 1, vendors).astype(float),
        np.where(dice.random(vendors) < 0.5, dice.uniform(20_000, 100_000, vendors), np.inf),
        dice.choice([0, 1], vendors) * dice.uniform(5_000, tight * 60_000 + 5_001, vendors),
        np.inf if dice.random() < 0.3 else most * dice.uniform(0.2, 0.9),
    )  # fmt: skip


def least_cost(table: Grid) -> float:
    """The cost of the best plan, by trying all of them."""
    ways = [np.flatnonzero(np.isfinite(row)) for row in table.cost]
    plans = (assess(table, np.array(pick)) for pick in itertools.product(*ways))
    return min(plan.cost for plan in plans if plan.feasible)
