"""The demand that each warehouse will have to serve, from the forecasts of the whole shop."""

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from afterclick.procurement.forecasting import kept
from afterclick.procurement.forecasting.kept import Kept, Run
from afterclick.procurement.forecasting.panel import Numbers, Prediction
from afterclick.store.stock import Place
from afterclick.store.transaction import Tx

SHARES_FROM_MS = 13 * 7 * 86_400_000
"""A warehouse's share of a SKU is that of what left in the last quarter."""
PRIOR_PIECES = 20.0
"""A SKU's shares lean towards those of the whole shop by so many pieces: what sold three times says little."""


class Expected(NamedTuple):
    """The forecasts of the newest run, and of the runs of the weeks before it (with it, the newest first), by SKU."""

    run: Run
    weekly: Sequence[Mapping[str, Kept]]


def expected(tx: Tx) -> Expected | None:
    """What is forecast; None where nothing is yet."""
    runs = kept.weekly(tx)
    if not runs:
        return None
    return Expected(runs[0], [{one.sku: one for one in kept.of_run(tx, run.id)} for run in runs])


def shares(tx: Tx, places: Sequence[Place], *, now_ms: int) -> Numbers:
    """The share of each place in its SKU's demand: by what left it in the last quarter, leaning towards the shop's pattern."""
    left = {
        (sku, warehouse): float(pieces)
        for sku, warehouse, pieces in tx.rows(
            "SELECT sku, warehouse, CAST(-SUM(quantity) AS BIGINT) FROM stock_moves WHERE at_ms >= ? AND reason = 'shipment'"
            " GROUP BY sku, warehouse",
            (now_ms - SHARES_FROM_MS,),
        )
    }
    whole: dict[str, float] = {}
    for (_, warehouse), pieces in left.items():
        whole[warehouse] = whole.get(warehouse, 0.0) + pieces
    by_sku: dict[str, list[int]] = {}
    for at, (sku, _) in enumerate(places):
        by_sku.setdefault(sku, []).append(at)
    found: Numbers = np.zeros(len(places))
    for rows in by_sku.values():
        usual = np.array([whole.get(places[at][1], 0.0) for at in rows]) + 1e-9
        own = np.array([left.get(places[at], 0.0) for at in rows])
        weight = own + PRIOR_PIECES * usual / usual.sum()
        found[rows] = weight / weight.sum()
    return found


def at_places(run: Run, forecasts: Sequence[Kept], share: Numbers) -> Prediction:
    """The forecast of each place, from that of its SKU (same rows): a share of the mean, and its part of the spread.

    Pieces are dealt out to places one by one, so that the variance at a place is share² × variance + share × (1 - share) × mean
    (thinning of a point process): what is chance falls with the root of the share, what the whole shop shares with the share
    itself. A tenth of a demand that is nothing but chance is three times as unsteady for its size.
    """

    def spread(mean: Numbers, quantiles: Numbers) -> Numbers:
        wide = (slice(None), *(None,) * (mean.ndim - 1))
        part = share[wide]
        thinned = np.sqrt(part**2 + part * (1 - part) * mean / np.maximum(_variance(quantiles, run.levels), 1e-9))
        centre = mean[..., None]
        narrower = np.clip(thinned, part, np.sqrt(part))[..., None]
        return np.maximum(part[..., None] * centre + narrower * (quantiles - centre), 0.0)

    mean = np.array([one.mean for one in forecasts])
    quantiles = np.array([one.quantiles for one in forecasts])
    spans = {
        weeks: spread(mean[:, :weeks].sum(axis=1), np.array([one.spans[weeks] for one in forecasts]))
        for weeks in forecasts[0].spans
    }
    return Prediction(mean * share[:, None], run.levels, spread(mean, quantiles), spans, run.model)


def _variance(quantiles: Numbers, levels: Sequence[float]) -> Numbers:
    """The variance of which the quantiles next to a tenth from either end tell, as if they were of a normal."""
    low, high = (min(range(len(levels)), key=lambda at: abs(levels[at] - wanted)) for wanted in (0.1, 0.9))
    if low == high:
        return np.zeros(quantiles.shape[:-1])
    apart = NormalDist().inv_cdf(levels[high]) - NormalDist().inv_cdf(levels[low])
    return ((quantiles[..., high] - quantiles[..., low]) / apart) ** 2
