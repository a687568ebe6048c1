"""Measure allocation: its cost against the exact optimum of the batch (HiGHS), and its speed.

    python bench/allocation.py --orders 1000 --warehouses 5 --seeds 5

The optimum is the least total cost at which the same orders can be served from the same stock: any warehouse may send any pieces,
without the limit of three warehouses and without the order of priority and age. The gap is measured against HiGHS' proven lower
bound, so that what the time limit leaves open counts against Afterclick. Times include everything from demands to outcomes.
"""

import argparse
import json
import random
import statistics
import time
from collections import Counter, defaultdict
from itertools import accumulate
from typing import NamedTuple

import highspy

from afterclick.domain.allocation import Allocated, Allocation, Demand, Short, Stock
from afterclick.domain.catalogue import Item
from afterclick.domain.shipping import Rate, Tariff
from afterclick.domain.stock import Warehouse
from afterclick.orders.sourcing.allocation import allocate
from afterclick.orders.sourcing.costs import BRACKET_G, LATE, Sourcing, days_left, parcels_cost
from afterclick.orders.sourcing.needs import resolve

NOW_MS = 1_790_000_000_000
DAY_MS = 86_400_000
PLACES = [
    ("DE", 51.3, 9.5), ("ES", 41.4, 2.1), ("PL", 52.2, 21.0), ("FR", 45.8, 4.8), ("NL", 51.9, 4.5), ("IT", 45.5, 9.2),
    ("SE", 57.7, 12.0), ("AT", 48.2, 16.4), ("CZ", 50.1, 14.4), ("BE", 50.9, 4.4), ("DK", 55.7, 12.6), ("PT", 41.2, -8.6),
    ("IE", 53.3, -6.3), ("HU", 47.5, 19.0), ("RO", 44.4, 26.1), ("GR", 40.6, 22.9), ("FI", 60.2, 24.9), ("DE", 48.1, 11.6),
    ("FR", 48.9, 2.4), ("PL", 50.1, 19.9),
]  # fmt: skip
COUNTRIES = ["DE", "FR", "ES", "IT", "PL", "NL", "AT", "BE", "SE", "DK", "CZ", "PT"]


class Instance(NamedTuple):
    demands: list[Demand]
    stock: Stock
    sourcing: Sourcing
    catalogue: dict[str, Item]


def tariffs(dice: random.Random) -> list[Tariff]:
    """Three carriers: domestic lanes cheaper and faster, one express."""
    cards = []
    for carrier, base, per_kg, days, max_weight_g in (
        ("slow", 420, 45, 4, 31_500),
        ("light", 330, 95, 3, 20_000),
        ("fast", 980, 70, 1, 30_000),
    ):
        rates = {}
        for country in COUNTRIES:
            rates[country] = Rate(base + dice.randrange(200), per_kg + dice.randrange(20), days + (carrier != "fast"))
            rates[f"{country}>{country}"] = Rate(base - 60, per_kg - 15, max(1, days - 1))
        cards.append(Tariff(carrier, "EUR", rates, max_weight_g))
    return cards


def instance(*, orders: int, warehouses: int, seed: int, cover: float) -> Instance:
    """A seeded batch: 4,000 SKUs of which a few sell much, 3 lines on average, some bundles, stock uneven over warehouses.

    `cover` is how often the stock of a warehouse would serve the whole batch on average; it sets how many lines are contended.
    """
    dice = random.Random(seed)
    places = PLACES[:warehouses]
    sourcing = Sourcing(
        [Warehouse(f"W{i}", f"W{i}", *place, handling=120 + 20 * (i % 4)) for i, place in enumerate(places)], tariffs(dice)
    )
    skus = [f"SKU-{i:05d}" for i in range(4000)]
    catalogue = {sku: Item(sku, sku, weight_g=int(dice.lognormvariate(6, 0.8)) + 20) for sku in skus}
    for i in range(100):
        catalogue[f"SET-{i:03d}"] = Item(
            f"SET-{i:03d}", "set", components={sku: dice.randint(1, 2) for sku in dice.sample(skus, 3)}
        )
    popularity = list(accumulate(1 / (i + 20) ** 0.9 for i in range(4000)))
    demands: list[Demand] = []
    for number in range(orders):
        chosen = dice.choices(skus, cum_weights=popularity, k=1 + min(9, int(dice.expovariate(0.45))))
        if dice.random() < 0.08:
            chosen[0] = f"SET-{dice.randrange(100):03d}"
        lines = [(no, sku, dice.choice((1, 1, 1, 2, 2, 3, 5))) for no, sku in enumerate(chosen, 1)]
        promise_ms = NOW_MS + dice.choice((2, 3, 5, 6)) * DAY_MS if dice.random() < 0.7 else 0
        demands.append(
            Demand(
                number,
                lines,
                dice.choice(COUNTRIES),
                dice.choice((0, 5, 5, 5, 5)),
                NOW_MS - number * 1000,
                promise_ms,
                dice.random() < 0.2,
            )
        )
    wanted: Counter[str] = Counter()
    for demand in demands:
        for _, sku, pieces in resolve(demand.lines, catalogue):
            wanted[sku] += pieces
    rows = []
    for sku in sorted(wanted):
        for place in range(warehouses):
            if dice.random() < 0.85:  # most, not all, warehouses carry an item, and here and there it runs out
                days_of_cover = dice.uniform(0, 2 * cover)
                rows.append((sku, f"W{place}", int(wanted[sku] * days_of_cover) + dice.randrange(8)))
    return Instance(demands, Stock(rows), sourcing, catalogue)


