"""Let the forecasts of items that are dying away fade."""

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from afterclick.procurement.forecasting.launching import Rows
from afterclick.procurement.forecasting.panel import SEASON, Freq, Numbers, Panel, Prediction

LIKELY_DEAD: Final = 0.25
"""Chance of being alive below which an item is taken to be dying."""
HAZARD: Final[dict[Freq, float]] = {"D": 1 / 730, "W": 1 / 104, "M": 1 / 24, "Q": 1 / 8}
"""Chance to be taken off the range in a period: an item lives two years on average."""

Flags = npt.NDArray[np.bool_]


def dying_items(panel: Panel) -> Rows:
    """The rows of the items that are more likely gone than not, by far."""
    return np.flatnonzero(alive(panel) < LIKELY_DEAD)


def faded(prediction: Prediction, panel: Panel) -> Prediction:
    """The forecast with dying items at what is left of their chance to sell again, which falls with each period to come.

    With the chance p to be alive, demand is nothing up to the level 1 - p, and above it that of a living item.
    """
    chance = alive(panel)
    rows = np.flatnonzero(chance < LIKELY_DEAD)
    if not len(rows):
        return prediction
    mean, quantiles = prediction.mean.copy(), prediction.quantiles.copy()
    spans = {span: values.copy() for span, values in prediction.spans.items()}
    ahead: Numbers = np.full(mean.shape[1], 1 - HAZARD[panel.freq]).cumprod()
    left: Numbers = chance[rows][:, None] * ahead
    mean[rows] *= left
    levels = np.asarray(prediction.levels)
    for n, row in enumerate(rows):
        for period in range(mean.shape[1]):
            quantiles[row, period] = _or_nothing(quantiles[row, period], levels, float(left[n, period]))
        for values in spans.values():
            values[row] = _or_nothing(values[row], levels, float(chance[row]))
    return replace(prediction, mean=mean, quantiles=quantiles, spans=spans)


def alive(panel: Panel) -> Numbers:
    """The chance of each item to be on sale still, by how long it has been silent for how often it used to sell.

    While an item lives, a period is silent with chance s; it dies with chance h in each. After g silent periods it lives with
    (s (1 - h))^g over that plus the sum over the period of its death: the beta-geometric model of Fader, Hardie and Lee
    (Marketing Science 24(2), 2005) with both chances known. An item that is silent at this time of every year is alive.
    """
    sold, known = np.nan_to_num(panel.demand) > 0, np.isfinite(panel.demand)
    after = np.cumsum(sold[:, ::-1], axis=1)[:, ::-1] == 0  # from the last sale on, and known: a stock-out is no silence
    silent = (after & known).sum(axis=1)
    lived = np.maximum(1, known.sum(axis=1) - silent)
    hazard = HAZARD[panel.freq]
    kept = (1 - (sold.sum(axis=1) + 0.5) / (lived + 1.0)) * (1 - hazard)
    living = kept**silent
    died = hazard * (1 - living) / np.maximum(1 - kept, 1e-12)
    chance: Numbers = living / np.maximum(living + died, 1e-300)
    return np.where(_in_season(sold, SEASON[panel.freq]) | ~sold.any(axis=1), 1.0, chance)


def _in_season(sold: Flags, season: int) -> Flags:
    """Items that began to sell again, a year ago, in the quarter of a year that now comes."""
    periods = sold.shape[1]
    if periods <= season:
        return np.zeros(len(sold), dtype=np.bool_)
    then = periods - season
    comes: Flags = np.any(sold[:, then : then + max(1, season // 4)], axis=1)
    before: Flags = np.any(sold[:, max(0, then - max(1, season // 12)) : then], axis=1)
    return np.logical_and(comes, ~before)


def _or_nothing(quantiles: Numbers, levels: Numbers, chance: float) -> Numbers:
    """The quantiles of what is nothing with 1 - `chance`, and distributed like `quantiles` otherwise."""
    inner = (levels - (1 - chance)) / max(chance, 1e-12)
    return np.where(inner > 0, np.interp(inner, np.append(0.0, levels), np.append(0.0, quantiles)), 0.0)
