"""When goods should be here."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterclick.domain.purchase import VendorCalendar
from afterclick.procurement.vendors.calendar import counts_from, expected_on, next_working_day, order_before, works_on
from tests.procurement.vendors.market import vendor


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("ordered", "calendar", "taken_up"),
    [
        ("2026-11-23T09:00", VendorCalendar(), "2026-11-23"),
        ("2026-11-23T15:00", VendorCalendar(cutoff_hour=14), "2026-11-24"),
        ("2026-11-27T15:00", VendorCalendar(cutoff_hour=14), "2026-11-30"),
        ("2026-11-28T15:00", VendorCalendar(cutoff_hour=14), "2026-11-30"),
        ("2026-11-23T13:30", VendorCalendar(cutoff_hour=14, utc_offset_minutes=60), "2026-11-24"),
        ("2026-11-23T09:00", VendorCalendar(closed=(date(2026, 11, 23),)), "2026-11-24"),
        ("2026-11-22T23:30", VendorCalendar(utc_offset_minutes=60), "2026-11-23"),
    ],
)
def test_an_order_counts_from_the_vendors_working_day(ordered: str, calendar: VendorCalendar, taken_up: str) -> None:
    assert counts_from(calendar, ms(ordered)) == date.fromisoformat(taken_up)


def test_goods_arrive_after_the_lead_time_on_a_day_when_somebody_opens_the_door() -> None:
    ordered = ms("2026-11-23T09:00")
    assert expected_on(vendor(lead_days=5), ordered) == date(2026, 11, 30)  # the 28th is a Saturday
    assert expected_on(vendor(lead_days=3), ordered) == date(2026, 11, 26)
    closed = VendorCalendar(closed=(date(2026, 11, 26),))
    assert expected_on(vendor(lead_days=3), ordered, receiving=closed) == date(2026, 11, 27)
    assert expected_on(vendor(lead_days=3), ordered, lead_days=7) == date(2026, 11, 30)


def test_a_calendar_without_working_days_ends() -> None:
    assert next_working_day(VendorCalendar(weekdays=()), date(2026, 1, 1)) == date(2026, 1, 1)
    assert order_before(vendor(lead_days=2, calendar=VendorCalendar(weekdays=())), date(2026, 1, 5)) == date(2026, 1, 3)


@given(
    st.dates(date(2026, 1, 1), date(2027, 1, 1)), st.integers(0, 60), st.sets(st.integers(0, 6), min_size=1),
    st.sets(st.dates(date(2025, 12, 1), date(2027, 3, 1)), max_size=8),
)  # fmt: skip
def test_ordering_in_time_is_in_time(needed: date, lead: int, weekdays: set[int], closed: set[date]) -> None:
    seller = vendor(lead_days=lead, calendar=VendorCalendar(tuple(weekdays), tuple(closed)))
    last = order_before(seller, needed)
    assert works_on(seller.calendar, last)
    assert expected_on(seller, ms(f"{last}T08:00")) <= needed
    assert expected_on(seller, ms(f"{last}T08:00")) >= last + timedelta(days=lead)
