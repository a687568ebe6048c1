"""A small company for the tests of allocation: three warehouses, two carriers, a few items."""

from collections.abc import Sequence

from afterclick.domain.allocation import Allocated, Allocation, AllocationCosts, Demand, Stock
from afterclick.domain.catalogue import Item
from afterclick.domain.shipping import Rate, Tariff
from afterclick.domain.stock import Warehouse
from afterclick.orders.sourcing.allocation import allocate
from afterclick.orders.sourcing.costs import Sourcing

NOW = 1_790_000_000_000
DAY = 86_400_000
FREE = AllocationCosts(per_100_km=0, per_split=100)

WAREHOUSES = [
    Warehouse("NORTH", "North", "DE", 53.5, 10.0, 100),
    Warehouse("SOUTH", "South", "DE", 48.1, 11.6, 150),
    Warehouse("SPAIN", "Spain", "ES", 41.4, 2.2, 50),
]
TARIFFS = [
    Tariff("slow", "EUR", {"DE": Rate(400, 50, 3), "ES": Rate(500, 50, 4), "ES>DE": Rate(300, 40, 6)}),
    Tariff("fast", "EUR", {"DE": Rate(900, 90, 1)}, max_weight_g=20_000),
]
CATALOGUE = {
    "A": Item("A", "a", weight_g=400), "B": Item("B", "b", weight_g=1200), "C": Item("C", "c", weight_g=600),
    "HEAVY": Item("HEAVY", "h", weight_g=12_000), "ANVIL": Item("ANVIL", "anvil", weight_g=40_000),
    "SET": Item("SET", "set", components={"A": 2, "B": 1}), "BOX": Item("BOX", "box", components={"SET": 2, "C": 1}),
    "LOOP": Item("LOOP", "loop", components={"LOOP": 1}),
}  # fmt: skip
SOURCING = Sourcing(WAREHOUSES, TARIFFS, FREE)


def order(
    number: int,
    *lines: tuple[str, int],
    country: str = "DE",
    priority: int = 5,
    placed: int = 0,
    days: int = 0,
    partial: bool = False,
) -> Demand:
    numbered = [(no, sku, quantity) for no, (sku, quantity) in enumerate(lines, 1)]
    return Demand(number, numbered, country, priority, placed, NOW + days * DAY if days else 0, partial)


def decide(demands: Sequence[Demand], *rows: tuple[str, str, int], sourcing: Sourcing = SOURCING) -> list[Allocated]:
    return allocate(demands, Stock(rows), sourcing, CATALOGUE, now_ms=NOW)


def one(demand: Demand, *rows: tuple[str, str, int], sourcing: Sourcing = SOURCING) -> Allocation:
    (outcome,) = decide([demand], *rows, sourcing=sourcing)
    assert isinstance(outcome, Allocation), outcome
    return outcome