class Programme:
    """A mixed integer programme, column by column and row by row; all columns are whole numbers from 0."""

    def __init__(self) -> None:
        self.cost: list[float] = []
        self.upper: list[float] = []
        self.least: list[float] = []
        self.most: list[float] = []
        self.start: list[int] = [0]
        self.index: list[int] = []
        self.value: list[float] = []

    def column(self, *, cost: float, upper: float) -> int:
        self.cost.append(cost)
        self.upper.append(upper)
        return len(self.cost) - 1

    def row(
        self, entries: list[tuple[int, float]], *, least: float = -highspy.kHighsInf, most: float = highspy.kHighsInf
    ) -> None:
        self.index += [column for column, _ in entries]
        self.value += [value for _, value in entries]
        self.start.append(len(self.index))
        self.least.append(least)
        self.most.append(most)

    def solve(self, *, seconds: float) -> float:
        """The proven lower bound of the least cost."""
        programme = highspy.HighsLp()
        programme.num_col_, programme.num_row_ = len(self.cost), len(self.least)
        programme.col_cost_, programme.col_lower_, programme.col_upper_ = self.cost, [0.0] * len(self.cost), self.upper
        programme.row_lower_, programme.row_upper_ = self.least, self.most
        programme.integrality_ = [highspy.HighsVarType.kInteger] * len(self.cost)
        programme.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        programme.a_matrix_.start_, programme.a_matrix_.index_, programme.a_matrix_.value_ = self.start, self.index, self.value
        solver = highspy.Highs()
        for option, value in (("output_flag", False), ("time_limit", seconds), ("mip_rel_gap", 1e-4), ("random_seed", 1)):
            solver.setOptionValue(option, value)
        solver.passModel(programme)
        solver.run()
        if solver.getModelStatus() not in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kTimeLimit):
            raise SystemExit(f"HiGHS found no bound: {solver.modelStatusToString(solver.getModelStatus())}")
        return solver.getInfo().mip_dual_bound


def lower_bound(case: Instance, served: list[tuple[Demand, Allocation]], *, seconds: float) -> float:
    """The least cost at which the served orders could have been served. Only orders that are late here may be late there."""
    programme = Programme()
    stock = {(sku, warehouse): pieces for sku, warehouse, pieces in case.stock.rows}
    used: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
    for demand, allocation in served:
        add_order(programme, case, demand, allocation, stock, used)
    for cell, entries in used.items():
        programme.row(entries, most=stock[cell])
    return programme.solve(seconds=seconds) - case.sourcing.costs.per_split * len(served)


