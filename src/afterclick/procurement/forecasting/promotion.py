"""What prices and promotions do to demand, learnt from the past and laid on what is planned."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from afterclick.procurement.forecasting.panel import Numbers, Panel, Prediction

AROUND: Final = 13
"""Periods to either side whose mean is taken off: seasons and slow trends are not the work of a promotion."""
REFERENCE: Final = 26
"""Latest periods whose middle price is an item's usual one."""
OFFSET: Final = 0.1
"""Share of an item's usual demand added before the logarithm, so that an empty period counts without deciding."""
STRAY: Final = np.array([0.7, 0.4])
"""How far items stray from their category, and it from the whole, in price elasticity and in the effect of a promotion."""
LEAST_ROWS: Final = 30
"""Periods with a change of price or a promotion, over all items, below which no effect is believed."""
BOUNDS: Final = np.array([[-6.0, 0.0], [0.0, 2.5]])
"""A price cut never lowers demand, a promotion neither; no effect is believed beyond these."""
MOST: Final = 15.0
"""Largest uplift, and the inverse of the smallest."""
ROUNDS: Final = 5
HUBER: Final = 1.5
_Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Effects:
    """What moves each item.

    `elasticity` is the change of log demand per change of log price (0 or less), `promotion` the change of log demand under a
    promotion of the whole period (0 or more), `usual` the price when nothing is on (NaN where not known). `rows` is the number of
    periods with a change, over all items, that taught it.
    """

    elasticity: Numbers
    promotion: Numbers
    usual: Numbers
    rows: int

    def uplift(self, price: Numbers | None, promoted: Numbers | None) -> Numbers | float:
        """Demand at these prices and promotions (items × periods) per demand at the usual price with none; 1 where unknown."""
        change = 0.0
        if price is not None:
            with np.errstate(divide="ignore", invalid="ignore"):
                relative = np.where((price > 0) & (self.usual[:, None] > 0), np.log(price / self.usual[:, None]), 0.0)
            change = change + self.elasticity[:, None] * np.nan_to_num(relative)
        if promoted is not None:
            change = change + self.promotion[:, None] * np.clip(np.nan_to_num(promoted), 0.0, 1.0)
        return np.exp(np.clip(change, -np.log(MOST), np.log(MOST)))


def is_planned(panel: Panel) -> bool:
    """Whether prices or promotions go on past the last period of demand."""
    return any(values is not None and values.shape[1] > panel.demand.shape[1] for values in (panel.price, panel.promoted))


def learn(panel: Panel) -> Effects:
    """The effects in a panel's past: a log-log regression per item, shrunk to its category, and that to all items.

    Demand, price and promotion lose their moving mean first. Errors are weighted after Huber, so that a bulk order is not taken
    for the fruit of a discount. The shrinkage is the posterior mean under normal priors (`STRAY`), in closed form. Works with
    anything: without prices and promotions, or with too few changes of them, all effects are 0.
    """
    periods, count = panel.demand.shape[1], len(panel.items)
    nothing = Effects(np.zeros(count), np.zeros(count), _usual(panel.price, panel.promoted, periods, count), 0)
    inputs, target = _inputs(panel, periods), _log_demand(panel.demand)
    seen = np.isfinite(target) & np.isfinite(inputs).all(axis=0)
    target = _off_level(np.where(seen, target, np.nan))
    inputs = np.stack([_off_level(np.where(seen, column, np.nan)) for column in inputs])
    changed = seen & (np.abs(np.nan_to_num(inputs)) > 0.02).any(axis=0)
    if changed.sum() < LEAST_ROWS:
        return nothing
    group = np.unique(panel.groups, return_inverse=True)[1] if panel.groups else np.zeros(count, dtype=np.intp)
    x, y = np.nan_to_num(inputs), np.nan_to_num(target)
    weight = seen.astype(float)
    effects = np.zeros((count, 2))
    for _ in range(ROUNDS):
        effects = _posterior(x, y, weight, effects, group)
        errors = np.abs(y - np.einsum("kit,ik->it", x, effects))
        scale = 1.4826 * float(np.median(errors[seen])) + 1e-9
        weight = np.where(seen, np.minimum(1.0, HUBER * scale / np.maximum(errors, 1e-12)), 0.0)
    return Effects(effects[:, 0], effects[:, 1], nothing.usual, int(changed.sum()))


def without(panel: Panel, effects: Effects) -> Panel:
    """Demand as it would have been at the usual price and without promotions: what a forecast of the level should start from.

    Nothing of what is planned is left in it, and no promotions, so that nothing counts twice.
    """
    price, promoted = (_cut(values, 0, panel.demand.shape[1]) for values in (panel.price, panel.promoted))
    return replace(panel, demand=panel.demand / effects.uplift(price, promoted), price=price, promoted=None)


