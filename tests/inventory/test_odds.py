"""The chance that a record is wrong grows with what makes records wrong, and is learnt from counts."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afterclick.domain.stock_limits import CountingLimits
from afterclick.inventory.counts.choosing import Candidate, choose
from afterclick.inventory.counts.odds import Past, Place, chances, learn
from afterclick.inventory.counts.stakes import Stake, Worth, class_a, stakes

DAY = 86_400_000
BASE: dict[str, Any] = {"sku": "A", "warehouse": "W1", "group": "g", "moves": 10, "days": 30, "odd": 0, "booked": 50}


def chance(history: list[Past] | None = None, **place: Any) -> float:
    return float(chances(learn(history or []), [Place(**(BASE | place))])[0])


@pytest.mark.parametrize("worse", [{"moves": 200}, {"days": 300}, {"odd": 2}, {"drift": 3.0}, {"drift": -3.0}])
def test_what_makes_records_wrong_makes_them_likelier_wrong(worse: dict[str, Any]) -> None:
    assert chance(**worse) > chance() * 1.2


def test_a_place_that_was_wrong_before_is_likelier_wrong_again_and_like_items_too() -> None:
    history = [Past("A", "W1", "g", 10, 30, 0, 50, -3)] * 3 + [Past("B", "W1", "h", 10, 30, 0, 50, 0)] * 20
    assert chance(history) > chance(history, sku="C") > chance(history, sku="B", group="h")


def test_few_counts_change_little_and_many_change_much() -> None:
    fine = Past("X", "W9", "z", 100, 30, 0, 50, 0)
    before, few, many = (chance([fine] * count, moves=100, group="z", sku="N") for count in (0, 3, 400))
    assert before > few > many
    assert few > before / 3
    assert many < before / 3


@given(
    st.lists(
        st.tuples(st.integers(-1, 5000), st.integers(-1, 900), st.integers(0, 9), st.integers(0, 9999), st.integers(-50, 50)),
        max_size=30,
    )
)
@settings(max_examples=40, deadline=None)
def test_every_history_gives_chances(rows: list[tuple[int, int, int, int, int]]) -> None:
    found = chances(learn([Past("A", "W1", "g", *row) for row in rows]), [Place(**BASE)])
    assert np.isfinite(found).all()
    assert ((found > 0) & (found < 1)).all()


def test_promised_orders_fast_sellers_and_dear_items_have_more_at_stake() -> None:
    odds, limits = learn([]), CountingLimits()
    plain = Worth(1_000, "EUR", 50, 0, 0, 5)

    def stake(worth: Worth) -> int:
        return stakes(odds, [Place(**BASE)], [worth], limits)[0].at_stake

    assert stake(plain) > 0
    assert stake(plain._replace(promised=50, orders=20)) > stake(plain) * 2
    assert stake(plain._replace(sold=90)) > stake(plain)
    assert stake(plain._replace(price=9_000)) > stake(plain) * 8


def test_class_a_is_the_fewest_items_that_make_the_share() -> None:
    assert class_a({"A": 70.0, "B": 20.0, "C": 10.0, "D": 0.0}, 0.8) == {"A", "B"}
    assert class_a({}, 0.8) == frozenset()


def candidate(sku: str, worth: float, *, warehouse: str = "W1", days: int = 10, is_a: bool = False) -> Candidate:
    place = Place(sku, warehouse, "g", 5, days, 0, 10)
    return Candidate(Stake(place, 0.2, round(worth), "EUR", 1.0, {"lost": 1}), (1_000 - days) * DAY, worth, is_a)


def picked(candidates: list[Candidate], **limits: Any) -> list[tuple[str, str]]:
    found = choose(
        candidates,
        taken=limits.pop("taken", {}),
        busy=limits.pop("busy", ()),
        limits=CountingLimits(**limits),
        now_ms=1_000 * DAY,
    )
    return [(one.stake.place.sku, one.reason) for one in found]


def test_class_a_comes_in_its_turn_and_then_the_largest_stakes_within_the_budget() -> None:
    some = [
        candidate("dear", 900),
        candidate("cheap", 5),
        candidate("old", 1, days=70, is_a=True),
        candidate("due", 1, days=90, is_a=True),
    ]
    assert picked(some, per_day=3) == [("due", "class"), ("old", "class"), ("dear", "stake")]
    assert picked(some, per_day=3, taken={"W1": 2}) == [("due", "class")]
    assert picked(some, per_day=0) == []
    assert picked(some, per_day=0, by_warehouse={"W1": 1}) == [("due", "class")]
    assert picked(some, per_day=9, busy={("dear", "W1")}) == [("due", "class"), ("old", "class"), ("cheap", "stake")]


def test_a_place_that_was_just_counted_rests() -> None:
    assert picked([candidate("fresh", 900, days=2), candidate("rested", 1, days=4)]) == [("rested", "stake")]
