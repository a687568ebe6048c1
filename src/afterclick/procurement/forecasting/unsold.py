"""Demand of items that have never sold, from how the others began."""

from dataclasses import replace
from typing import Final

import numpy as np

from afterclick.procurement.forecasting.panel import Numbers, Panel, Prediction

BEGINNING: Final = 8
"""Periods from its first sale on that show how an item begins."""


def fill(panel: Panel, prediction: Prediction) -> Prediction:
    """The same prediction, with the items that never sold forecast as any other item in its first periods.

    With each known period without a sale it is less likely to begin: the chance is 1 in (periods + 1), after Laplace's rule of
    succession. Nothing is forecast where no item ever sold.
    """
    pieces = np.nan_to_num(panel.demand)
    rows = np.flatnonzero(pieces.sum(axis=1) <= 0)
    if not len(rows):
        return prediction
    begins = _beginnings(panel)
    alive = 1 / (np.isfinite(panel.demand[rows]).sum(axis=1) + 1.0)
    mean, quantiles, spans = prediction.mean.copy(), prediction.quantiles.copy(), dict(prediction.spans)
    mean[rows] = (alive * (begins.mean() if begins.size else 0.0))[:, None]
    levels = np.asarray(prediction.levels)
    quantiles[rows] = _mixed(begins.ravel(), alive, levels)[:, None, :]
    for span, totals in spans.items():
        together = begins[:, : min(span, BEGINNING)].mean(axis=1) * span
        spans[span] = totals.copy()
        spans[span][rows] = _mixed(together, alive, levels)
    return replace(prediction, mean=mean, quantiles=quantiles, spans=spans)


def _beginnings(panel: Panel) -> Numbers:
    """Demand from the first sale on, items × 8, of the items that have been known for so long since."""
    sold = panel.demand > 0
    first = np.where(sold.any(axis=1), sold.argmax(axis=1), np.intp(panel.demand.shape[1]))
    long = np.flatnonzero(first + BEGINNING <= panel.demand.shape[1])
    return np.nan_to_num(panel.demand[long[:, None], first[long][:, None] + np.arange(BEGINNING)])


def _mixed(values: Numbers, alive: Numbers, levels: Numbers) -> Numbers:
    """Quantiles (items × levels) of nothing at all, or with the chance `alive` of one of the values."""
    if not values.size:
        return np.zeros((len(alive), len(levels)))
    inside = (levels - (1 - alive[:, None])) / alive[:, None]
    return np.where(inside > 0, np.quantile(values, inside.clip(0, 1)), 0.0)
