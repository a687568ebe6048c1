"""What each way of buying costs until it lies on the shelf."""

from datetime import date

import numpy as np
import pytest

from afterclick.domain.purchase import Freight
from afterclick.procurement.vendors.landed import options
from afterclick.procurement.vendors.needs import Terms
from afterclick.procurement.vendors.reliability import Reliability
from tests.procurement.vendors.market import need, offer, vendor

TERMS = Terms(holding=0.0, kept=0.0)


def only(needs, offers, vendors, terms=TERMS, reliability=None):
    """The one way there is: quantity, price, cost, cash."""
    found = options(needs, offers, vendors, terms, reliability or {})
    assert len(found.need) == 1
    return int(found.quantity[0]), int(found.price[0]), float(found.cost[0]), float(found.outlay[0])


@pytest.mark.parametrize(
    ("given", "pieces", "quantity"),
    [
        ({}, 10, 10),
        ({"minimum": 25}, 10, 25),
        ({"pack": 6}, 10, 12),
        ({"minimum": 25, "pack": 6}, 10, 30),
        ({"per_unit": 12}, 10, 1),
        ({"per_unit": 12}, 13, 2),
        ({"per_unit": 12, "pack": 5}, 13, 5),
    ],
)
def test_the_quantity_is_the_largest_of_need_and_minimum_in_whole_packs(given, pieces, quantity) -> None:
    assert only([need(pieces=pieces)], [offer(**given)], [vendor()])[0] == quantity


def test_every_price_break_beyond_the_need_is_a_way_of_its_own() -> None:
    found = options([need(pieces=10)], [offer("A", "S", (1, 100), (50, 90), (500, 70))], [vendor()], TERMS, {})
    assert list(zip(found.quantity.tolist(), found.price.tolist(), strict=True)) == [(10, 100), (50, 90), (500, 70)]


def test_a_break_that_the_need_reaches_anyway_sets_the_price() -> None:
    found = options([need(pieces=60)], [offer("A", "S", (1, 100), (50, 90))], [vendor()], TERMS, {})
    assert (found.quantity.tolist(), found.price.tolist()) == ([60], [90])


def test_more_than_the_most_is_never_a_way() -> None:
    found = options([need(pieces=10, most=60)], [offer("A", "S", (1, 100), (50, 90), (500, 70))], [vendor()], TERMS, {})
    assert found.quantity.tolist() == [10, 50]


def test_freight_and_duty_come_on_top() -> None:
    far = vendor(freight=Freight(per_kg=50, share_bp=200), duty_bp=1000)
    _, _, cost, cash = only([need(pieces=10)], [offer(weight_g=2_000)], [far])
    goods, freight = 1_000, 10 * 2 * 50 + 20
    assert cost == pytest.approx(goods + freight + 0.10 * (goods + freight))
    assert cash == pytest.approx(cost)


def test_a_price_for_a_hundred_and_another_currency_are_converted() -> None:
    terms = Terms(rates={"JPY": 0.006}, holding=0.0, kept=0.0)
    yen = offer("A", "S", (1, 500), price_basis=100, currency="JPY")
    assert only([need(pieces=200)], [yen], [vendor(currency="JPY")], terms)[2] == pytest.approx(200 * 5 * 0.006 * 100)


def test_time_on_the_way_ties_up_money() -> None:
    terms = Terms(holding=0.25, kept=0.0)
    near, far = (only([need()], [offer()], [vendor(lead_days=days)], terms)[2] for days in (0, 73))
    assert far - near == pytest.approx(1_000 * 0.25 * 73 / 365)


def test_late_and_short_deliveries_cost_margin() -> None:
    record = {"A": Reliability("A", 30, late_share=0.5, mean_late_days=3.0, fill_share=0.9)}
    sure, unsure = (only([need(worth=9_000)], [offer()], [vendor()], TERMS, known)[2] for known in ({}, record))
    assert unsure - sure == pytest.approx(9_000 * (0.1 + 3.0 / 30))


def test_only_the_margin_is_lost_where_the_worth_holds_the_goods_too() -> None:
    record = {"A": Reliability("A", 30, late_share=0.5, mean_late_days=3.0, fill_share=0.9)}
    wanted = need(worth=9_000, margin=500)
    sure, unsure = (only([wanted], [offer()], [vendor()], TERMS, known)[2] for known in ({}, record))
    assert unsure - sure == pytest.approx(500 * (0.1 + 3.0 / 30))


def test_what_comes_too_late_costs_the_days_that_are_missed() -> None:
    slow = vendor(lead_days=20)
    hurried, calm = (only([need(worth=9_000, within_days=days)], [offer()], [slow])[2] for days in (5, 0))
    assert hurried - calm == pytest.approx(9_000 * 15 / 30)


def test_what_is_bought_beyond_the_need_keeps_most_of_its_worth() -> None:
    wasted, kept = (only([need(pieces=10)], [offer(minimum=40)], [vendor()], Terms(holding=0.0, kept=k))[2] for k in (0.0, 0.9))
    assert wasted == pytest.approx(4_000)
    assert kept == pytest.approx(4_000 - 0.9 * 3_000)


@pytest.mark.parametrize(
    "left_out",
    [
        offer(valid_to=date(2026, 1, 31)),
        offer(valid_from=date(2026, 3, 1)),
        offer(currency="USD"),
        offer("nobody"),
        offer("A", "other"),
    ],
)
def test_an_offer_that_does_not_hold_today_is_left_out(left_out) -> None:
    found = options([need()], [left_out, offer("A", "S", (1, 777))], [vendor()], Terms(today=date(2026, 2, 15)), {})
    assert found.price.tolist() == [777]


def test_ways_are_sorted_by_need_and_the_same_every_time() -> None:
    needs = [need("S1"), need("S0")]
    offers = [offer("B", "S0"), offer("A", "S1"), offer("A", "S0"), offer("B", "S1")]
    found = options(needs, offers, [vendor("A"), vendor("B")], TERMS, {})
    assert found.need.tolist() == [0, 0, 1, 1]
    assert found.vendor.tolist() == [0, 1, 0, 1]
    assert np.isfinite(found.cost).all()
