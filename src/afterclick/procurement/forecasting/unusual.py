"""Recognise bulk orders and forecast them apart, so that one of them never drives the plan."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from afterclick.procurement.forecasting.panel import SEASON, Freq, Numbers, Panel, Prediction

FAR: Final = 5.0
"""Robust standard deviations (1.4826 × MAD) of the logarithm by which a bulk order lies above the item's usual largest orders."""
TIMES: Final = 8.0
"""It is at least this many times the usual one, however little the item's orders differ."""
SHARE: Final = 0.15
"""It is at least this share of what the item sold in the year around it: less does no harm."""
NARROWEST: Final = 0.3
"""Spread of the logarithm below which no item's orders are taken to lie: about a factor of 1.35."""
FEWEST: Final = 4
"""Periods with sales from which an item's own usual order is known."""
RECURS: Final = 3
"""Bulk orders within a year from which on they are expected to come again."""
BESIDE: Final = 8
"""Periods on either side of a total with a bulk order in it that tell what the item usually sells in one."""
_GRID: Final = 199
_YEAR: Final[dict[Freq, int]] = {"D": 365, "W": 52, "M": 12, "Q": 4}


@dataclass(frozen=True)
class Bulk:
    """Bulk orders: `pieces` is items × periods, 0 where none was; `expected` is pieces a period that the mean should hold."""

    pieces: Numbers
    expected: Numbers

    @property
    def items(self) -> npt.NDArray[np.intp]:
        """The rows of the items that have any."""
        return np.flatnonzero(self.pieces.any(axis=1))


def bulk_orders(panel: Panel, largest: Numbers | None) -> Bulk:
    """The bulk orders in the past of a panel.

    `largest` (items × periods) are the pieces of the largest order in each period. Where it is None, only totals are known, and a
    period counts as one bulk order when it stands out alone: not beside another high one, not promoted, not at the same time of
    another year; what the item usually sells beside it is left in the period.
    """
    demand = np.nan_to_num(panel.demand)
    orders = demand if largest is None else np.minimum(np.nan_to_num(largest), demand)
    usual, spread = _usual(orders)
    with np.errstate(divide="ignore"):
        far = (np.log(np.maximum(orders, 1e-9)) - np.log(usual)) / spread
    found = (orders > 0) & (far > FAR) & (orders > TIMES * usual) & (orders >= SHARE * _around(demand, _YEAR[panel.freq]))
    if largest is None:
        found &= _alone(demand, usual * TIMES, SEASON[panel.freq])
        if panel.promoted is not None:
            found &= panel.promoted[:, : demand.shape[1]] == 0
    pieces: Numbers = np.where(found, orders, 0.0)
    if largest is None:
        pieces -= _usual_beside(panel.demand, found)
    year = min(_YEAR[panel.freq], pieces.shape[1])
    recent = pieces[:, -year:]
    expected = np.where((recent > 0).sum(axis=1) >= RECURS, recent.sum(axis=1) / max(1, year), 0.0)
    return Bulk(pieces, expected)


def without_bulk(panel: Panel, bulk: Bulk) -> Panel:
    """The demand that is left when bulk orders are taken out."""
    return replace(panel, demand=np.maximum(panel.demand - bulk.pieces, 0.0))


def with_bulk(prediction: Prediction, panel: Panel, bulk: Bulk) -> Prediction:
    """The forecast of the demand without bulk orders, with the chance of bulk orders added to it.

    They come as in the past two years at most: so many in so many periods (Poisson), each as large as one of the past ones. The
    quantiles are those of both together. The mean holds them only where they recur; a single one is a risk, not a plan.
    """
    mean, quantiles = prediction.mean.copy(), prediction.quantiles.copy()
    spans = {span: values.copy() for span, values in prediction.spans.items()}
    back = 2 * _YEAR[panel.freq]
    known = np.isfinite(panel.demand[:, -back:]).sum(axis=1)
    for row in bulk.items.tolist():
        sizes = bulk.pieces[row, -back:]
        sizes = sizes[sizes > 0]
        if not len(sizes):
            continue
        unseen = 0 if bulk.expected[row] > 0 else _YEAR[panel.freq] / 2  # one in a short life is not yet a habit
        rate = len(sizes) / (max(1, known[row]) + unseen)
        mean[row] += bulk.expected[row]
        quantiles[row] = _mixed(quantiles[row], prediction.levels, rate, sizes)
        for span, values in spans.items():
            values[row] = _mixed(values[row][None, :], prediction.levels, rate * span, sizes)[0]
    return replace(prediction, mean=mean, quantiles=quantiles, spans=spans)


