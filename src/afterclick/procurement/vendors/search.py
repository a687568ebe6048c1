"""The cheapest plan over all needs: branch and bound over which vendors are used, with relaxed prices in between."""

import heapq
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final

import numpy as np

from afterclick.procurement.vendors.exact import LARGEST, solve
from afterclick.procurement.vendors.grid import SLACK, Grid, Truths, assess
from afterclick.procurement.vendors.landed import Indexes
from afterclick.procurement.vendors.relax import Relaxation, Relaxed
from afterclick.procurement.vendors.repair import repaired

SHARE_BEFORE_SOLVER: Final = 0.4
"""Of the time limit for branching, where the table is small enough for the solver to have the rest."""
SHARE_OF_SOLVER: Final = 0.8
"""Of the time then left: it looks at its clock only between steps."""


@dataclass(frozen=True)
class Found:
    """A plan that keeps every limit, what it costs, and a cost below which there is none."""

    pick: Indexes
    cost: float
    bound: float

    @property
    def gap(self) -> float:
        return max(0.0, self.cost - self.bound) / max(abs(self.cost), 1.0)


@dataclass(frozen=True)
class _Node:
    open: Truths
    decided: Truths


def cheapest(table: Grid, *, gap: float, until: float) -> Found:
    """The best plan found by `until` (`time.perf_counter`), or as soon as its distance from the bound is at most `gap`.

    Where nothing couples the needs, the first relaxation is the optimum. Else the vendors' orders, their minimums and the budget
    are branched and priced; what gap remains on a small table is closed by a mixed integer programme.
    """
    everybody = np.ones(table.vendors, dtype=bool)
    alone = _Node(everybody, np.zeros(table.vendors, dtype=bool))
    small = int(np.isfinite(table.cost).sum()) <= LARGEST
    now = time.perf_counter()
    found = _branched(table, alone, gap, until=now + (until - now) * (SHARE_BEFORE_SOLVER if small else 1.0))
    seconds = until - time.perf_counter()
    if found.gap <= gap or not small or seconds < 0.1:
        return found
    pick, bound = solve(table, found.pick, gap=gap, seconds=seconds * SHARE_OF_SOLVER)
    if assess(table, pick).feasible and assess(table, pick).cost < found.cost:
        found = Found(pick, assess(table, pick).cost, found.bound)
    return Found(found.pick, found.cost, min(found.cost, max(found.bound, bound)))


def _branched(table: Grid, root: _Node, gap: float, *, until: float) -> Found:
    """Best bound first; the bound of the whole is the least of what is still open."""
    nothing = np.zeros(len(table.cost), dtype=np.int64)
    best = Found(nothing, assess(table, nothing).cost, -np.inf)
    waiting: list[tuple[float, int, _Node, Relaxed]] = []
    number, closed = count(), np.inf
    best = _visit(table, root, best, waiting, number, until)
    while waiting and time.perf_counter() < until:
        if min(waiting[0][0], closed) >= best.cost * (1 - gap) - SLACK:
            break
        bound, _, node, relaxed = heapq.heappop(waiting)
        vendor = _undecided(table, node, relaxed)
        if vendor is None:
            closed = min(closed, bound)
            continue
        for child in _children(node, vendor):
            best = _visit(table, child, best, waiting, number, until)
    bound = min(best.cost, closed, waiting[0][0] if waiting else np.inf)
    return Found(best.pick, best.cost, bound)


def _visit(
    table: Grid, node: _Node, best: Found, waiting: list[tuple[float, int, _Node, Relaxed]], number: Iterator[int], until: float
) -> Found:
    """Bound a node and make a plan of it; it waits for branching unless it cannot hold a better plan."""
    relaxed = Relaxation(table, node.open, node.decided).solve(target=best.cost, until=until)
    pick = repaired(table, relaxed.pick, node.open, price=relaxed.price)
    cost = assess(table, pick).cost
    if cost < best.cost:
        best = Found(pick, cost, best.bound)
    if relaxed.bound < best.cost - SLACK:
        heapq.heappush(waiting, (relaxed.bound, next(number), node, relaxed))
    return best


def _undecided(table: Grid, node: _Node, relaxed: Relaxed) -> int | None:
    """The used vendor whose order costs most beside what it was counted for; None when all that are used are decided."""
    used = np.bincount(table.vendor_at(relaxed.pick), minlength=table.vendors + 1)[:-1] > 0
    values = np.bincount(table.vendor_at(relaxed.pick), weights=table.at(table.value, relaxed.pick), minlength=table.vendors + 1)[
        :-1
    ]
    uncounted = table.once + table.freight + np.maximum(0.0, table.minimum - values)
    open_questions = np.where(used & ~node.decided, uncounted, -1.0)
    vendor = int(open_questions.argmax()) if table.vendors else 0
    return vendor if table.vendors and open_questions[vendor] > 0 else None


def _children(node: _Node, vendor: int) -> tuple[_Node, _Node]:
    """The vendor used for certain, or not at all."""
    decided, without = node.decided.copy(), node.open.copy()
    decided[vendor], without[vendor] = True, False
    return _Node(node.open, decided), _Node(without, node.decided)
