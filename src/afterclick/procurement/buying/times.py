"""Days of vendors as instants of ours."""

from datetime import UTC, date, datetime, timedelta


def end_of_day(day: date) -> int:
    """The first millisecond after a day, UTC."""
    after = day + timedelta(days=1)
    return int(datetime(after.year, after.month, after.day, tzinfo=UTC).timestamp() * 1000)


def day_at(at_ms: int) -> date:
    """The day of an instant, UTC."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).date()
