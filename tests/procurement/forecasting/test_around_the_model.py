"""Stock-outs, bulk orders, new and dying items: each is built so that its effect on the forecast can be seen."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from afterclick.procurement.forecasting.fading import alive, dying_items, faded
from afterclick.procurement.forecasting.launching import by_analogy, new_items
from afterclick.procurement.forecasting.outlook import growth, lumpy, outlook, totals
from afterclick.procurement.forecasting.panel import Numbers, Panel
from afterclick.procurement.forecasting.shortage import short, without_shortage
from afterclick.procurement.forecasting.trial import simple, trial
from afterclick.procurement.forecasting.unusual import bulk_orders, with_bulk, without_bulk
from tests.procurement.forecasting.panels import LEVELS, Known, recent_mean, weekly


def steady(pieces: float = 10, periods: int = 60, items: int = 1, *, seed: int = 1) -> Numbers:
    return np.random.default_rng(seed).poisson(pieces, (items, periods)).astype(np.float64)


# Stock-outs -----------------------------------------------------------------------------------------------------------


def test_weeks_without_stock_are_not_taken_for_no_demand() -> None:
    demand, in_stock = steady(), np.ones((1, 60))
    demand[0, 40:50], in_stock[0, 40:50] = 0, 0
    told = outlook(Known(weekly(demand), in_stock=in_stock), 4, levels=LEVELS, method=recent_mean)
    untold = outlook(Known(weekly(demand)), 4, levels=LEVELS, method=recent_mean)
    assert told.prediction.mean[0, 0] == pytest.approx(10, abs=1)
    assert untold.prediction.mean[0, 0] < 8


def test_days_without_stock_scale_a_week_up_and_too_few_days_leave_it_out() -> None:
    share = np.asarray([[1, 4 / 7, 2 / 7, 0, np.nan]])
    found = without_shortage(weekly([[7, 4, 2, 0, 7]]), share).demand[0]
    assert found.tolist() == pytest.approx([7, 7, np.nan, np.nan, 7], nan_ok=True)
    assert short(share, (1, 5))[0].tolist() == pytest.approx([0, 3 / 7, 1, 1, 0])
    assert short(None, (1, 2)).tolist() == [[0, 0]]


# Bulk orders ----------------------------------------------------------------------------------------------------------


def ordered(*bulk: int, pieces: float = 2000.0) -> tuple[Panel, Numbers]:
    """A steady item whose orders are of about 2 pieces, with bulk orders in some weeks."""
    demand = steady()
    largest = np.minimum(demand, np.random.default_rng(2).integers(1, 4, demand.shape).astype(np.float64))
    for week in bulk:
        demand[0, week] += pieces
        largest[0, week] = pieces
    return weekly(demand), largest


def test_one_bulk_order_does_not_drive_the_plan_but_stays_a_risk() -> None:
    panel, largest = ordered(50)
    found = outlook(Known(panel, largest), 4, levels=LEVELS, spans=(13,), method=recent_mean)
    assert found.bulk.items.tolist() == [0]
    assert found.bulk.pieces[0, 50] == 2000
    assert found.prediction.mean[0, 0] == pytest.approx(10, abs=1.5)
    assert found.prediction.quantiles[0, 0, -1] < 30, "once in 60 weeks is rarer than one in twenty"
    assert found.prediction.spans[13][0, -1] > 2000, "within 13 weeks it is not"
    assert recent_mean(panel, 4).mean[0, 0] > 80


def test_bulk_orders_that_recur_are_expected() -> None:
    panel, largest = ordered(20, 30, 40, 50)
    found = outlook(Known(panel, largest), 4, levels=LEVELS, method=recent_mean)
    assert found.prediction.mean[0, 0] == pytest.approx(10 + 4 * 2000 / 52, rel=0.05)


def test_ordinary_orders_and_high_seasons_are_no_bulk_orders() -> None:
    season = steady(periods=104)
    season[0, 46:52] *= 8
    season[0, 98:104] *= 8
    assert not bulk_orders(weekly(season), np.minimum(season, 4.0)).items.size
    assert not bulk_orders(weekly(season), None).items.size
    assert not bulk_orders(weekly(steady()), None).items.size


def test_of_totals_only_a_week_that_stands_out_alone_is_a_bulk_order() -> None:
    demand = steady()
    demand[0, 30] = 900
    bulk = bulk_orders(weekly(demand), None)
    assert 880 <= bulk.pieces[0, 30] <= 895
    assert without_bulk(weekly(demand), bulk).demand[0, 30] == np.median(np.delete(demand[0], 30)[22:38]), "the usual week stays"
    promoted = np.zeros((1, 60))
    promoted[0, 30] = 1.0
    panel = weekly(demand)
    assert not bulk_orders(Panel(panel.items, panel.starts, "W", panel.demand, promoted=promoted), None).items.size


@given(some.lists(some.floats(0, 1e6), min_size=8, max_size=40), some.integers(0, 7), some.floats(1, 1e8))
@settings(max_examples=40, deadline=None)
def test_taking_bulk_orders_out_and_adding_their_risk_never_breaks_a_forecast(
    past: list[float], week: int, pieces: float
) -> None:
    demand = np.asarray([past])
    largest = demand / 3
    demand[0, week] += pieces
    largest[0, week] += pieces
    panel = weekly(demand)
    bulk = bulk_orders(panel, largest)
    base = without_bulk(panel, bulk)
    assert (base.demand >= 0).all()
    prediction = recent_mean(base, 3, spans=(3,))
    found = with_bulk(prediction, panel, bulk)
    assert (np.diff(found.quantiles, axis=2) >= -1e-6).all()
    assert (found.quantiles >= prediction.quantiles - 1e-9).all()
    assert (found.mean >= prediction.mean - 1e-9).all()


@pytest.mark.parametrize("weeks", [(58,), (20, 30, 40, 58)])
def test_a_bulk_order_of_the_past_makes_no_item_shrink(weeks: tuple[int, ...]) -> None:
    panel, largest = ordered(*weeks)
    found = outlook(Known(panel, largest), 4, levels=LEVELS, method=recent_mean)
    assert growth(panel, found.prediction, found.bulk)[0] == pytest.approx(0, abs=0.3)


# New items ------------------------------------------------------------------------------------------------------------


def launched(*, own: list[float], groups: bool = True) -> Panel:
    """Twelve cups that began with about 40 and settled at 10, twelve plates at 100, and a new cup (the last row)."""
    chance = np.random.default_rng(3)
    demand = np.full((25, 60), np.nan)
    for row in range(24):
        first = 10 + row
        level = 10.0 if row < 12 else 100.0
        demand[row, first:] = chance.poisson(level * (1 + 3 * np.exp(-np.arange(60 - first) / 3)))
    if own:
        demand[24, -len(own) :] = own
    kinds = ("cup",) * 12 + ("plate",) * 12 + ("cup",)
    return weekly(demand, groups=kinds if groups else ())


def test_a_new_item_starts_like_those_of_its_category() -> None:
    panel = launched(own=[38.0])
    assert new_items(panel).tolist() == [24]
    found = by_analogy(recent_mean(panel, 8), panel)
    plain = recent_mean(panel, 8)
    assert plain.mean[24, 7] == 38
    assert found.mean[24, 0] > found.mean[24, 7], "the launch wears off"
    assert 10 < found.mean[24, 7] < 22, "and what is left is near the 10 of its like"
    assert (np.diff(found.quantiles[24], axis=1) >= 0).all()


def test_its_own_sales_outweigh_its_like_as_they_arrive() -> None:
    means = [by_analogy(recent_mean(panel, 4), panel).mean[24, 3] for n in (1, 6, 16) if (panel := launched(own=[90.0] * n))]
    assert means == sorted(means)
    assert means[0] < 60 < 75 < means[2]


def test_an_item_that_was_never_sold_takes_the_curve_and_one_without_analogues_stays() -> None:
    panel = launched(own=[])
    whole = outlook(Known(panel), 4, levels=LEVELS, spans=(4,), method=recent_mean).prediction
    assert 20 < whole.mean[24, 0] < 60
    assert whole.spans[4][24, -1] > whole.spans[4][24, 0] > 0
    alone = weekly([[np.nan] * 10 + [5.0, 6.0]])
    assert by_analogy(recent_mean(alone, 2), alone).mean[0, 0] == 5.5


# Dying items ----------------------------------------------------------------------------------------------------------


def test_an_item_that_fell_silent_fades_and_one_that_sells_seldom_does_not() -> None:
    silent, seldom = steady(5), np.zeros((1, 60))
    silent[0, 45:] = 0
    seldom[0, ::10] = 1
    panel = weekly(np.vstack([silent, seldom]))
    assert dying_items(panel).tolist() == [0]
    before = recent_mean(panel, 4, spans=(4,))
    after = faded(before, panel)
    assert after.mean[0, 0] < 0.1 * before.mean[0, 0]
    assert (np.diff(after.mean[0]) < 0).all()
    assert after.quantiles[0, 0, -1] == 0
    assert np.array_equal(after.mean[1], before.mean[1])


def test_silence_without_stock_is_no_death_and_a_seasonal_item_is_not_dead() -> None:
    gone = steady(5)
    gone[0, 45:] = np.nan
    assert alive(weekly(gone))[0] > 0.9
    christmas = np.zeros((1, 150))
    christmas[0, 44:52] = christmas[0, 96:104] = 30
    assert alive(weekly(christmas[:, :148]))[0] == 1
    assert alive(weekly(christmas[:, :130]))[0] < 0.25
    assert alive(weekly(np.zeros((1, 10))))[0] == 1


@given(some.lists(some.sampled_from([0.0, 1.0, 5.0, np.nan]), min_size=3, max_size=80))
@settings(max_examples=60, deadline=None)
def test_the_chance_to_be_alive_is_one(past: list[float]) -> None:
    chance = alive(weekly([past]))[0]
    assert 0 <= chance <= 1
    assert chance <= alive(weekly([[*past, 2.0]]))[0] + 1e-9, "a sale is a sign of life"


# All together ---------------------------------------------------------------------------------------------------------


def test_items_are_told_by_kind() -> None:
    demand = np.vstack([steady(20), np.tile([0, 0, 0, 9, 0, 0, 0, 0, 0, 60], 6)[None, :]])
    panel = weekly(demand)
    assert lumpy(panel).tolist() == [1]
    grown = growth(panel, recent_mean(panel, 4), bulk_orders(panel, None))
    assert abs(grown[0]) < 0.3


def test_items_are_drawn_to_what_is_forecast_of_their_sum_and_totals_add_up() -> None:
    season = 1 + 0.8 * np.sin(np.arange(120) / 52 * 2 * np.pi)
    demand = np.random.default_rng(7).poisson(3 * season, (40, 120)).astype(np.float64)
    past = Known(weekly(demand, groups=("a", "b") * 20))
    found = outlook(past, 4, levels=LEVELS, method=recent_mean)
    alone = recent_mean(past.panel, 4)
    truth = 120 * (1 + 0.8 * np.sin(np.arange(120, 124) / 52 * 2 * np.pi)).sum()
    assert abs(found.prediction.mean.sum() - truth) < 0.8 * abs(alone.mean.sum() - truth)
    names, sums = totals(past, found)
    assert names == ("a", "b", "total")
    assert sums.mean[2] == pytest.approx(found.prediction.mean.sum(axis=0))
    assert sums.mean[0] == pytest.approx(found.prediction.mean[::2].sum(axis=0))
    assert (np.diff(sums.quantiles, axis=2) >= 0).all()
    assert (sums.quantiles[2, :, -1] < found.prediction.quantiles[:, :, -1].sum(axis=0)).all(), "not all items are high at once"


def test_a_trial_learns_only_from_what_was_known_and_compares_with_simple_methods() -> None:
    panel = weekly(steady(items=30, periods=60))
    seen: list[int] = []

    def upto(period: int) -> tuple[Known, np.ndarray[tuple[int], np.dtype[np.intp]]]:
        seen.append(period)
        return Known(panel.upto(period)), np.arange(30)

    found = trial(Known(panel), upto, 4, 3, levels=LEVELS, method=recent_mean)
    assert found is not None
    assert seen == [56, 52, 48]
    assert found.own.wrmsse < found.simple["naive"].wrmsse
    assert found.own.wspl > 0
    assert 0.8 < found.own.coverage <= 1
    assert trial(Known(panel), upto, 40, 1, levels=LEVELS, method=recent_mean) is not None
    assert trial(Known(panel), upto, 56, 1, levels=LEVELS, method=recent_mean) is None


@pytest.mark.parametrize(("name", "expected"), [("naive", [9, 9]), ("seasonal_naive", [1, 2]), ("mean_8_weeks", [5.5, 5.5])])
def test_the_simple_methods(name: str, expected: list[float]) -> None:
    demand = [0.0] * 8 + [1.0, 2.0] + [0.0] * 42 + [2, 3, 4, 5, 6, 7, 8, 9]
    assert simple(name, weekly([demand]), 2).mean[0].tolist() == (
        expected if name != "seasonal_naive" else [demand[8], demand[9]]
    )
    gone = weekly([[3.0, np.nan]])
    assert simple(name, gone, 2).mean[0].tolist() == [3, 3]
