"""Try a forecast out on the past it would have had to tell, beside the simple methods that it has to beat."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from afterclick.procurement.forecasting.forecast import forecast
from afterclick.procurement.forecasting.launching import Rows
from afterclick.procurement.forecasting.measures import Score, average, score
from afterclick.procurement.forecasting.outlook import Method, Past, outlook
from afterclick.procurement.forecasting.panel import SEASON, Freq, Numbers, Panel, Prediction
from afterclick.procurement.forecasting.shortage import without_shortage

FEWEST: Final = 8
"""Periods that a forecast must have to start from."""
EIGHT_WEEKS: Final[dict[Freq, int]] = {"D": 56, "W": 8, "M": 2, "Q": 1}
SIMPLE: Final = ("naive", "seasonal_naive", "mean_8_weeks")


@dataclass(frozen=True)
class Trial:
    """The scores of the forecast and of the `SIMPLE` methods, means over `cut_offs`, the first days that were forecast."""

    cut_offs: tuple[date, ...]
    own: Score
    simple: dict[str, Score]


def trial(
    past: Past, upto: Callable[[int], tuple[Past, Rows]], horizon: int, cut_offs: int, *, levels: Sequence[float], seed: int = 0,
    method: Method = forecast, each: Callable[[], None] = lambda: None,
) -> Trial | None:  # fmt: skip
    """Forecast from up to `cut_offs` earlier points, `horizon` periods apart, and compare with what came; None if there is none.

    Everything is learnt again at each point from what was known then. Periods without stock are not scored, bulk orders are.

    Args:
        upto: what was known when so many periods had passed, and the rows of `past` that it has.
        each: called after each point.
    """
    whole = without_shortage(past.panel, past.in_stock)
    periods = len(past.panel.starts)
    points = [periods - n * horizon for n in range(1, cut_offs + 1) if periods - n * horizon >= FEWEST]
    scores: dict[str, list[Score]] = {name: [] for name in ("own", *SIMPLE)}
    used: list[date] = []
    for point in points:
        known, rows = upto(point)
        if not known.panel.items:
            continue
        actual: Numbers = whole.demand[rows, point : point + horizon]
        history = without_shortage(known.panel, known.in_stock)
        own = outlook(known, horizon, levels=levels, seed=seed, method=method).prediction
        scores["own"].append(score(history, actual, own))
        for name in SIMPLE:
            scores[name].append(score(history, actual, simple(name, history, horizon)))
        used.append(past.panel.starts[point])
        each()
    if not used:
        return None
    means = {name: average(found) for name, found in scores.items()}
    return Trial(tuple(used), means.pop("own"), means)


def simple(name: str, panel: Panel, horizon: int) -> Prediction:
    """The last period again, the same period a season ago (the last one where that is not known), or the mean of eight weeks."""
    demand, season = panel.demand, SEASON[panel.freq]
    last: Numbers = _last_known(demand)
    if name == "mean_8_weeks":
        recent = demand[:, -EIGHT_WEEKS[panel.freq] :]
        counts = np.isfinite(recent).sum(axis=1)
        last = np.where(counts > 0, np.nan_to_num(recent).sum(axis=1) / np.maximum(counts, 1), last)
    mean = np.repeat(last[:, None], horizon, axis=1)
    if name == "seasonal_naive" and demand.shape[1] >= season:
        back = demand[:, [demand.shape[1] - season + step % season for step in range(horizon)]]
        mean = np.where(np.isfinite(back), back, mean)
    return Prediction(mean, (), np.zeros((*mean.shape, 0)), {}, name)


def _last_known(demand: Numbers) -> Numbers:
    known = np.isfinite(demand)
    at = demand.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    return np.where(known.any(axis=1), demand[np.arange(len(demand)), at], 0.0)
