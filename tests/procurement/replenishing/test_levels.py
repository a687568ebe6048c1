"""When to order: the critical ratio and the reorder level against textbook values."""

from statistics import NormalDist

import numpy as np
import pytest

from afterclick.procurement.replenishing.costs import Costs
from afterclick.procurement.replenishing.demand import quantile
from afterclick.procurement.replenishing.levels import critical_ratio, reorder_levels
from tests.procurement.replenishing.shop import demand

KEEPS = Costs(order_line=300, written_off=0.0)


def levels(costs: Costs = KEEPS, *, mean: float = 100.0, quantity: float = 400.0, margin: float = 500.0, life: float = np.inf):
    known = demand([mean], variation=0.2)
    return reorder_levels(
        known, known.grid(3.0), np.array([quantity]), unit_cost=np.array([500.0]), margin=np.array([margin]), costs=costs,
        life=np.array([life]),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("underage", "overage", "ratio"), [(1.0, 1.0, 0.5), (0.49, 0.2, 0.7101), (9.0, 1.0, 0.9), (0.0, 1.0, 0.0)]
)
def test_the_critical_ratio_is_the_newsvendors(underage: float, overage: float, ratio: float) -> None:
    assert critical_ratio(np.array([underage]), np.array([overage]))[0] == pytest.approx(ratio, abs=1e-4)


def test_a_newsvendor_with_normal_demand_stocks_the_textbooks_quantity() -> None:
    # Mean 300 (three weeks of 100), deviation 34.6; underage 3, overage 1: the 75 % quantile, mean + 0.674 deviations.
    found = quantile(demand([100.0], variation=0.2).grid(3.0), critical_ratio(np.array([3.0]), np.array([1.0])))
    assert found[0] == pytest.approx(NormalDist(300, 34.64).inv_cdf(0.75), rel=0.002)


def test_without_obsolescence_the_ratio_is_that_of_the_lost_sales_rule() -> None:
    # Hadley and Whitin: 1 − ratio = hQ / (hQ + margin × yearly demand), here 0.4 × 500 × 400 / (80,000 + 500 × 5,200).
    found = levels()
    assert found.ratio[0] == pytest.approx(1 - 80_000 / (80_000 + 2_600_000), rel=1e-3)
    assert found.obsolescence[0] == 0


def test_what_may_be_left_over_lowers_the_level() -> None:
    soon = Costs(order_line=300, written_off=0.3, cleared=0, review_in=3)
    assert levels(soon).level[0] < levels(Costs(order_line=300, written_off=0.3, cleared=0, review_in=26)).level[0]
    assert levels(soon).obsolescence[0] > 0.3 * 500 * 0.5


def test_an_item_at_the_end_of_its_life_is_stocked_for_what_it_will_still_sell() -> None:
    writes_off = Costs(order_line=300, written_off=1.0)
    assert levels(writes_off, life=1.0).level[0] < 0.9 * levels(writes_off).level[0]


def test_a_larger_margin_never_lowers_the_level() -> None:
    found = [levels(Costs(order_line=300), margin=margin).level[0] for margin in (10, 100, 500, 5_000)]
    assert found == sorted(found)


def test_nothing_that_sells_is_not_stocked() -> None:
    assert levels(mean=0.0).level[0] == 0
