"""Allocation never promises a piece twice, decides alike in bulk and one by one, and finds what trying everything finds."""

from collections import Counter
from itertools import combinations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from afterclick.domain.allocation import Allocation, AllocationCosts, Demand, Short
from afterclick.domain.stock import Warehouse
from afterclick.orders.sourcing.costs import Sourcing, days_left, distance_km
from afterclick.orders.sourcing.needs import resolve
from tests.orders.allocation_examples import CATALOGUE, DAY, NOW, TARIFFS, WAREHOUSES, decide, order

lines = st.lists(st.tuples(st.sampled_from(["A", "B", "C", "HEAVY", "SET", "BOX"]), st.integers(1, 4)), min_size=1, max_size=4)


@st.composite
def batches(draw: st.DrawFn) -> list[Demand]:
    return [
        order(
            number,
            *draw(lines),
            country=draw(st.sampled_from(["DE", "ES"])),
            priority=draw(st.sampled_from([0, 5])),
            placed=draw(st.integers(0, 5)),
            days=draw(st.integers(0, 6)),
            partial=draw(st.booleans()),
        )
        for number in range(draw(st.integers(1, 12)))
    ]


stocks = st.dictionaries(
    st.tuples(st.sampled_from(["A", "B", "C", "HEAVY"]), st.sampled_from(["NORTH", "SOUTH", "SPAIN"])), st.integers(0, 12)
).map(lambda cells: [(sku, warehouse, pieces) for (sku, warehouse), pieces in cells.items()])


@settings(max_examples=150, deadline=None)
@given(batches(), stocks)
def test_nothing_is_promised_twice_and_what_is_allocated_is_complete(batch: list[Demand], rows: list[tuple[str, str, int]]):
    outcomes = decide(batch, *rows)
    assert outcomes == decide(batch, *reversed(rows))
    left = Counter({(sku, warehouse): pieces for sku, warehouse, pieces in rows})
    for demand, outcome in zip(batch, outcomes, strict=True):
        assert outcome.order_id == demand.order_id
        if not isinstance(outcome, Allocation):
            continue
        wanted, taken, packed = Counter[tuple[int, str]](), Counter[tuple[int, str]](), Counter[tuple[str, str]]()
        for no, sku, pieces in resolve(demand.lines, CATALOGUE):
            if no not in outcome.waiting_lines:
                wanted[no, sku] += pieces
        for no, sku, warehouse, pieces in outcome.reserves:
            taken[no, sku] += pieces
            left[sku, warehouse] -= pieces
            packed[sku, warehouse] += pieces
        assert taken == wanted
        assert bool(outcome.waiting_lines) == bool(outcome.missing) and (demand.partial_ok or not outcome.waiting_lines)
        for parcel in outcome.parcels:
            assert parcel.weight_g == sum(CATALOGUE[sku].weight_g * pieces for sku, pieces in parcel.contents.items())
            packed.subtract({(sku, parcel.warehouse): pieces for sku, pieces in parcel.contents.items()})
        assert not any(packed.values())
    assert min(left.values(), default=0) >= 0


@settings(max_examples=100, deadline=None)
@given(batches(), stocks)
def test_a_batch_decides_as_if_orders_came_one_by_one_by_priority_and_age(batch: list[Demand], rows: list[tuple[str, str, int]]):
    together = {outcome.order_id: outcome for outcome in decide(batch, *rows)}
    left = Counter({(sku, warehouse): pieces for sku, warehouse, pieces in rows})
    for demand in sorted(batch, key=lambda demand: demand.age_key):
        (alone,) = decide([demand], *((sku, warehouse, pieces) for (sku, warehouse), pieces in sorted(left.items())))
        assert together[demand.order_id] == alone
        if isinstance(alone, Allocation):
            for _, sku, warehouse, pieces in alone.reserves:
                left[sku, warehouse] -= pieces


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["A", "B", "C", "HEAVY"]), st.integers(1, 3), min_size=1, max_size=3),
    stocks,
    st.integers(0, 6),
    st.sampled_from([0, 100, 700]),
)
def test_one_order_costs_what_trying_everything_finds(
    wanted: dict[str, int], rows: list[tuple[str, str, int]], days: int, penalty: int
):
    lines = list(wanted.items())
    sourcing = Sourcing(WAREHOUSES, TARIFFS, AllocationCosts(per_100_km=20, per_split=penalty))
    (outcome,) = decide([order(1, *lines, days=days)], *rows, sourcing=sourcing)
    best = cheapest_by_trying_everything(lines, rows, sourcing, days_left(promise_ms=NOW + days * DAY if days else 0, now_ms=NOW))
    if best is None:
        assert isinstance(outcome, Short)
    else:
        assert isinstance(outcome, Allocation)
        assert (outcome.late, outcome.cost) == best


def cheapest_by_trying_everything(
    lines: list[tuple[str, int]], rows: list[tuple[str, str, int]], sourcing: Sourcing, days: int
) -> tuple[bool, int] | None:
    """(late, cost) over all choices of warehouses and all divisions that `cover` documents."""
    stock = Counter({(sku, warehouse): pieces for sku, warehouse, pieces in rows})
    found: list[tuple[int, bool, int]] = []
    for size in (1, 2, 3):
        for chosen in combinations(sorted(WAREHOUSES, key=lambda warehouse: warehouse.id), size):
            ways: list[list[tuple[int, ...]]] = []
            for sku, pieces in lines:
                held = [stock[sku, warehouse.id] for warehouse in chosen]
                every = [way for way in product(*(range(min(pieces, h) + 1) for h in held)) if sum(way) == pieces]
                whole = [way for way in every if max(way) == pieces]
                ways.append(whole or [way for way in every if sum(0 < n < h for n, h in zip(way, held, strict=True)) <= 1])
            for division in product(*ways):
                late, money, used = 0, 0, 0
                for i, warehouse in enumerate(chosen):
                    grams = sum(CATALOGUE[sku].weight_g * way[i] for (sku, _), way in zip(lines, division, strict=True))
                    if grams:
                        parcel_late, price = price_of(warehouse, grams, days, sourcing)
                        late, money, used = late + parcel_late, money + price, used + 1
                found.append((late, late > 0, money + sourcing.costs.per_split * (used - 1)))
    return min(found)[1:] if found else None


def price_of(warehouse: Warehouse, grams: int, days: int, sourcing: Sourcing) -> tuple[int, int]:
    """(days late, price) of a weight from one warehouse to Germany, straight from the rate cards, full parcels first."""
    extra = warehouse.handling + round(sourcing.costs.per_100_km * distance_km(warehouse, "DE") / 100)
    total = (0, 0)
    while grams > 0:
        parcel = min(grams, 31_500)
        grams -= parcel
        options: list[tuple[int, int]] = []
        for tariff in TARIFFS:
            rate = tariff.rates.get(f"{warehouse.country}>DE") or tariff.rates["DE"]
            if parcel <= tariff.max_weight_g:
                options.append((max(0, rate.days - days), rate.base + rate.per_kg * -(-parcel // 1000) + extra))
        late, price = min(options)
        total = (total[0] + late, total[1] + price)
    return total
