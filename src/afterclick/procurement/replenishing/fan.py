"""The stock and cash that a plan leads to, simulated many times over demand and lead times."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from afterclick.procurement.forecasting.panel import Numbers, Prediction
from afterclick.procurement.replenishing.costs import DAYS, Costs
from afterclick.procurement.replenishing.demand import Demand, of, quantile
from afterclick.procurement.replenishing.normal import chance_of, score_of
from afterclick.procurement.replenishing.plan import Plan
from afterclick.procurement.replenishing.policy import Policy, policy
from afterclick.procurement.replenishing.quantities import packed
from afterclick.procurement.replenishing.situation import Situation

LEVELS: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
AT_ONCE: Final = 2_000
"""Rows simulated together, which bounds the memory."""


Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Fan:
    """Quantiles at `levels` over the runs, periods × levels, at the end of each period.

    `stock` is the cost of goods on hand, `cash` what has been earned less what has been paid for goods since today, both in
    minor units; `fill` is the share of wanted pieces served so far.
    """

    levels: tuple[float, ...]
    stock: Numbers
    cash: Numbers
    fill: Numbers


def fan(
    made: Plan, now: Situation, prediction: Prediction, costs: Costs, *, runs: int = 200, seed: int = 0, go_on: bool = True
) -> Fan:
    """Simulate the plan's proposals over the horizon of `prediction` (of the same rows).

    Demand of a period is drawn from its own quantiles; how much one period's luck stays with an item is set so that the demand
    of the longest span varies as forecast. What is proposed, and what is under way, arrives after a lead time drawn from the
    row's; goods are paid when they arrive. With `go_on` the same rules order on, each period. Transfers arrive at once.
    """
    dice = np.random.default_rng(seed)
    periods = prediction.mean.shape[1]
    stock, cash, served, wanted = (np.zeros((runs, periods)) for _ in range(4))
    pieces = {(one.sku, one.place): one.pieces for one in made.proposals}
    first = np.array([float(pieces.get((row.sku, row.place), 0)) for row in now.rows])
    moved = _moved(made, now)
    whole = of(prediction)
    # Here all is looked at once a period only, so that the levels must last that long, however often the office looks.
    rules = policy(now, whole, costs, review_days=DAYS["W"])
    for start in range(0, len(now.rows), AT_ONCE):
        rows = np.arange(start, min(start + AT_ONCE, len(now.rows)))
        drawn = _demand(prediction, whole, rows, runs, dice)
        _run(rules, now, rows, first[rows], moved[rows], drawn, costs, dice, (stock, cash, served, wanted), go_on=go_on)
    fill = np.where(np.cumsum(wanted, axis=1) > 0, np.cumsum(served, axis=1) / np.maximum(np.cumsum(wanted, axis=1), 1e-9), 1.0)
    return Fan(LEVELS, _quantiles(stock), _quantiles(np.cumsum(cash, axis=1)), _quantiles(fill))


def _quantiles(values: Numbers) -> Numbers:
    return np.quantile(values, LEVELS, axis=0).T


def _moved(made: Plan, now: Situation) -> Numbers:
    at = {(row.sku, row.place): number for number, row in enumerate(now.rows)}
    moved = np.zeros(len(now.rows))
    for one in made.transfers:
        moved[at[one.sku, one.start]] -= one.pieces
        moved[at[one.sku, one.end]] += one.pieces
    return moved


def _demand(prediction: Prediction, whole: Demand, rows: Rows, runs: int, dice: np.random.Generator) -> Numbers:
    """Drawn demand, rows × runs × periods, by a Gaussian copula with one common part for each row."""
    periods = prediction.mean.shape[1]
    levels = np.array(prediction.levels)
    share = np.sqrt(_common(prediction, whole, rows))[:, None]
    common = dice.standard_normal((len(rows), runs))
    drawn = np.empty((len(rows), runs, periods))
    for period in range(periods):
        own = dice.standard_normal((len(rows), runs))
        chance = chance_of(share * common + np.sqrt(1 - share**2) * own)
        known = np.column_stack([np.zeros(len(rows)), prediction.quantiles[rows, period]])
        known = np.column_stack([known, known[:, -1] + (known[:, -1] - known[:, -2])])
        at = np.array([0.0, *levels, 1.0])
        after = np.clip(np.searchsorted(at, chance), 1, len(at) - 1)
        weight = (chance - at[after - 1]) / (at[after] - at[after - 1])
        low, high = np.take_along_axis(known, after - 1, axis=1), np.take_along_axis(known, after, axis=1)
        drawn[:, :, period] = low * (1 - weight) + high * weight
    return np.round(drawn)


def _common(prediction: Prediction, whole: Demand, rows: Rows) -> Numbers:
    """The share of a period's luck that lasts, so that own and common parts give the variance of the longest span."""
    span = int(min(whole.spans[-1], prediction.mean.shape[1]))
    levels = np.array(prediction.levels)
    low, high = score_of(levels[[0, -1]])
    width = float(high - low)
    single = (prediction.quantiles[rows, :span, -1] - prediction.quantiles[rows, :span, 0]) / max(width, 1e-9)
    grid = whole.grid(float(span))[rows]
    long = (quantile(grid, levels[-1]) - quantile(grid, levels[0])) / max(width, 1e-9)
    apart, together = (single**2).sum(axis=1), single.sum(axis=1) ** 2
    return np.clip((long**2 - apart) / np.maximum(together - apart, 1e-9), 0.0, 0.95)


