"""When ordered goods should be here: the vendor's cut-off, working days and lead time."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

from afterclick.domain.purchase import Vendor, VendorCalendar

MOST_CLOSED_DAYS: Final = 366
"""A calendar without a working day in a year is a mistake; a day is then taken as it falls."""


def expected_on(
    vendor: Vendor, ordered_ms: int, *, lead_days: int | None = None, receiving: VendorCalendar | None = None
) -> date:
    """The day on which goods ordered at `ordered_ms` should arrive.

    The order counts from the vendor's next working day, or the one after where it comes past the cut-off. The lead time
    (`lead_days`, else the vendor's) runs in days on the calendar; goods neither leave on a day on which the vendor is closed,
    nor arrive on a day on which `receiving`, our own door, is.
    """
    started = counts_from(vendor.calendar, ordered_ms)
    arrives = next_working_day(vendor.calendar, started + timedelta(days=vendor.lead_days if lead_days is None else lead_days))
    return next_working_day(receiving, arrives) if receiving else arrives


def counts_from(calendar: VendorCalendar, ordered_ms: int) -> date:
    """The vendor's working day on which an order placed at an instant is taken up."""
    local = datetime.fromtimestamp(ordered_ms / 1000, UTC) + timedelta(minutes=calendar.utc_offset_minutes)
    late = local.hour >= calendar.cutoff_hour and works_on(calendar, local.date())
    return next_working_day(calendar, local.date() + timedelta(days=1 if late else 0))


def order_before(vendor: Vendor, needed: date, *, lead_days: int | None = None) -> date:
    """The last working day on which to order so that goods are here on the day they are needed."""
    lead = timedelta(days=vendor.lead_days if lead_days is None else lead_days)
    latest = needed - lead
    for back in range(MOST_CLOSED_DAYS):
        day = latest - timedelta(days=back)
        if works_on(vendor.calendar, day) and next_working_day(vendor.calendar, day + lead) <= needed:
            return day
    return latest


def next_working_day(calendar: VendorCalendar, day: date) -> date:
    """The day itself, or the next one on which the calendar's owner works."""
    for ahead in range(MOST_CLOSED_DAYS):
        if works_on(calendar, day + timedelta(days=ahead)):
            return day + timedelta(days=ahead)
    return day


def works_on(calendar: VendorCalendar, day: date) -> bool:
    return day.weekday() in calendar.weekdays and day not in calendar.closed
