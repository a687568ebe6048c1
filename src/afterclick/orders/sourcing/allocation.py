"""Give a batch of orders its warehouses: cheapest first for each order, and the older order first where stock is short.

Orders are served by priority, then age; each takes the cheapest cover of what those before it left (see `cover`). Most need not
be walked one by one: an order whose cheapest plan is one parcel, from stock that the whole batch together cannot exhaust, gets
the same plan in whichever order the others come. Those are accepted in bulk with numpy; the rest are walked.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from afterclick.domain.allocation import Allocated, Allocation, Demand, Reserve, Short, Stock, Undeliverable
from afterclick.domain.catalogue import Item
from afterclick.domain.shipping import Parcel
from afterclick.orders.sourcing.costs import BRACKET_G, LATE, NEVER, Sourcing, Table
from afterclick.orders.sourcing.cover import Plan, Want, cheapest_cover, holdings
from afterclick.orders.sourcing.needs import Needs, gather

MOST_PARCELS: Final = 1000
"""An order that fills more parcels than this is freight, and a person's business."""
ROUNDS: Final = 3


class _Rows(NamedTuple):
    """Every SKU wanted by every order, one below the other: whose, which, how many; `starts` is where each order begins."""

    order: Table
    sku: Table
    pieces: Table
    starts: Table
    weight_g: Table


class _Single(NamedTuple):
    """The best single warehouse of each order, its cost, and whether no other plan can be cheaper."""

    warehouse: Table
    cost: Table
    sure: npt.NDArray[np.bool_]


def allocate(
    demands: Sequence[Demand], stock: Stock, sourcing: Sourcing, catalogue: Mapping[str, Item], *, now_ms: int
) -> list[Allocated]:
    """Decide for each demand, in the order given: an allocation, what is missing, or why it can never be sent.

    `catalogue` has every item with its weight and components. Nothing here raises for a bad demand: it gets its outcome.
    """
    needs = gather(demands, catalogue, sourcing, now_ms)
    if needs.orders:
        left = needs.available(stock, sourcing)
        rows = _rows(needs)
        single = _from_one_warehouse(needs, rows, left, sourcing)
        accepted = _accept_in_bulk(rows, left, single)
        outcomes = _Outcomes(demands, needs, sourcing)
        warehouse, cost = single.warehouse.tolist(), single.cost.tolist()
        for n in accepted.nonzero()[0].tolist():
            outcomes.send(n, cost[n], {warehouse[n]: needs.wants[n]})
        _walk(outcomes, (~accepted).nonzero()[0].tolist(), left.tolist(), single, rows.weight_g.tolist())
    return [outcome for outcome in needs.outcomes if outcome is not None]


def _rows(needs: Needs) -> _Rows:
    sizes = np.array([len(want) for want in needs.wants])
    starts = np.concatenate(([0], sizes.cumsum()[:-1]))
    sku = np.array([row for want in needs.wants for row in want])
    pieces = np.array([n for want in needs.wants for n in want.values()])
    weight_g = np.add.reduceat(np.array(needs.weights_g)[sku] * pieces, starts)
    return _Rows(np.repeat(np.arange(len(sizes)), sizes), sku, pieces, starts, weight_g)


