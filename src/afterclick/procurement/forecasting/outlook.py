"""Forecast a history with everything that stands around the model, from stock-outs to planned promotions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from afterclick.procurement.forecasting import coherence, promotion
from afterclick.procurement.forecasting.chance import no_surer_than_chance
from afterclick.procurement.forecasting.fading import dying_items, faded
from afterclick.procurement.forecasting.forecast import forecast
from afterclick.procurement.forecasting.launching import Rows, age, by_analogy, new_items
from afterclick.procurement.forecasting.panel import LEVELS, SEASON, Numbers, Panel, Prediction
from afterclick.procurement.forecasting.regular import FEW, regular
from afterclick.procurement.forecasting.shortage import without_shortage
from afterclick.procurement.forecasting.unusual import Bulk, bulk_orders, with_bulk, without_bulk

LUMPY_GAP: Final = 1.32
LUMPY_SIZE: Final = 0.49
"""Mean periods between sales, and squared variation of their sizes, from which demand is called lumpy.

Source: Syntetos, Boylan, Croston, "On the categorization of demand patterns", J. Oper. Res. Soc. 56 (2005).
"""

MANY: Final = 20
"""Items from which on their sum is regular enough to set their own forecasts right."""
MEASURABLE: Final = 20
"""Pieces sold before, below which growth in per cent is noise."""


class Past(Protocol):
    """A panel with what is known beside it; see `sales.periods.History`."""

    @property
    def panel(self) -> Panel: ...
    @property
    def largest(self) -> Numbers | None: ...
    @property
    def in_stock(self) -> Numbers | None: ...


class Method(Protocol):
    """The model: `forecasting.forecast.forecast`, or what stands in for it."""

    def __call__(self, panel: Panel, horizon: int, *, levels: Sequence[float], spans: Sequence[int], seed: int) -> Prediction: ...


@dataclass(frozen=True)
class Outlook:
    """A forecast, and what it was based on.

    `base` is the demand that the model saw: without stock-outs and bulk orders, and where promotions are planned, without those
    of the past.
    """

    prediction: Prediction
    base: Panel
    bulk: Bulk
    new: Rows
    dying: Rows


def outlook(
    past: Past, horizon: int, *, levels: Sequence[float] = LEVELS, spans: Sequence[int] = (), seed: int = 0,
    method: Method = forecast,
) -> Outlook:  # fmt: skip
    """The forecast of the `horizon` periods after a history.

    In this order: stock-outs are left out or scaled up; bulk orders are taken out; where prices or promotions are planned, what
    they did in the past is taken out; the model forecasts what is left; new items lean on their like; dying items fade; items of
    weeks are made to agree with their category and the whole; the effect of what is planned is laid on; no fan is narrower than
    chance alone makes it; bulk orders come back as a risk, and into the mean where they recur. Items of which no period is known
    at all are forecast by analogy alone.
    """
    whole = without_shortage(past.panel, past.in_stock)
    bulk = bulk_orders(whole, past.largest)
    usual = without_bulk(whole, bulk)
    # Without a plan nothing is cleaned: promotions that nobody announced come all the same, and a cleaned past knows of none.
    effects = promotion.learn(usual) if promotion.is_planned(usual) else None
    base = usual if effects is None else promotion.without(usual, effects)
    known = np.flatnonzero(np.isfinite(base.demand).any(axis=1))
    predicted = method(base.only(known), horizon, levels=tuple(levels), spans=tuple(spans), seed=seed)
    prediction = _spread(predicted, known, len(base.items))
    prediction = _agreed(faded(by_analogy(prediction, base), base), base)
    if effects is not None and effects.rows:
        prediction = promotion.planned(usual, effects, prediction)
    prediction = with_bulk(no_surer_than_chance(_sane(prediction), base), whole, bulk)
    return Outlook(prediction, base, bulk, new_items(base), dying_items(base))


def totals(past: Past, found: Outlook) -> tuple[tuple[str, ...], Prediction]:
    """The names of the categories and of the total, and their forecasts, whose means are the sums of those of the items.

    How far they may be off is forecast from the past of the sums themselves, for errors of items move together.
    """
    prediction = found.prediction
    upper = coherence.above(without_shortage(past.panel, past.in_stock))
    own = forecast(upper, prediction.mean.shape[1], levels=prediction.levels)
    return upper.items, coherence.around(own, coherence.bottom_up(prediction, past.panel.groups))


def lumpy(panel: Panel) -> Rows:
    """The rows of the items that sell seldom and in very different quantities: hard to forecast, whoever does it."""
    sizes = np.where(panel.demand > 0, panel.demand, np.nan)
    counts = np.isfinite(sizes).sum(axis=1)
    some = counts >= 4
    variation = np.zeros(len(sizes))
    variation[some] = (np.nanstd(sizes[some], axis=1) / np.nanmean(sizes[some], axis=1)) ** 2
    gaps = np.isfinite(panel.demand).sum(axis=1) / np.maximum(counts, 1)
    return np.flatnonzero(some & (gaps > LUMPY_GAP) & (variation > LUMPY_SIZE))


def growth(panel: Panel, prediction: Prediction, bulk: Bulk) -> Numbers:
    """Forecast demand over that of as many periods before (at least 4), less 1; NaN where there was too little to compare.

    Bulk orders count on neither side: one of them in the past does not make a steady item shrink.
    """
    back = max(4, prediction.mean.shape[1])
    past = np.maximum(panel.demand - bulk.pieces, 0.0)[:, -back:]
    before = np.nan_to_num(past).sum(axis=1) / np.maximum(1, np.isfinite(past).sum(axis=1))
    grown = (before * back >= MEASURABLE) & (age(panel) >= 2 * back)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(grown, (prediction.mean.mean(axis=1) - bulk.expected) / before - 1, np.nan)


def _agreed(prediction: Prediction, base: Panel) -> Prediction:
    """Items made to agree with what is forecast of their category and of the whole: of weeks, as bench/coherence.py measures."""
    if base.freq != "W" or len(base.items) < MANY or len(base.starts) < SEASON["W"] or len(set(base.groups)) > FEW:
        return prediction
    upper = regular(coherence.above(base), prediction.mean.shape[1], levels=prediction.levels)
    return coherence.reconcile(prediction, upper, base.groups).items


def _spread(predicted: Prediction, rows: Rows, items: int) -> Prediction:
    """The forecast of some rows among all of them; the others have nothing yet."""
    if len(rows) == items:
        return predicted

    def spread(values: Numbers) -> Numbers:
        whole = np.zeros((items, *values.shape[1:]))
        whole[rows] = values
        return whole

    spans = {span: spread(values) for span, values in predicted.spans.items()}
    return Prediction(spread(predicted.mean), predicted.levels, spread(predicted.quantiles), spans, predicted.model)


def _sane(prediction: Prediction) -> Prediction:
    """Nothing below 0 or unknown, and quantiles that never fall along their levels."""

    def rising(values: Numbers) -> Numbers:
        return np.maximum.accumulate(np.maximum(np.nan_to_num(values), 0.0), axis=-1)

    spans = {span: rising(values) for span, values in prediction.spans.items()}
    mean = np.maximum(np.nan_to_num(prediction.mean), 0.0)
    return Prediction(mean, prediction.levels, rising(prediction.quantiles), spans, prediction.model)
