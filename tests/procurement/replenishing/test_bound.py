"""The clairvoyant bound against a published lot-sizing example and brute force."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from afterclick.procurement.replenishing.backtest.bound import least_cost


def brute_force(demand: list[int], order_cost: float, holding: float, lost: float, first: int) -> float:
    """The least cost over every choice of periods with an order and of periods that are lost."""
    periods = range(len(demand))
    best = float("inf")
    for ordered in product((0, 1), repeat=len(demand)):
        if any(ordered[:first]):
            continue
        cost = order_cost * sum(ordered)
        for period in periods:
            starts = [start for start in periods if ordered[start] and start <= period]
            serve = (period - starts[-1]) * holding * demand[period] if starts else float("inf")
            cost += min(serve, lost * demand[period])
        best = min(best, cost)
    return best


def test_silver_and_petersons_example_costs_501_20() -> None:
    demand = np.array([[10.0, 62, 12, 130, 154, 129, 88, 52, 124, 160, 238, 41]])
    assert least_cost(demand, 54.0, np.array([0.4]), np.array([1e6]))[0] == pytest.approx(501.20)


@given(
    demand=some.lists(some.integers(0, 20), min_size=1, max_size=7), order_cost=some.integers(0, 40), first=some.integers(0, 2)
)  # fmt: skip
def test_no_choice_of_orders_and_losses_costs_less(demand: list[int], order_cost: int, first: int) -> None:
    found = least_cost(np.array([demand], dtype=float), order_cost, np.array([0.5]), np.array([4.0]), first_arrival=first)[0]
    assert found == pytest.approx(brute_force(demand, order_cost, 0.5, 4.0, first))


def test_periods_free_of_charge_cost_nothing_to_lose() -> None:
    demand = np.array([[9.0, 9.0]])
    assert least_cost(demand, 5.0, np.array([1.0]), np.array([9.0]), first_arrival=2, charged_from=1)[0] == 81