def _usual(orders: Numbers) -> tuple[Numbers, Numbers]:
    """The median order of each item, and the robust spread of its logarithm, items × 1; unknown ones take that of all items."""
    with np.errstate(divide="ignore"):
        logs = np.where(orders > 0, np.log(np.maximum(orders, 1e-9)), np.nan)
    counts = np.isfinite(logs).sum(axis=1)
    known = counts > 0
    middle = np.zeros(len(orders))
    spread = np.full(len(orders), np.nan)
    if known.any():
        middle[known] = np.nanmedian(logs[known], axis=1)
        spread[known] = 1.4826 * np.nanmedian(np.abs(logs[known] - middle[known][:, None]), axis=1)
    enough = counts >= FEWEST
    pooled = float(np.median(spread[enough])) if enough.any() else 1.0
    spread = np.where(enough, spread, max(2 * pooled, 1.0))
    return np.exp(middle)[:, None], np.maximum(spread, NARROWEST)[:, None]


def _usual_beside(demand: Numbers, found: npt.NDArray[np.bool_]) -> Numbers:
    """The median of the periods around each bulk order, items × periods; 0 where no bulk order was found or nothing is known."""
    usual = np.zeros(demand.shape)
    others = np.where(found, np.nan, demand)
    for row, period in np.argwhere(found).tolist():
        beside = others[row, max(0, period - BESIDE) : period + BESIDE + 1]
        if np.isfinite(beside).any():
            usual[row, period] = min(demand[row, period], np.nanmedian(beside))
    return usual


def _around(demand: Numbers, year: int) -> Numbers:
    """What was sold in the year up to each period, or in the first year where it lies before its end."""
    sums = np.cumsum(np.pad(demand, ((0, 0), (1, 0))), axis=1)
    year = min(year, demand.shape[1])
    ends = [max(period, year) for period in range(1, demand.shape[1] + 1)]
    return sums[:, ends] - sums[:, [end - year for end in ends]]


def _alone(demand: Numbers, high: Numbers, season: int) -> npt.NDArray[np.bool_]:
    """Whether no period beside it, nor the same one of another year, is high too."""
    is_high = demand > high / 2
    alone: npt.NDArray[np.bool_] = np.ones(demand.shape, dtype=np.bool_)
    for lag in (1, season - 1, season, season + 1):
        if lag < demand.shape[1]:
            np.logical_and(alone[:, lag:], ~is_high[:, :-lag], out=alone[:, lag:])
            np.logical_and(alone[:, :-lag], ~is_high[:, lag:], out=alone[:, :-lag])
    return alone


def _mixed(quantiles: Numbers, levels: tuple[float, ...], rate: float, sizes: Numbers) -> Numbers:
    """The quantiles (periods × levels) of usual demand and bulk orders together, of which `rate` are expected in the time."""
    at = (np.arange(_GRID) + 0.5) / _GRID
    usual: Numbers = np.empty((len(quantiles), _GRID))
    for n, row in enumerate(quantiles):
        usual[n] = np.interp(at, levels, row)
    none, one = np.exp(-rate), rate * np.exp(-rate)
    more = np.concatenate(([0.0], sizes, [2 * sizes.mean()]))
    weights = np.concatenate(([none], np.full(len(sizes), one / len(sizes)), [max(0.0, 1 - none - one)]))
    values: Numbers = (usual[:, :, None] + more).reshape(len(usual), -1)
    weight = np.tile(weights / _GRID, _GRID)
    order = np.argsort(values, axis=1, kind="stable")
    reached = np.cumsum(weight[order], axis=1) - weight[order] / 2
    mixed: Numbers = np.empty_like(quantiles)
    for n in range(len(usual)):
        mixed[n] = np.interp(levels, reached[n], values[n, order[n]])
    return np.maximum(mixed, quantiles)
