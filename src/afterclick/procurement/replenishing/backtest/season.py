"""A stretch of past sales to replay: which items, what they sold, what they cost, and what lay there at its start."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from afterclick.procurement.forecasting.panel import Numbers, Panel

CAP_LEVEL: Final = 0.99
TRAILING: Final = 52
KNOWN_BEFORE: Final = 8
"""Weeks on sale before the first, without which neither a cap nor a mean can be told."""
SOLD_BEFORE: Final = 4
"""Weeks with sales in the half-year before the first that make an item one to replenish."""


class TooShort(ValueError):
    """The sales do not reach far enough; says what is needed."""


@dataclass(frozen=True)
class Season:
    """`panel` holds the items with all their periods up to the end; the season is its last `periods` ones.

    `unit_cost` and `margin` are money a piece, from prices paid before the season. `opening` are the pieces at its start: halfway
    between the minimum and the maximum of static min/max, the same for every policy.
    """

    panel: Panel
    periods: int
    unit_cost: Numbers
    margin: Numbers
    opening: Numbers

    @property
    def first(self) -> int:
        return len(self.panel.starts) - self.periods

    @property
    def wanted(self) -> Numbers:
        """Demand of the season, items × periods."""
        return np.nan_to_num(self.panel.demand[:, self.first :])


def season(panel: Panel, periods: int, *, end: int | None = None, cost_share: float = 0.5, least: float = 12.0) -> Season:
    """The `periods` periods up to `end` (all there are), with items chosen by what was known before they began.

    One bulk order must not decide between policies: a period counts at most what 99 % of the item's own last year stayed under
    (but `least` pieces), a cap that sees no future. Unknown demand counts as none. Unit cost is `cost_share` of the mean price.

    Raises:
        TooShort: fewer than eight periods before the season, or no item that sold in four of them.
    """
    until = len(panel.starts) if end is None else end
    first = until - periods
    if first < KNOWN_BEFORE:
        raise TooShort(
            f"the sales span {until} periods; to replay {periods} of them, at least {periods + KNOWN_BEFORE} are needed: "
            "ask for fewer with --weeks"
        )
    known = panel.upto(until)
    capped = _capped(known.demand, least)
    before = capped[:, max(0, first - 26) : first]
    chosen = (np.nan_to_num(before) > 0).sum(axis=1) >= SOLD_BEFORE
    chosen &= (~np.isnan(capped[:, :first])).sum(axis=1) >= KNOWN_BEFORE
    rows = np.flatnonzero(chosen)
    if not len(rows):
        raise TooShort("no item sold in at least four of the 26 periods before the replay: nothing to replenish")
    some = known.only(rows)
    price = _price(some, first)
    cost = np.maximum(price * cost_share, 1e-4)
    some = Panel(
        some.items, some.starts, some.freq, capped[rows], some.places, some.price, some.promoted, some.groups, some.country
    )
    return Season(some, periods, cost, np.maximum(price - cost, 1e-4), 5 * recent_mean(some.demand, first))


def recent_mean(demand: Numbers, at: int, periods: int = 13) -> Numbers:
    """The mean of the last known periods before `at`, per item; 0 where nothing is known."""
    seen = demand[:, max(0, at - periods) : at]
    return np.nansum(seen, axis=1) / np.maximum((~np.isnan(seen)).sum(axis=1), 1)


def sample(season: Season, every: int) -> Season:
    """Each `every`-th item, for a quicker look."""
    rows: npt.NDArray[np.intp] = np.arange(0, len(season.panel.items), every)
    return Season(
        season.panel.only(rows), season.periods, season.unit_cost[rows], season.margin[rows], season.opening[rows]
    )  # fmt: skip


def _capped(demand: Numbers, least: float) -> Numbers:
    capped = demand.copy()
    for at in range(KNOWN_BEFORE, demand.shape[1]):
        past = demand[:, max(0, at - TRAILING) : at]
        told = (~np.isnan(past)).sum(axis=1) >= KNOWN_BEFORE
        cap = np.nanquantile(past[told], CAP_LEVEL, axis=1)
        capped[told, at] = np.minimum(demand[told, at], np.maximum(cap, least))
    return capped


def _price(panel: Panel, first: int) -> Numbers:
    """The mean price of each item before the season, weighted by pieces; 1 where no price is known."""
    if panel.price is None:
        return np.ones(len(panel.items))
    price, pieces = panel.price[:, :first], np.nan_to_num(panel.demand[:, :first])
    pieces = np.where(np.isnan(price), 0, pieces)
    total = pieces.sum(axis=1)
    mean = (np.nan_to_num(price) * pieces).sum(axis=1) / np.maximum(total, 1e-9)
    return np.where((total > 0) & (mean > 0), mean, 1.0)