def add_order(
    programme: Programme, case: Instance, demand: Demand, allocation: Allocation, stock: dict[tuple[str, str], int],
    used: dict[tuple[str, str], list[tuple[int, float]]],
) -> None:  # fmt: skip
    """Columns of one order: pieces by SKU and warehouse, and which weight each warehouse sends (one of its price steps)."""
    sourcing = case.sourcing
    country = sourcing.country[demand.country]
    promise = sourcing.last_day if allocation.late else days_left(promise_ms=demand.promise_ms, now_ms=NOW_MS)
    want: Counter[str] = Counter()
    for _, sku, _, pieces in allocation.reserves:
        want[sku] += pieces
    grams = {sku: case.catalogue[sku].weight_g for sku in want}
    heaviest = -(-sum(grams[sku] * pieces for sku, pieces in want.items()) // BRACKET_G)
    sources: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for w, warehouse in enumerate(sourcing.warehouses):
        prices: list[int] = sourcing.parcel[country, min(promise, sourcing.last_day), w].tolist()
        price = [parcels_cost(prices, k * BRACKET_G) for k in range(1, heaviest + 1)]
        steps = [k for k in range(heaviest) if price[k] < LATE and (k + 1 == heaviest or price[k + 1] > price[k])]
        held = {sku: min(pieces, stock.get((sku, warehouse), 0)) for sku, pieces in want.items()}
        if not steps or not any(held.values()):
            continue
        sends = [programme.column(cost=price[k] + sourcing.costs.per_split, upper=1) for k in steps]
        load = [(column, -float((k + 1) * BRACKET_G)) for column, k in zip(sends, steps, strict=True)]
        for sku, pieces in held.items():
            if pieces:
                column = programme.column(cost=0, upper=pieces)
                load.append((column, grams[sku]))
                sources[sku].append((column, 1))
                used[sku, warehouse].append((column, 1))
                programme.row([(column, 1), *((send, -pieces) for send in sends)], most=0)
        programme.row(load, most=0)
        programme.row([(send, 1) for send in sends], most=1)
    for sku, pieces in want.items():
        programme.row(sources[sku], least=pieces, most=pieces)


def contended_lines(case: Instance, outcomes: list[Allocated]) -> float:
    """Share of lines whose SKU the batch wants more of than some warehouse that sends it had."""
    stock = {(sku, warehouse): pieces for sku, warehouse, pieces in case.stock.rows}
    wanted: Counter[str] = Counter()
    for demand in case.demands:
        for _, sku, pieces in resolve(demand.lines, case.catalogue):
            wanted[sku] += pieces
    reserves = [reserve for outcome in outcomes if isinstance(outcome, Allocation) for reserve in outcome.reserves]
    return sum(wanted[sku] > stock[sku, warehouse] for _, sku, warehouse, _ in reserves) / len(reserves)


def run(case: Instance, *, seconds: float) -> dict[str, float]:
    times: list[float] = []
    outcomes: list[Allocated] = []
    for _ in range(7):
        started = time.perf_counter()
        outcomes = allocate(case.demands, case.stock, case.sourcing, case.catalogue, now_ms=NOW_MS)
        times.append(time.perf_counter() - started)
    served = [
        (demand, outcome) for demand, outcome in zip(case.demands, outcomes, strict=True) if isinstance(outcome, Allocation)
    ]
    cost = sum(allocation.cost for _, allocation in served)
    return {
        "us_per_order": min(times) / len(case.demands) * 1e6,
        "served": len(served),
        "short": sum(isinstance(outcome, Short) for outcome in outcomes),
        "split": sum(len({parcel.warehouse for parcel in allocation.parcels}) > 1 for _, allocation in served),
        "contended": contended_lines(case, outcomes),
        "cost": cost,
        "gap": cost / lower_bound(case, served, seconds=seconds) - 1 if seconds else 0.0,
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--orders", type=int, default=1000)
    arguments.add_argument("--warehouses", type=int, default=5, choices=range(1, 21), metavar="1-20")
    arguments.add_argument(
        "--cover", type=float, default=2.0, help="stock of a warehouse in batches; 2: some 8 %% of lines contended"
    )
    arguments.add_argument("--seeds", type=int, default=5)
    arguments.add_argument("--seconds", type=float, default=60.0, help="time limit for HiGHS per seed; 0 leaves it out")
    given = arguments.parse_args()
    results: list[dict[str, float]] = []
    print("seed  served  short  split  contended      cost     gap  us/order")
    for seed in range(1, given.seeds + 1):
        found = run(
            instance(orders=given.orders, warehouses=given.warehouses, seed=seed, cover=given.cover), seconds=given.seconds
        )
        results.append(found)
        print(
            f"{seed:4}  {found['served']:6.0f}  {found['short']:5.0f}  {found['split']:5.0f}  {found['contended']:9.1%}"
            f"  {found['cost'] / 100:8.0f}  {found['gap']:6.2%}  {found['us_per_order']:8.1f}"
        )
    per_order = statistics.mean(found["us_per_order"] for found in results)
    print(
        json.dumps(
            {
                "orders": given.orders,
                "warehouses": given.warehouses,
                "mean_cost_gap": round(statistics.mean(found["gap"] for found in results), 5) if given.seconds else None,
                "orders_per_s": round(1e6 / per_order),
            }
        )
    )


if __name__ == "__main__":
    main()
