"""The common model forecasts any panel, and better than the past alone."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from afterclick.procurement.forecasting import combining, learned
from afterclick.procurement.forecasting.features import past
from afterclick.procurement.forecasting.forecast import forecast, train
from afterclick.procurement.forecasting.measures import score
from afterclick.procurement.forecasting.panel import Panel, Prediction
from afterclick.procurement.forecasting.statistical import imapa, ses

LEVELS = (0.05, 0.5, 0.95)
NAN = float("nan")


def panel(demand, **more) -> Panel:
    demand = np.asarray(demand, dtype=float)
    starts = tuple(date(2024, 1, 1) + timedelta(weeks=week) for week in range(demand.shape[1]))
    return Panel(tuple(f"item {row}" for row in range(len(demand))), starts, "W", demand, **more)


def shop(items: int = 120, weeks: int = 70, *, seed: int = 5) -> Panel:
    """Items of all sizes whose level drifts and whose orders come in lumps; a quarter of them seldom sell."""
    dice = np.random.default_rng(seed)
    level = np.exp(dice.normal(1.5, 1.2, (items, 1)) + np.cumsum(dice.normal(0, 0.08, (items, weeks)), axis=1))
    sells = dice.random((items, weeks)) < np.where(np.arange(items) % 4 == 0, 0.2, 0.9)[:, None]
    demand = np.round(level * dice.gamma(1.5, 1 / 1.5, (items, weeks))) * sells
    demand[::7, :20] = NAN
    return panel(demand, price=np.exp(dice.normal(1, 0.5, (items, 1))) * np.ones((items, weeks)))


@pytest.fixture(scope="module")
def learnt() -> tuple[Panel, combining.Combined]:
    whole = shop()
    return whole, combining.train(whole.upto(58), 4, levels=LEVELS, spans=(3, 6), seed=1)


def is_sane(found: Prediction, items: int, horizon: int) -> bool:
    """Of the right shape, everything known and 0 or more, quantiles never falling."""
    fans = (found.quantiles, *found.spans.values())
    return (
        found.mean.shape == (items, horizon)
        and found.quantiles.shape == (items, horizon, len(found.levels))
        and all(bool((np.isfinite(values) & (values >= 0)).all()) for values in (found.mean, *fans))
        and all(bool((np.diff(fan, axis=-1) >= 0).all()) for fan in fans)
    )


def test_a_shop_is_forecast_better_than_by_the_last_weeks(learnt) -> None:
    whole, model = learnt
    history, actual = whole.upto(60), whole.demand[:, 60:64]
    found = model.predict(history)
    assert is_sane(found, 120, 4)
    naive = replace(found, mean=np.repeat(np.nan_to_num(history.demand[:, -1:]), 4, axis=1))
    assert score(history, actual, found).wrmsse < 0.9 * score(history, actual, naive).wrmsse
    assert 0.8 <= score(history, actual, found).coverage <= 0.98


def test_a_trained_model_is_asked_again_weeks_later_and_of_other_items_without_training(learnt) -> None:
    whole, model = learnt
    later = model.predict(whole)
    assert not np.array_equal(later.mean, model.predict(whole.upto(60)).mean)
    some = model.predict(whole.only([3, 5]))
    assert some.mean == pytest.approx(later.mean[[3, 5]])
    assert set(later.spans) == {3, 6}
    assert later.spans[3].shape == (120, 3)


def test_a_sum_over_weeks_is_surer_than_the_sum_of_single_quantiles(learnt) -> None:
    whole, model = learnt
    found = model.predict(whole)
    assert found.spans[3][:, 2].sum() < found.quantiles[:, :3, 2].sum()
    assert found.spans[3][:, 0].sum() > found.quantiles[:, :3, 0].sum()
    assert found.spans[6][:, 1].sum() > found.spans[3][:, 1].sum()


def test_the_same_seed_gives_the_same_forecast() -> None:
    small = shop(40, 40)
    first, second = (forecast(small, 2, levels=LEVELS, spans=(2,), seed=7) for _ in range(2))
    assert np.array_equal(first.mean, second.mean)
    assert np.array_equal(first.quantiles, second.quantiles)
    assert np.array_equal(first.spans[2], second.spans[2])


@settings(max_examples=12, deadline=None)
@given(
    arrays.arrays(
        float, st.tuples(st.integers(1, 5), st.integers(1, 14)),
        elements=st.one_of(st.just(NAN), st.just(0.0), st.integers(-3, 9).map(float), st.just(1e7)),
    ),
    st.integers(1, 5),
)  # fmt: skip
def test_no_history_however_short_holey_or_wild_breaks_it(demand: np.ndarray, horizon: int) -> None:
    found = forecast(panel(demand), horizon, levels=LEVELS, spans=(1, 3))
    assert is_sane(found, len(demand), horizon)
    assert found.spans[3].shape == (len(demand), 3)


def test_items_without_a_sale_begin_as_others_did_the_less_likely_the_longer_they_wait() -> None:
    known = shop(60, 40)
    demand = np.vstack([known.demand, np.full((1, 40), NAN), np.zeros((1, 40)), np.full((1, 40), NAN)])
    demand[-1, -2:] = 0
    found = forecast(panel(demand), 3, levels=(0.05, 0.5, 0.95, 0.99), spans=(2,))
    new, never, fresh = found.mean[-3:, 0]
    assert new > fresh > never > 0
    assert found.quantiles[-3, 0, 2] > found.quantiles[-3, 0, 1] > 0
    assert found.quantiles[-2, 0, 2] == 0
    assert found.spans[2][-3, 2] > found.quantiles[-3, 0, 2]


def test_an_item_with_a_single_sale_has_a_small_mean_and_a_wide_fan() -> None:
    known = shop(60, 40)
    demand = np.vstack([known.demand, np.zeros((1, 40))])
    demand[-1, 30] = 12
    found = forecast(panel(demand), 3, levels=(0.05, 0.5, 0.95, 0.99))
    assert 0 < found.mean[-1, 0] < 4
    assert found.quantiles[-1, 0, 0] == 0
    assert found.quantiles[-1, 0, 3] > found.mean[-1, 0]


def test_holidays_of_a_country_are_a_feature_of_the_periods_they_lie_in() -> None:
    starts = tuple(date(2024, 12, 9) + timedelta(weeks=week) for week in range(2))
    known = past(Panel(("a",), starts, "W", np.ones((1, 2)), country="GB"), ahead=2)
    assert known.holidays.tolist() == [0, 0, 2, 1]


@pytest.mark.parametrize(("freq", "days", "country"), [("D", 1, "DE"), ("M", 30, "GB"), ("W", 7, "ZZ"), ("Q", 91, "")])
def test_every_length_of_period_is_forecast_with_the_holidays_of_a_country_if_it_is_known(freq, days, country) -> None:
    base = shop(30, 45)
    starts = tuple(date(2023, 1, 1) + timedelta(days=days * period) for period in range(45))
    found = forecast(
        replace(base, freq=freq, starts=starts, country=country, price=None, groups=("a", "b", "") * 10), 2, levels=LEVELS
    )
    assert is_sane(found, 30, 2)


def test_a_small_panel_of_regular_series_is_fitted_series_by_series() -> None:
    weeks = np.arange(90)
    steady = 100 + 20 * np.sin(weeks / 52 * 2 * np.pi) + np.random.default_rng(1).normal(0, 5, (3, 90))
    rare = (np.random.default_rng(2).random((1, 90)) < 0.2) * 5.0
    found = forecast(panel(np.vstack([steady, rare])), 4, levels=LEVELS, spans=(2,))
    assert is_sane(found, 4, 4)
    assert "regular for 3 of 4 items" in found.model
    assert found.mean[:3].min() > 50
    assert forecast(panel(steady), 4, levels=LEVELS, model="regular").model == "regular"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"horizon": 0}, "1 period ahead or more, not 0"),
        ({"levels": (0.5, 1.0)}, "between 0 and 1"),
        ({"levels": ()}, "not nothing"),
        ({"spans": (0,)}, "A span is 1 period or more, not 0"),
    ],
)
def test_what_cannot_be_forecast_is_refused_in_words(asked, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        train(panel([[1, 2, 3]]), **({"horizon": 2} | asked))
    with pytest.raises(ValueError, match="no period to forecast from"):
        train(panel(np.zeros((2, 0))), 2)


def test_levels_are_corrected_towards_how_often_demand_fell_below_them() -> None:
    # Demand doubles for good just before the end: what was learnt before is too low, and the rehearsal says so.
    dice = np.random.default_rng(4)
    demand = dice.poisson(8, (200, 40)).astype(float)
    demand[:, -7:] *= 3
    found = combining.train(panel(demand), 4, levels=LEVELS)
    assert (found.corrected[0] >= np.array(LEVELS)).all()
    assert found.corrected[0, 1] > 0.6
    assert found.corrected[2].tolist() == pytest.approx(list(LEVELS))  # no rare item to learn from


def test_smoothing_agrees_with_statsforecast_and_passes_over_unknown_periods() -> None:
    from statsforecast.models import IMAPA, SimpleExponentialSmoothingOptimized

    demand = shop(60, 60).demand[:, 20:]
    for ours, theirs in ((ses, SimpleExponentialSmoothingOptimized()), (imapa, IMAPA())):
        expected = np.concatenate([np.asarray(theirs.forecast(row, 1)["mean"]) for row in demand])
        assert np.corrcoef(ours(demand), expected)[0, 1] > 0.98
        assert ours(demand).sum() == pytest.approx(expected.sum(), rel=0.06)
    holes = np.array([[4.0, NAN, 4.0, NAN, NAN], [NAN, NAN, NAN, NAN, NAN]])
    assert ses(holes).tolist() == [4.0, 0.0]
    assert imapa(holes).tolist() == [4.0, 0.0]


def test_a_learnt_model_alone_can_be_had() -> None:
    found = learned.train(shop(40, 40), 2, levels=LEVELS, spans=(2,)).predict(shop(40, 40))
    assert is_sane(found, 40, 2)
