"""What prices and promotions do is found again in sales that were made with known effects."""

from dataclasses import replace

import numpy as np
import pytest

from afterclick.procurement.forecasting.outlook import outlook
from afterclick.procurement.forecasting.panel import Numbers, Panel, Prediction
from afterclick.procurement.forecasting.promotion import is_planned, learn, planned, without
from tests.procurement.forecasting.panels import Known, recent_mean
from tests.procurement.forecasting_regular.panels import ODD, panel_of


@pytest.fixture(scope="module")
def shop() -> Panel:
    """40 items, 100 weeks: half of them of a category with elasticity -3, half with -1; a promotion sells 1.65 times as much."""
    dice = np.random.default_rng(5)
    price = np.where(dice.random((40, 104)) < 0.15, 8.0, 10.0)
    promoted = np.where(dice.random((40, 104)) < 0.1, 1.0, 0.0)
    elasticity = np.repeat([-3.0, -1.0], 20)[:, None]
    level = dice.lognormal(4, 1, (40, 1)) * (1 + 0.3 * np.sin(np.arange(104) / 104 * 2 * np.pi))
    demand = level * (price / 10) ** elasticity * np.exp(0.5 * promoted + 0.1 * dice.standard_normal((40, 104)))
    groups = ("deep",) * 20 + ("flat",) * 20
    return replace(panel_of(demand[:, :100], groups=groups), price=price, promoted=promoted)


def test_known_effects_are_found_again(shop: Panel) -> None:
    effects = learn(shop)
    assert effects.elasticity[:20].mean() == pytest.approx(-3, abs=0.35)
    assert effects.elasticity[20:].mean() == pytest.approx(-1, abs=0.25)
    assert effects.promotion.mean() == pytest.approx(0.5, abs=0.08)
    assert effects.usual.tolist() == [10.0] * 40


def test_a_bulk_order_under_a_discount_does_not_change_what_is_believed(shop: Panel) -> None:
    demand = shop.demand.copy()
    demand[0, np.flatnonzero(shop.price[0, :100] < 9)[3]] *= 500  # pyright: ignore[reportOptionalSubscript]
    assert learn(replace(shop, demand=demand)).elasticity[0] == pytest.approx(learn(shop).elasticity[0], abs=0.8)


def test_an_item_without_a_change_has_the_effect_of_its_category(shop: Panel) -> None:
    price, promoted = np.array(shop.price), np.array(shop.promoted)
    price[0], promoted[0] = 10.0, 0.0
    effects = learn(replace(shop, price=price, promoted=promoted))
    assert effects.elasticity[0] == pytest.approx(effects.elasticity[1:20].mean(), abs=0.3)


def test_cleaned_demand_has_no_spike_of_the_promotions(shop: Panel) -> None:
    cleaned = without(shop, learn(shop)).demand
    assert np.abs(np.diff(np.log(cleaned), axis=1)).mean() < 0.6 * np.abs(np.diff(np.log(shop.demand), axis=1)).mean()


def flat(panel: Panel) -> Prediction:
    """The mean of the last year."""
    mean = np.repeat(np.nan_to_num(panel.demand[:, -52:]).mean(axis=1, keepdims=True), 4, axis=1)
    return Prediction(mean, (0.1, 0.9), mean[:, :, None] * np.array([0.5, 1.5]), {2: mean[:, :1] * np.array([1.5, 2.5])}, "flat")


def test_a_planned_promotion_lifts_mean_quantiles_and_spans_alike(shop: Panel) -> None:
    promoted: Numbers = np.array(shop.promoted)
    promoted[:, 100:] = 1.0
    plan = replace(shop, promoted=promoted, price=np.full((40, 104), 10.0))
    effects = learn(shop)
    base, found = flat(shop), planned(plan, effects, flat(shop))
    lift = np.exp(effects.promotion)
    assert found.mean / base.mean == pytest.approx(np.repeat(lift[:, None], 4, axis=1))
    assert found.quantiles / base.quantiles == pytest.approx(np.broadcast_to(lift[:, None, None], (40, 4, 2)))
    assert found.spans[2] / base.spans[2] == pytest.approx(np.repeat(lift[:, None], 2, axis=1))


def test_without_a_plan_the_price_stays_the_usual_one(shop: Panel) -> None:
    base = flat(shop)
    assert planned(shop.upto(100), learn(shop), base).mean == pytest.approx(base.mean)


def test_the_whole_forecast_follows_a_plan_and_is_left_alone_without_one(shop: Panel) -> None:
    shop = shop.only(range(11, 29))
    promoted: Numbers = np.array(shop.promoted)
    promoted[:9, 100:], promoted[9:, 100:] = 1.0, 0.0
    plan = replace(shop, promoted=promoted, price=np.full((18, 104), 10.0))
    found = outlook(Known(plan), 4, method=recent_mean).prediction
    level = outlook(Known(replace(plan, promoted=np.zeros((18, 104)))), 4, method=recent_mean).prediction
    ratio, lift = (found.mean / level.mean).mean(axis=1), np.exp(learn(shop).promotion)
    assert ratio[:9].mean() == pytest.approx(lift[:9].mean(), rel=0.1)
    assert ratio[9:].mean() == pytest.approx(1, abs=0.1)
    told, untold = (outlook(Known(panel), 4, method=recent_mean).base for panel in (plan, shop.upto(100)))
    assert not is_planned(untold)
    assert np.array_equal(untold.demand, shop.demand)
    assert told.promoted is None
    assert told.price is not None
    assert told.price.shape == told.demand.shape, "nothing of the plan is left for the model to count again"


@pytest.mark.parametrize("price", [np.nan, 0.0, -5.0, 1e-12, 1e12])
def test_odd_histories_and_prices_never_give_more_than_the_bounds(price: float) -> None:
    dice = np.random.default_rng(2)
    prices = np.where(dice.random((7, 44)) < 0.3, price, dice.choice([5.0, 10.0], (7, 44)))
    panel = replace(panel_of(ODD), price=prices, promoted=np.where(dice.random((7, 44)) < 0.2, np.nan, 1.0))
    effects = learn(panel)
    found = planned(panel, effects, flat(without(panel, effects)))
    assert np.isfinite(found.mean).all()
    assert (found.mean >= 0).all()
    uplift = effects.uplift(prices[:, 40:], None)
    assert np.all((uplift <= 15.001) & (uplift >= 1 / 15.001))
