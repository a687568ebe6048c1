"""Keep what could not be sold for want of stock from being taken for no demand."""

from dataclasses import replace
from typing import Final

import numpy as np

from afterclick.procurement.forecasting.panel import Numbers, Panel

LEAST: Final = 0.35
"""Share of a period in stock below which what was sold says too little: 2 days of a week do, 3 are enough."""


def without_shortage(panel: Panel, in_stock: Numbers | None) -> Panel:
    """Demand as it would have been with stock all the time: what was sold per day in stock, over all days of the period.

    `in_stock` is items × periods, the share of each period in which the item could be bought, NaN where that is not known. A
    period with less than `LEAST` of it becomes NaN: not known.
    """
    if in_stock is None:
        return panel
    share: Numbers = np.where(np.isfinite(in_stock), in_stock, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        demand = np.where(share >= LEAST, panel.demand / np.maximum(share, LEAST), np.nan)
    return replace(panel, demand=demand)


def short(in_stock: Numbers | None, shape: tuple[int, int]) -> Numbers:
    """1 where a period is left out for want of stock, a share where it was scaled up, 0 elsewhere; shaped as demand."""
    if in_stock is None:
        return np.zeros(shape)
    share = np.where(np.isfinite(in_stock), in_stock, 1.0)
    return np.where(share < LEAST, 1.0, 1.0 - share)
