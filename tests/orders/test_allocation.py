"""Allocation: the cheapest warehouses for each order, and the older order first where stock is short."""

from collections import Counter

import pytest

from afterclick.domain.allocation import Allocation, AllocationCosts, Demand, Short, Undeliverable
from afterclick.domain.shipping import Rate, Tariff
from afterclick.domain.stock import Warehouse
from afterclick.orders.sourcing.costs import Offer, Sourcing, days_left, distance_km
from tests.orders.allocation_examples import CATALOGUE, DAY, FREE, NOW, SOURCING, TARIFFS, WAREHOUSES, decide, one, order


def test_one_warehouse_with_everything_sends_one_parcel():
    allocation = one(order(7, ("A", 2), ("B", 1)), ("A", "NORTH", 5), ("B", "NORTH", 5))
    assert allocation.order_id == 7
    assert allocation.reserves == [(1, "A", "NORTH", 2), (2, "B", "NORTH", 1)]
    assert [(p.warehouse, p.weight_g, p.contents) for p in allocation.parcels] == [("NORTH", 2000, {"A": 2, "B": 1})]
    assert allocation.cost == 400 + 2 * 50 + 100
    assert not allocation.late


def test_the_cheaper_of_two_warehouses_sends():
    rows = [("A", warehouse, 5) for warehouse in ("NORTH", "SOUTH", "SPAIN")]
    assert one(order(1, ("A", 1)), *rows).parcels[0].warehouse == "SPAIN"  # 300 + 40 + 50 by its own lane
    assert one(order(1, ("A", 1)), *rows[:2]).parcels[0].warehouse == "NORTH"


def test_a_promise_forces_the_warehouse_that_keeps_it():
    rows = [("A", warehouse, 5) for warehouse in ("NORTH", "SPAIN")]
    assert one(order(1, ("A", 1), days=6), *rows).parcels[0].warehouse == "SPAIN"
    kept = one(order(1, ("A", 1), days=3), *rows)
    assert (kept.parcels[0].warehouse, kept.cost, kept.late) == ("NORTH", 400 + 50 + 100, False)
    assert one(order(1, ("A", 1), days=1), *rows).cost == 900 + 90 + 50


def test_a_promise_that_nobody_keeps_is_sent_late_and_says_so():
    late = one(order(1, ("A", 1), country="ES", days=1), ("A", "NORTH", 1))
    assert late.late
    assert late.cost == 500 + 50 + 100


def test_a_split_that_keeps_the_promise_goes_before_one_late_parcel():
    sourcing = Sourcing(WAREHOUSES, [Tariff("slow", "EUR", {"DE>DE": Rate(400, 50, 2), "ES>DE": Rate(300, 40, 6)})], FREE)
    rows = [("A", "SPAIN", 1), ("B", "SPAIN", 1), ("A", "NORTH", 1), ("B", "SOUTH", 1)]
    assert {p.warehouse for p in one(order(1, ("A", 1), ("B", 1), days=2), *rows, sourcing=sourcing).parcels} == {
        "NORTH",
        "SOUTH",
    }
    assert {p.warehouse for p in one(order(1, ("A", 1), ("B", 1)), *rows, sourcing=sourcing).parcels} == {"SPAIN"}


@pytest.mark.parametrize(("penalty", "parcels"), [(0, 2), (2000, 1)])
def test_a_split_is_taken_only_where_it_is_cheaper(penalty: int, parcels: int):
    light = Tariff("light", "EUR", {"DE": Rate(100, 0, 3)}, max_weight_g=12_000)
    heavy = Tariff("heavy", "EUR", {"DE": Rate(2000, 0, 3)})
    sourcing = Sourcing(WAREHOUSES, [light, heavy], AllocationCosts(per_100_km=0, per_split=penalty))
    rows = [("HEAVY", "NORTH", 2), ("HEAVY", "SOUTH", 1), ("B", "SOUTH", 1), ("B", "NORTH", 1)]
    split = one(order(1, ("HEAVY", 1), ("B", 1)), *rows, sourcing=sourcing)
    assert len(split.parcels) == parcels
    assert split.cost == (2100 if parcels == 1 else 100 + 100 + 150 + 100)


