"""How the demand of a week spreads over its days."""

from typing import Final

import numpy as np
import numpy.typing as npt

from afterclick.procurement.forecasting.panel import Numbers, Panel

PIECES: Final = 60.0
"""Pieces that a category must have sold before its own profile weighs as much as that of all categories together."""
PERIODS: Final = 26
"""Weeks of days that the profile is learnt from: habits of last year may be gone."""
EVEN: Final = np.full(7, 1 / 7)
_Rows = npt.NDArray[np.intp]


def weekday_profile(days: Panel) -> Numbers:
    """Share of each weekday in a week's demand, items × 7 (Monday first); every row sums to 1.

    `days` is a panel of days. Items are too small to have a profile of their own: an item has that of its category, shrunk to
    that of all items by how much the category sold. A weekday on which nothing was sold gets 0; where nothing was sold at all,
    the days are even.
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
    sold = np.zeros((int(group.max(initial=0)) + 1, 7))
    np.add.at(sold, group, pieces)
    weight = (sold.sum(axis=1) / (sold.sum(axis=1) + PIECES))[:, None]
    own = _shares(_per_day(pieces, often, group) * (total > 0), total)
    return _shares(weight * own + (1 - weight) * total, EVEN[None])[group]


def to_days(weeks: Numbers, profile: Numbers, first: int) -> Numbers:
    """Demand of weeks (items × weeks) by day, items × 7·weeks; sums are kept. `first` is the ordinal of the first day."""
    weekday: _Rows = (np.arange(7 * weeks.shape[1], dtype=np.intp) + first + 6) % 7  # day 1 was a Monday
    return np.repeat(weeks, 7, axis=1) * profile[:, weekday]


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
