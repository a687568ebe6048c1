"""The measures give the figures one gets by hand."""

from datetime import date, timedelta

import numpy as np
import pytest
from scipy.stats import norm, poisson

from afterclick.procurement.forecasting.measures import average, bias, coverage, pinball, revenue_weights, score, wape
from afterclick.procurement.forecasting.panel import LEVELS, Panel, Prediction

NAN = float("nan")


def panel(demand, price=None) -> Panel:
    demand = np.array(demand, dtype=float)
    starts = tuple(date(2025, 1, 6) + timedelta(weeks=week) for week in range(demand.shape[1]))
    items = tuple(f"item {row}" for row in range(len(demand)))
    return Panel(items, starts, "W", demand, price=None if price is None else np.array(price, dtype=float))


def prediction(mean, quantiles=None, levels=()) -> Prediction:
    mean = np.array(mean, dtype=float)
    quantiles = np.zeros((*mean.shape, 0)) if quantiles is None else np.array(quantiles, dtype=float)
    return Prediction(mean, tuple(levels), quantiles, {}, "by hand")


def test_an_error_counts_in_units_of_the_items_own_changes_and_by_its_revenue() -> None:
    history = panel([[0, 2, 0, 2], [10, 20, 10, 20]], price=[[5, 5, 5, 5], [1, 1, 1, 1]])
    found = score(history, np.array([[1.0, 1.0], [10.0, 10.0]]), prediction([[3, 3], [15, 15]]))
    # Item 0 is wrong by 2 and changes by 2; item 1 is wrong by 5 and changes by 10. Revenues are 20 and 60.
    assert found.rmsse == pytest.approx((1 + 0.5) / 2)
    assert found.wrmsse == pytest.approx((20 * 1 + 60 * 0.5) / 80)
    assert found.wape == pytest.approx(14 / 22)
    assert found.bias == pytest.approx(14 / 22)
    assert np.isnan(found.wspl)
    assert np.isnan(found.coverage)


def test_periods_that_are_not_known_and_items_that_never_changed_do_not_count() -> None:
    history = panel([[NAN, 0, 2, NAN], [3, 3, 3, 3]])
    found = score(history, np.array([[1.0, NAN], [3.0, 3.0]]), prediction([[3, 9], [9, 9]]))
    assert found.rmsse == pytest.approx(1)
    assert found.wrmsse == pytest.approx(1)
    assert wape(np.array([[1.0, NAN]]), np.array([[3.0, 9.0]])) == pytest.approx(2)
    assert bias(np.array([[4.0, NAN]]), np.array([[3.0, 9.0]])) == pytest.approx(-0.25)


def test_pieces_weigh_where_no_price_is_known_and_all_alike_where_nothing_sold() -> None:
    assert revenue_weights(panel([[1, 1], [3, 3]])).tolist() == pytest.approx([0.25, 0.75])
    assert revenue_weights(panel([[0, 0], [0, 0]])).tolist() == pytest.approx([0.5, 0.5])


def test_the_pinball_loss_is_least_for_the_true_quantiles() -> None:
    drawn = np.random.default_rng(1).normal(size=(4000, 1))
    true = np.broadcast_to(norm.ppf(LEVELS), (4000, 1, len(LEVELS)))
    best = pinball(drawn, true, LEVELS).mean()
    assert all(pinball(drawn, true + shift, LEVELS).mean() > best for shift in (-0.2, 0.2))
    assert pinball(np.array([[10.0]]), np.array([[[4.0]]]), (0.9,)).item() == pytest.approx(5.4)
    assert pinball(np.array([[4.0]]), np.array([[[10.0]]]), (0.9,)).item() == pytest.approx(0.6)


@pytest.mark.parametrize("mean", [0.2, 1, 4, 40])
def test_true_quantiles_cover_about_their_share_however_often_nothing_sells(mean: float) -> None:
    levels = tuple(sorted({*LEVELS, 0.9}))
    # Demand in pieces, made continuous above 0, so that its quantiles can be met exactly.
    counts = np.random.default_rng(2).poisson(mean, size=20_000)
    drawn = np.where(counts > 0, counts - np.random.default_rng(3).random(20_000), 0.0)[:, None]
    at_zero = poisson.pmf(0, mean)
    exact = np.where(np.array(levels) <= at_zero, 0.0, np.quantile(drawn, levels))
    found = coverage(drawn, prediction(drawn, np.broadcast_to(exact, (20_000, 1, len(levels))), levels))
    assert found == pytest.approx(max(0.9, at_zero), abs=0.01)


def test_scores_are_averaged_over_cut_offs() -> None:
    history, actual = panel([[1, 2, 1, 2]]), np.array([[2.0]])
    scores = [score(history, actual, prediction([[mean]])) for mean in (1, 5)]
    assert average(scores).rmsse == pytest.approx((1 + 3) / 2)
