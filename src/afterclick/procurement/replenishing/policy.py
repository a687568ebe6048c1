"""The rules that hold for each item until the next look: when it is ordered, and how much."""

from dataclasses import dataclass

import numpy as np

from afterclick.procurement.forecasting.panel import Numbers
from afterclick.procurement.replenishing.classes import classes, reviews
from afterclick.procurement.replenishing.costs import Costs
from afterclick.procurement.replenishing.demand import Demand, quantile
from afterclick.procurement.replenishing.levels import Levels, reorder_levels
from afterclick.procurement.replenishing.quantities import best_quantity, on_top
from afterclick.procurement.replenishing.situation import Situation


@dataclass(frozen=True)
class Policy:
    """What was worked out for every row, ordered or not; arrays over the rows of the situation.

    `until` are the quantiles of demand until the order after this one could be there, `span` its mean length in periods,
    `usual` the usual order, of which `on_top` comes on top of the level, `review` the periods between two looks.
    """

    levels: Levels
    until: Numbers
    span: Numbers
    usual: Numbers
    on_top: Numbers
    review: Numbers
    item_classes: tuple[str, ...]


def policy(now: Situation, demand: Demand, costs: Costs, *, days: float = 7.0, review_days: float | None = None) -> Policy:
    """Reorder levels and usual orders of all rows. `days` are those of a period; `review_days` lie between two looks at every
    row, None where each class has its own weeks."""
    weekly = demand.grid(1.0)
    mean = np.maximum(demand.rate, 0)
    spread = (quantile(weekly, 0.84) - quantile(weekly, 0.16)) / 2
    found = classes(mean * costs.year * now.buying.unit_cost, mean, spread)
    review = (reviews(found) * 7.0 if review_days is None else np.full(len(found), review_days)) / days
    until = demand.over(now.lead + review[:, None])
    base = np.minimum(np.maximum(now.position, 0), quantile(until, 0.9))
    usual = best_quantity(demand, base, now.buying, costs, now.life)
    levels = reorder_levels(
        demand, until, usual, unit_cost=now.buying.unit_cost, margin=now.margin, costs=costs, life=now.life
    )  # fmt: skip
    return Policy(levels, until, now.lead.mean(axis=1) + review, usual, on_top(usual, demand, review), review, found)
