"""Weeks fall into days without a piece lost, and days are forecast by weeks."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterclick.procurement.forecasting import by_weeks
from afterclick.procurement.forecasting.forecast import forecast
from afterclick.procurement.forecasting.panel import Prediction
from afterclick.procurement.forecasting.profile import to_days, weekday_profile
from tests.procurement.forecasting_regular.panels import ODD, panel_of

MONDAY = date(2024, 1, 1)
LEVELS = (0.05, 0.5, 0.95)
WEEK = np.array([4.0, 3.0, 3.0, 5.0, 6.0, 0.0, 1.0])
"""Demand of Monday to Sunday in a shop that is closed on Saturdays."""


def test_the_profile_is_found_again_and_closed_days_come_out_as_nothing() -> None:
    profile = weekday_profile(panel_of(np.tile(WEEK, (3, 10)), "D"))
    assert profile == pytest.approx(np.tile(WEEK / WEEK.sum(), (3, 1)))
    assert (to_days(np.full((3, 2), 70.0), profile, MONDAY.toordinal())[:, [5, 12]] == 0).all()


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


@given(
    st.lists(st.floats(0, 1e9), min_size=4, max_size=4), st.lists(st.floats(0, 1), min_size=7, max_size=7).filter(any),
    st.integers(0, 6),
)  # fmt: skip
def test_sums_of_weeks_are_kept_on_whatever_day_they_begin(weeks: list[float], shares: list[float], ahead: int) -> None:
    profile = np.array([shares]) / max(sum(shares), 1e-300)
    days = to_days(np.array([weeks]), profile, MONDAY.toordinal() + ahead)
    assert days.reshape(4, 7).sum(axis=1) == pytest.approx(weeks, rel=1e-6, abs=1e-6)


def test_weeks_are_counted_from_the_end_and_unknown_days_count_like_the_others() -> None:
    demand = np.r_[9.0, 9.0, np.full(7, 2.0), [np.nan, 3, 3, 3, np.nan, np.nan, np.nan], np.full(5, np.nan), [1, 1]]
    found = by_weeks.weeks_of(panel_of(demand[None], "D"))
    assert found.starts == (date(2024, 1, 3), date(2024, 1, 10), date(2024, 1, 17))
    assert found.demand[0].tolist() == pytest.approx([14, 21, np.nan], nan_ok=True)


@pytest.fixture(scope="module")
def daily() -> Prediction:
    """Ten items that sell on one day in four on average but Saturdays, one that never did, one that is not known."""
    dice = np.random.default_rng(6)
    demand = dice.poisson(np.tile(WEEK / WEEK.sum() * 2, 22), (10, 154)).astype(float)
    whole = np.vstack([demand, np.zeros((1, 154)), np.full((1, 154), np.nan)])
    return forecast(panel_of(whole, "D"), 10, levels=LEVELS, spans=(3, 14), model="combined")


def test_days_are_forecast_by_weeks_with_the_days_on_which_a_shop_is_closed(daily: Prediction) -> None:
    assert daily.model.endswith("by weeks")
    assert daily.mean.shape == (12, 10)
    assert (daily.mean[:10, 5] == 0).all()
    assert daily.mean[:10, :7].sum() == pytest.approx(20, rel=0.2)
    assert daily.mean[:10, 4].sum() > 1.3 * daily.mean[:10, 1].sum()


def test_fans_of_days_and_of_their_sums_are_sane(daily: Prediction) -> None:
    for values in (daily.mean, daily.quantiles, *daily.spans.values()):
        assert np.isfinite(values).all()
        assert (values >= 0).all()
    assert all((np.diff(fan, axis=-1) >= 0).all() for fan in (daily.quantiles, *daily.spans.values()))
    assert daily.quantiles[:10, 0, 1].max() == 0
    assert 0.9 <= daily.quantiles[:10, 0, 2].mean() <= 3
    assert daily.spans[3][:10, 1].sum() < daily.spans[14][:10, 1].sum() < 60
