"""What was known of each item at a moment in the past, as the numbers a learner can compare between items."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from afterclick.procurement.forecasting.calendar import public_holidays, starts_after
from afterclick.procurement.forecasting.panel import SEASON, Freq, Numbers, Panel

Rows = npt.NDArray[np.intp]
Column = npt.NDArray[np.floating[Any]]
WINDOWS: Final = (1, 2, 4, 8, 13, 26, 52)
ALPHAS: Final = (0.05, 0.1, 0.2, 0.3, 0.5)
DAYS: Final[dict[Freq, float]] = {"D": 1.0, "W": 7.0, "M": 30.44, "Q": 91.31}
"""Mean length of a period."""
YEAR: Final[dict[Freq, int]] = {**SEASON, "D": 364}
"""Periods in a year; for days the last whole week, so that the weekday is the same."""
TREND: Final = 8
"""Periods that stand for the present level when last year's course is laid beside it."""


@dataclass(frozen=True)
class Past:
    """Running sums over a panel, so that any window of any item is two look-ups.

    `pieces`, `known`, `sold` and `squares` are items × periods + 1 (sums of the periods before), `smooth` the same for every
    alpha, `last_sale` the period of the last sale or -1, `pool` the row of the item's category in `pooled`, the running sums of
    the categories. `price` is the panel's; `floor` is the least size of an item.
    """

    demand: Numbers
    freq: Freq
    starts: tuple[date, ...]
    pieces: Numbers
    known: Numbers
    sold: Numbers
    squares: Numbers
    smooth: Numbers
    last_sale: Rows
    pool: Rows
    pooled: Numbers
    price: Numbers | None
    holidays: Numbers
    floor: float

    @property
    def periods(self) -> int:
        return self.demand.shape[1]

    def mean(self, at: int, window: int) -> Numbers:
        """Mean demand over the known ones of the `window` periods before `at`; 0 where none is known."""
        return self._over(self.pieces, at, window) / np.maximum(self._over(self.known, at, window), 1)

    def often(self, at: int, window: int) -> Numbers:
        """Share of the known periods with a sale."""
        return self._over(self.sold, at, window) / np.maximum(self._over(self.known, at, window), 1)

    def spread(self, at: int, window: int) -> Numbers:
        """Standard deviation over the known periods of the window."""
        squares = self._over(self.squares, at, window) / np.maximum(self._over(self.known, at, window), 1)
        return np.sqrt(np.maximum(squares - self.mean(at, window) ** 2, 0))

    def scale(self, at: int) -> Numbers:
        """The size of the item as of `at`: what its demand is divided by, so that large and small items teach each other.

        A tenth of the lifetime mean keeps items that sleep from having no size at all.
        """
        recent = 0.45 * (self.mean(at, 26) + self.smooth[2][:, at])
        return np.maximum(recent + 0.1 * self.mean(at, at), self.floor)

    def _over(self, sums: Numbers, at: int, window: int) -> Numbers:
        return sums[:, at] - sums[:, max(0, at - window)]


def past(panel: Panel, *, ahead: int) -> Past:
    """Prepares a panel for questions up to `ahead` periods after its last one. Negative demand counts as none.

    Prices count only as they were before the moment that is looked ahead from: a period's own mean price also tells how much was
    sold (large orders are cheaper a piece). What prices to come do is for `promotion`.
    """
    known = np.isfinite(panel.demand)
    pieces: Numbers = np.where(known, np.maximum(np.nan_to_num(panel.demand), 0), 0.0)
    labels = np.unique(panel.groups, return_inverse=True)[1] if panel.groups else np.zeros(len(pieces), dtype=np.intp)
    pooled = np.zeros((int(labels.max(initial=0)) + 1, pieces.shape[1]))
    np.add.at(pooled, labels, pieces)
    sale: Rows = np.where(pieces > 0, np.arange(pieces.shape[1], dtype=np.intp), np.intp(-1))
    last = np.maximum.accumulate(sale, axis=1)
    sizes = pieces.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return Past(
        demand=np.where(known, pieces, np.nan), freq=panel.freq, starts=panel.starts,
        pieces=_sums(pieces), known=_sums(known), sold=_sums(pieces > 0), squares=_sums(pieces**2),
        smooth=np.stack([_smooth(pieces, known, alpha) for alpha in ALPHAS]),
        last_sale=np.pad(last, ((0, 0), (1, 0)), constant_values=-1), pool=labels, pooled=_sums(pooled),
        price=panel.price, holidays=_holidays(panel, ahead),
        floor=0.01 * float(np.median(sizes[sizes > 0])) if (sizes > 0).any() else 0.01,
    )  # fmt: skip


def table(known: Past, at: int, who: Rows, step: Rows) -> npt.NDArray[np.float32]:
    """A row for each pair of an item and a number of periods ahead (1 is the next), with what was known before period `at`."""
    size = known.scale(at)
    columns = [column[who] for column in _items(known, at, size)]
    columns += _steps(known, at, who, step, size)
    return np.stack(columns, axis=1).astype(np.float32)


