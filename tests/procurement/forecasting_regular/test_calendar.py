"""Periods follow each other, and public holidays are known by country."""

from datetime import date

import pytest

from afterclick.procurement.forecasting.calendar import next_start, public_holidays, starts_after
from afterclick.procurement.forecasting.panel import Freq


@pytest.mark.parametrize(("country", "free"), [("GB", True), ("de", True), ("", False), ("XX", False), ("not a country", False)])
def test_christmas_is_a_holiday_where_the_country_is_known(country: str, free: bool) -> None:
    assert (date(2024, 12, 25) in public_holidays(country, [2024])) == free


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
    assert starts_after(start, freq, 2) == [then, next_start(then, freq)]
