"""Plans that keep the budget and the vendors' minimums, made from plans that do not, at little cost."""

from typing import Final

import numpy as np

from afterclick.procurement.vendors.grid import SLACK, Assessed, Grid, Truths, assess
from afterclick.procurement.vendors.landed import Indexes, Numbers

SWEEPS: Final = 4
"""Passes over all needs in search of cheaper ways; each takes what the one before made room for."""


def repaired(table: Grid, pick: Indexes, open_: Truths, *, price: float) -> Indexes:
    """A plan near `pick` that keeps every limit; at worst it buys nothing. `price` is the worth of a minor unit of budget."""
    open_, raised = open_.copy(), np.zeros(table.vendors, dtype=bool)
    for _ in range(3 * table.vendors + 2):
        state = assess(table, pick)
        if (state.short > SLACK).any():
            vendor = int(np.argmax(state.short))
            pick = _without_shortage(table, pick, open_, raised, vendor, price)
        elif state.over > SLACK:
            pick = _cheapened(table, pick, state)
            if assess(table, pick).over > SLACK:
                open_[int(np.argmin(np.where(state.used, state.values, np.inf)))] = False
                pick = _closed(table, pick, open_, price)
        else:
            return improved(table, pick)
    return np.zeros_like(pick)


def improved(table: Grid, pick: Indexes) -> Indexes:
    """The plan with vendors dropped that do not earn their order, and what is left of the budget spent where it saves most."""
    for vendor in np.flatnonzero(assess(table, pick).used).tolist():
        open_ = assess(table, pick).used
        open_[vendor] = False
        pick = _better(table, pick, _closed(table, pick, open_, 0.0))
    for vendor in np.flatnonzero((table.freight > 0) & np.isfinite(table.free_from)).tolist():
        state = assess(table, pick)
        if state.used[vendor] and state.values[vendor] < table.free_from[vendor]:
            more = _raised(table, pick, vendor, float(table.free_from[vendor] - state.values[vendor]), 0.0)
            pick = pick if more is None else _better(table, pick, more)
    for _ in range(SWEEPS):
        before = pick
        pick = _better(table, pick, _spent(table, pick))
        if pick is before:
            break
    return pick


def _better(table: Grid, pick: Indexes, other: Indexes) -> Indexes:
    found = assess(table, other)
    return other if found.feasible and found.cost < assess(table, pick).cost - SLACK else pick


def _without_shortage(table: Grid, pick: Indexes, open_: Truths, raised: Truths, vendor: int, price: float) -> Indexes:
    """Bring more to a vendor below its minimum, or leave it: what costs less. A vendor short for the second time is left."""
    state = assess(table, pick)
    more = None if raised[vendor] else _raised(table, pick, vendor, float(state.short[vendor]), price)
    without = open_.copy()
    without[vendor] = False
    less = _closed(table, pick, without, price)
    raised[vendor] = True
    if more is not None and _priced(table, more, price) <= _priced(table, less, price):
        return more
    open_[vendor] = False
    return less


def _priced(table: Grid, pick: Indexes, price: float) -> float:
    state = assess(table, pick)
    return state.cost + price * state.outlay


def _closed(table: Grid, pick: Indexes, open_: Truths, price: float) -> Indexes:
    """The plan with every need at a closed vendor moved to its cheapest way among vendors already used, or not bought."""
    allowed = np.append(open_ & assess(table, pick).used, True)
    moved = np.flatnonzero(~allowed[table.vendor_at(pick)])
    reduced = np.where(allowed[table.vendor[moved]], table.cost[moved] + price * table.outlay[moved], np.inf)
    after = pick.copy()
    after[moved] = reduced.argmin(axis=1)
    return after


def _raised(table: Grid, pick: Indexes, vendor: int, missing: float, price: float) -> Indexes | None:
    """The plan with `missing` more value at a vendor, by the moves that cost least for it; None if there are not enough."""
    rows = np.arange(len(pick))
    here = table.vendor_at(pick) == vendor
    more = table.value - np.where(here, table.at(table.value, pick), 0.0)[:, None]
    dearer = table.cost + price * table.outlay - (table.at(table.cost, pick) + price * table.at(table.outlay, pick))[:, None]
    fits = (table.vendor == vendor) & (more > 0) & np.isfinite(table.cost)
    rate = np.where(fits, dearer / np.where(fits, more, 1.0), np.inf)
    way = rate.argmin(axis=1)
    order = np.argsort(rate[rows, way], kind="stable")
    order = order[np.isfinite(rate[order, way[order]])]
    reached = np.cumsum(more[order, way[order]])
    count = int(np.searchsorted(reached, missing - SLACK)) + 1
    if count > len(order):
        return None
    after = pick.copy()
    after[order[:count]] = way[order[:count]]
    return after


def _cheapened(table: Grid, pick: Indexes, state: Assessed) -> Indexes:
    """The plan with cash saved until the budget is kept, by the moves that cost least for it, without breaking a minimum."""
    after = pick.copy()
    for _ in range(SWEEPS):
        saved = table.at(table.outlay, after)[:, None] - table.outlay
        dearer = table.cost - table.at(table.cost, after)[:, None]
        fits = _reachable(table, state) & (saved > 0)
        rate = np.where(fits, dearer / np.where(fits, saved, 1.0), np.inf)
        _move(table, after, rate, state, room=-state.over, until_kept=True)
        state = assess(table, after)
        if state.over <= SLACK:
            break
    return after


def _spent(table: Grid, pick: Indexes) -> Indexes:
    """The plan with cheaper ways taken as far as the budget reaches, the largest saving for its cash first."""
    state, after = assess(table, pick), pick.copy()
    cheaper = table.at(table.cost, pick)[:, None] - table.cost
    more = table.outlay - table.at(table.outlay, pick)[:, None]
    fits = _reachable(table, state) & (cheaper > SLACK) & (more <= -state.over)
    rate = np.where(fits, -cheaper / np.maximum(more, 1.0), np.inf)
    _move(table, after, rate, state, room=-state.over, until_kept=False)
    return after


def _reachable(table: Grid, state: Assessed) -> Truths:
    """The ways that need no further vendor."""
    return np.append(state.used, True)[table.vendor] & np.isfinite(table.cost)


def _move(table: Grid, pick: Indexes, rate: Numbers, state: Assessed, *, room: float, until_kept: bool) -> None:
    """Move needs to their way of the lowest `rate`, lowest first, while there is room in the budget and above the minimums."""
    way = rate.argmin(axis=1)
    best = rate[np.arange(len(pick)), way]
    spare = np.append(state.values - np.maximum(table.minimum, _paid_free(table, state)), np.inf)
    for row in np.argsort(best, kind="stable").tolist():
        if not np.isfinite(best[row]) or (until_kept and room >= 0):
            return
        old, new = pick[row], way[row]
        gained = float(table.outlay[row, new] - table.outlay[row, old])
        source, target = table.vendor[row, old], table.vendor[row, new]
        lost = table.value[row, old] - (table.value[row, new] if source == target else 0.0)
        if spare[source] < lost or (not until_kept and gained > room):
            continue
        spare[source] -= lost
        spare[target] += table.value[row, new] if source != target else 0.0
        pick[row] = new
        room -= gained


def _paid_free(table: Grid, state: Assessed) -> Numbers:
    """The value that keeps a delivery free where it is now."""
    return np.where(np.isfinite(table.free_from) & (state.values >= table.free_from), table.free_from, 0.0)
