"""How demand of a longer period spreads over the days or weeks in it."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from afterclick.procurement.forecasting.calendar import days_of
from afterclick.procurement.forecasting.panel import Freq, Numbers, Panel

PIECES: Final = 60.0
"""Pieces that a category must have sold before its own profile weighs as much as that of all categories together."""
PERIODS: Final = 26
"""Weeks of days that the profile is learnt from: habits of last year may be gone."""
EVEN: Final = np.full(7, 1 / 7)
_Rows = npt.NDArray[np.intp]


def weekday_profile(days: Panel, *, closed: Sequence[int] = ()) -> Numbers:
    """Share of each weekday in a week's demand, items × 7 (Monday first); every row sums to 1.

    `days` is a panel of days. Items are too small to have a profile of their own: an item has that of its category, shrunk to
    that of all items by how much the category sold. `closed` weekdays, and those on which nothing was ever sold although the
    panel has at least four of them, get 0. Even over the open days where nothing was sold.
    """
    if days.freq != "D":
        raise ValueError(f"The profile of weekdays is learnt from days, but this panel has periods of {days.freq!r}.")
    weekday = np.array([start.weekday() for start in days.starts], dtype=np.intp)[-7 * PERIODS :]
    recent = np.maximum(days.demand[:, -7 * PERIODS :], 0.0)
    often = np.zeros((len(days.items), 7))
    pieces = np.zeros((len(days.items), 7))
    for day in range(7):
        pieces[:, day] = np.nansum(recent[:, weekday == day], axis=1)
        often[:, day] = np.isfinite(recent[:, weekday == day]).sum(axis=1)
    group = np.unique(days.groups, return_inverse=True)[1] if days.groups else np.zeros(len(days.items), dtype=np.intp)
    total = _shares(_per_day(pieces, often, np.zeros(len(pieces), dtype=np.intp)), EVEN[None])
    total[:, [*closed]] = 0.0
    total = _shares(total, EVEN[None])
    sold = np.zeros((int(group.max(initial=0)) + 1, 7))
    np.add.at(sold, group, pieces)
    weight = (sold.sum(axis=1) / (sold.sum(axis=1) + PIECES))[:, None]
    own = _shares(_per_day(pieces, often, group) * (total > 0), total)
    return _shares(weight * own + (1 - weight) * total, EVEN[None])[group]


def to_days(weeks: Numbers, profile: Numbers, starts: Sequence[date], *, closed: frozenset[date] = frozenset()) -> Numbers:
    """Demand of weeks (items × weeks, beginning on `starts`) by day, items × 7·weeks. Sums of weeks are kept.

    `closed` are single days on which nothing can be sold, such as public holidays; their share goes to the other days of the
    week. A week with no open day at all is spread evenly, for its demand must stay somewhere.
    """
    days = [day for start in starts for day in days_of(start, "W")]
    weights = profile[:, [day.weekday() for day in days]] * np.array([day not in closed for day in days])
    return _spread(weeks, weights, np.repeat(np.arange(len(starts)), 7))


def quantiles_to_days(weeks: Numbers, mean: Numbers, days: Numbers) -> Numbers:
    """Quantiles of days (items × 7·weeks × levels) from those of weeks (items × weeks × levels), and the means of both.

    A day's demand deviates from its mean by the week's deviation times the root of the day's share: that is so where days are
    independent of each other, the usual finding for small items. Never below 0, never falling along the levels.
    """
    week = [day // 7 for day in range(7 * mean.shape[1])]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(mean[:, week] > 0, days / mean[:, week], 0.0)
    deviation = (weeks - mean[:, :, None])[:, week] * np.sqrt(share)[:, :, None]
    return np.maximum(days[:, :, None] + deviation, 0.0)


def to_weeks(
    months: Numbers, starts: Sequence[date], freq: Freq, weeks: Sequence[date], profile: Numbers | None = None
) -> Numbers:
    """Demand of months or quarters (items × periods, beginning on `starts`) in each of the `weeks` (Mondays), items × weeks.

    Spread over days by the weekday profile (items × 7; even where None), then added up by week. A day outside the given weeks
    is left out, and a week that reaches beyond the given months has only what lies inside; sums are kept where the weeks cover
    the months.
    """
    rows = profile if profile is not None else np.tile(EVEN, (len(months), 1))
    lists = [days_of(start, freq) for start in starts]
    days = [day for period in lists for day in period]
    owner = np.repeat(np.arange(len(starts)), [len(period) for period in lists])
    daily = _spread(months, rows[:, [day.weekday() for day in days]], owner)
    found = np.zeros((len(months), len(weeks)))
    column = {day: at for at, week in enumerate(weeks) for day in days_of(week, "W")}
    place: _Rows = np.array([column.get(day, -1) for day in days], dtype=np.intp)
    np.add.at(found.T, place[place >= 0], daily.T[place >= 0])
    return found


def _spread(totals: Numbers, weights: Numbers, owner: _Rows) -> Numbers:
    """Each total over the columns it owns, by weight; evenly where all its weights are 0. What is not known stays so."""
    sums = np.zeros_like(totals)
    np.add.at(sums.T, owner, weights.T)
    empty = sums <= 0
    counts = np.bincount(owner, minlength=totals.shape[1])
    share = np.where(empty[:, owner], 1.0 / counts[owner], weights / np.where(empty, 1.0, sums)[:, owner])
    return totals[:, owner] * share


def _per_day(pieces: Numbers, often: Numbers, group: _Rows) -> Numbers:
    """Pieces per known day for each weekday, group × 7: a weekday that was out of stock more often is not a weaker one."""
    sold, seen = np.zeros((int(group.max(initial=0)) + 1, 7)), np.zeros((int(group.max(initial=0)) + 1, 7))
    np.add.at(sold, group, pieces)
    np.add.at(seen, group, often)
    return sold / np.maximum(seen, 1.0)


def _shares(values: Numbers, otherwise: Numbers) -> Numbers:
    """Rows as shares of their sum; `otherwise` where the sum is 0."""
    sums = values.sum(axis=1, keepdims=True)
    return np.where(sums > 0, values / np.where(sums > 0, sums, 1.0), otherwise)
