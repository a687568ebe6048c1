"""Our policy in a replay: reorder levels and quantities from forecasts that were made with what was known at the time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from afterclick.procurement.forecasting.combining import train
from afterclick.procurement.forecasting.panel import Numbers, Panel, Prediction
from afterclick.procurement.replenishing.backtest.season import Season
from afterclick.procurement.replenishing.backtest.world import Policy, Supply
from afterclick.procurement.replenishing.costs import Costs
from afterclick.procurement.replenishing.demand import Demand, of, quantile, steadied
from afterclick.procurement.replenishing.levels import reorder_levels
from afterclick.procurement.replenishing.quantities import Buying, best_quantity, to_order

MONTH: Final = 4
QUARTER: Final = 13
STEADY: Final = 4
"""Latest forecasts whose mean decides: a month's."""
TRAININGS: Final = 3


class Forecasting(Protocol):
    """What was learnt from a panel, and predicts from any later one."""

    def predict(self, panel: Panel) -> Prediction: ...


Learn = Callable[[Panel, Sequence[int]], Forecasting]
"""Learns from a panel, given the spans of periods to forecast as a whole."""


def learnt(panel: Panel, spans: Sequence[int]) -> Forecasting:
    """The office's own forecast, trained on a panel."""
    return train(panel, MONTH, spans=spans)


@dataclass(frozen=True)
class Forecasts:
    """The demand seen from the start of each period of a season, in order."""

    seen: tuple[Demand, ...]


def forecasts(season: Season, supply: Supply, *, trainings: int = TRAININGS, learn: Learn = learnt) -> Forecasts:
    """Train a few times over the season, always on the past only, and forecast at the start of each period."""
    spans = (supply.lead + 1, QUARTER) if not supply.late else (supply.lead + 1, supply.lead + 2, QUARTER)
    renewed = {round(at * season.periods / trainings) for at in range(trainings)}
    latest: list[Demand] = []
    steady: list[Demand] = []
    forecaster = learn(season.panel.upto(season.first), spans)
    for period in range(1 - STEADY, season.periods):
        at = season.first + period
        if period > 0 and period in renewed:
            forecaster = learn(season.panel.upto(at), spans)
        latest = [*latest[1 - STEADY :], of(forecaster.predict(season.panel.upto(at)))]
        if period >= 0:
            steady.append(steadied(latest))
    return Forecasts(tuple(steady))


def ours(
    season: Season, supply: Supply, costs: Costs, made: Forecasts, *, knob: float = 1.0, review_known: bool = True
) -> Policy:
    """Order to the level at the critical ratio, in the quantity with the least cost a piece.

    `knob` multiplies the overage: 1 is what the costs say, more keeps less stock. `review_known` says that the day of the stock
    review at the end of the season is known beforehand, as a shop knows its own; otherwise it comes within half a year.
    """
    moq, pack = np.full(len(season.unit_cost), supply.moq), np.full(len(season.unit_cost), supply.pack)
    buying = Buying(season.unit_cost, moq.astype(float), pack.astype(float))

    def order(period: int, position: Numbers) -> Numbers:
        left = season.periods - period
        now = replace(costs, review_in=float(left) if review_known else None)
        return _order(made.seen[period], position, buying, season.margin / knob, now, supply)

    return order


def _order(demand: Demand, position: Numbers, buying: Buying, margin: Numbers, costs: Costs, supply: Supply) -> Numbers:
    until = demand.over(_spans(len(position), supply))
    base = np.minimum(position, quantile(until, 0.9))
    usual = best_quantity(demand, base, buying, costs)
    levels = reorder_levels(demand, until, usual, unit_cost=buying.unit_cost, margin=margin, costs=costs)
    return to_order(position, levels.level, usual, buying, demand, 1.0)


def _spans(items: int, supply: Supply) -> Numbers:
    """Periods from an order until the one after it could be there: lead time as it spreads, and one review."""
    late = round(supply.late * 10)
    spread: Sequence[float] = [supply.lead + 1] * (10 - late) + [supply.lead + 2] * late
    return np.tile(np.array(spread, dtype=np.float64), (items, 1)) if late else np.full((items, 1), supply.lead + 1.0)
