"""Weeks fall into days, and months into weeks, without a piece lost."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterclick.procurement.forecasting.calendar import starts_after
from afterclick.procurement.forecasting.profile import quantiles_to_days, to_days, to_weeks, weekday_profile
from tests.procurement.forecasting_regular.panels import ODD, panel_of

MONDAY = date(2024, 1, 1)
WEEK = np.array([4.0, 3.0, 3.0, 5.0, 6.0, 0.0, 1.0])
"""Demand of Monday to Sunday in a shop that is closed on Saturdays."""


def test_the_profile_is_found_again_and_closed_days_come_out_as_nothing() -> None:
    profile = weekday_profile(panel_of(np.tile(WEEK, (3, 10)), "D"))
    assert profile == pytest.approx(np.tile(WEEK / WEEK.sum(), (3, 1)))
    assert (to_days(np.full((3, 2), 70.0), profile, [MONDAY, date(2024, 1, 8)])[:, [5, 12]] == 0).all()


def test_a_named_closed_day_gets_nothing_even_if_something_was_sold_on_it_once() -> None:
    demand = np.tile(WEEK, (1, 10))
    demand[0, 5] = 2.0
    profile = weekday_profile(panel_of(demand, "D"), closed=(5,))
    assert profile[0, 5] == 0
    assert profile.sum() == pytest.approx(1)


def test_a_large_category_has_its_own_profile_and_a_small_one_that_of_all() -> None:
    sunday = np.array([0.0, 0, 0, 0, 0, 0, 1])
    many = np.vstack([np.tile(WEEK * 50, 10), np.tile(sunday * 500, 10), np.r_[np.zeros(63), sunday]])
    profile = weekday_profile(panel_of(many, "D", groups=("a", "b", "c")))
    assert profile[1, 6] > 0.95
    assert profile[2, 6] < 0.8
    assert profile[0] == pytest.approx(WEEK / WEEK.sum(), abs=0.01)


def test_stock_outs_do_not_make_a_weekday_weak() -> None:
    demand = np.full((1, 70), 5.0)
    demand[0, 0:63:7] = np.nan
    assert weekday_profile(panel_of(demand, "D"))[0] == pytest.approx(np.full(7, 1 / 7))


def test_any_history_gives_shares_that_sum_to_one() -> None:
    for demand in (ODD, ODD[:1], ODD[1:2], ODD[2:3], np.zeros((2, 1)), np.full((1, 1), np.nan)):
        profile = weekday_profile(panel_of(demand, "D"))
        assert profile.sum(axis=1) == pytest.approx(np.ones(len(demand)))
        assert (profile >= 0).all()


def test_a_profile_of_weeks_is_refused() -> None:
    with pytest.raises(ValueError, match="learnt from days"):
        weekday_profile(panel_of(ODD, "W"))


def test_a_holiday_hands_its_share_to_the_other_days_of_its_week() -> None:
    days = to_days(np.array([[70.0, 70.0]]), np.full((1, 7), 1 / 7), [MONDAY, date(2024, 1, 8)], closed=frozenset({MONDAY}))
    assert days[0, 0] == 0
    assert days[0, :7].sum() == pytest.approx(70)
    assert days[0, 7:] == pytest.approx(np.full(7, 10))


def test_a_week_without_an_open_day_keeps_its_demand() -> None:
    closed = frozenset({MONDAY, *starts_after(MONDAY, "D", 6)})
    assert to_days(np.array([[14.0]]), np.full((1, 7), 1 / 7), [MONDAY], closed=closed).sum() == pytest.approx(14)


@given(st.lists(st.floats(0, 1e9), min_size=4, max_size=4), st.lists(st.floats(0, 1), min_size=7, max_size=7))
def test_sums_of_weeks_are_kept(weeks: list[float], shares: list[float]) -> None:
    starts = [MONDAY, *starts_after(MONDAY, "W", 3)]
    days = to_days(np.array([weeks]), np.array([shares]), starts)
    assert days.reshape(4, 7).sum(axis=1) == pytest.approx(weeks, rel=1e-9, abs=1e-9)


@given(st.lists(st.floats(0, 1e9), min_size=3, max_size=3))
def test_months_fall_into_the_weeks_that_cover_them(months: list[float]) -> None:
    starts = [date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)]
    weeks = [MONDAY, *starts_after(MONDAY, "W", 12)]
    found = to_weeks(np.array([months]), starts, "M", weeks)
    assert found.sum() == pytest.approx(sum(months), rel=1e-9, abs=1e-6)
    assert found[0, 0] == pytest.approx(months[0] * 7 / 31, rel=1e-9)


def test_quantiles_of_days_spread_as_if_days_were_independent() -> None:
    mean, weeks = np.array([[70.0]]), np.array([[[42.0, 70.0, 98.0]]])
    days = to_days(mean, np.full((1, 7), 1 / 7), [MONDAY])
    found = quantiles_to_days(weeks, mean, days)
    assert found.shape == (1, 7, 3)
    assert found[0, 0] == pytest.approx([0, 10, 10 + 28 / 7**0.5])
    assert np.isfinite(quantiles_to_days(np.zeros((1, 1, 3)), np.zeros((1, 1)), np.zeros((1, 7)))).all()