def _items(known: Past, at: int, size: Numbers) -> list[Column]:
    """What is true of an item whichever period is asked for."""
    recent = np.nan_to_num(known.demand[:, max(0, at - 26) : at])
    columns = [known.mean(at, window) / size for window in WINDOWS]
    columns += [known.smooth[alpha][:, at] / size for alpha in range(len(ALPHAS))]
    columns += [known.often(at, window) for window in (4, 13, 26, 52)]
    columns += [known.spread(at, 26) / size, recent.max(axis=1, initial=0) / size, np.median(recent[:, -13:], axis=1) / size]
    columns += [known.demand[:, at - lag] / size if at >= lag else np.full(len(size), np.nan) for lag in (1, 2, 3)]
    columns += [at - 1.0 - known.last_sale[:, at], np.minimum(known.known[:, at], 104.0), np.log(size)]
    if known.price is not None:
        price = np.where(known.price > 0, known.price, np.nan)
        now = price[:, at - 1]
        columns += [np.log(now), np.log(now / price[:, max(0, at - 26)])]
    return columns


def _steps(known: Past, at: int, who: Rows, step: Rows, size: Numbers) -> list[Column]:
    """What depends on the period asked for: its place in the year, and the year before."""
    target = at + step - 1
    day = known.starts[0].toordinal() + target * DAYS[known.freq]
    # One year seen once is no pattern: until a second one is known, the place in the year only tells which weeks were good.
    year = day % 365.25 if at >= 2 * YEAR[known.freq] else np.full(len(who), np.nan)
    columns: list[Column] = [step.astype(float), year, known.holidays[target]]
    if known.freq == "D":
        columns.append(day % 7)
    columns += _year_before(known, at, who, target, size)
    return columns


def _year_before(known: Past, at: int, who: Rows, target: Rows, size: Numbers) -> list[Column]:
    """Three periods around the same one a year before: their level, and their change against the eight before that moment.

    NaN where the item was not known then; the change of the whole category counts from the second year on.
    """
    level, item, group = (np.full(len(who), np.nan) for _ in range(3))
    end = at - YEAR[known.freq]
    low, high = np.maximum(target - YEAR[known.freq] - 1, 0), np.minimum(target - YEAR[known.freq] + 2, at)
    seen = np.flatnonzero(low < high) if end >= TREND // 2 else np.zeros(0, dtype=np.intp)
    if len(seen):
        i, low, high, begin = who[seen], low[seen], high[seen], max(end - TREND, 0)
        weeks, before = known.known[i, high] - known.known[i, low], known.known[i, end] - known.known[i, begin]
        then = (known.pieces[i, high] - known.pieces[i, low]) / np.maximum(weeks, 1)
        base = (known.pieces[i, end] - known.pieces[i, begin]) / np.maximum(before, 1)
        level[seen] = np.where(weeks > 0, then, np.nan) / size[i]
        item[seen] = np.where((weeks > 0) & (before >= TREND // 2), (then + 0.3 * size[i]) / (base + 0.3 * size[i]), np.nan)
        if end >= YEAR[known.freq]:
            sums, pool = known.pooled, known.pool[i]
            change = ((sums[pool, high] - sums[pool, low]) / (high - low) + 1e-9) / (
                (sums[pool, end] - sums[pool, begin]) / (end - begin) + 1e-9
            )
            group[seen] = np.minimum(change, 20.0)
    return [level, item, group]


def _sums(values: Numbers | npt.NDArray[np.bool_]) -> Numbers:
    return np.pad(np.cumsum(values, axis=1, dtype=float), ((0, 0), (1, 0)))


def _smooth(pieces: Numbers, known: npt.NDArray[np.bool_], alpha: float) -> Numbers:
    """Exponential smoothing before each period; a period that is not known changes nothing."""
    out = np.zeros((len(pieces), pieces.shape[1] + 1))
    level, weight = np.zeros(len(pieces)), np.zeros(len(pieces))
    for period in range(pieces.shape[1]):
        seen = known[:, period]
        level = np.where(seen, (1 - alpha) * level + alpha * pieces[:, period], level)
        weight = np.where(seen, (1 - alpha) * weight + alpha, weight)
        out[:, period + 1] = level / np.maximum(weight, 1e-9)
    return out


def _holidays(panel: Panel, ahead: int) -> Numbers:
    """Public holidays of the panel's country in each period and the ones to come; all 0 where no country is named or known."""
    edges = [*panel.starts, *starts_after(panel.starts[-1], panel.freq, ahead + 1)]
    found = np.zeros(len(edges) - 1)
    free = public_holidays(panel.country, range(edges[0].year, edges[-1].year + 1))
    days = np.array([day.toordinal() for day in free if edges[0] <= day < edges[-1]], dtype=np.intp)
    np.add.at(found, np.searchsorted([day.toordinal() for day in edges], days, side="right") - 1, 1)
    return found
