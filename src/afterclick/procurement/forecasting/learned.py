"""One model for all items, learnt from what followed at many moments of their common past."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from afterclick.procurement.forecasting.features import Past, Rows, past, table
from afterclick.procurement.forecasting.forest import FEWEST, Forest, grow
from afterclick.procurement.forecasting.panel import LEVELS, Numbers, Panel, Prediction
from afterclick.procurement.forecasting.trees import Table, fitted

if TYPE_CHECKING:
    import lightgbm

ROWS: Final = 240_000
"""Rows one model learns from; more cost time and won nothing measurable."""
ORIGINS: Final = 40
"""Moments in the past that are looked ahead from, at most: the latest ones."""
TREES: Final = 80


class Lesson(NamedTuple):
    """Rows × features, demand in units of the item's size, and how much each row counts."""

    rows: Table
    target: Numbers
    weight: Numbers


@dataclass(frozen=True)
class Learned:
    """Trained models. `predict` works from the last period of any panel with the same columns, of these or of other items.

    `mean` is None where there was too little to learn from; then the forest's mean stands.
    """

    horizon: int
    levels: tuple[float, ...]
    mean: "lightgbm.Booster | None"
    steps: Forest
    sums: dict[int, Forest]

    def predict(self, panel: Panel, *, levels: Numbers | None = None) -> Prediction:
        """Demand of the `horizon` periods after the last one of `panel`, its quantiles, and those of the sums over `spans`.

        `levels` (items × levels) are read off instead of the ones asked for, where a model is known to be too sure or too unsure.
        """
        known = past(panel, ahead=max(self.horizon, *self.sums, 1))
        wanted = np.broadcast_to(self.levels, (len(panel.items), len(self.levels))) if levels is None else levels
        items, at = len(panel.items), known.periods
        who, step = np.repeat(np.arange(items), self.horizon), np.tile(np.arange(1, self.horizon + 1), items)
        rows, size = table(known, at, who, step), known.scale(at)
        found = self.steps.quantiles(rows, np.repeat(wanted, self.horizon, axis=0))
        quantiles = found.reshape(items, self.horizon, -1) * size[:, None, None]
        spans: dict[int, Numbers] = {}
        for span, forest in self.sums.items():
            middle = np.full(items, (span + 1) // 2)
            totals = forest.quantiles(table(known, at, np.arange(items), middle), wanted)
            spans[span] = totals * size[:, None] * span
        mean = self.steps.mean(rows) if self.mean is None else np.asarray(self.mean.predict(rows))
        return Prediction(mean.reshape(items, self.horizon) * size[:, None], self.levels, quantiles, spans, "learned")

    def rank(self, panel: Panel, actual: Numbers) -> tuple[Numbers, Numbers]:
        """The probability, for `actual` (items × horizon) after the last period of `panel`, of less and of at most as much."""
        known = past(panel, ahead=self.horizon)
        who, step = np.repeat(np.arange(len(actual)), self.horizon), np.tile(np.arange(1, self.horizon + 1), len(actual))
        value = np.nan_to_num(actual).ravel() / known.scale(known.periods)[who]
        low, high = self.steps.rank(table(known, known.periods, who, step), value)
        return low.reshape(actual.shape), high.reshape(actual.shape)


def train(
    panel: Panel, horizon: int, *, levels: Sequence[float] = LEVELS, spans: Sequence[int] = (), seed: int = 0, rows: int = ROWS
) -> Learned:
    """Learns the mean of the next `horizon` periods (boosted trees) and their distribution (a forest), in one thread.

    The same panel and seed give the same models. A panel without a single sale teaches that nothing sells.
    """
    known = past(panel, ahead=0)
    dice = np.random.default_rng(seed)
    lesson = _steps(known, horizon, rows, dice)
    sums = {span: grow(*_sums(known, span, rows, dice), seed=seed) for span in spans}
    mean = _boost(lesson, seed=seed) if len(lesson.rows) >= FEWEST else None
    return Learned(horizon, tuple(levels), mean, grow(*lesson, seed=seed), sums)


def _boost(lesson: Lesson, *, seed: int) -> "lightgbm.Booster":
    leaf = int(np.clip(len(lesson.rows) // 1000, 10, 200))
    settings = {"learning_rate": 0.06, "num_leaves": 31, "lambda_l2": 5.0, "min_data_in_leaf": leaf, "feature_fraction": 0.6}
    return fitted(*lesson, count=TREES, seed=seed, **settings)


def _steps(known: Past, horizon: int, limit: int, dice: np.random.Generator) -> Lesson:
    """What happened 1 to `horizon` periods after the latest moments, for as many items as the limit of rows allows."""
    origins = range(_first(known, horizon), known.periods)
    parts: list[Lesson] = []
    for at in origins:
        items = _alive(known, at)
        steps = np.arange(1, min(horizon, known.periods - at) + 1)
        pairs = len(items) * len(steps)
        wanted = min(pairs, limit // len(origins))
        chosen = dice.choice(pairs, wanted, replace=False, shuffle=False) if wanted < pairs else np.arange(pairs)
        who, step = items[chosen // len(steps)], steps[chosen % len(steps)]
        seen = np.isfinite(known.demand[who, at + step - 1])
        who, step = who[seen], step[seen]
        parts.append(_lesson(known, at, who, step, known.demand[who, at + step - 1]))
    return _joined(parts)


def _sums(known: Past, span: int, limit: int, dice: np.random.Generator) -> Lesson:
    """Demand of the next `span` periods together, as a mean per period."""
    origins = range(_first(known, span), known.periods - span + 1)
    parts: list[Lesson] = []
    for at in origins:
        items = _alive(known, at)
        items = items[known.known[items, at + span] - known.known[items, at] == span]
        wanted = min(len(items), limit // len(origins))
        who = np.sort(dice.choice(items, wanted, replace=False)) if wanted < len(items) else items
        target = (known.pieces[who, at + span] - known.pieces[who, at]) / span
        parts.append(_lesson(known, at, who, np.full(len(who), (span + 1) // 2), target))
    return _joined(parts)


def _first(known: Past, ahead: int) -> int:
    """The earliest moment looked ahead from: a quarter's history is needed to know an item, or half of a shorter panel."""
    return max(min(13, known.periods // 2), known.periods - ahead - ORIGINS, 1)


def _alive(known: Past, at: int) -> Rows:
    """Items that had sold before."""
    return np.flatnonzero(known.pieces[:, at] > 0)


def _lesson(known: Past, at: int, who: Rows, step: Rows, demand: Numbers) -> Lesson:
    size = known.scale(at)[who]
    worth = size
    if known.price is not None:
        price = known.price[who, at - 1]
        usual = float(np.median(price[price > 0])) if (price > 0).any() else 1.0
        worth = size * np.where(price > 0, price, usual)
    return Lesson(table(known, at, who, step), demand / size, worth)


def _joined(parts: list[Lesson]) -> Lesson:
    """All parts; a row counts by the money it moves, but no row more than the hundredth that moves most."""
    if not any(len(part.rows) for part in parts):
        return Lesson(np.zeros((1, 1), dtype=np.float32), np.zeros(1), np.ones(1))
    weight = np.concatenate([part.weight for part in parts])
    weight = np.minimum(weight, np.quantile(weight, 0.99))
    return Lesson(np.concatenate([part.rows for part in parts]), np.concatenate([part.target for part in parts]), weight)
