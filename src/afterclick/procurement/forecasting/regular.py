"""Forecasts of items that sell in almost every period, each by several classical methods at once."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from afterclick.procurement.forecasting import regular_methods, regular_pooled
from afterclick.procurement.forecasting.panel import LEVELS, SEASON, Freq, Numbers, Panel, Prediction
from afterclick.procurement.forecasting.regular_spread import Surprises, fan, surprises

SHORTEST: Final[dict[Freq, int]] = {"D": 56, "W": 78, "M": 36, "Q": 16}
"""Known periods below which a season cannot be told from chance: a year and a half or more, and eight weeks of days."""
SELLING: Final = 0.9
"""Share of the known periods with a sale, at least; below it the methods for intermittent demand are better."""
KNOWN: Final = 0.8
"""Share of the periods since the first known one that must be known; the rest is drawn in between."""
FEW: Final = 500
"""Items up to which this takes minutes, at about 0.3 CPU seconds each. Larger panels go to the learned model."""
CHECKED: Final = 60
"""Items whose last periods are forecast once more from before them, to learn how wide the fan must be."""


def is_regular(panel: Panel) -> npt.NDArray[np.bool_]:
    """For each item: is its history long, whole and without many empty periods, so that `regular` fits it? Costs next to nothing.

    Long is `SHORTEST` known periods, whole is `KNOWN` of the periods since the first, and `SELLING` of the known ones must have
    a sale.
    """
    known = np.isfinite(panel.demand)
    count = known.sum(axis=1)
    since = np.where(known.any(axis=1), panel.demand.shape[1] - known.argmax(axis=1), 0)
    sold = (panel.demand > 0).sum(axis=1)
    return (count >= SHORTEST[panel.freq]) & (count >= KNOWN * since) & (sold >= SELLING * count)


def regular(
    panel: Panel, horizon: int, *, levels: Sequence[float] = LEVELS, spans: Sequence[int] = (), seed: int = 0
) -> Prediction:
    """Demand of the next `horizon` periods of every item: the mean, a quantile per level, and those of sums over `spans`.

    The mean is the median of exponential smoothing, complex smoothing, the optimised theta method and a regression learnt from
    all items together, for weeks in two forms. The fan is as wide as the methods say, corrected by how far the same forecast
    went wrong over the last periods. Works with any history: an item of which nothing is known gets 0. Nothing here is drawn at
    random; `seed` is there because every forecast of this house takes one.
    """
    del seed
    ahead, everyone = max([horizon, *spans]), np.arange(len(panel.items))
    mean, spread = _combined(panel.demand, panel.freq, ahead, everyone)
    wrong = _checked(panel.demand, panel.freq, ahead)
    quantiles, sums = fan(mean, spread, levels=tuple(levels), spans=tuple(spans), surprises=wrong)
    return Prediction(mean[:, :horizon], tuple(levels), quantiles[:, :horizon], sums, "regular")


def _combined(demand: Numbers, freq: Freq, horizon: int, rows: npt.NDArray[np.intp]) -> tuple[Numbers, Numbers]:
    """Mean and standard deviation of the error of some rows, rows × horizon; the regressions learn from all rows.

    The choice was made on the last `horizon` periods of the training parts of M4 weekly and M3 monthly and quarterly, see
    docs/decisions/regular-forecasts.md. The scaled form of the regression helps with weeks and harms with months.
    """
    season = SEASON[freq]
    classical, spread = regular_methods.answers(demand[rows], season=season, horizon=horizon)
    forms = (False, True) if freq in ("W", "D") else (False,)
    pooled = [regular_pooled.answers(demand, season=season, horizon=horizon, scaled=scaled)[rows] for scaled in forms]
    mean: Numbers = np.nanmedian(np.concatenate([classical, np.array(pooled)]), axis=0)
    return np.maximum(mean, 0.0), spread


def _checked(demand: Numbers, freq: Freq, horizon: int) -> Surprises:
    """How the errors of a forecast made before the last periods compare with the spread it promised."""
    back = min(horizon, max(1, demand.shape[1] // 4))
    history = demand[:, :-back]
    usable = np.flatnonzero(np.isfinite(history).sum(axis=1) >= SEASON[freq])
    rows = usable[np.unique(np.linspace(0, len(usable) - 1, min(CHECKED, len(usable))).astype(int))]
    mean, spread = _combined(history, freq, back, rows) if len(rows) else (np.zeros((0, back)), np.zeros((0, back)))
    return surprises(demand[rows, -back:], mean, spread)
