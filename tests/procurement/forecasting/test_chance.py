"""A forecast is never surer than chance allows."""

from datetime import date, timedelta

import numpy as np
import pytest

from afterclick.procurement.forecasting.chance import no_surer_than_chance
from afterclick.procurement.forecasting.panel import Panel, Prediction

LEVELS = (0.05, 0.5, 0.95)
STARTS = tuple(date(2025, 1, 6) + timedelta(weeks=week) for week in range(4))


def prediction(mean: float, quantiles: tuple[float, float, float], span: tuple[float, float, float]) -> Prediction:
    return Prediction(np.full((1, 2), mean), LEVELS, np.array([[quantiles] * 2]), {2: np.array([span]), 3: np.array([span])}, "m")


def panel(*sold: float) -> Panel:
    return Panel(("A",), STARTS, "W", np.array([sold]))


def test_a_fan_that_is_too_narrow_is_as_wide_as_poisson_demand() -> None:
    found = no_surer_than_chance(prediction(2.0, (1.9, 2.0, 2.1), (4.0, 4.0, 4.1)), panel(1, 3, 0, 4))
    assert found.quantiles[0, 0].tolist() == [0, 2, 5], "Poisson of mean 2: 5 % at or below 0, 95 % at or below 5"
    assert found.spans[2][0].tolist() == [1, 4, 8]
    assert found.spans[3][0].tolist() == [2, 6, 10], "past the horizon the last period goes on"
    assert found.mean.tolist() == [[2.0, 2.0]]


@pytest.mark.parametrize("sold", [(1, 3, 0, 4), (np.nan, 3, np.nan, 4)])
def test_a_fan_that_is_wider_stays(sold: tuple[float, ...]) -> None:
    wide = prediction(2.0, (0.0, 2.0, 9.0), (0.0, 4.0, 20.0))
    found = no_surer_than_chance(wide, panel(*sold))
    assert found.quantiles.tolist() == wide.quantiles.tolist()
    assert found.spans[2].tolist() == wide.spans[2].tolist()


def test_lumpy_demand_keeps_its_middle_below_its_mean() -> None:
    lumpy = prediction(4.0, (0.0, 0.0, 30.0), (0.0, 1.0, 50.0))
    assert no_surer_than_chance(lumpy, panel(0, 0, 0, 16)).quantiles[0, 0].tolist() == [0, 0, 30]


def test_what_is_sold_by_weight_is_left_alone() -> None:
    narrow = prediction(2.0, (1.9, 2.0, 2.1), (4.0, 4.0, 4.1))
    assert no_surer_than_chance(narrow, panel(1.5, 2.25, 0, 4)) is narrow


def test_nothing_expected_is_surely_nothing() -> None:
    found = no_surer_than_chance(prediction(0.0, (0, 0, 0), (0, 0, 0)), panel(0, 0, 0, 0))
    assert found.quantiles.max() == 0