def test_a_line_is_divided_only_if_no_warehouse_has_it_all():
    whole = one(order(1, ("A", 4), ("B", 1)), ("A", "NORTH", 4), ("A", "SOUTH", 3), ("B", "SOUTH", 1))
    assert whole.reserves == [(1, "A", "NORTH", 4), (2, "B", "SOUTH", 1)]
    divided = one(order(1, ("A", 4), ("A", 1)), ("A", "NORTH", 3), ("A", "SOUTH", 2))
    assert divided.reserves == [(1, "A", "NORTH", 3), (1, "A", "SOUTH", 1), (2, "A", "SOUTH", 1)]


def test_two_bundles_that_share_a_component_are_summed():
    demand = order(1, ("SET", 2), ("A", 1), ("BOX", 1))  # 4 + 1 + 4 of A, 2 + 2 of B, 1 of C
    short = decide([demand], ("A", "NORTH", 8), ("B", "NORTH", 4), ("C", "NORTH", 1))[0]
    assert short == Short(1, {"A": 1})
    allocation = one(demand, ("A", "NORTH", 9), ("B", "NORTH", 4), ("C", "NORTH", 1))
    assert {warehouse for _, _, warehouse, _ in allocation.reserves} == {"NORTH"}
    pieces = [(no, sku, pieces) for no, sku, _, pieces in allocation.reserves]
    assert pieces == [(1, "A", 4), (1, "B", 2), (2, "A", 1), (3, "A", 4), (3, "B", 2), (3, "C", 1)]


def test_what_is_nowhere_in_stock_is_named():
    (short,) = decide([order(1, ("A", 2), ("B", 3))], ("A", "NORTH", 9), ("B", "SOUTH", 1))
    assert isinstance(short, Short)
    assert short.missing == {"B": 2}
    assert short.because == "not in stock: 2 × B"


def test_partial_shipment_needs_the_customers_word_and_keeps_lines_whole():
    rows = [("A", "NORTH", 5), ("B", "NORTH", 1)]
    assert isinstance(decide([order(1, ("A", 2), ("B", 3))], *rows)[0], Short)
    part = one(order(1, ("A", 2), ("B", 3), ("A", 3), partial=True), *rows)
    assert part.reserves == [(1, "A", "NORTH", 2), (3, "A", "NORTH", 3)]
    assert (part.waiting_lines, part.missing) == ((2,), {"B": 2})
    assert isinstance(decide([order(1, ("SET", 1), partial=True)], ("A", "NORTH", 9))[0], Short)  # a bundle ships whole


def test_priority_then_age_decides_who_gets_the_last_piece():
    demands = [order(1, ("A", 1), placed=10), order(2, ("A", 1), placed=5), order(3, ("A", 1), placed=20, priority=0)]
    first, second, third = decide(demands, ("A", "NORTH", 2))
    assert isinstance(first, Short)
    assert isinstance(second, Allocation)
    assert isinstance(third, Allocation)


def test_the_older_order_gets_the_cheaper_warehouse():
    demands = [order(1, ("A", 1), placed=3), order(2, ("A", 1), placed=2), order(3, ("A", 9), placed=1)]
    young, old, big = decide(demands, ("A", "SPAIN", 1), ("A", "NORTH", 1))
    assert isinstance(young, Allocation) and young.parcels[0].warehouse == "NORTH"
    assert isinstance(old, Allocation) and old.parcels[0].warehouse == "SPAIN"
    assert big == Short(3, {"A": 7})


def test_an_order_scattered_over_four_warehouses_still_ships():
    sourcing = Sourcing([*WAREHOUSES, Warehouse("EAST", "East", "DE")], TARIFFS, FREE)
    rows = [("A", warehouse, 1) for warehouse in ("NORTH", "SOUTH", "SPAIN", "EAST")]
    allocation = one(order(1, ("A", 4)), *rows, sourcing=sourcing)
    assert sorted(w for _, _, w, _ in allocation.reserves) == ["EAST", "NORTH", "SOUTH", "SPAIN"]


