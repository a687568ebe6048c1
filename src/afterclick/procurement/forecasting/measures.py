"""How good a forecast was, in the measures of the field."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from afterclick.procurement.forecasting.panel import Numbers, Panel, Prediction

RECENT: Final = 13
"""Periods whose revenue says how much an item counts: a quarter of weeks."""


@dataclass(frozen=True)
class Score:
    """One method at one cut-off. Errors are shares (0.7 is 70 %); lower is better, except `coverage`, which should be its level.

    `wspl` and `coverage` are NaN for a method that gives no quantiles.
    """

    wrmsse: float
    rmsse: float
    wape: float
    bias: float
    wspl: float
    coverage: float

    def figures(self) -> dict[str, float]:
        """The measures by name."""
        return asdict(self)


def score(history: Panel, actual: Numbers, prediction: Prediction) -> Score:
    """All measures of `prediction` (items × h) against `actual` (items × h, NaN where not known), made from `history`."""
    weights = revenue_weights(history)
    errors = root_squared_errors(history.demand, actual, prediction.mean)
    scored = np.isfinite(errors)
    return Score(
        wrmsse=weighted(errors, weights),
        rmsse=float(errors[scored].mean()) if scored.any() else float("nan"),
        wape=wape(actual, prediction.mean),
        bias=bias(actual, prediction.mean),
        wspl=wspl(history, actual, prediction),
        coverage=coverage(actual, prediction),
    )


def average(scores: Sequence[Score]) -> Score:
    """The plain mean of every measure over several cut-offs."""
    return Score(*(float(np.mean(column)) for column in zip(*(tuple(s.figures().values()) for s in scores), strict=True)))


def revenue_weights(history: Panel) -> Numbers:
    """Each item's share of the revenue of the last 13 periods, or of the pieces where no prices are known."""
    recent = np.nan_to_num(history.demand[:, -RECENT:])
    if history.price is not None:
        recent = recent * np.nan_to_num(history.price[:, : history.demand.shape[1]][:, -RECENT:])
    revenue: Numbers = recent.sum(axis=1)
    total = float(revenue.sum())
    return revenue / total if total > 0 else np.full(len(revenue), 1 / max(1, len(revenue)))


def weighted(errors: Numbers, weights: Numbers) -> float:
    """The weighted mean over the items that have an error; NaN where none has."""
    counted = np.isfinite(errors) & (weights > 0)
    total = float(weights[counted].sum())
    return float((errors[counted] * weights[counted]).sum() / total) if total > 0 else float("nan")


def root_squared_errors(past: Numbers, actual: Numbers, mean: Numbers) -> Numbers:
    """RMSSE of each item: root of the mean squared error in units of the mean squared change from period to period.

    NaN for an item that never changed. Source: Makridakis, Spiliotis, Assimakopoulos, "M5 accuracy competition", IJF 38(4) 2022;
    weighted by revenue it is the WRMSSE of the bottom level (M5 averages twelve levels, so figures are not comparable with M5's).
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.sqrt(_mean((actual - mean) ** 2) / _positive(_mean(np.diff(past, axis=1) ** 2)))


def wape(actual: Numbers, mean: Numbers) -> float:
    """The sum of absolute errors per piece sold. A forecast of the median minimises it, so it never decides what to buy."""
    known = np.isfinite(actual)
    return float(np.abs(actual - mean)[known].sum() / max(float(actual[known].sum()), 1e-9))


def bias(actual: Numbers, mean: Numbers) -> float:
    """Pieces forecast too many (above 0) or too few (below 0) per piece sold."""
    known = np.isfinite(actual)
    return float((mean - actual)[known].sum() / max(float(actual[known].sum()), 1e-9))


def wspl(history: Panel, actual: Numbers, prediction: Prediction) -> float:
    """Weighted scaled pinball loss: mean over periods and levels, in units of the mean absolute change, weighted by revenue.

    Source: Makridakis et al., "The M5 uncertainty competition", IJF 38(4) 2022 (there over nine levels and twelve aggregations).
    """
    if not prediction.levels:
        return float("nan")
    losses = _mean(pinball(actual, prediction.quantiles, prediction.levels).mean(axis=2))
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = losses / _positive(_mean(np.abs(np.diff(history.demand, axis=1))))
    return weighted(scaled, revenue_weights(history))


def pinball(actual: Numbers, quantiles: Numbers, levels: Sequence[float]) -> Numbers:
    """Koenker and Bassett's loss, shaped as `quantiles`, whose last axis runs along `levels`: least for the true quantiles."""
    above = actual[..., None] - quantiles
    return np.maximum(above * np.asarray(levels), above * (np.asarray(levels) - 1))


def coverage(actual: Numbers, prediction: Prediction) -> float:
    """Share of actual values in the interval that should hold as many as lie between the lowest and the highest level (90 %).

    Demand is never below 0 and often 0. Where the lower quantile is 0 nothing can fall below it: from there to the highest level
    lie 95 %, so the interval of 90 % ends at the 0.90 quantile (a straight line between the levels beside it). Ends are included.
    """
    known, levels, quantiles = np.isfinite(actual), np.asarray(prediction.levels), prediction.quantiles
    if not len(levels) or not known.any():
        return float("nan")
    share = float(levels[-1] - levels[0])
    above = min(int((levels < share - 1e-9).sum()), len(levels) - 1)
    below = max(above - 1, 0)
    part = float(np.clip((share - levels[below]) / max(levels[above] - levels[below], 1e-9), 0, 1))
    inner = quantiles[..., below] + (quantiles[..., above] - quantiles[..., below]) * part
    upper = np.where(quantiles[..., 0] > 0, quantiles[..., -1], inner)
    return float(((actual >= quantiles[..., 0]) & (actual <= upper))[known].mean())


def _mean(values: Numbers) -> Numbers:
    """The mean of each row's known values; NaN where none is known."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(known, values, 0.0).sum(axis=1) / known.sum(axis=1)


def _positive(values: Numbers) -> Numbers:
    return np.where(values > 0, values, np.nan)
