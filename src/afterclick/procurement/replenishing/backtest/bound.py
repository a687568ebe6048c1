"""A cost that no policy can beat: ordering with every future sale known, item by item."""

import numpy as np

from afterclick.procurement.forecasting.panel import Numbers
from afterclick.procurement.replenishing.backtest.season import Season
from afterclick.procurement.replenishing.backtest.world import Supply
from afterclick.procurement.replenishing.costs import Costs


def clairvoyant(season: Season, costs: Costs, supply: Supply) -> float:
    """The least cost with perfect foresight: without minimum, packs and write-off, with the same lead time, opening stock and
    uncharged periods, so that it is a true lower bound, and a loose one."""
    wanted = season.wanted
    drawn = np.cumsum(wanted, axis=1)
    left = np.maximum(season.opening[:, None] - drawn, 0)
    before = np.maximum(season.opening[:, None] - (drawn - wanted), 0)
    opening_held = float((left[:, supply.lead :] * season.unit_cost[:, None]).sum()) * costs.held
    short = np.maximum(wanted - before, 0)
    return opening_held + float(
        least_cost(
            short, costs.order_line, season.unit_cost * costs.held, season.margin,
            first_arrival=supply.lead, charged_from=supply.lead, orders_charged_from=2 * supply.lead,
        ).sum()
    )  # fmt: skip


def least_cost(
    demand: Numbers, order_cost: float, holding: Numbers, lost: Numbers, *,
    first_arrival: int = 0, charged_from: int = 0, orders_charged_from: int = 0,
) -> Numbers:  # fmt: skip
    """The least cost of each item's known demand, any period of which may be lost instead (Wagner and Whitin 1958, with losing).

    Orders arrive at the start of a period and each serves the periods up to the next order. Some periods may be free of charge.

    Args:
        demand: items × periods.
        order_cost: money an order.
        holding: money a piece held over from one period to the next, per item.
        lost: money a piece not served, per item; at least what it costs to hold one over the whole time.
        first_arrival: no order arrives before this period.
        charged_from: demand lost before this period costs nothing.
        orders_charged_from: orders that arrive before this period cost nothing.
    """
    items, periods = demand.shape
    best = np.zeros((items, periods + 1))
    ages: Numbers = np.arange(float(periods))
    for end in range(1, periods + 1):
        cost = best[:, end - 1] + (lost * demand[:, end - 1] if end - 1 >= charged_from else 0)
        for start in range(first_arrival, end):
            held = demand[:, start:end] @ ages[: end - start] * holding
            cost = np.minimum(cost, best[:, start] + (order_cost if start >= orders_charged_from else 0) + held)
        best[:, end] = cost
    return best[:, periods]