def _from_one_warehouse(needs: Needs, rows: _Rows, left: Table, sourcing: Sourcing) -> _Single:
    """Price every order from every warehouse that has all of it."""
    country, days = np.array(needs.country), np.array(needs.days)
    enough = left[rows.sku] >= rows.pieces[:, None]
    if max(needs.weights_g) > sourcing.least_limit_g:
        enough &= np.array(needs.weights_g)[rows.sku, None] <= sourcing.limit_g[country[rows.order]]
    whole = np.logical_and.reduceat(enough, rows.starts, axis=0)
    brackets = np.minimum(-(-rows.weight_g // BRACKET_G), MOST_PARCELS * sourcing.brackets)
    full, rest = np.divmod(brackets - 1, sourcing.brackets)
    cost = sourcing.parcel[country, days, :, rest + 1]
    if full.any():
        cost = cost + full[:, None] * sourcing.parcel[country, days, :, -1]
    cost = np.where(whole, cost, NEVER)
    warehouse = cost.argmin(axis=1)
    best = cost[np.arange(len(cost)), warehouse]
    sure = (full == 0) & (best < NEVER) & (best <= sourcing.several[country, days, rest + 1])
    return _Single(warehouse, best, sure)


def _accept_in_bulk(rows: _Rows, left: Table, single: _Single) -> npt.NDArray[np.bool_]:
    """Accept orders whose plan nobody can spoil, and take their pieces from `left`.

    Pieces of a SKU in a warehouse are safe if all orders still open could take theirs from there. Each round closes orders, so
    that the next finds more that is safe.
    """
    warehouse = single.warehouse[rows.order]
    is_open = np.ones(len(rows.starts), np.bool_)
    for _ in range(ROUNDS):
        wanted = np.bincount(rows.sku, weights=rows.pieces * is_open[rows.order], minlength=len(left))
        safe = wanted[rows.sku] <= left[rows.sku, warehouse]
        accept = is_open & single.sure & np.logical_and.reduceat(safe, rows.starts)
        if not accept.any():
            break
        taken = accept[rows.order]
        np.subtract.at(left, (rows.sku[taken], warehouse[taken]), rows.pieces[taken])
        is_open &= ~accept
    return ~is_open


def _walk(outcomes: "_Outcomes", orders: list[int], left: list[list[int]], single: _Single, weight_g: list[int]) -> None:
    """Serve orders by priority, then age, each from what is left."""
    demands, needs, sourcing = outcomes.demands, outcomes.needs, outcomes.sourcing
    warehouse: list[int] = single.warehouse.tolist()
    cost: list[int] = single.cost.tolist()
    sure: list[bool] = single.sure.tolist()
    for n in sorted(orders, key=lambda n: demands[needs.orders[n]].age_key):
        want, w = needs.wants[n], warehouse[n]
        if sure[n] and all(left[row][w] >= pieces for row, pieces in want.items()):
            _take(left, outcomes.send(n, cost[n], {w: want}))
        elif weight_g[n] > MOST_PARCELS * sourcing.brackets * BRACKET_G:
            outcomes.refuse(
                n, f"{weight_g[n] // 1000:,} kg fill more than {MOST_PARCELS:,} parcels: arrange freight or split the order"
            )
        else:
            _take(left, outcomes.search(n, left))


def _take(left: list[list[int]], plan: Plan) -> None:
    for w, sent in plan.items():
        for row, pieces in sent.items():
            left[row][w] -= pieces


class _Outcomes:
    """Writes outcomes of a batch in the words of the domain."""

    def __init__(self, demands: Sequence[Demand], needs: Needs, sourcing: Sourcing) -> None:
        self.demands, self.needs, self.sourcing = demands, needs, sourcing
        self.limits_g: list[list[int]] = sourcing.limit_g.tolist()

    def search(self, n: int, left: list[list[int]]) -> Plan:
        """Find the cheapest cover of what an order wants, or of those of its lines that can ship; write the outcome."""
        needs, want, demand = self.needs, self.needs.wants[n], self.demands[self.needs.orders[n]]
        lane = self.sourcing.lane(needs.country[n], needs.days[n])
        held = holdings(want, left, needs.weights_g, lane)
        found = cheapest_cover(want, held, needs.weights_g, lane, self.sourcing.costs.per_split)
        if found:
            return self.send(n, *found)
        stock = {row: sum(pieces) for row, pieces in zip(want, held, strict=True)}
        for row in want:
            if needs.weights_g[row] > max(lane.limits_g):
                return self.refuse(n, f"a piece of {needs.skus[row]} is heavier than any carrier to {demand.country} takes")
        missing = {needs.skus[row]: pieces - stock[row] for row, pieces in want.items() if pieces > stock[row]}
        lines, waiting = self._whole_lines(n, stock) if demand.partial_ok else ({}, ())
        if lines:
            held = holdings(lines, left, needs.weights_g, lane)
            part = cheapest_cover(lines, held, needs.weights_g, lane, self.sourcing.costs.per_split)
            if part:
                return self.send(n, *part, waiting=waiting, missing=missing)
        needs.outcomes[needs.orders[n]] = Short(demand.order_id, missing)
        return {}

    def _whole_lines(self, n: int, stock: dict[int, int]) -> tuple[Want, tuple[int, ...]]:
        """What the lines that can ship whole want together, taken in line order, and the numbers of the lines that wait."""
        needs = self.needs
        by_line: dict[int, Want] = {}
        for no, sku, pieces in needs.parts[n]:
            line = by_line.setdefault(no, {})
            line[needs.row[sku]] = line.get(needs.row[sku], 0) + pieces
        ships: Want = {}
        waiting: list[int] = []
        for no, line in by_line.items():
            if all(ships.get(row, 0) + pieces <= stock[row] for row, pieces in line.items()):
                ships.update({row: ships.get(row, 0) + pieces for row, pieces in line.items()})
            else:
                waiting.append(no)
        return ships, tuple(waiting)

    def refuse(self, n: int, because: str) -> Plan:
        position = self.needs.orders[n]
        self.needs.outcomes[position] = Undeliverable(self.demands[position].order_id, because)
        return {}

    def send(
        self, n: int, cost: int, plan: Plan, *, waiting: tuple[int, ...] = (), missing: dict[str, int] | None = None
    ) -> Plan:
        """Write an allocation; returns the plan, whose pieces the caller takes from stock."""
        needs, names = self.needs, self.sourcing.warehouses
        limits = self.limits_g[needs.country[n]]
        parts = [part for part in needs.parts[n] if part[0] not in waiting] if waiting else needs.parts[n]
        parcels: list[Parcel] = []
        for w, sent in plan.items():
            parcels += _pack(names[w], sent, needs, limits[w])
        if len(plan) == 1:
            name = parcels[0].warehouse
            reserves = [(no, sku, name, pieces) for no, sku, pieces in parts]
        else:
            reserves = _deal(parts, plan, needs, names)
        position = needs.orders[n]
        needs.outcomes[position] = Allocation(
            self.demands[position].order_id, reserves, parcels, cost % LATE, cost >= LATE, waiting, missing or {}
        )
        return plan


def _deal(parts: Sequence[tuple[int, str, int]], plan: Plan, needs: Needs, names: Sequence[str]) -> list[Reserve]:
    """Divide what the warehouses send among the lines that want it."""
    sent = {w: dict(pieces) for w, pieces in plan.items()}
    reserves: list[Reserve] = []
    for no, sku, wanted in parts:
        row = needs.row[sku]
        for w, pieces in sent.items():
            taken = min(wanted, pieces.get(row, 0))
            if taken:
                pieces[row] -= taken
                wanted -= taken
                reserves.append((no, sku, names[w], taken))
    return reserves


def _pack(warehouse: str, sent: Want, needs: Needs, limit_g: int) -> list[Parcel]:
    """Put what a warehouse sends into one parcel, or into several if it is heavier than its carriers take."""
    skus, weights = needs.skus, needs.weights_g
    total = 0
    for row, pieces in sent.items():
        total += weights[row] * pieces
    if total <= limit_g:
        return [Parcel(warehouse, total, {skus[row]: pieces for row, pieces in sent.items()})]
    parcels: list[Parcel] = []
    grams, contents = 0, dict[str, int]()
    for row, pieces in sent.items():
        while pieces:
            fits = min(pieces, (limit_g - grams) // weights[row])
            if fits:
                contents[skus[row]] = contents.get(skus[row], 0) + fits
                grams, pieces = grams + weights[row] * fits, pieces - fits
            if pieces:
                parcels.append(Parcel(warehouse, grams, contents))
                grams, contents = 0, {}
    return [*parcels, Parcel(warehouse, grams, contents)]
