"""The cheapest way to cover one order from what is left, over every choice of up to three warehouses.

Within a choice, a SKU comes whole from one warehouse if any of them has it all; otherwise one warehouse is emptied before the
next is asked. All such divisions are compared while they are few; beyond `MOST_DIVISIONS`, only those that prefer the
warehouses in a fixed order.
"""

from collections.abc import Iterable, Sequence
from itertools import permutations, product
from math import prod
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from afterclick.orders.sourcing.costs import BRACKET_G, NEVER, Lane, parcels_cost

MOST_DIVISIONS: Final = 256

Want: TypeAlias = dict[int, int]
"""SKU row → pieces."""
Plan: TypeAlias = dict[int, Want]
"""Warehouse → what it sends."""
Division: TypeAlias = tuple[tuple[int, ...], ...]
"""For each SKU wanted, the pieces from each warehouse of a choice."""

_ORDERS: Final = {size: list(permutations(range(size))) for size in (1, 2, 3)}


def holdings(want: Want, left: Sequence[Sequence[int]], weights_g: Sequence[int], lane: Lane) -> list[list[int]]:
    """For each SKU wanted, what each warehouse can send: its stock, but nothing heavier than its carriers take."""
    limits = lane.limits_g
    return [[pieces if weights_g[row] <= limit else 0 for pieces, limit in zip(left[row], limits, strict=True)] for row in want]


def cheapest_cover(
    want: Want, held: list[list[int]], weights_g: Sequence[int], lane: Lane, per_split: int
) -> tuple[int, Plan] | None:
    """The cheapest plan with its cost (lateness included, see `sourcing.LATE`); None if stock is short."""
    wanted = [(pieces, weights_g[row]) for row, pieces in want.items()]
    together: npt.NDArray[np.float64] = np.array(held, np.float64) @ lane.members
    covering = np.flatnonzero((together >= np.array(list(want.values()))[:, None]).all(axis=0))
    bounds = lane.bounds(-(-sum(pieces * weight for pieces, weight in wanted) // BRACKET_G))[covering]
    by_bound = np.argsort(bounds, kind="stable")
    order: list[int] = covering[by_bound].tolist()
    least: list[int] = bounds[by_bound].tolist()
    best, found = NEVER, None
    for j, bound in zip(order, least, strict=True):
        if bound >= best:
            break  # the rest can only cost more
        chosen = lane.choices[j]
        costs = [lane.costs[w] for w in chosen]
        for division in _divisions(wanted, [[row[w] for w in chosen] for row in held], len(chosen)):
            cost = _cost(division, wanted, costs, per_split)
            if cost < best:
                best, found = cost, (chosen, division)
    return (best, _plan(want, *found)) if found else _from_many(want, wanted, held, lane, per_split)


def _divisions(wanted: list[tuple[int, int]], stocks: list[list[int]], size: int) -> Iterable[Division]:
    """Ways to divide an order over a choice of warehouses."""
    if size == 1:
        return [tuple((pieces,) for pieces, _ in wanted)]
    ways = [_ways(pieces, stock) for (pieces, _), stock in zip(wanted, stocks, strict=True)]
    if prod(map(len, ways)) <= MOST_DIVISIONS:
        return product(*ways)
    return (
        tuple(_take(pieces, stock, order) for (pieces, _), stock in zip(wanted, stocks, strict=True)) for order in _ORDERS[size]
    )


def _ways(pieces: int, stock: list[int]) -> list[tuple[int, ...]]:
    """Whole from each warehouse that has it all, or else emptying one after another in each order."""
    size = range(len(stock))
    whole = [tuple(pieces if i == source else 0 for i in size) for source in size if stock[source] >= pieces]
    return whole or list(dict.fromkeys(_take(pieces, stock, order) for order in _ORDERS[len(stock)]))


def _take(pieces: int, stock: Sequence[int], order: Sequence[int]) -> tuple[int, ...]:
    """Take from the first warehouse in `order` that has it all; if none has, empty one after another."""
    taken = [0] * len(stock)
    for i in order:
        if stock[i] >= pieces:
            taken[i] = pieces
            return tuple(taken)
    for i in order:
        taken[i] = min(pieces, stock[i])
        pieces -= taken[i]
    return tuple(taken)


def _cost(division: Division, wanted: list[tuple[int, int]], costs: Sequence[list[int]], per_split: int) -> int:
    total = -per_split
    for i, by_bracket in enumerate(costs):
        grams = 0
        for taken, (_, weight) in zip(division, wanted, strict=True):
            grams += taken[i] * weight
        if grams:
            total += parcels_cost(by_bracket, grams) + per_split
    return total


def _from_many(
    want: Want, wanted: list[tuple[int, int]], held: list[list[int]], lane: Lane, per_split: int
) -> tuple[int, Plan] | None:
    """A plan over as many warehouses as it takes: leave out the dearest while the rest still covers the order."""
    by_cost = sorted((w for w, limit in enumerate(lane.limits_g) if limit), key=lambda w: (lane.costs[w][1], w))
    if not _covers(by_cost, wanted, held):
        return None
    for w in reversed(by_cost.copy()):
        fewer = [other for other in by_cost if other != w]
        if _covers(fewer, wanted, held):
            by_cost = fewer
    order = range(len(by_cost))
    division = tuple(_take(pieces, [row[w] for w in by_cost], order) for row, (pieces, _) in zip(held, wanted, strict=True))
    return _cost(division, wanted, [lane.costs[w] for w in by_cost], per_split), _plan(want, by_cost, division)


def _covers(chosen: Sequence[int], wanted: list[tuple[int, int]], held: list[list[int]]) -> bool:
    return all(sum(row[w] for w in chosen) >= pieces for row, (pieces, _) in zip(held, wanted, strict=True))


def _plan(want: Want, chosen: Sequence[int], division: Division) -> Plan:
    plan = {w: {row: taken[i] for row, taken in zip(want, division, strict=True) if taken[i]} for i, w in enumerate(chosen)}
    return {w: sent for w, sent in plan.items() if sent}
