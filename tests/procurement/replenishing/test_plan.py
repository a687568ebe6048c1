"""A plan for an office: what is ordered, why, within which bounds, and what it leads to."""

from typing import Any

import numpy as np
import pytest

from afterclick.procurement.replenishing.costs import Costs
from afterclick.procurement.replenishing.fan import fan
from afterclick.procurement.replenishing.plan import Bounds, Plan, plan
from afterclick.procurement.replenishing.situation import Stocked, situation
from afterclick.procurement.replenishing.transfers import Moving
from tests.procurement.replenishing.shop import DAY, demand, prediction, stocked

COSTS = Costs(order_line=300)


def planned(rows: list[Stocked], means: list[float], **known: object) -> Plan:
    return plan(situation(rows), demand(means), COSTS, day=DAY, **known)  # pyright: ignore[reportArgumentType]


def test_a_proposal_says_why_in_one_line() -> None:
    (one,) = planned([stocked(on_hand=41, reserved=2, pack=12)], [35.0]).proposals
    assert one.because == (
        f"order {one.pieces}: 41 on hand + 0 on order − 2 reserved cover 8 days of the 21 days to the next delivery but one; "
        f"{one.figures.ratio:.0%} of demand until then is {one.figures.level:,.0f}; pack 12"
    )
    assert one.pieces % 12 == 0
    assert one.figures.position == 39
    assert one.need == "plan/2026-11-20/CUP@W1"
    assert one.money == one.pieces * 500
    assert one.worth > 0


def test_what_is_on_order_is_not_ordered_again() -> None:
    (first,) = planned([stocked(on_hand=10)], [35.0]).proposals
    assert not planned([stocked(on_hand=10, coming=first.pieces)], [35.0]).proposals


def test_pieces_that_are_reserved_are_bought_anew() -> None:
    (free,) = planned([stocked(on_hand=60)], [35.0]).proposals
    (promised,) = planned([stocked(on_hand=60, reserved=50)], [35.0]).proposals
    assert promised.pieces > free.pieces


def test_a_lead_time_that_spreads_raises_the_level() -> None:
    sure = planned([stocked(lead_days=(14.0,))], [35.0]).policy.levels.level[0]
    spread = planned([stocked(lead_days=(7.0, 7.0, 14.0, 28.0))], [35.0]).policy.levels.level[0]
    assert spread > sure


def test_rows_with_different_numbers_of_receipts_are_planned_together() -> None:
    rows = [stocked("A", lead_days=(14.0,)), stocked("B", lead_days=(10.0, 12.0, 20.0)), stocked("C", lead_days=(5.0, 9.0))]
    assert len(planned(rows, [35.0, 35.0, 35.0]).proposals) == 3


def test_a_budget_goes_first_to_what_saves_most_for_its_money() -> None:
    rows = [stocked("DEAR", price=600), stocked("GOOD", price=1500)]
    whole = planned(rows, [20.0, 20.0])
    half = planned(rows, [20.0, 20.0], bounds=Bounds(budget=whole.money // 2))
    assert half.money <= whole.money // 2
    assert half.proposals[0].sku == "GOOD"
    assert half.proposals[0].pieces >= 60
    cut = [one for one in half.proposals if one.figures.cut]
    assert cut
    assert all("for budget or room" in one.because for one in cut)


def test_a_place_that_is_full_gets_no_more() -> None:
    made = planned([stocked("A"), stocked("B", "W2")], [20.0, 20.0], bounds=Bounds(room={"W1": 30.0}))
    pieces = {one.place: one.pieces for one in made.proposals}
    assert pieces["W1"] <= 30 < pieces["W2"]


def test_the_break_with_the_least_total_cost_is_bought() -> None:
    (one,) = planned([stocked(breaks=((200, 400), (50_000, 390)))], [35.0]).proposals
    assert 200 <= one.pieces < 50_000
    assert one.money == one.pieces * 400


def test_goods_that_lie_idle_elsewhere_are_moved_before_others_are_bought() -> None:
    rows = [stocked(place="W1"), stocked(place="W2", on_hand=900)]
    without = planned(rows, [10.0, 10.0])
    made = planned(rows, [10.0, 10.0], moving=Moving(fixed=400, piece=10))
    (move,) = made.transfers
    assert (move.start, move.end) == ("W2", "W1")
    assert move.saves > 0
    assert made.money < without.money
    assert move.because.startswith(f"move {move.pieces} from W2 to W1")


def test_nothing_is_moved_at_a_price_above_what_it_saves() -> None:
    rows = [stocked(place="W1"), stocked(place="W2", on_hand=900)]
    assert not planned(rows, [10.0, 10.0], moving=Moving(fixed=0, piece=2_000)).transfers


def test_only_rows_whose_turn_it_is_are_ordered() -> None:
    made = planned([stocked("A"), stocked("B")], [10.0, 10.0], due=np.array([True, False]))
    assert [one.sku for one in made.proposals] == ["A"]


@pytest.mark.parametrize("broken", [{"lead_days": ()}, {"pack": 0}, {"unit_cost": 0}, {"lead_days": (-1.0,)}])
def test_a_row_that_cannot_be_planned_is_named(broken: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="CUP at W1"):
        situation([stocked(**broken)])


def test_the_fan_of_a_plan_is_the_same_for_the_same_seed_and_never_crosses() -> None:
    rows = [stocked("A", on_hand=40), stocked("B", on_hand=5, lead_days=(7.0, 21.0))]
    means = [20.0, 8.0]
    made = planned(rows, means)
    first, again = (fan(made, situation(rows), prediction(means, spans=(3, 13)), COSTS, runs=60, seed=7) for _ in range(2))
    assert np.array_equal(first.stock, again.stock)
    assert first.stock.shape == first.cash.shape == (13, 5)
    for values in (first.stock, first.cash, first.fill):
        assert (np.diff(values, axis=1) >= 0).all()
    assert first.fill[-1, 2] > 0.85


def test_without_the_plan_the_simulated_shelves_run_empty() -> None:
    rows = [stocked("A", on_hand=200)]
    made = planned(rows, [20.0])
    idle = Plan(made.day, (), (), 0, made.policy)
    found = fan(idle, situation(rows), prediction([20.0], spans=(3, 13)), COSTS, runs=60, go_on=False)
    assert found.stock[-1, 2] == 0
    assert found.cash[-1, 2] == pytest.approx(200 * 1000, rel=0.02)
