"""Forecast new items by how others of their kind began, the less the more they have sold themselves."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from afterclick.procurement.forecasting.panel import Freq, Numbers, Panel, Prediction

YOUNG: Final[dict[Freq, int]] = {"D": 21, "W": 3, "M": 2, "Q": 1}
"""Periods after which an item's own past counts as much as that of its like; after three times that, it counts alone."""
FEWEST: Final = 5
"""Analogues that make a category's launch curve; with fewer, all items of the shop make it."""
_WITHIN: Final = 2.0
"""Variance of a new item's sales in units of their mean, at least."""

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Launch:
    """How items sell from their first period on: `mean` by age, and `relative`, the sales of each analogue over its own size.

    `differ` is the variance between analogues of how much they sell, in units of the squared mean.
    """

    mean: Numbers
    relative: Numbers
    differ: float


def age(panel: Panel) -> npt.NDArray[np.int64]:
    """Periods since each item's first known one; 0 for an item of which nothing is known."""
    known = np.isfinite(panel.demand)
    return np.where(known.any(axis=1), panel.demand.shape[1] - known.argmax(axis=1), 0)


def new_items(panel: Panel) -> Rows:
    """The rows of the items that are too young to be forecast by themselves; none that was there when the panel begins."""
    ages = age(panel)
    return np.flatnonzero((ages < 3 * YOUNG[panel.freq]) & (ages < panel.demand.shape[1]))


def by_analogy(prediction: Prediction, panel: Panel) -> Prediction:
    """The forecast with new items leaning on the launch curve of their category, or of all items where it has too few.

    What a new item has sold so far scales the curve, shrunk towards it by how much its like differ (the posterior mean under a
    gamma prior). The quantiles are those of its like at the same age, at the same scale.
    """
    ages = age(panel)
    horizon = prediction.mean.shape[1]
    mean, quantiles = prediction.mean.copy(), prediction.quantiles.copy()
    spans = {span: values.copy() for span, values in prediction.spans.items()}
    curves: dict[str, Launch | None] = {}
    young: list[int] = new_items(panel).tolist()
    for row in young:
        group = panel.groups[row] if panel.groups else ""
        if group not in curves:
            curves[group] = _launch(panel, group, 3 * YOUNG[panel.freq] + max([horizon, *spans]))
        curve = curves[group]
        if curve is None:
            continue
        old = int(ages[row])
        own = _own_share(old, YOUNG[panel.freq])
        scale = _scale(panel.demand[row, panel.demand.shape[1] - old :], curve)
        mean[row] = own * mean[row] + (1 - own) * scale * curve.mean[old : old + horizon]
        like = np.quantile(curve.relative[:, old : old + horizon], prediction.levels, axis=0).T
        quantiles[row] = own * quantiles[row] + (1 - own) * scale * like
        for span, values in spans.items():
            sums = np.quantile(curve.relative[:, old : old + span].sum(axis=1), prediction.levels)
            values[row] = own * values[row] + (1 - own) * scale * sums
    return replace(prediction, mean=mean, quantiles=quantiles, spans=spans)


def _launch(panel: Panel, group: str, length: int) -> Launch | None:
    """The launch curve of a category, or of all items, from those that were launched within the panel and have grown up since."""
    ages = age(panel)
    grown = (ages >= 2 * YOUNG[panel.freq]) & (ages < panel.demand.shape[1])
    like = grown & np.asarray([one == group for one in panel.groups]) if group else grown
    rows = np.flatnonzero(like if like.sum() >= FEWEST else grown)
    if len(rows) < FEWEST:
        return None
    aligned = np.full((len(rows), length), np.nan)
    for n, row in enumerate(rows):
        past = panel.demand[row, panel.demand.shape[1] - ages[row] :][:length]
        aligned[n, : len(past)] = past
    seen: npt.NDArray[np.bool_] = np.isfinite(aligned)
    filled: Numbers = np.where(seen, aligned, 0.0)
    counts = seen.sum(axis=0)
    at = np.flatnonzero(counts)
    means: Numbers = filled[:, at].sum(axis=0) / counts[at]
    mean = _smooth(np.interp(np.arange(length), at, means))
    sizes = filled.sum(axis=1) / np.maximum(np.where(seen, mean, 0.0).sum(axis=1), 1e-9)
    relative = aligned / np.maximum(sizes, 0.05)[:, None]
    return Launch(mean, np.where(seen, relative, mean), float(np.clip(np.var(sizes), 0.05, 25.0)))


def _scale(own: Numbers, curve: Launch) -> float:
    """How much more or less than the curve a new item sells, as far as its own sales can tell."""
    known = np.isfinite(own)
    expected = float(curve.mean[: len(own)][known].sum())
    noise = max(_WITHIN, float(np.var(curve.relative)) / max(float(np.mean(curve.mean)), 1e-9))
    return (1 / curve.differ + float(own[known].sum()) / noise) / (1 / curve.differ + expected / noise)


def _own_share(old: int, young: int) -> float:
    """The share of an item's own forecast: nothing when it is brand new, a half at `young`, all at three times that."""
    return float(np.interp(old, (0, young, 3 * young), (0.0, 0.5, 1.0)))


def _smooth(values: Numbers) -> Numbers:
    """A mean over three ages: a launch curve has no jumps that would mean anything."""
    padded = np.pad(values, 1, mode="edge")
    return (padded[:-2] + padded[1:-1] + padded[2:]) / 3
