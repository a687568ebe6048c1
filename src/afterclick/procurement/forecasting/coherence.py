"""Forecasts of items, categories and the whole that add up."""

from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Final

import numpy as np
import numpy.typing as npt

from afterclick.procurement.forecasting.panel import Numbers, Panel, Prediction

TOTAL: Final = "total"
LEAST_VARIANCE: Final = 1e-9
_Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Coherent:
    """`items` add up to `above`, whose rows are `names`: the categories in alphabetical order, and the total last."""

    items: Prediction
    above: Prediction
    names: tuple[str, ...]


def above(panel: Panel) -> Panel:
    """The categories' and the total demand as a panel: one row per name of `panel.groups` in alphabetical order, the total last.

    Without groups there is one category, ''. A period counts what is known of it, and is not known where no item is. Prices and
    promotions are left out, for a sum has none.
    """
    names, group = _groups(panel.groups, len(panel.items))
    known = np.isfinite(panel.demand)
    sums, seen = _sum(np.where(known, panel.demand, 0.0), group, len(names)), _sum(known.astype(float), group, len(names))
    demand = np.where(seen > 0, sums, np.nan)
    whole = np.where(known.any(axis=0), np.where(known, panel.demand, 0.0).sum(axis=0), np.nan)
    return Panel((*names, TOTAL), panel.starts, panel.freq, np.vstack([demand, whole]), country=panel.country)


def bottom_up(items: Prediction, groups: tuple[str, ...]) -> Numbers:
    """Means of the categories and the total that the items' means add up to, rows as in `above`."""
    names, group = _groups(groups, len(items.mean))
    sums = _sum(items.mean, group, len(names))
    return np.vstack([sums, sums.sum(axis=0)])


def reconcile(items: Prediction, above: Prediction, groups: tuple[str, ...]) -> Coherent:
    """Means that add up; quantiles are scaled with their means.

    `items` is the forecast of the items, `above` that of `above(panel)`, with the same horizon and levels; `groups` as in the
    panel. Going up the tree, the sum of the forecasts below and the sum's own forecast are averaged by precision (weighted
    least squares, as MinT with a diagonal: Wickramasuriya, Athanasopoulos, Hyndman, JASA 114, 2019). Errors of items move
    together, so a sum of them is never taken for more certain than the sum's own forecast. Going down, categories give or take
    by their variance, and the items of a category in proportion to their means, because a season or a good month moves all of
    them by the same share. Variances are read from the quantiles. None falls below 0; where all items of a category are at 0,
    they share it evenly. A forecast that is not finite counts as 0. How much it helps is measured by bench/coherence.py.
    """
    names, group = _groups(groups, len(items.mean))
    items, above = _sound(items), _sound(above)
    base, top = items.mean, above.mean
    wide = np.maximum(_variance(items), LEAST_VARIANCE)
    wide_top = np.maximum(_variance(above), LEAST_VARIANCE)
    if not len(base):
        return Coherent(items, around(above, np.zeros_like(top)), (*names, TOTAL))
    below, apart = _sum(base, group, len(names)), _sum(wide, group, len(names))
    category = _average(below, apart, top[:-1], wide_top[:-1])
    whole = _average(category.sum(axis=0), wide_top[:-1].sum(axis=0), top[-1], wide_top[-1])
    category = category + wide_top[:-1] / wide_top[:-1].sum(axis=0) * (whole - category.sum(axis=0))
    category = _in_proportion(category, np.zeros(len(category), dtype=np.intp), whole[None])
    means = _in_proportion(base, group, category)
    reached = _sum(means, group, len(names))
    return Coherent(around(items, means), around(above, np.vstack([reached, reached.sum(axis=0)])), (*names, TOTAL))


def around(prediction: Prediction, mean: Numbers) -> Prediction:
    """The same distribution around another mean; where the mean was 0, its quantiles stay."""
    old = prediction.mean
    factor = np.where(old > 0, mean / np.where(old > 0, old, 1.0), 1.0)
    spans: dict[int, Numbers] = {}
    for span, values in prediction.spans.items():
        before, after = old[:, :span].sum(axis=1), mean[:, :span].sum(axis=1)
        spans[span] = values * np.where(before > 0, after / np.where(before > 0, before, 1.0), 1.0)[:, None]
    return replace(prediction, mean=mean, quantiles=prediction.quantiles * factor[:, :, None], spans=spans)


def _sound(prediction: Prediction) -> Prediction:
    """The same forecast, 0 where it is below 0 or not finite."""

    def sound(values: Numbers) -> Numbers:
        return np.where(np.isfinite(values) & (values > 0), values, 0.0)

    spans = {span: sound(values) for span, values in prediction.spans.items()}
    return replace(prediction, mean=sound(prediction.mean), quantiles=sound(prediction.quantiles), spans=spans)


def _groups(groups: tuple[str, ...], items: int) -> tuple[list[str], _Rows]:
    """Names in alphabetical order, and the row of each item's name."""
    names, group = np.unique(groups if groups else ("",) * items, return_inverse=True)
    return [str(name) for name in names], group.astype(np.intp)


def _sum(values: Numbers, group: _Rows, groups: int) -> Numbers:
    found = np.zeros((groups, values.shape[1]))
    np.add.at(found, group, values)
    return found


def _variance(prediction: Prediction) -> Numbers:
    """Of each mean, rows × horizon: from the outermost quantiles as if of a normal distribution, or the mean itself without them.

    That a count varies as much as its mean is true of a Poisson distribution.
    """
    levels = prediction.levels
    if len(levels) < 2 or levels[0] >= levels[-1]:
        return prediction.mean
    apart = NormalDist().inv_cdf(levels[-1]) - NormalDist().inv_cdf(levels[0])
    return ((prediction.quantiles[..., -1] - prediction.quantiles[..., 0]) / apart) ** 2


def _average(sums: Numbers, apart: Numbers, own: Numbers, wide: Numbers) -> Numbers:
    """The sum of several forecasts and the sum's own one, by precision; `apart` is the sum of the several variances."""
    together = np.maximum(apart, wide)
    return (sums * wide + own * together) / (wide + together)


def _in_proportion(values: Numbers, group: _Rows, sums: Numbers) -> Numbers:
    """Values in proportion to the given ones, none below 0, that add up to `sums` (0 or more) by group."""
    kept, wanted = np.maximum(values, 0.0), np.maximum(sums, 0.0)
    reached = _sum(kept, group, len(wanted))
    factor = np.where(reached > 0, wanted / np.where(reached > 0, reached, 1.0), 0.0)
    even = np.where(reached > 0, 0.0, wanted / np.maximum(np.bincount(group, minlength=len(wanted)), 1)[:, None])
    return kept * factor[group] + even[group]
