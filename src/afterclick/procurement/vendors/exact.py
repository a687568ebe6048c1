"""The choice as a mixed integer programme, for plans small enough that a solver proves what is best."""

from typing import Final

import numpy as np

from afterclick.procurement.vendors.grid import Grid, assess
from afterclick.procurement.vendors.landed import Indexes, Numbers

LARGEST: Final = 15_000
"""Ways to meet needs beyond which the solver does not come far in seconds, nor looks at its clock often enough."""


class _Programme:
    """Columns are whole numbers from 0 to 1; rows are kept as triplets until the matrix is built."""

    def __init__(self, cost: Numbers) -> None:
        self.cost = cost
        self.rows: list[tuple[Indexes, Numbers]] = []
        self.limits: list[tuple[float, float]] = []

    def row(self, columns: Indexes, values: Numbers, *, least: float = -np.inf, most: float = np.inf) -> None:
        """A constraint, scaled to its largest coefficient so that the solver's tolerances mean the same for each."""
        largest = max(1e-12, float(np.abs(values).max())) if len(values) else 1.0
        self.rows.append((columns, values / largest))
        self.limits.append((least / largest, most / largest))


def solve(table: Grid, start: Indexes, *, gap: float, seconds: float) -> tuple[Indexes, float]:
    """The best plan found, and the proven bound, in minor units; starting from the plan `start`.

    Columns are the ways (without buying nothing, which is what a need without one does), then a column per vendor that is used,
    and one per vendor whose delivery is free. Raises nothing: without an answer the start comes back, with a bound of −∞.
    """
    need, way = np.nonzero(np.isfinite(table.cost) & (table.option >= 0))
    programme = _programme(table, need, way)
    chosen, bound = _run(programme, _start(table, start, need, way), gap=gap, seconds=seconds)
    nothing = float(table.cost[:, 0].sum())
    pick = np.zeros(len(table.cost), dtype=np.int64)
    if chosen is None:
        return start, bound + nothing
    bought = chosen[: len(need)] > 0.5
    pick[need[bought]] = way[bought]
    return pick, bound + nothing


def _programme(table: Grid, need: Indexes, way: Indexes) -> _Programme:
    """min Σ (cost − cost of nothing)·x + Σ (once + freight)·used − Σ freight·free."""
    count, vendors = len(need), table.vendors
    used, free = count + np.arange(vendors), count + vendors + np.arange(vendors)
    cost = np.concatenate([table.cost[need, way] - table.cost[need, 0], table.once + table.freight, -table.freight])
    programme = _Programme(cost)
    vendor, value = table.vendor[need, way], table.value[need, way]
    for ways in np.split(np.arange(count), np.flatnonzero(np.diff(need)) + 1):
        programme.row(ways, np.ones(len(ways)), most=1.0)
    pair = need * (vendors + 1) + vendor
    order = np.argsort(pair, kind="stable")
    for ways in np.split(order, np.flatnonzero(np.diff(pair[order])) + 1):
        if len(ways) and (table.once[vendor[ways[0]]] + table.freight[vendor[ways[0]]] + table.minimum[vendor[ways[0]]]) > 0:
            programme.row(np.append(ways, used[vendor[ways[0]]]), np.append(np.ones(len(ways)), -1.0), most=0.0)
    for one in range(vendors):
        ways = np.flatnonzero(vendor == one)
        reachable = np.isfinite(table.free_from[one]) and table.freight[one] > 0
        free_from = table.free_from[one] if reachable else 0.0
        if reachable:
            programme.row(np.array([used[one], free[one]]), np.array([-1.0, 1.0]), most=0.0)
        else:
            programme.row(np.array([free[one]]), np.ones(1), most=0.0)
        if table.minimum[one] > 0 or reachable:
            extra = max(0.0, free_from - table.minimum[one])
            columns = np.concatenate([ways, [used[one], free[one]]])
            programme.row(columns, np.concatenate([value[ways], [-table.minimum[one], -extra]]), least=0.0)
    if np.isfinite(table.budget):
        columns = np.arange(count + 2 * vendors)
        programme.row(columns, np.concatenate([table.outlay[need, way], table.freight, -table.freight]), most=table.budget)
    return programme


def _start(table: Grid, pick: Indexes, need: Indexes, way: Indexes) -> Numbers:
    state = assess(table, pick)
    free = state.used & (state.values >= table.free_from) & (table.freight > 0)
    return np.concatenate([pick[need] == way, state.used, free]).astype(np.float64)


def _run(programme: _Programme, start: Numbers, *, gap: float, seconds: float) -> tuple[Numbers | None, float]:
    """The solver's columns (None without a plan) and its bound, on one thread."""
    import highspy

    scale = max(1.0, float(np.abs(programme.cost).mean()))
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(programme.cost), len(programme.rows)
    model.col_cost_ = programme.cost / scale
    model.col_lower_, model.col_upper_ = np.zeros(len(programme.cost)), np.ones(len(programme.cost))
    infinity = highspy.kHighsInf
    model.row_lower_ = np.array([max(-infinity, least) for least, _ in programme.limits])
    model.row_upper_ = np.array([min(infinity, most) for _, most in programme.limits])
    model.integrality_ = [highspy.HighsVarType.kInteger] * len(programme.cost)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.cumsum([0, *(len(columns) for columns, _ in programme.rows)], dtype=np.int32)
    model.a_matrix_.index_ = np.concatenate([columns for columns, _ in programme.rows]).astype(np.int32)
    model.a_matrix_.value_ = np.concatenate([values for _, values in programme.rows])
    solver = highspy.Highs()
    settings = (("output_flag", False), ("threads", 1), ("time_limit", seconds), ("mip_rel_gap", gap / 2), ("random_seed", 1))
    for option, value in settings:
        solver.setOptionValue(option, value)
    solver.passModel(model)
    solution = highspy.HighsSolution()
    solution.col_value = start.tolist()
    solver.setSolution(solution)
    solver.run()
    found = solver.getSolution()
    bound = solver.getInfo().mip_dual_bound * scale
    return (np.array(found.col_value) if found.value_valid else None), bound if np.isfinite(bound) else -np.inf
