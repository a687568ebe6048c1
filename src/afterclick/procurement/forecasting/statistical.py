"""Smoothing of every item by itself, all items at a time: the forecast that needs no training."""

from typing import Final

import numpy as np

from afterclick.procurement.forecasting.panel import Numbers

SIMPLE: Final = (0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.75, 0.95)
INTERMITTENT: Final = (0.1, 0.15, 0.2, 0.25, 0.3)
"""Within the bounds that Croston's followers use, see Boylan and Syntetos, "Intermittent Demand Forecasting" (2021)."""
WIDEST: Final = 26
"""Most periods that are counted together."""


def level(demand: Numbers) -> Numbers:
    """Demand per period to come of each item (items × periods, NaN where not known): the mean of SES and IMAPA, 0 or more.

    The mean of the two was as good as any single method on weekly shop sales, see docs/decisions/demand-model.md.
    """
    return (ses(demand) + imapa(demand)) / 2


def ses(demand: Numbers, alphas: tuple[float, ...] = SIMPLE) -> Numbers:
    """Simple exponential smoothing; each item takes the constant with the least squared error one period ahead in its past.

    A period that is not known changes nothing. 0 for an item of which nothing is known.
    """
    constants = np.asarray(alphas)[:, None]
    smooth = np.zeros((len(alphas), len(demand)))
    errors = np.zeros_like(smooth)
    begun = np.zeros(len(demand), dtype=bool)
    for period in range(demand.shape[1]):
        value = demand[:, period]
        seen = np.isfinite(value)
        change = np.where(seen & begun, np.nan_to_num(value) - smooth, 0.0)
        errors += change**2
        smooth += constants * change
        smooth[:, seen & ~begun] = value[seen & ~begun]
        begun |= seen
    best = errors.argmin(axis=0)
    return np.maximum(smooth[best, np.arange(len(demand))], 0.0)


def imapa(demand: Numbers) -> Numbers:
    """SES of the demand of 1, 2, … periods together, up to the item's mean interval between sales; the mean of them all.

    Source: Petropoulos and Kourentzes, "Forecast combinations for intermittent demand", JORS 66(6) 2015.
    """
    known, sold = np.isfinite(demand).sum(axis=1), (demand > 0).sum(axis=1)
    interval: Numbers = known / np.maximum(sold, 1)
    widest = np.clip(interval.round(), 1, max(1, min(WIDEST, demand.shape[1] // 2)))
    total = np.zeros(len(demand))
    for width in range(1, int(widest.max(initial=1)) + 1):
        chosen = np.flatnonzero(widest >= width)
        total[chosen] += ses(_together(demand[chosen], width), INTERMITTENT)
    return total / widest


def _together(demand: Numbers, width: int) -> Numbers:
    """Mean demand per period of each `width` periods, counted from the end; NaN where none of them is known."""
    blocks = demand.shape[1] // width
    cut = demand[:, demand.shape[1] - blocks * width :].reshape(len(demand), blocks, width)
    seen = np.isfinite(cut).sum(axis=2)
    return np.where(seen > 0, np.nan_to_num(cut).sum(axis=2) / np.maximum(seen, 1), np.nan)
