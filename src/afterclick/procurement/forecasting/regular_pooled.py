"""One linear regression on the past periods, learnt from all items together."""

from typing import Final, NamedTuple

import numpy as np

from afterclick.procurement.forecasting.panel import Numbers
from afterclick.procurement.forecasting.regular_methods import whole

SEASONS: Final = 2.5
"""Seasons of past periods that the regression sees."""
FEWEST_SERIES: Final = 20
MOST_ROWS: Final = 200_000
SHRINK: Final = 0.05
"""Ridge penalty, as a share of the mean square of the inputs."""
LIMIT: Final = 0.998
"""Quantile at which inputs and targets are cut, so that a single spike does not bend the line."""
LEAST_SPREAD: Final = 1e-3


class Lines(NamedTuple):
    """Coefficients, inputs + 1 × horizon, and the largest input it was learnt with."""

    slopes: Numbers
    largest: float


def answers(demand: Numbers, *, season: int, horizon: int, scaled: bool) -> Numbers:
    """Means, items × horizon, for `demand` (items × periods); NaN where an item is too short, or too few are long enough.

    The logarithms of demand are regressed on those of the last two and a half seasons, as they are, or `scaled` in units of
    their own spread: the first serves errors in per cent, the second errors in units of the usual change. That many series
    share one regression is its strength: Montero-Manso and Hyndman, "Principles and algorithms for forecasting groups of time
    series", IJF 37(4) 2021.
    """
    length = round(SEASONS * season)
    series = [np.log(np.maximum(row, _floor(row))) for row in map(whole, demand)]
    usable = [row for row, values in enumerate(series) if len(values) >= season + horizon]
    long = [series[row] for row in usable if len(series[row]) >= length + horizon]
    means = np.full((len(demand), horizon), np.nan)
    if len(long) < FEWEST_SERIES:
        return means
    latest = np.stack([np.pad(series[row][-length:], (max(0, length - len(series[row])), 0), mode="edge") for row in usable])
    found = _answer(_learn(*_windows(long, length, horizon), scaled=scaled), latest, scaled=scaled)
    highest = np.array([series[row].max() for row in usable])
    means[usable] = np.exp(np.minimum(found, highest[:, None] + 1))
    return means


def _floor(series: Numbers) -> float:
    """What stands for an empty period: half of the smallest demand that was seen, for 0 has no logarithm."""
    sold = series[series > 0]
    return float(sold.min()) / 2 if len(sold) else 1.0


def _windows(series: list[Numbers], length: int, horizon: int) -> tuple[Numbers, Numbers]:
    """Every stretch of `length` periods with the `horizon` periods after it, thinned out evenly where there are too many."""
    total = sum(len(values) - length - horizon + 1 for values in series)
    step = -(-total // MOST_ROWS)
    cut = np.concatenate(
        [np.lib.stride_tricks.sliding_window_view(values, length + horizon)[::-step] for values in series], axis=0
    )
    return cut[:, :length], cut[:, length:]


def _units(past: Numbers, *, scaled: bool) -> Numbers:
    return np.maximum(past.std(axis=1, keepdims=True), LEAST_SPREAD) if scaled else np.ones((len(past), 1))


def _learn(past: Numbers, future: Numbers, *, scaled: bool) -> Lines:
    """Ridge regression of the changes to come on the changes from the past to now."""
    now, unit = past[:, -1:], _units(past, scaled=scaled)
    inputs, targets = (past[:, :-1] - now) / unit, (future - now) / unit
    largest, furthest = np.quantile(np.abs(inputs), LIMIT), np.quantile(np.abs(targets), LIMIT)
    inputs = np.column_stack([np.clip(inputs, -largest, largest), np.ones(len(inputs))])
    squares = inputs.T @ inputs
    squares[np.diag_indices(len(squares))] += SHRINK * len(inputs) * max(float(np.mean(inputs[:, :-1] ** 2)), LEAST_SPREAD**2)
    slopes = np.linalg.solve(squares, inputs.T @ np.clip(targets, -furthest, furthest))
    return Lines(slopes.astype(np.float64), float(largest))


def _answer(lines: Lines, past: Numbers, *, scaled: bool) -> Numbers:
    now, unit = past[:, -1:], _units(past, scaled=scaled)
    inputs = np.clip((past[:, :-1] - now) / unit, -lines.largest, lines.largest)
    return now + unit * (np.column_stack([inputs, np.ones(len(inputs))]) @ lines.slopes)