def _run(
    rules: Policy, now: Situation, rows: Rows, first: Numbers, moved: Numbers, drawn: Numbers,
    costs: Costs, dice: np.random.Generator, sums: tuple[Numbers, Numbers, Numbers, Numbers], *, go_on: bool,
) -> None:  # fmt: skip
    """Simulate some rows, and add what they do to the sums (runs × periods)."""
    stock, cash, served, wanted = sums
    count, runs, periods = drawn.shape
    cost, price = now.buying.unit_cost[rows, None], (now.buying.unit_cost + now.margin)[rows, None]
    some = now.rows[int(rows[0]) : int(rows[-1]) + 1]
    free = np.array([max(0.0, float(row.on_hand - row.reserved)) for row in some])
    there = np.repeat((free + moved)[:, None], runs, 1)
    coming = np.zeros((count, runs, periods + 1))
    already = np.array([float(row.coming) for row in some])
    _send(coming, 0, np.repeat(already[:, None], runs, 1), now.lead[rows], dice)
    level, on_top = rules.levels.level[rows, None], rules.on_top[rows, None]
    moq, pack = now.buying.moq[rows, None], now.buying.pack[rows, None]
    for period in range(periods):
        there += coming[:, :, period]
        cash[:, period] -= (coming[:, :, period] * cost).sum(axis=0)
        ordered = np.repeat(first[:, None], runs, 1) if period == 0 else np.zeros((count, runs))
        if go_on and period:
            position = there + coming[:, :, period + 1 :].sum(axis=2)
            ordered = np.where(position < level, packed(np.maximum(level - position, 0) + on_top, moq, pack), 0)
        _send(coming, period, ordered, now.lead[rows], dice)
        sold = np.minimum(np.maximum(there, 0), drawn[:, :, period])
        there -= sold
        cash[:, period] += (sold * price).sum(axis=0) - costs.order_line * (ordered > 0).sum(axis=0)
        stock[:, period] += (np.maximum(there, 0) * cost).sum(axis=0)
        served[:, period] += sold.sum(axis=0)
        wanted[:, period] += drawn[:, :, period].sum(axis=0)


def _send(coming: Numbers, period: int, ordered: Numbers, lead: Numbers, dice: np.random.Generator) -> None:
    """Put pieces (rows × runs) on their way; each arrives at the start of a period, after a lead time of its row."""
    chosen = dice.integers(0, lead.shape[1], ordered.shape)
    after = np.ceil(np.take_along_axis(lead, chosen, axis=1)).astype(int)
    at = np.minimum(period + np.maximum(after, 1), coming.shape[2] - 1)
    rows, runs = np.indices(ordered.shape)
    np.add.at(coming, (rows, runs, at), ordered)
