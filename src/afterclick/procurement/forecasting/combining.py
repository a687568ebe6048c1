"""The share of each method in the forecast, set by how well they did in the last periods of the past."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from afterclick.procurement.forecasting import learned, statistical
from afterclick.procurement.forecasting.measures import revenue_weights, root_squared_errors, weighted
from afterclick.procurement.forecasting.panel import LEVELS, Numbers, Panel, Prediction
from afterclick.procurement.forecasting.unsold import fill

ROUNDS: Final = 4
"""Forecasts of the past that are rehearsed and compared with what came, a period apart."""
SHARE: Final = 0.6
"""The learnt mean's share where nothing can be rehearsed, and two thirds of the evidence otherwise: on weekly shop sales 0.5 to
0.7 were equally good, and four weeks say little. See docs/decisions/demand-model.md."""
SHARES: Final = np.linspace(0, 1, 11)
CLASSES: Final = (0.2, 0.6)
"""Shares of periods without a sale at which an item is of the next class: steady, patchy, rare."""
FEWEST: Final = 200
"""Rehearsed periods of a class below which its quantiles are left as they are."""


@dataclass(frozen=True)
class Combined:
    """`share` of the mean is learnt, the rest smoothed; `corrected` (classes × levels) is read off for the levels asked for."""

    model: learned.Learned
    share: float
    corrected: Numbers

    def predict(self, panel: Panel) -> Prediction:
        """Demand of the periods after the last one of `panel`: its mean, quantiles and those of sums. No further training."""
        found = self.model.predict(panel, levels=self.corrected[intermittency(panel)])
        smooth = statistical.level(panel.demand)[:, None]
        mean = self.share * found.mean + (1 - self.share) * smooth
        # The quantiles go half the way with the mean; whole, they were no better, and the forest has seen why they differ.
        moved = np.sqrt((mean + 0.05 * smooth + 1e-9) / (found.mean + 0.05 * smooth + 1e-9))
        spans = {span: totals * moved[:, :span].mean(axis=1)[:, None] for span, totals in found.spans.items()}
        model = f"{self.share:.0%} boosted trees, {1 - self.share:.0%} smoothing, quantile forest"
        return fill(panel, replace(found, mean=mean, quantiles=found.quantiles * moved[..., None], spans=spans, model=model))


def train(panel: Panel, horizon: int, *, levels: Sequence[float] = LEVELS, spans: Sequence[int] = (), seed: int = 0) -> Combined:
    """Trains on all of `panel`, after a rehearsal on its past that sets the shares and corrects the levels.

    The rehearsal trains on what lies before the last `horizon` + 3 periods and needs three times as many; without it, the shares
    are the usual ones.
    """
    share, corrected = SHARE, np.tile(np.asarray(levels, dtype=float), (len(CLASSES) + 1, 1))
    held = horizon + ROUNDS - 1
    if panel.demand.shape[1] >= 3 * held:
        before = panel.upto(panel.demand.shape[1] - held)
        rehearsed = learned.train(before, horizon, levels=(0.5,), seed=seed, rows=learned.ROWS // 2)
        share = (2 * SHARE + _best_share(rehearsed, panel)) / 3
        corrected = _corrected(rehearsed, panel, np.asarray(levels, dtype=float))
    return Combined(learned.train(panel, horizon, levels=levels, spans=spans, seed=seed), share, corrected)


def intermittency(panel: Panel) -> npt.NDArray[np.intp]:
    """The class of each item by how many of its last 26 known periods passed without a sale."""
    recent = panel.demand[:, -26:]
    idle: Numbers = (recent <= 0).sum(axis=1) / np.maximum(np.isfinite(recent).sum(axis=1), 1)
    return np.searchsorted(np.asarray(CLASSES), idle)


def _rounds(model: learned.Learned, panel: Panel) -> list[tuple[Panel, Numbers]]:
    """What was known, and what came in the `horizon` periods after."""
    periods, horizon = panel.demand.shape[1], model.horizon
    first = periods - horizon - ROUNDS + 1
    return [(panel.upto(at), panel.demand[:, at : at + horizon]) for at in range(first, periods - horizon + 1)]


def _best_share(model: learned.Learned, panel: Panel) -> float:
    """The learnt mean's share with the least squared error in money: WRMSSE, which the mean minimises and the median does not."""
    losses = np.zeros(len(SHARES))
    for before, actual in _rounds(model, panel):
        learnt, smooth, weights = model.predict(before).mean, statistical.level(before.demand)[:, None], revenue_weights(before)
        losses += [
            weighted(root_squared_errors(before.demand, actual, share * learnt + (1 - share) * smooth), weights)
            for share in SHARES
        ]
    return float(SHARES[losses.argmin()]) if np.isfinite(losses).all() else SHARE


def _corrected(model: learned.Learned, panel: Panel, levels: Numbers) -> Numbers:
    """For each class, the levels of the model below which demand fell as often as the levels asked for say; half of the way.

    This minimises the quantile loss among all re-labellings of the levels. Demand that ties with a probable 0 is spread evenly
    over its probability. Source: Czado, Gneiting, Held, "Predictive model assessment for count data", Biometrics 65(4) 2009.
    """
    lows: list[Numbers] = []
    highs: list[Numbers] = []
    kinds: list[npt.NDArray[np.intp]] = []
    for before, actual in _rounds(model, panel):
        low, high = model.rank(before, actual)
        known = np.isfinite(actual)
        lows.append(low[known])
        highs.append(high[known])
        kinds.append(np.broadcast_to(intermittency(before)[:, None], actual.shape)[known])
    low, high, kind = np.concatenate(lows), np.concatenate(highs), np.concatenate(kinds)
    grid = np.linspace(0, 1, 101)
    found = np.tile(levels, (len(CLASSES) + 1, 1))
    for row in range(len(found)):
        bottom, top = low[kind == row], high[kind == row]
        if len(bottom) >= FEWEST:
            fallen = [float(np.clip((rank - bottom) / np.maximum(top - bottom, 1e-9), 0, 1).mean()) for rank in grid]
            found[row] = (np.interp(levels, fallen, grid) + levels) / 2
    return found
