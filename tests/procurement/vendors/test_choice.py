"""The choice of vendors over a whole plan."""

import time

import numpy as np
import pytest

from afterclick.domain.purchase import Freight
from afterclick.procurement.vendors import search
from afterclick.procurement.vendors.choice import choose
from afterclick.procurement.vendors.exact import solve
from afterclick.procurement.vendors.grid import assess
from afterclick.procurement.vendors.needs import Terms
from afterclick.procurement.vendors.relax import Relaxation
from afterclick.procurement.vendors.repair import repaired
from afterclick.procurement.vendors.search import cheapest
from tests.procurement.vendors.market import least_cost, need, offer, random_table, vendor

TERMS = Terms(holding=0.0, kept=0.0)


def soon(seconds: float = 20.0) -> float:
    return time.perf_counter() + seconds


@pytest.mark.parametrize("seed", range(40))
def test_the_plan_is_the_best_there_is_and_the_bound_is_true(seed: int) -> None:
    table = random_table(seed, needs=5, vendors=3, ways=3)
    best = least_cost(table)
    found = cheapest(table, gap=1e-6, until=soon())
    assert assess(table, found.pick).feasible
    assert found.cost == pytest.approx(best, rel=2e-6)
    assert found.bound <= best + 0.01


@pytest.mark.parametrize("seed", range(40))
def test_without_the_solver_the_bound_is_still_true_and_every_limit_kept(seed: int) -> None:
    table = random_table(seed, needs=6, vendors=3, ways=2)
    everybody = np.ones(3, dtype=bool)
    node = search._Node(everybody, np.zeros(3, dtype=bool))
    found = search._branched(table, node, 1e-6, until=soon())
    assert assess(table, found.pick).feasible
    assert found.bound <= least_cost(table) + 0.01


@pytest.mark.parametrize("seed", range(20))
def test_a_plan_is_repaired_whatever_it_was(seed: int) -> None:
    table = random_table(seed, needs=30, vendors=4, ways=4)
    dice = np.random.default_rng(seed)
    pick = np.array([dice.choice(np.flatnonzero(np.isfinite(row))) for row in table.cost])
    assert assess(table, repaired(table, pick, np.ones(4, dtype=bool), price=0.0)).feasible


def test_the_solver_never_makes_the_start_worse() -> None:
    table = random_table(5, needs=40, vendors=4, ways=5)
    nothing = np.zeros(40, dtype=np.int64)
    pick, bound = solve(table, nothing, gap=1e-4, seconds=5)
    state = assess(table, pick)
    assert state.feasible
    assert state.cost <= assess(table, nothing).cost
    assert bound <= state.cost + 0.01


def test_there_is_an_answer_even_without_time() -> None:
    table = random_table(7, needs=60, vendors=6, ways=6)
    found = cheapest(table, gap=1e-9, until=time.perf_counter())
    assert assess(table, found.pick).feasible
    assert found.bound <= found.cost


def test_the_relaxed_cost_never_exceeds_a_plan() -> None:
    for seed in range(10):
        table = random_table(seed, needs=40, vendors=4, ways=4)
        everybody = np.ones(4, dtype=bool)
        relaxed = Relaxation(table, everybody, np.zeros(4, dtype=bool)).solve(target=1e9, until=soon())
        plan = repaired(table, relaxed.pick, everybody, price=relaxed.price)
        assert relaxed.bound <= assess(table, plan).cost + 0.01


def test_the_vendor_that_is_cheapest_landed_wins_over_the_lowest_list_price() -> None:
    far = vendor("A", freight=Freight(share_bp=1_500), duty_bp=1_200)
    plan = choose([need()], [offer("A", "S", (1, 90)), offer("B", "S", (1, 100))], [far, vendor("B")], TERMS)
    assert [(line.vendor, line.quantity) for line in plan.lines] == [("B", 10)]
    assert plan.how == "proven"
    assert plan.lines[0].because == ("Vendor B: 10 pieces at 1.00 EUR landed; Vendor A would cost 1.60 EUR more in all")


