"""Forecasts of items, categories and the whole add up, whatever they were."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterclick.procurement.forecasting.coherence import above, bottom_up, reconcile
from afterclick.procurement.forecasting.panel import Numbers, Prediction
from tests.procurement.forecasting_regular.panels import ODD, panel_of

LEVELS = (0.05, 0.5, 0.95)


def prediction(mean: Numbers, sd: Numbers) -> Prediction:
    """Normal quantiles cut at 0, and a span of two periods."""
    quantiles = np.maximum(mean[:, :, None] + sd[:, :, None] * np.array([-1.645, 0.0, 1.645]), 0)
    return Prediction(mean, LEVELS, quantiles, {2: quantiles[:, :2].sum(axis=1)}, "test")


def test_the_panel_above_holds_categories_in_alphabetical_order_and_the_total() -> None:
    demand = np.array([[1.0, np.nan, 3.0], [10.0, np.nan, 30.0], [100.0, np.nan, np.nan]])
    found = above(panel_of(demand, groups=("b", "a", "b")))
    assert found.items == ("a", "b", "total")
    np.testing.assert_array_equal(found.demand, [[10, np.nan, 30], [101, np.nan, 3], [111, np.nan, 33]])


def test_a_panel_without_groups_is_one_category() -> None:
    assert above(panel_of(ODD)).items == ("", "total")


def test_a_sure_total_lifts_all_items_by_the_same_share() -> None:
    items = prediction(np.array([[10.0], [30.0]]), np.array([[5.0], [20.0]]))
    upper = prediction(np.array([[80.0], [80.0]]), np.array([[0.001], [0.001]]))
    found = reconcile(items, upper, ())
    assert found.items.mean.ravel() == pytest.approx([20, 60], rel=0.01)
    assert found.items.quantiles == pytest.approx(items.quantiles * 2, rel=0.01)


def test_unsure_sums_leave_items_where_the_items_agree_with_them_half_way() -> None:
    items = prediction(np.array([[10.0], [30.0]]), np.array([[0.1], [0.1]]))
    upper = prediction(np.array([[80.0], [80.0]]), np.array([[20.0], [20.0]]))
    assert 40 < float(reconcile(items, upper, ()).items.mean.sum()) < 80


def test_what_already_adds_up_is_not_moved() -> None:
    items = prediction(np.array([[10.0, 5.0], [30.0, 5.0], [2.0, 0.0]]), np.ones((3, 2)))
    groups = ("a", "a", "b")
    upper = prediction(bottom_up(items, groups), np.ones((3, 2)))
    found = reconcile(items, upper, groups)
    assert found.items.mean == pytest.approx(items.mean)
    assert found.above.quantiles == pytest.approx(upper.quantiles)


SIZES = st.sampled_from([0.0, 1e-6, 0.3, 1.0, 17.0, 1e4, 1e8])


@given(st.data(), st.integers(1, 9), st.integers(1, 3))
def test_sums_agree_and_nothing_is_negative(data: st.DataObject, items: int, groups: int) -> None:
    names = tuple(data.draw(st.lists(st.sampled_from("abc"[:groups]), min_size=items, max_size=items)))
    horizon = 2
    count = len(set(names)) + 1

    def draw(rows: int) -> Numbers:
        values = data.draw(st.lists(SIZES, min_size=rows * horizon, max_size=rows * horizon))
        return np.array(values).reshape(rows, horizon)

    found = reconcile(prediction(draw(items), draw(items)), prediction(draw(count), draw(count)), names)
    for values in (found.items.mean, found.items.quantiles, found.above.mean, found.above.quantiles):
        assert np.isfinite(values).all()
        assert (values >= 0).all()
    expected = bottom_up(found.items, names)
    assert found.above.mean == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert found.above.mean[:-1].sum(axis=0) == pytest.approx(found.above.mean[-1], rel=1e-6, abs=1e-6)
    assert (np.diff(found.items.quantiles, axis=2) >= 0).all()
    assert found.names[-1] == "total"


def test_forecasts_that_are_not_finite_count_as_nothing() -> None:
    items = prediction(np.array([[np.nan], [np.inf], [3.0]]), np.ones((3, 1)))
    found = reconcile(items, prediction(np.array([[5.0], [5.0]]), np.ones((2, 1))), ())
    assert np.isfinite(found.items.mean).all()
    assert found.items.mean.sum() == pytest.approx(found.above.mean[-1, 0])


def test_no_items_leave_sums_of_nothing() -> None:
    empty = Prediction(np.zeros((0, 2)), LEVELS, np.zeros((0, 2, 3)), {}, "test")
    found = reconcile(empty, prediction(np.full((1, 2), 4.0), np.ones((1, 2))), ())
    assert (found.above.mean == 0).all()
