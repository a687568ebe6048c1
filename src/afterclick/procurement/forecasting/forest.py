"""The whole distribution of demand from one random forest: what happened to the items that ended in the same leaves.

Source of the method: Meinshausen, "Quantile regression forests", Journal of Machine Learning Research 7 (2006).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from afterclick.procurement.forecasting.panel import Numbers
from afterclick.procurement.forecasting.trees import Table, fitted

if TYPE_CHECKING:
    import lightgbm

TREES: Final = 32
BINS: Final = 80
FEWEST: Final = 100
"""Rows below which there is one distribution for all."""
CHUNK: Final = 50_000
"""Rows predicted at a time, which bounds the memory."""


@dataclass(frozen=True)
class Forest:
    """`edges` are the upper ends of the bins of the target, the first 0; `shares` the distribution in each leaf of each tree."""

    trees: "lightgbm.Booster | None"
    edges: Numbers
    shares: tuple[Table, ...]

    def distribution(self, rows: Table) -> Numbers:
        """Probability that the target is at most each edge, rows × edges."""
        leaves = _leaves(self.trees, rows)
        total = np.zeros((len(rows), len(self.edges)), dtype=np.float32)
        for tree, shares in enumerate(self.shares):
            total += shares[leaves[:, tree]]
        below = np.cumsum(total, axis=1, dtype=float)
        return below / below[:, -1:]

    def rank(self, rows: Table, value: Numbers) -> tuple[Numbers, Numbers]:
        """Probability of less than `value` (one per row) and of at most as much; they differ where 0 itself is likely."""
        low, high = np.zeros(len(rows)), np.zeros(len(rows))
        for start in range(0, len(rows), CHUNK):
            part = slice(start, start + CHUNK)
            below = self.distribution(rows[part])
            upper = np.searchsorted(self.edges, value[part]).clip(0, len(self.edges) - 1)
            lower, row = np.maximum(upper - 1, 0), np.arange(len(below))
            share = ((value[part] - self.edges[lower]) / np.maximum(self.edges[upper] - self.edges[lower], 1e-12)).clip(0, 1)
            high[part] = below[row, lower] + (below[row, upper] - below[row, lower]) * share
            low[part] = np.where(value[part] > 0, high[part], 0.0)
            high[part] = np.where(value[part] > 0, high[part], below[:, 0])
        return low, high

    def mean(self, rows: Table) -> Numbers:
        """The target's mean: each bin counts at its middle."""
        middle = np.append(0.0, (self.edges[1:] + self.edges[:-1]) / 2)
        return np.concatenate(
            [np.diff(self.distribution(rows[at : at + CHUNK]), axis=1, prepend=0) @ middle for at in range(0, len(rows), CHUNK)]
        )

    def quantiles(self, rows: Table, levels: Numbers) -> Numbers:
        """The target's quantiles; `levels` is one row for all or one row for each (rows × levels)."""
        wanted = np.broadcast_to(levels, (len(rows), levels.shape[-1]))
        parts = [
            inverted(self.distribution(rows[start : start + CHUNK]), self.edges, wanted[start : start + CHUNK])
            for start in range(0, len(rows), CHUNK)
        ]
        return np.concatenate(parts) if parts else np.zeros(wanted.shape)


def grow(rows: Table, target: Numbers, weight: Numbers, *, seed: int) -> Forest:
    """Learns from rows × features, their targets (0 or more) and how much each counts. Needs at least one row."""
    trees = None
    if len(rows) >= FEWEST:
        leaf = int(np.clip(len(rows) // 400, 5, 60))
        settings = {"boosting": "rf", "num_leaves": 400, "min_data_in_leaf": leaf, "feature_fraction": 0.5}
        trees = fitted(rows, target, weight, count=TREES, seed=seed, **settings)
    sold = target[target > 0]
    edges: Numbers = np.unique(np.append(0.0, np.quantile(sold, np.linspace(0, 1, BINS) ** 0.8) if len(sold) else 1.0))
    bins = np.searchsorted(edges, target, side="left").clip(0, len(edges) - 1)
    leaves = _leaves(trees, rows)
    shares: list[Table] = []
    for tree in range(leaves.shape[1]):
        held = int(leaves[:, tree].max()) + 1
        counted = np.bincount(leaves[:, tree] * len(edges) + bins, weights=weight, minlength=held * len(edges))
        counted = counted.reshape(held, len(edges))
        shares.append((counted / np.maximum(counted.sum(axis=1, keepdims=True), 1e-12)).astype(np.float32))
    return Forest(trees, edges, tuple(shares))


def _leaves(trees: "lightgbm.Booster | None", rows: Table) -> npt.NDArray[np.int64]:
    """The leaf of each row in each tree, rows × trees; one leaf for all where there was too little to split."""
    if trees is None:
        return np.zeros((len(rows), 1), dtype=np.int64)
    return np.asarray(trees.predict(rows, pred_leaf=True), dtype=np.int64).reshape(len(rows), -1)


def inverted(below: Numbers, edges: Numbers, levels: Numbers | Sequence[float]) -> Numbers:
    """The quantiles (rows × levels) of distributions (rows × edges), straight lines between the edges."""
    wanted = np.broadcast_to(np.asarray(levels), (len(below), np.shape(levels)[-1]))
    out = np.zeros(wanted.shape)
    row = np.arange(len(below))
    for column in range(wanted.shape[1]):
        level = wanted[:, column]
        upper = (below < level[:, None] - 1e-9).sum(axis=1).clip(0, len(edges) - 1)
        lower = np.maximum(upper - 1, 0)
        step = below[row, upper] - below[row, lower]
        part = np.where(upper > 0, ((level - below[row, lower]) / np.maximum(step, 1e-9)).clip(0, 1), 0)
        out[:, column] = edges[lower] + (edges[upper] - edges[lower]) * part
    return out
