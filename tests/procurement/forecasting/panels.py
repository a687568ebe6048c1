"""Panels and a simple model for tests of what stands around the model."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from afterclick.procurement.forecasting.panel import Numbers, Panel, Prediction

MONDAY = date(2023, 1, 2)
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Known:
    """A history for tests."""

    panel: Panel
    largest: Numbers | None = None
    in_stock: Numbers | None = None


def weekly(demand: Sequence[Sequence[float]] | Numbers, *, groups: tuple[str, ...] = ()) -> Panel:
    """A panel of weeks, its items named 0, 1, 2."""
    numbers = np.asarray(demand, dtype=np.float64)
    starts = tuple(MONDAY + timedelta(weeks=n) for n in range(numbers.shape[1]))
    return Panel(tuple(str(n) for n in range(len(numbers))), starts, "W", numbers, groups=groups)


def recent_mean(
    panel: Panel, horizon: int, *, levels: Sequence[float] = LEVELS, spans: Sequence[int] = (), seed: int = 0
) -> Prediction:
    """The mean of the last 26 known weeks, and their quantiles."""
    del seed
    recent = np.where(np.isfinite(panel.demand), panel.demand, np.nanmean(panel.demand, axis=1)[:, None])[:, -26:]
    mean = np.repeat(recent.mean(axis=1)[:, None], horizon, axis=1)
    quantiles = np.repeat(np.quantile(recent, levels, axis=1).T[:, None, :], horizon, axis=1)
    sums = {span: np.quantile(recent * span, levels, axis=1).T for span in spans}
    return Prediction(mean, tuple(levels), quantiles, sums, "recent mean")