def test_what_is_too_heavy_for_one_parcel_fills_several():
    allocation = one(order(1, ("HEAVY", 5), ("A", 3)), ("HEAVY", "NORTH", 5), ("A", "NORTH", 3))
    assert [p.weight_g for p in allocation.parcels] == [24_000, 24_000, 13_200]
    assert sum((Counter(p.contents) for p in allocation.parcels), Counter()) == {"HEAVY": 5, "A": 3}


@pytest.mark.parametrize(
    ("demand", "because"),
    [
        (order(1, ("A", 1), country="ZZ"), "no carrier delivers to 'ZZ'"),
        (order(1), "no lines"),
        (order(1, ("A", 0)), "line 1 asks for 0 pieces"),
        (order(1, ("A", 10**18)), "correct the quantity"),
        (order(1, ("NOPE", 1)), "'NOPE' is not in the catalogue"),
        (order(1, ("LOOP", 1)), "nested deeper"),
        (order(1, ("ANVIL", 1)), "heavier than any carrier to DE takes"),
        (order(1, ("HEAVY", 10**6)), "arrange freight"),
        (order(1, *[("A", 10**7)] * 2), "arrange freight"),
    ],
)
def test_what_no_stock_would_free_is_for_a_person_and_stops_nobody_else(demand: Demand, because: str):
    rows = [(sku, "NORTH", 10**8) for sku in CATALOGUE]
    bad, good = decide([demand, order(2, ("A", 1))], *rows)
    assert isinstance(bad, Undeliverable)
    assert because in bad.because
    assert isinstance(good, Allocation)


def test_negative_stock_and_unknown_warehouses_count_as_nothing():
    rows = [("A", "NORTH", -5), ("A", "CLOSED", 9), ("A", "SOUTH", 1)]
    assert one(order(1, ("A", 1)), *rows).parcels[0].warehouse == "SOUTH"
    assert decide([]) == []


def test_offers_keep_the_promise_cheapest_first_and_late_ones_come_only_alone():
    assert SOURCING.cheapest("NORTH", "DE", 1500, 5) == [Offer("slow", 500, 3), Offer("fast", 1080, 1)]
    assert SOURCING.cheapest("NORTH", "DE", 1500, 2) == [Offer("fast", 1080, 1)]
    assert SOURCING.cheapest("NORTH", "DE", 25_000, 2) == [Offer("slow", 1650, 3)]
    assert SOURCING.cheapest("SPAIN", "DE", 1500, 9) == [Offer("slow", 380, 6), Offer("fast", 1080, 1)]
    assert SOURCING.cheapest("NORTH", "DE", 40_000, 5) == []
    assert SOURCING.cheapest("NORTH", "FR", 500, 5) == []


@pytest.mark.parametrize(
    ("warehouses", "tariffs", "because"),
    [
        ([], TARIFFS, "at least one warehouse"),
        (WAREHOUSES, [], "at least one warehouse"),
        (WAREHOUSES * 2, TARIFFS, "two entries for one warehouse"),
        (WAREHOUSES, TARIFFS * 2, "two entries for one carrier"),
        (WAREHOUSES, [*TARIFFS, Tariff("uk", "GBP", {"GB": Rate(1, 1, 1)})], "convert them"),
        (WAREHOUSES, [Tariff("x", "EUR", {"DE": Rate(-1, 1, 1)})], "the rate of x to DE"),
        (WAREHOUSES, [Tariff("x", "EUR", {"DE": Rate(1, 1, 1)}, max_weight_g=100)], "x takes 100 g"),
    ],
)
def test_rate_cards_that_make_no_sense_are_refused(warehouses: list[Warehouse], tariffs: list[Tariff], because: str):
    with pytest.raises(ValueError, match=because):
        Sourcing(warehouses, tariffs)


def test_distance_and_days_are_measured_as_documented():
    assert distance_km(WAREHOUSES[2], "DE") == pytest.approx(1246, abs=15)
    assert distance_km(WAREHOUSES[2], "??") == 0
    assert days_left(promise_ms=NOW + 2 * DAY - 1, now_ms=NOW) == 1
    assert days_left(promise_ms=0, now_ms=NOW) > 20
