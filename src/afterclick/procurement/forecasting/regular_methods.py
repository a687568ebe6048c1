"""What the classical methods forecast for one series after another."""

import warnings
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from afterclick.procurement.forecasting.panel import Numbers

FEWEST: Final = 6
"""Known periods below which only their mean is forecast."""
HISTORY: Final = 364
"""Latest periods that are looked at: seven years of weeks. Older ones cost time and made forecasts of the held-out year worse."""
LONGEST_SMOOTHED_SEASON: Final = 24
"""Periods of a season that exponential smoothing can still learn; weeks of a year are too many."""
ONE_SD: Final = 68.26894921370858
"""The interval, in per cent, that is one standard deviation wide to either side under a normal distribution."""
TINY: Final = 1e-9


def answers(demand: Numbers, *, season: int, horizon: int) -> tuple[Numbers, Numbers]:
    """What each method says of each item: means, methods × items × horizon, and the error's standard deviations, items × horizon.

    `demand` is items × periods, NaN where not known. The methods are automatic exponential smoothing (Hyndman et al. 2008),
    complex exponential smoothing (Svetunkov et al. 2022) and the dynamic optimised theta method (Fiorucci et al. 2016), as
    statsforecast has them. NaN where a method found no fit; the standard deviation is the middle one of those given.
    """
    means, spread = np.full((3, len(demand), horizon), np.nan), np.zeros((len(demand), horizon))
    for row, series in enumerate(demand):
        means[:, row], spread[row] = _one(whole(series)[-HISTORY:], season, horizon)
    return means, spread


def whole(series: Numbers) -> Numbers:
    """The series from its first known period on, unknown ones in it drawn straight between their neighbours, none below 0."""
    known: npt.NDArray[np.intp] = np.flatnonzero(np.isfinite(series))
    if not len(known):
        return np.zeros(0)
    periods = np.arange(int(known[0]), len(series))
    return np.maximum(np.interp(periods, known, series[known]), 0.0)


def _one(series: Numbers, season: int, horizon: int) -> tuple[Numbers, Numbers]:
    """Means, methods × horizon, and the spread of one series without gaps."""
    if len(series) < FEWEST or np.ptp(series) < TINY:
        level = float(series.mean()) if len(series) else 0.0
        return np.full((3, horizon), level), np.full(horizon, max(float(series.std()), level**0.5) if len(series) else 0.0)
    found = [_ask(method, series, horizon) for method in _methods(season if len(series) >= 2 * season + 2 else 1)]
    means = np.array([mean for mean, _ in found])
    spreads = [spread for mean, spread in found if np.isfinite(mean).all() and np.isfinite(spread).all()]
    if np.isnan(means).all():
        means[:] = series[-season:].mean()
    return means, np.maximum(np.median(spreads, axis=0) if spreads else _walk(series, horizon), TINY)


def _methods(season: int) -> list[Any]:
    from statsforecast.models import AutoCES, AutoETS, DynamicOptimizedTheta

    smoothed = season if season <= LONGEST_SMOOTHED_SEASON else 1
    return [AutoETS(season_length=smoothed), AutoCES(season_length=season), DynamicOptimizedTheta(season_length=season)]


def _ask(method: Any, history: Numbers, horizon: int) -> tuple[Numbers, Numbers]:
    """One method's mean and standard deviation; NaN where it finds no fit, says nonsense, or flies off."""
    nothing = np.full(horizon, np.nan)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = method.forecast(y=history.copy(), h=horizon, level=[ONE_SD])
    except Exception:  # what a numerical routine raises on odd data is not documented; the other methods answer
        return nothing, nothing
    mean, low, high = (np.asarray(found[name], dtype=float) for name in ("mean", f"lo-{ONE_SD}", f"hi-{ONE_SD}"))
    highest = 3 * float(history.max()) + 1
    return (mean, (high - low) / 2) if np.isfinite(mean).all() and mean.max() <= highest else (nothing, nothing)


def _walk(series: Numbers, horizon: int) -> Numbers:
    """The spread of a random walk with the changes that were seen."""
    step = float(np.diff(series).std())
    return step * np.sqrt(np.arange(1, horizon + 1))
