"""How wide the fan around a forecast is, for single periods as for several together."""

from collections.abc import Sequence
from statistics import NormalDist
from typing import Final, NamedTuple

import numpy as np

from afterclick.procurement.forecasting.panel import Numbers

PRIOR: Final = 99
"""Weight of the normal distribution beside the errors that were seen, in errors."""
WIDEST: Final = 8.0
"""Errors beyond so many standard deviations count as so many: a single accident does not widen every fan."""


class Surprises(NamedTuple):
    """Errors of past forecasts in standard deviations as promised, sorted, with a normal sample mixed in."""

    errors: Numbers


def surprises(actual: Numbers, mean: Numbers, spread: Numbers) -> Surprises:
    """From items × periods of what came (NaN is left out), what had been forecast, and the standard deviation promised."""
    errors = np.clip((actual - mean) / np.maximum(spread, 1e-9), -WIDEST, WIDEST)
    normal = NormalDist()
    sample = [normal.inv_cdf((rank + 0.5) / PRIOR) for rank in range(PRIOR)]
    return Surprises(np.sort(np.concatenate([errors[np.isfinite(errors)], sample])))


def fan(
    mean: Numbers, spread: Numbers, *, levels: Sequence[float], spans: Sequence[int], surprises: Surprises
) -> tuple[Numbers, dict[int, Numbers]]:
    """Quantiles, items × horizon × levels, and for each span those of the sum, items × levels; none below 0, none falling."""
    steps = np.quantile(surprises.errors, levels, method="hazen") if len(levels) else np.zeros(0)
    quantiles = np.maximum(mean[:, :, None] + spread[:, :, None] * steps, 0.0)
    together = {
        span: np.maximum(mean[:, :span].sum(axis=1)[:, None] + sum_spread(spread, span)[:, None] * steps, 0.0) for span in spans
    }
    return quantiles, together


def sum_spread(spread: Numbers, span: int) -> Numbers:
    """Standard deviation of the error of the next `span` periods together, from those of the single periods (items × horizon).

    An error h periods ahead is the sum of the shocks until then, each with a weight that depends on its age: that is true of
    every method used here (Hyndman et al., "Forecasting with exponential smoothing", 2008, chapter 6). So the growth of the
    variance from period to period gives the squares of the weights, and with them the variance of any sum. Where all periods
    are equally uncertain the errors are independent and variances add; where the spread grows like a random walk, they add up
    almost fully.
    """
    variance = np.maximum.accumulate(spread[:, :span] ** 2, axis=1)
    weights = np.sqrt(np.diff(variance, axis=1, prepend=0.0))
    return np.sqrt((np.cumsum(weights, axis=1) ** 2).sum(axis=1))
