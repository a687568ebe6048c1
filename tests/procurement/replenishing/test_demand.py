"""The demand of several periods as a distribution."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from afterclick.procurement.forecasting.panel import Prediction
from afterclick.procurement.replenishing.demand import GRID, chance, of, quantile, steadied, unmet, unsold
from tests.procurement.replenishing.shop import demand

KNOWN = demand([100.0, 3.0, 0.0])


def test_a_forecast_without_spans_is_refused() -> None:
    with pytest.raises(ValueError, match="no spans"):
        of(Prediction(np.ones((1, 1)), (0.5,), np.ones((1, 1, 1)), {}, "none"))


@given(level=some.floats(0, 0.995), span=some.floats(0.1, 60))
def test_the_chance_of_a_quantile_is_its_level(level: float, span: float) -> None:
    grid = KNOWN.grid(span)[:2]
    pieces = quantile(grid, level)
    assert (chance(grid, pieces) >= level - 1e-6).all()


@given(pieces=some.floats(0, 900), span=some.floats(0.1, 30))
def test_what_is_left_less_what_is_missing_is_pieces_less_the_mean(pieces: float, span: float) -> None:
    grid, held = KNOWN.grid(span), np.full(3, pieces)
    assert unsold(grid, held) - unmet(grid, held) == pytest.approx(held + unsold(grid, held * 0) - unmet(grid, held * 0))


def test_quantiles_rise_with_the_span() -> None:
    grids = [KNOWN.grid(span) for span in np.linspace(0.5, 40, 80).tolist()]
    assert all((after >= before - 1e-9).all() for before, after in pairwise(grids))


def spanned(**spans: list[list[float]]) -> Prediction:
    """A forecast of two items with quantiles at 0.25, 0.5 and 0.75 for some spans of weeks."""
    found = {int(name[1:]): np.array(quantiles) for name, quantiles in spans.items()}
    return Prediction(np.full((2, 4), 10.0), (0.25, 0.5, 0.75), np.full((2, 4, 3), 10.0), found, "none")


def test_a_span_that_no_history_could_teach_is_taken_in_proportion_to_a_shorter_one() -> None:
    short = [[20.0, 30.0, 40.0], [2.0, 3.0, 4.0]]
    found = of(spanned(w3=short, w12=[[0.0] * 3] * 2))
    assert found.grid(12.0) == pytest.approx(4 * found.grid(3.0))
    # The least spread that chance allows, put over it afterwards, does not make it learnt.
    widened = of(spanned(w3=short, w12=[[0.0, 40.0, 60.0], [0.0, 4.0, 6.0]]))
    assert widened.grid(12.0) == pytest.approx(4 * found.grid(3.0))


def test_more_periods_never_sell_less_than_fewer() -> None:
    found = of(spanned(w3=[[20.0, 30.0, 40.0], [2.0, 3.0, 4.0]], w12=[[50.0, 60.0, 70.0], [1.0, 2.0, 5.0]]))
    assert (found.grid(12.0) >= found.grid(3.0)).all()
    assert quantile(found.grid(12.0), 0.5) == pytest.approx([60.0, 3.0])


def test_an_item_that_stops_selling_is_left_as_forecast_where_others_were_learnt() -> None:
    found = of(spanned(w3=[[20.0, 30.0, 40.0], [0.0, 0.0, 1.0]], w12=[[80.0, 100.0, 140.0], [0.0, 0.0, 1.0]]))
    assert quantile(found.grid(12.0), 0.5) == pytest.approx([100.0, 0.0])


def test_each_item_may_have_a_span_of_its_own() -> None:
    found = KNOWN.grid(np.array([3.0, 5.5, 20.0]))
    assert found[0] == pytest.approx(KNOWN.grid(3.0)[0])
    assert found[1] == pytest.approx(KNOWN.grid(5.5)[1])


def test_a_sure_lead_time_is_no_mixture() -> None:
    assert KNOWN.over(np.full((3, 5), 4.0)) == pytest.approx(KNOWN.grid(4.0))


def test_a_lead_time_that_spreads_widens_demand_at_both_ends() -> None:
    sure, spread = KNOWN.grid(4.0)[0], KNOWN.over(np.tile([2.0, 4.0, 6.0], (3, 1)))[0]
    assert spread[GRID.searchsorted(0.95)] > sure[GRID.searchsorted(0.95)] * 1.2
    assert spread[GRID.searchsorted(0.05)] < sure[GRID.searchsorted(0.05)] * 0.8
    assert spread[10] == pytest.approx(sure[10], rel=0.05)


def test_hundreds_of_receipts_stand_for_the_same_distribution_as_a_few() -> None:
    many = np.tile(np.linspace(1, 5, 301), (3, 1))
    few = np.tile(1 + 4 * (np.arange(9) + 0.5) / 9, (3, 1))
    assert KNOWN.over(many)[0] == pytest.approx(KNOWN.over(few)[0], rel=0.01, abs=1)


def test_the_steadied_forecast_is_the_mean_of_the_last_ones() -> None:
    found = steadied([demand([10.0]), demand([20.0])])
    assert found.rate[0] == 15
    assert quantile(found.grid(3.0), 0.5)[0] == pytest.approx(45, rel=0.01)