def test_two_orders_are_not_placed_where_one_will_do() -> None:
    costly = [vendor("A", order_cost=5_000), vendor("B", order_cost=5_000)]
    offers = [offer("A", "S1", (1, 100)), offer("B", "S1", (1, 105)), offer("B", "S2", (1, 100)), offer("A", "S2", (1, 105))]
    plan = choose([need("S1"), need("S2")], offers, costly, TERMS)
    assert len({line.vendor for line in plan.lines}) == 1


def test_a_minimum_is_reached_or_the_vendor_left() -> None:
    picky = vendor("A", minimum_value=3_000)
    offers = [offer("A", "S1", (1, 100)), offer("B", "S1", (1, 104)), offer("A", "S2", (1, 100)), offer("B", "S2", (1, 200))]
    plan = choose([need("S1", 10), need("S2", 10)], offers, [picky, vendor("B")], TERMS)
    by_vendor = {name: sum(line.quantity * line.price for line in plan.lines if line.vendor == name) for name in "AB"}
    assert by_vendor["A"] == 0
    plan = choose([need("S1", 20), need("S2", 10)], offers, [picky, vendor("B")], TERMS)
    assert {line.vendor for line in plan.lines} == {"A"}
    assert any("only just above its minimum" in note for note in plan.notes)


def test_a_delivery_is_free_from_its_value_on() -> None:
    free = vendor("A", freight=Freight(fixed=5_000, free_from=2_000))
    plan = choose([need("S1", 20)], [offer("A", "S1")], [free], TERMS)
    assert (plan.cost, plan.outlay) == (2_000, 2_000)
    assert choose([need("S1", 10)], [offer("A", "S1")], [free], TERMS).outlay == 6_000


def test_the_budget_goes_where_it_earns_most() -> None:
    needs = [need("S1", 10, 1_100), need("S2", 10, 3_000), need("S3", 10, 1_900)]
    offers = [offer("A", each.sku) for each in needs]
    plan = choose(needs, offers, [vendor()], Terms(budget=2_000, holding=0.0, kept=0.0))
    assert {line.sku for line in plan.lines} == {"S2", "S3"}
    assert plan.outlay == 2_000
    assert "other needs earn more of the budget of 20.00 EUR" in plan.skipped[0].because


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((need(pieces=0), []), "nothing is needed"),
        ((need(), []), "no valid offer of a known vendor: add a price, or an exchange rate"),
        ((need(most=5), [offer(minimum=50)]), "no valid offer of a known vendor, or none sells as few as 5: add a price"),
        ((need(worth=500), [offer()]), "buying costs 10.00 EUR in all, more than the 5.00 EUR that it would earn"),
    ],
)
def test_what_is_not_bought_says_why(given, said: str) -> None:
    wanted, offers = given
    plan = choose([wanted], offers, [vendor()], TERMS)
    assert plan.lines == ()
    assert plan.skipped[0].because.startswith(said)


def test_a_price_break_is_named_where_it_makes_the_quantity() -> None:
    plan = choose([need(pieces=10)], [offer("A", "S", (1, 100), (50, 10))], [vendor()], TERMS)
    assert plan.lines[0].because.startswith("Vendor A: 50 pieces at 0.10 EUR landed (10 needed; price break at 50)")


def test_offers_without_an_exchange_rate_are_named() -> None:
    plan = choose([need()], [offer(currency="USD"), offer("B")], [vendor(currency="USD"), vendor("B")], TERMS)
    assert [line.vendor for line in plan.lines] == ["B"]
    assert plan.notes == ("offers in USD were left out: there is no rate to EUR",)


def test_a_sku_given_twice_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="the need of S is given twice"):
        choose([need(), need()], [offer()], [vendor()], TERMS)


def test_a_thousand_needs_at_ten_vendors_are_proven_within_a_tenth_of_a_percent() -> None:
    table = random_table(11, needs=1_000, vendors=10, ways=12)
    found = cheapest(table, gap=1e-3, until=soon(10))
    assert assess(table, found.pick).feasible
    assert found.gap <= 1e-3
