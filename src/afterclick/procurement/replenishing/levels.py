"""When to order: the reorder level at which the next piece costs as much as the sale that it saves."""

from dataclasses import dataclass

import numpy as np

from afterclick.procurement.forecasting.panel import Numbers
from afterclick.procurement.replenishing.costs import Costs
from afterclick.procurement.replenishing.demand import Demand, chance, quantile

_ROUNDS = 4
"""The level and the chance of being left with a piece of it depend on each other; after four halvings they agree to a piece."""


@dataclass(frozen=True)
class Levels:
    """Reorder levels, an array per item: order when the position is below `level`.

    `ratio` is the critical ratio, that is the chance with which the level covers demand until the next delivery but one could
    be there. `holding` and `obsolescence` are the two parts of what one piece too many costs, in money.
    """

    level: Numbers
    ratio: Numbers
    holding: Numbers
    obsolescence: Numbers


def critical_ratio(underage: Numbers, overage: Numbers) -> Numbers:
    """The share of demand outcomes to be ready for: underage / (underage + overage), the newsvendor's answer (Arrow, Harris and
    Marschak 1951)."""
    return underage / np.maximum(underage + overage, 1e-12)


def reorder_levels(
    demand: Demand, until: Numbers, quantity: Numbers, *, unit_cost: Numbers, margin: Numbers, costs: Costs,
    life: Numbers | None = None,
) -> Levels:  # fmt: skip
    """The reorder level of each item.

    Underage is the margin that a missing piece loses. Overage is what one more piece of safety stock costs in one cycle: it is
    held for as long as an order lasts (so that this is the lost-sales rule of Hadley and Whitin 1963: overage = holding ×
    quantity / demand), and with some chance it is among what a stock review writes off, `Costs.reviews`.

    Args:
        demand: over spans of periods.
        until: quantiles at `demand.GRID` of the demand until a delivery of the order after this one could be there: lead time
            plus one review period.
        quantity: pieces of a usual order.
        unit_cost, margin: money a piece.
        costs: rates.
        life: periods for which each item is still sold; infinite where no end is known.
    """
    rate = np.maximum(demand.rate, 1e-6)
    holding = costs.held * unit_cost * np.minimum(quantity / rate, 10 * costs.year)
    moments = costs.reviews(len(rate), life)
    grids = [demand.grid(at) for at, _ in moments]
    level, left = quantile(until, critical_ratio(margin, holding)), np.zeros(len(rate))
    ratio = critical_ratio(margin, holding)
    for _ in range(_ROUNDS):
        left = sum((chance(grid, level - spared * rate) for grid, (_, spared) in zip(grids, moments, strict=True)), left * 0)
        left = left / len(moments)
        ratio = critical_ratio(margin, holding + costs.written_off * unit_cost * left)
        level = (level + quantile(until, ratio)) / 2
    return Levels(level, ratio, holding, costs.written_off * unit_cost * left)
