"""Forecasts of regular items hold for any history, and beat the last value where there is something to learn."""

import numpy as np
import pytest

from afterclick.procurement.forecasting.panel import Panel, Prediction
from afterclick.procurement.forecasting.regular import is_regular, regular
from afterclick.procurement.forecasting.regular_methods import whole
from afterclick.procurement.forecasting.regular_pooled import answers
from afterclick.procurement.forecasting.regular_spread import fan, sum_spread, surprises
from tests.procurement.forecasting_regular.panels import ODD, panel_of


@pytest.fixture(scope="module")
def odd() -> Prediction:
    return regular(panel_of(ODD, "Q"), 5, levels=(0.05, 0.5, 0.95), spans=(1, 3, 8))


def test_every_odd_history_gets_a_finite_forecast_of_at_least_nothing(odd: Prediction) -> None:
    assert odd.mean.shape == (7, 5)
    assert odd.quantiles.shape == (7, 5, 3)
    assert {span: values.shape for span, values in odd.spans.items()} == {1: (7, 3), 3: (7, 3), 8: (7, 3)}
    for values in (odd.mean, odd.quantiles, *odd.spans.values()):
        assert np.isfinite(values).all()
        assert (values >= 0).all()


def test_quantiles_never_fall_along_the_levels(odd: Prediction) -> None:
    assert (np.diff(odd.quantiles, axis=2) >= 0).all()
    assert all((np.diff(values, axis=1) >= 0).all() for values in odd.spans.values())


def test_what_never_sold_stays_at_nothing_and_what_never_changed_stays_as_it_is(odd: Prediction) -> None:
    assert (odd.mean[:2] == 0).all()
    assert odd.mean[2] == pytest.approx(np.full(5, 5.0))
    assert odd.mean[3] == pytest.approx(np.full(5, 7.0))


def test_a_trend_with_a_season_goes_on(odd: Prediction) -> None:
    assert odd.mean[6] == pytest.approx([40, 51, 62, 73, 44], rel=0.15)


def test_one_period_alone_is_the_same_as_a_span_of_one(odd: Prediction) -> None:
    assert odd.spans[1] == pytest.approx(odd.quantiles[:, 0], rel=1e-9)


def test_the_same_panel_gives_the_same_forecast(odd: Prediction) -> None:
    again = regular(panel_of(ODD, "Q"), 5, levels=(0.05, 0.5, 0.95), spans=(1, 3, 8), seed=7)
    assert (again.mean == odd.mean).all()


def test_an_empty_panel_has_an_empty_forecast() -> None:
    found = regular(panel_of(np.zeros((0, 30)), "M"), 3)
    assert found.mean.shape == (0, 3)


def test_a_panel_of_one_period_is_forecast() -> None:
    assert regular(panel_of(np.array([[3.0], [np.nan]])), 2).mean.tolist() == [[3.0, 3.0], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("history", "fits"),
    [
        (np.full(60, 5.0), True),
        (np.full(20, 5.0), False),
        (np.r_[np.full(30, np.nan), np.full(40, 5.0)], True),
        (np.r_[np.full(40, 5.0), np.full(30, np.nan)], False),
        (np.tile([5.0, 0.0], 30), False),
        (np.full(60, np.nan), False),
    ],
)
def test_regular_is_long_whole_and_mostly_selling(history: np.ndarray, fits: bool) -> None:
    assert is_regular(panel_of(history[None], "M")).tolist() == [fits]


def test_gaps_are_drawn_straight_and_what_lies_before_the_first_sale_is_cut() -> None:
    assert whole(np.array([np.nan, 2.0, np.nan, 4.0, -3.0])).tolist() == [2.0, 3.0, 4.0, 0.0]
    assert whole(np.full(3, np.nan)).tolist() == []


@pytest.fixture(scope="module")
def seasonal() -> Panel:
    """Thirty weekly series of five years with the same season, each with its own size and noise."""
    dice = np.random.default_rng(3)
    weeks = np.arange(260)
    season = 1 + 0.5 * np.sin(2 * np.pi * weeks / 52)
    sizes = dice.lognormal(4, 1, (30, 1))
    return panel_of(sizes * season * np.exp(0.05 * dice.standard_normal((30, 260))))


@pytest.mark.parametrize("scaled", [False, True])
def test_the_pooled_regression_finds_a_season_that_all_series_share(seasonal: Panel, scaled: bool) -> None:
    found = answers(seasonal.demand[:, :247], season=52, horizon=13, scaled=scaled)
    actual, last = seasonal.demand[:, 247:], seasonal.demand[:, 246:247]
    assert np.abs(found - actual).sum() < 0.4 * np.abs(last - actual).sum()


def test_the_pooled_regression_says_nothing_of_few_series_and_of_short_ones(seasonal: Panel) -> None:
    assert np.isnan(answers(seasonal.demand[:5], season=52, horizon=13, scaled=False)).all()
    demand = seasonal.demand.copy()
    demand[0, :220] = np.nan
    found = answers(demand, season=52, horizon=13, scaled=False)
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1:]).all()


def test_independent_errors_add_their_variances_and_those_of_a_random_walk_pile_up() -> None:
    assert sum_spread(np.full((1, 9), 2.0), 9) == pytest.approx([6.0])
    walk = np.sqrt(np.arange(1, 10))[None]
    assert sum_spread(walk, 3) == pytest.approx([np.sqrt(1 + 4 + 9)])


def test_a_forecast_that_was_too_sure_of_itself_gets_a_wider_fan() -> None:
    dice = np.random.default_rng(1)
    noise, nothing, promised = dice.normal(0, 3, (200, 5)), np.zeros((200, 5)), np.ones((200, 5))
    quantiles, _ = fan(
        np.full((1, 1), 100.0), np.ones((1, 1)), levels=(0.05, 0.95), spans=(), surprises=surprises(noise, nothing, promised)
    )
    assert quantiles[0, 0] == pytest.approx([95.3, 104.7], abs=0.5)


def test_without_past_errors_the_fan_is_normal() -> None:
    none = np.zeros((0, 1))
    quantiles, _ = fan(
        np.full((1, 1), 100.0), np.full((1, 1), 10.0), levels=(0.05, 0.5, 0.95), spans=(), surprises=surprises(none, none, none)
    )
    assert quantiles[0, 0] == pytest.approx([83.6, 100, 116.4], abs=0.6)
