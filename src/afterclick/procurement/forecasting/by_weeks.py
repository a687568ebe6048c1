"""Forecast days by weeks: a week of a small item tells something where a day tells nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from afterclick.procurement.forecasting import combining
from afterclick.procurement.forecasting.launching import Rows
from afterclick.procurement.forecasting.panel import LEVELS, Numbers, Panel, Prediction
from afterclick.procurement.forecasting.profile import to_days, weekday_profile

FEWEST: Final = 56
"""Days of history from which there are weeks enough to learn from."""
LEAST: Final = 3
"""Known days of a week below which the week is not known."""
RECENT: Final = 182
"""Latest days that tell how single days stray."""
SALES: Final = 4
"""Days with a sale among them from which an item's own days tell it."""


@dataclass(frozen=True)
class Daily:
    """A model of weeks, and the number of days and the sums of days that its forecast is turned into."""

    weekly: combining.Combined
    horizon: int
    spans: tuple[int, ...]

    def predict(self, panel: Panel) -> Prediction:
        """Demand of the days after the last one of `panel`. Weeks are counted from there, on whatever weekday they begin.

        Days stray as the item's latest ones did, in units of what was expected of them; where it sold too seldom to tell, as its
        weeks do, with days that are independent of each other. So do sums of days.
        """
        found, profile = self.weekly.predict(weeks_of(panel)), weekday_profile(panel)
        first = panel.starts[-1].toordinal() + 1
        mean = to_days(found.mean, profile, first)
        week: Rows = np.arange(mean.shape[1], dtype=np.intp) // 7
        quantiles = _apart(found.quantiles[:, week], found.mean[:, week], mean)
        told, ratios = _strayed(panel, profile, found.levels)
        quantiles[told] = mean[told][..., None] * ratios[:, None, :]
        spans = {
            span: _apart(
                found.spans[_weeks(span)], found.mean[:, : _weeks(span)].sum(axis=1), mean[:, :span].sum(axis=1)
            )
            for span in self.spans
        }  # fmt: skip
        days = slice(0, self.horizon)
        return Prediction(mean[:, days], found.levels, quantiles[:, days], spans, f"{found.model}, by weeks")


def train(panel: Panel, horizon: int, *, levels: Sequence[float] = LEVELS, spans: Sequence[int] = (), seed: int = 0) -> Daily:
    """Learns from the weeks of a panel of days how to forecast `horizon` days and the sums over `spans`."""
    ahead = max([horizon, *spans])
    weekly = combining.train(weeks_of(panel), _weeks(ahead), levels=levels, spans=sorted({_weeks(s) for s in spans}), seed=seed)
    return Daily(weekly, horizon, tuple(spans))


def weeks_of(panel: Panel) -> Panel:
    """Each seven days of a panel together, counted from its end; days that are not known count like the others of their week.

    The price is that of the last day. What is planned is left out.
    """
    weeks = panel.demand.shape[1] // 7
    first, end = panel.demand.shape[1] - 7 * weeks, panel.demand.shape[1]

    def grouped(values: Numbers) -> Numbers:
        return values[:, first:end].reshape(len(values), weeks, 7)

    days = grouped(panel.demand)
    known = np.isfinite(days).sum(axis=2)
    demand = np.where(known >= LEAST, np.nansum(days, axis=2) * 7 / np.maximum(known, 1), np.nan)
    price = None if panel.price is None else grouped(panel.price)[:, :, -1]
    return Panel(
        panel.items, panel.starts[first::7], "W", demand, panel.places, price, groups=panel.groups, country=panel.country
    )


def _weeks(days: int) -> int:
    return -(-days // 7)


def _apart(quantiles: Numbers, mean: Numbers, part: Numbers) -> Numbers:
    """The quantiles of a part of what has these quantiles and mean: its variance is the same share of the whole as its mean."""
    share = np.where(mean > 0, part / np.where(mean > 0, mean, 1.0), 0.0)
    return np.maximum(part[..., None] + (quantiles - mean[..., None]) * np.sqrt(share)[..., None], 0.0)


def _strayed(panel: Panel, profile: Numbers, levels: tuple[float, ...]) -> tuple[Rows, Numbers]:
    """The rows of the items whose days tell how they stray, and the quantiles of demand over what was expected, rows × levels."""
    recent = panel.demand[:, -RECENT:]
    expected = 7 * profile[:, [start.weekday() for start in panel.starts[-RECENT:]]]
    known = np.isfinite(recent) & (expected > 0.05)
    rows = np.flatnonzero(((recent > 0) & known).sum(axis=1) >= SALES)
    relative = np.where(known, recent / np.maximum(expected, 0.05), np.nan)[rows]
    size = np.nanmean(relative, axis=1, keepdims=True) if len(rows) else relative[:, :1]
    return rows, np.nanquantile(relative / size, levels, axis=1).T if len(rows) else np.zeros((0, len(levels)))
