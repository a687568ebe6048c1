"""The policies that ours is measured against, as textbooks and shops have them."""

from typing import Final

import numpy as np

from afterclick.procurement.forecasting.panel import Numbers
from afterclick.procurement.replenishing.backtest.season import Season, recent_mean
from afterclick.procurement.replenishing.backtest.world import Policy, Supply
from afterclick.procurement.replenishing.costs import Costs
from afterclick.procurement.replenishing.normal import score_of
from afterclick.procurement.replenishing.quantities import economic_quantity, packed

MIN_PERIODS: Final = 3
MAX_PERIODS: Final = 4
"""Minimum and maximum cover so many periods, and so many more, of mean demand."""
_WEIGHTS: Final = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6)
_SPREAD: Final = 26


def min_max(season: Season, supply: Supply, *, knob: float = 1.0, recomputed: bool = False) -> Policy:
    """Order up to the maximum at the minimum: set once from the 13 periods before the season, or anew every period.

    `knob` multiplies the minimum.
    """
    once = recent_mean(season.panel.demand, season.first)

    def order(period: int, position: Numbers) -> Numbers:
        mean = recent_mean(season.panel.demand, season.first + period) if recomputed else once
        least = MIN_PERIODS * knob * mean
        short = (position <= least) & (mean > 0)
        return np.where(short, _packs(least + MAX_PERIODS * mean - position, supply), 0)

    return order


def textbook(season: Season, supply: Supply, costs: Costs, *, knob: float = 1.0, holding: float | None = None) -> Policy:
    """(s, S) with normally distributed demand and the economic order quantity, looked at every period.

    Mean by exponential smoothing (the weight with the least squared error so far), deviation of the last 26 periods. s covers
    lead time and review at the lost-sales ratio 1 − holding × Q / (holding × Q + margin × demand) (Hadley and Whitin 1963;
    Silver, Pyke and Peterson 1998), and S = s + Q. `knob` multiplies the safety stock; `holding` replaces the yearly rate of
    `costs`.
    """
    rate = costs.holding if holding is None else holding
    until = supply.lead + 1

    def order(period: int, position: Numbers) -> Numbers:
        at = season.first + period
        past = season.panel.demand[:, max(0, at - _SPREAD) : at]
        mean = np.maximum(_smoothed(np.nan_to_num(season.panel.demand[:, max(0, at - 52) : at])), 1e-9)
        yearly = mean * costs.year
        quantity = economic_quantity(yearly, costs.order_line, rate * season.unit_cost)
        overage, underage = rate * season.unit_cost * quantity, season.margin * yearly
        safety = score_of(underage / (underage + overage)) * np.nanstd(past, axis=1) * np.sqrt(until)
        level = until * mean + knob * safety
        return np.where(position < level, _packs(level + quantity - position, supply), 0)

    return order


def _packs(pieces: Numbers, supply: Supply) -> Numbers:
    return packed(np.maximum(pieces, 0), np.full(len(pieces), float(supply.moq)), np.full(len(pieces), float(supply.pack)))


def _smoothed(past: Numbers) -> Numbers:
    """Simple exponential smoothing, items at once, with each item's best weight."""
    start: Numbers = past[:, :8].mean(axis=1)
    best: Numbers = start.copy()
    least: Numbers = np.full(len(past), np.inf)
    for weight in _WEIGHTS:
        level, squared = start.copy(), np.zeros(len(past))
        for one in range(8, past.shape[1]):
            squared = squared + (past[:, one] - level) ** 2
            level = level + weight * (past[:, one] - level)
        best, least = np.where(squared < least, level, best), np.minimum(least, squared)
    return best
