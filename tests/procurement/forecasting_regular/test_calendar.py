"""The calendar of trade is known for every year and country."""

from datetime import date

import numpy as np
import pytest

from afterclick.procurement.forecasting.calendar import (
    NAMES,
    black_friday,
    easter,
    features,
    known_country,
    next_start,
    starts_after,
    working_day_adjustment,
)
from afterclick.procurement.forecasting.panel import Freq


@pytest.mark.parametrize(
    ("year", "sunday"), [(1961, (4, 2)), (2000, (4, 23)), (2008, (3, 23)), (2011, (4, 24)), (2024, (3, 31)), (2038, (4, 25))]
)
def test_easter_is_the_published_sunday(year: int, sunday: tuple[int, int]) -> None:
    assert easter(year) == date(year, *sunday)


@pytest.mark.parametrize(("year", "day"), [(2019, 29), (2022, 25), (2024, 29), (2025, 28)])
def test_black_friday_follows_the_fourth_thursday_of_november(year: int, day: int) -> None:
    assert black_friday(year) == date(year, 11, day)


def test_the_week_of_christmas_has_two_holidays_in_germany_and_one_where_no_country_is_named() -> None:
    week = [date(2024, 12, 23)]
    names, german = features(week, "W", "DE")
    assert names == NAMES
    assert german[0].tolist() == pytest.approx([2 / 7, 2 / 7, 8, 8, 3])
    assert features(week, "W")[1][0].tolist() == pytest.approx([0, 2 / 7, 8, 8, 5])


def test_the_weeks_before_a_feast_count_down_and_the_ones_after_it_are_far() -> None:
    starts = [date(2024, 12, 2), *starts_after(date(2024, 12, 2), "W", 4)]
    weeks = features(starts, "W", "GB")[1][:, NAMES.index("weeks_to_christmas")]
    assert weeks == pytest.approx([23 / 7, 16 / 7, 9 / 7, 2 / 7, 8])


@pytest.mark.parametrize("country", ["", "XX", "not a country", "de"])
def test_any_country_text_gives_features(country: str) -> None:
    assert np.isfinite(features([date(2024, 5, 1)], "M", country)[1]).all()
    assert known_country(country) == (country == "de")


def test_training_and_horizon_may_be_asked_for_together_or_apart() -> None:
    starts = [date(2023, 11, 6), *starts_after(date(2023, 11, 6), "W", 19)]
    together = features(starts, "W", "FR")[1]
    apart = np.vstack([features(starts[:12], "W", "FR")[1], features(starts[12:], "W", "FR")[1]])
    assert (together == apart).all()


def test_no_periods_have_no_features() -> None:
    assert features([], "W", "DE")[1].shape == (0, 5)
    assert working_day_adjustment([], "M").shape == (0,)


@pytest.mark.parametrize(
    ("start", "freq", "then"),
    [
        (date(2024, 2, 28), "D", date(2024, 2, 29)),
        (date(2024, 12, 30), "W", date(2025, 1, 6)),
        (date(2024, 12, 1), "M", date(2025, 1, 1)),
        (date(2024, 10, 1), "Q", date(2025, 1, 1)),
    ],
)
def test_periods_follow_each_other(start: date, freq: Freq, then: date) -> None:
    assert next_start(start, freq) == then


@pytest.mark.parametrize("freq", ["M", "Q"])
def test_the_adjustment_for_working_days_averages_one_over_a_year(freq: Freq) -> None:
    starts = [date(2023, 1, 1), *starts_after(date(2023, 1, 1), freq, 11 if freq == "M" else 3)]
    found = working_day_adjustment(starts, freq, "DE", opens=range(6))
    assert found.mean() == pytest.approx(1)
    assert 0.85 < found.min() < found.max() < 1.15


def test_weeks_need_no_adjustment_and_a_shop_that_never_opens_is_refused() -> None:
    assert working_day_adjustment([date(2024, 1, 1)], "W", "DE").tolist() == [1.0]
    with pytest.raises(ValueError, match="at least one day of trade"):
        working_day_adjustment([date(2024, 1, 1)], "M", "DE", opens=())
