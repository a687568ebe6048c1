"""A shop that replays past demand under a policy: goods arrive, sales are served or lost, costs add up."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from afterclick.procurement.forecasting.panel import Numbers
from afterclick.procurement.replenishing.backtest.season import Season, recent_mean
from afterclick.procurement.replenishing.costs import Costs

Policy = Callable[[int, Numbers], Numbers]
"""Pieces to order of each item, given the period of the season (0 the first) and the positions at its start."""


@dataclass(frozen=True)
class Supply:
    """How goods come: the order of a period arrives `lead` periods later, and with the chance `late` one period after that.

    With the chance `partial` only half of a delivery comes, and the rest a period later. `moq` and `pack` are pieces.
    """

    lead: int = 2
    moq: int = 12
    pack: int = 6
    late: float = 0.0
    partial: float = 0.0
    seed: int = 1


@dataclass(frozen=True)
class Outcome:
    """What a policy cost over a season, in the money of its prices, and how it served.

    `fill` is the share of wanted pieces that were served, `turns` the cost of goods sold in a year over the mean stock,
    `obsolete` the cost of goods that the stock review at the end found to be too many, of which `written_off` is lost.
    """

    ordering: float
    holding: float
    lost: float
    written_off: float
    fill: float
    turns: float
    obsolete: float
    lines: int
    stock: float

    @property
    def cost(self) -> float:
        return self.ordering + self.holding + self.lost + self.written_off


def replay(season: Season, policy: Policy, costs: Costs, supply: Supply) -> Outcome:
    """Run the season under a policy. Each period: goods arrive, the policy orders, demand is served from what is there or lost.

    The first `supply.lead` periods are not charged: no policy can change them. At the end, stock and orders under way beyond
    `costs.cleared` periods of the mean demand of the last 13 are written off in part.
    """
    wanted, dice = season.wanted, np.random.default_rng(supply.seed)
    items, periods = wanted.shape
    there = season.opening.copy()
    coming = np.zeros((items, supply.lead + 3))
    lost, held, pieces, stock, served = 0.0, 0.0, 0.0, 0.0, 0.0
    sold_cost, lines = 0.0, 0
    for period in range(periods):
        there += coming[:, 0]
        coming = np.column_stack([coming[:, 1:], np.zeros(items)])
        ordered = policy(period, there + coming.sum(axis=1))
        _send(coming, ordered, supply, dice)
        sold = np.minimum(there, wanted[:, period])
        there = there - sold
        if period < supply.lead:
            continue
        lines += int((ordered > 0).sum())
        lost += float(((wanted[:, period] - sold) * season.margin).sum())
        held += float((there * season.unit_cost).sum())
        pieces, served = pieces + float(wanted[:, period].sum()), served + float(sold.sum())
        sold_cost += float((sold * season.unit_cost).sum())
    charged = periods - supply.lead
    stock = held / max(charged, 1)
    spared = costs.cleared * recent_mean(np.nan_to_num(season.panel.demand), len(season.panel.starts))
    obsolete = float((np.maximum(there + coming.sum(axis=1) - spared, 0) * season.unit_cost).sum())
    return Outcome(
        costs.order_line * lines, held * costs.held, lost, obsolete * costs.written_off, served / max(pieces, 1e-9),
        sold_cost / max(stock, 1e-9) * costs.year / max(charged, 1), obsolete, lines, stock,
    )  # fmt: skip


def _send(coming: Numbers, ordered: Numbers, supply: Supply, dice: np.random.Generator) -> None:
    """Put an order on its way; `coming` is items × periods until it arrives, the first being the next."""
    if not supply.late and not supply.partial:
        coming[:, supply.lead - 1] += ordered
        return
    rows = np.arange(len(ordered))
    at = supply.lead - 1 + (dice.random(len(ordered)) < supply.late)
    rest = np.where(dice.random(len(ordered)) < supply.partial, np.floor(ordered / 2), 0)
    coming[rows, at] += ordered - rest
    coming[rows, at + 1] += rest
