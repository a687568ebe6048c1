"""The demand of several periods together as a distribution: how likely it is that so many pieces last so long."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from afterclick.procurement.forecasting.panel import Numbers, Prediction

GRID: Final[Numbers] = np.array([*np.linspace(0, 0.95, 20), 0.975, 0.99, 0.995])
"""Levels at which a distribution is kept; between them its quantile function is a straight line."""
_MASS_BETWEEN: Final = np.diff(GRID) / GRID[-1]
_LOWER: Final = 0.3
"""Below this level no later correction of a forecast adds a piece (`forecasting.chance` lifts only what is above the middle)."""
_SCENARIOS: Final = 9
"""Lead times that stand for a whole distribution of lead times."""


@dataclass(frozen=True)
class Demand:
    """Demand of items over spans of periods: `grids` is spans × items × `GRID`, `rate` the mean demand of a period per item."""

    spans: tuple[float, ...]
    grids: Numbers
    rate: Numbers

    def grid(self, span: float | Numbers) -> Numbers:
        """The quantiles at `GRID` of the demand of `span` periods, items × levels; one span for all items, or one for each.

        Between the spans that were forecast, quantiles lie on a straight line over time; before the first and after the last
        they grow in proportion to it, which overstates a little how much luck can add up.
        """
        items = len(self.rate)
        wanted = np.broadcast_to(np.asarray(span, dtype=np.float64), (items,))
        knots = np.array([0.0, *self.spans])
        after = np.clip(np.searchsorted(knots, wanted), 1, len(knots) - 1)
        rows: npt.NDArray[np.intp] = np.arange(items)
        low = np.where((after > 1)[:, None], self.grids[np.maximum(after - 2, 0), rows], 0.0)
        high = self.grids[after - 1, rows]
        weight = np.maximum((wanted - knots[after - 1]) / (knots[after] - knots[after - 1]), 0)[:, None]
        inside = low * (1 - weight) + high * weight
        return np.where((wanted > knots[-1])[:, None], high * (wanted / knots[-1])[:, None], inside)

    def over(self, spans: Numbers) -> Numbers:
        """The quantiles at `GRID` of demand over a span that is itself uncertain; each column of `spans` is equally likely.

        Demand over a random lead time: the mixture of what each lead time would bring, not the demand of the mean lead time.
        """
        if spans.shape[1] == 1 or np.all(spans == spans[:, :1]):
            return self.grid(spans[:, 0])
        if spans.shape[1] > _SCENARIOS:
            spans = np.quantile(spans, (np.arange(_SCENARIOS) + 0.5) / _SCENARIOS, axis=1).T
        parts = np.concatenate([_middles(self.grid(spans[:, one])) for one in range(spans.shape[1])], axis=1)
        order = np.argsort(parts, axis=1)
        mass = np.tile(_MASS_BETWEEN, spans.shape[1])[order] / spans.shape[1]
        reached = np.cumsum(mass, axis=1) - mass / 2
        return _at(np.take_along_axis(parts, order, axis=1), reached, GRID)


def of(prediction: Prediction) -> Demand:
    """The distribution behind a forecast with `spans`; beyond its highest level the tail is taken to fall exponentially.

    More periods never sell less than fewer, so that no span's quantiles lie below a shorter one's (see `_rising`).

    Raises:
        ValueError: the forecast has no spans.
    """
    if not prediction.spans:
        raise ValueError(
            "the forecast has no spans of periods: ask it for the lead time with the review period, and for a quarter"
        )
    spans = sorted(prediction.spans)
    grids = _rising(spans, [_grid(prediction.spans[span], prediction.levels) for span in spans])
    return Demand(tuple(float(span) for span in spans), grids, np.maximum(prediction.mean.mean(axis=1), 0))


def _rising(spans: Sequence[int], grids: Sequence[Numbers]) -> Numbers:
    """The grids of rising spans, each at least the one before.

    Of a history shorter than two spans nothing can be learnt about a span, and its forecast is that nothing sells: every item
    would seem sure to be left over. Such a span, with not one piece in the lower part of any item's distribution where a shorter
    span has some, is taken in proportion to the shorter one.
    """
    low, rising = GRID < _LOWER, [grids[0]]
    for before, span, grid in zip(spans, spans[1:], grids[1:], strict=False):
        unlearnt = rising[-1][:, low].any() and not grid[:, low].any()
        rising.append(np.maximum(grid, rising[-1] * (span / before if unlearnt else 1.0)))
    return np.stack(rising)


def steadied(latest: Sequence[Demand]) -> Demand:
    """The mean of the latest forecasts of the same items.

    A forecast that moves up and down from week to week orders at its highest: a level is crossed on the day it is overstated. The
    mean of the last few crosses later, and the orders that are saved were mistakes.
    """
    return Demand(
        latest[0].spans,
        np.mean([one.grids for one in latest], axis=0),
        np.mean([one.rate for one in latest], axis=0),
    )


def quantile(grid: Numbers, level: float | Numbers) -> Numbers:
    """The pieces that demand stays at or below with this chance, per item."""
    levels = np.clip(np.broadcast_to(np.asarray(level, dtype=np.float64), grid.shape[:1]), 0, GRID[-1])
    after = np.clip(np.searchsorted(GRID, levels), 1, len(GRID) - 1)
    rows = np.arange(len(grid))
    weight = (levels - GRID[after - 1]) / (GRID[after] - GRID[after - 1])
    return grid[rows, after - 1] * (1 - weight) + grid[rows, after] * weight


def chance(grid: Numbers, pieces: Numbers) -> Numbers:
    """The chance that demand stays at or below so many pieces, per item; 0 below nothing."""
    below = (grid <= pieces[:, None]).sum(axis=1)
    after = np.clip(below, 1, len(GRID) - 1)
    rows = np.arange(len(grid))
    low, high = grid[rows, after - 1], grid[rows, after]
    weight = np.clip((pieces - low) / np.maximum(high - low, 1e-9), 0, 1)
    between = GRID[after - 1] + (GRID[after] - GRID[after - 1]) * weight
    return np.where(below == 0, 0.0, np.where(below == len(GRID), 1.0, between))


def unsold(grid: Numbers, pieces: Numbers) -> Numbers:
    """The mean number of so many pieces that demand leaves, per item."""
    return np.maximum(pieces[:, None] - _middles(grid), 0) @ _MASS_BETWEEN


def unmet(grid: Numbers, pieces: Numbers) -> Numbers:
    """The mean demand beyond so many pieces, per item."""
    return np.maximum(_middles(grid) - pieces[:, None], 0) @ _MASS_BETWEEN


def _middles(grid: Numbers) -> Numbers:
    return (grid[:, 1:] + grid[:, :-1]) / 2


def _grid(quantiles: Numbers, levels: tuple[float, ...]) -> Numbers:
    """Quantiles at `GRID` from those at the forecast's levels; nothing at level 0, an exponential tail above the last."""
    top = levels[-1]
    tail = [float(level) for level in GRID if level > top]
    lower = max((at for at, level in enumerate(levels) if level < top - 0.09), default=0)
    slope = np.zeros(len(quantiles))
    if lower < len(levels) - 1:
        slope = (quantiles[:, -1] - quantiles[:, lower]) / np.log((1 - levels[lower]) / (1 - top))
    ends = quantiles[:, -1:] + slope[:, None] * np.log((1 - top) / (1 - np.array(tail)))[None, :]
    known = np.column_stack([np.zeros(len(quantiles)), quantiles, ends])
    at = np.broadcast_to(np.array([0.0, *levels, *tail]), known.shape)
    return np.maximum.accumulate(np.maximum(_at(known, at, GRID), 0), axis=1)


def _at(values: Numbers, levels: Numbers, wanted: Numbers) -> Numbers:
    """Values at other levels, row by row on straight lines; `levels` rise along each row."""
    after = np.stack([np.clip((levels < one).sum(axis=1), 1, values.shape[1] - 1) for one in wanted], axis=1)
    low, high = np.take_along_axis(levels, after - 1, axis=1), np.take_along_axis(levels, after, axis=1)
    weight = np.clip((wanted[None, :] - low) / np.maximum(high - low, 1e-12), 0, 1)
    return np.take_along_axis(values, after - 1, axis=1) * (1 - weight) + np.take_along_axis(values, after, axis=1) * weight
