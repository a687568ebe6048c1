"""Keep a forecast no surer than chance allows: what is sold in single pieces varies at least as much as a Poisson number."""

import numpy as np

from afterclick.procurement.forecasting.panel import Numbers, Panel, Prediction


def no_surer_than_chance(prediction: Prediction, panel: Panel) -> Prediction:
    """Fans that are narrower than that of Poisson demand of the same mean widened to it, of items sold in whole pieces.

    Customers who come one by one, each for a piece, make a Poisson number (Karlin and Taylor, A First Course in Stochastic
    Processes, ch. 4); bundled or trending demand varies more. A model that learnt from few items or weeks may not have seen that.
    A fan is narrower if its outermost levels lie closer together. Of a wider one nothing is touched, for where demand is lumpy
    its middle lies rightly below that of Poisson demand.
    """
    from scipy.stats import poisson

    whole = ~np.any(np.isfinite(panel.demand) & (np.mod(np.nan_to_num(panel.demand), 1) != 0), axis=1)
    if not whole.any():
        return prediction
    levels = np.array(prediction.levels)

    def widened(quantiles: Numbers, mean: Numbers) -> Numbers:
        some = quantiles[whole]
        least: Numbers = np.asarray(poisson.ppf(levels, np.maximum(mean[whole], 1e-12)[..., None]))  # pyright: ignore[reportUnknownMemberType]
        narrow = some[..., -1] - some[..., 0] < least[..., -1] - least[..., 0]
        wide = np.where(levels >= 0.5, np.maximum(some, least), np.minimum(some, least))
        wide = np.where(narrow[..., None], wide, some)
        found = quantiles.copy()
        found[whole] = np.maximum.accumulate(np.maximum(wide, 0.0), axis=-1)
        return found

    spans = {
        span: widened(quantiles, _mean_of(prediction.mean, span)) for span, quantiles in prediction.spans.items()
    }  # fmt: skip
    return Prediction(prediction.mean, prediction.levels, widened(prediction.quantiles, prediction.mean), spans, prediction.model)


def _mean_of(mean: Numbers, span: int) -> Numbers:
    """The mean of so many periods together; past the horizon the last period goes on."""
    horizon = mean.shape[1]
    return mean[:, :span].sum(axis=1) + max(0, span - horizon) * mean[:, -1]