def planned(panel: Panel, effects: Effects, prediction: Prediction) -> Prediction:
    """The forecast of the level with the effect of the prices and promotions planned after the last period of `panel.demand`.

    Where no plan is given, the price stays the usual one and nothing is promoted. Quantiles grow with the mean.
    """
    periods, horizon = panel.demand.shape[1], prediction.mean.shape[1]
    uplift = np.ones_like(prediction.mean)
    ahead = [_cut(values, periods, periods + horizon) for values in (panel.price, panel.promoted)]
    filled = [None if values is None else _padded(values, horizon) for values in ahead]
    uplift *= effects.uplift(filled[0], filled[1])
    mean = prediction.mean * uplift
    spans = {
        span: values * _ratio(mean[:, :span].sum(axis=1), prediction.mean[:, :span].sum(axis=1))[:, None]
        for span, values in prediction.spans.items()
    }
    quantiles = prediction.quantiles * uplift[:, :, None]
    return Prediction(mean, prediction.levels, quantiles, spans, f"{prediction.model} + promotions")


def _inputs(panel: Panel, periods: int) -> Numbers:
    """Log price and promotion, 2 × items × periods; 0 where the panel has none, NaN where one is not known."""
    found = np.zeros((2, *panel.demand.shape))
    if panel.price is not None:
        price = _padded(panel.price[:, :periods], periods)
        found[0] = np.log(np.where(price > 0, price, np.nan))
    if panel.promoted is not None:
        found[1] = np.clip(_padded(panel.promoted[:, :periods], periods), 0.0, 1.0)
    return found


def _log_demand(demand: Numbers) -> Numbers:
    pieces = np.maximum(demand, 0.0)
    known = np.isfinite(pieces)
    sold = np.where(pieces > 0, pieces, np.nan)
    usual = np.zeros(len(demand))
    some = np.flatnonzero(np.isfinite(sold).any(axis=1))
    usual[some] = np.nanmedian(sold[some], axis=1)  # of the periods with a sale: no bulk order moves it
    usable = known & (usual > 0)[:, None]
    offset = np.maximum(OFFSET * usual, 1e-9)[:, None]
    return np.where(usable, np.log(np.where(usable, pieces, 1.0) + offset), np.nan)


def _off_level(values: Numbers) -> Numbers:
    """Each value less the mean of the known ones around it, items × periods."""
    known = np.isfinite(values)
    sums = np.pad(np.cumsum(np.where(known, values, 0.0), axis=1), ((0, 0), (1, 0)))
    counts = np.pad(np.cumsum(known, axis=1), ((0, 0), (1, 0)))
    periods: _Rows = np.arange(values.shape[1], dtype=np.intp)
    low, high = np.maximum(periods - AROUND, 0), np.minimum(periods + AROUND + 1, values.shape[1])
    return values - (sums[:, high] - sums[:, low]) / np.maximum(counts[:, high] - counts[:, low], 1)


def _posterior(x: Numbers, y: Numbers, weight: Numbers, before: Numbers, group: _Rows) -> Numbers:
    """Effects of each item, items × 2, given weights; `before` tells the noise."""
    errors = y - np.einsum("kit,ik->it", x, before)
    noise = float((weight * errors**2).sum() / max(weight.sum(), 1.0)) + 1e-9
    squares, products = np.einsum("kit,lit,it->ikl", x, x, weight) / noise, np.einsum("kit,it,it->ik", x, y, weight) / noise
    prior = np.diag(1 / STRAY**2)
    whole = _bounded(_solved(squares.sum(axis=0) + np.diag([1e-3, 1e-3]), products.sum(axis=0)))
    groups = int(group.max(initial=0)) + 1
    by_group, towards = np.zeros((groups, 2, 2)), np.zeros((groups, 2))
    np.add.at(by_group, group, squares)
    np.add.at(towards, group, products)
    category = _solved(by_group + prior, towards + prior @ whole)
    return _bounded(_solved(squares + prior, products + category[group] @ prior))


def _solved(squares: Numbers, products: Numbers) -> Numbers:
    """The solutions of many small linear systems, each as wide as the last axis of `products`."""
    return np.asarray(np.linalg.solve(squares, products[..., None])[..., 0], dtype=np.float64)


def _bounded(effects: Numbers) -> Numbers:
    return np.clip(effects, BOUNDS[:, 0], BOUNDS[:, 1])


def _usual(price: Numbers | None, promoted: Numbers | None, periods: int, count: int) -> Numbers:
    """The middle of the latest known prices of each item, of those without promotion where there are any."""
    usual = np.full(count, np.nan)
    if price is None:
        return usual
    past = np.where(price[:, :periods] > 0, price[:, :periods], np.nan)
    plain = past if promoted is None else np.where(_padded(promoted[:, :periods], past.shape[1]) > 0, np.nan, past)
    for values in (past, past[:, -REFERENCE:], plain[:, -REFERENCE:]):  # the later, the better
        some = np.isfinite(values).any(axis=1)
        usual[some] = np.nanmedian(values[some], axis=1)
    return usual


def _cut(values: Numbers | None, start: int, end: int) -> Numbers | None:
    return None if values is None else _padded(values[:, start:end], end - start)


def _padded(values: Numbers, periods: int) -> Numbers:
    """As many periods as wanted, those that are missing not known."""
    return np.pad(values, ((0, 0), (0, periods - values.shape[1])), constant_values=np.nan)


def _ratio(new: Numbers, old: Numbers) -> Numbers:
    return np.where(old > 0, new / np.where(old > 0, old, 1.0), 1.0)
