"""Days and instants as people write them, in UTC."""

from datetime import UTC, date, datetime
from typing import Final

_DAY_MS: Final = 86_400_000
_FIRST: Final = date(1970, 1, 1)


class NoTime(ValueError):
    """A text that is neither a day nor an instant."""


def read(text: str) -> int:
    """`2026-11-20`, `2026-11-20T08:30` or `2026-11-20 08:30:15+01:00` as milliseconds since 1970 UTC; 0 for an empty text.

    Raises:
        NoTime: it is none of these.
    """
    if not text.strip():
        return 0
    try:
        at = datetime.fromisoformat(text.strip())
        at_ms = round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise NoTime(f"{text[:40]!r} is no day or instant; write 2026-11-20 or 2026-11-20T08:30") from error
    if at_ms < 1:
        raise NoTime(f"{text[:40]!r} is before 1970")
    return at_ms


def day(text: str) -> tuple[int, int]:
    """The first millisecond of a day, written as 2026-11-20, and that of the day after.

    Raises:
        NoTime: it is no such day.
    """
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise NoTime(f"{text[:40]!r} is no day; write it as 2026-11-20") from error
    if found.isoformat() != text or found < _FIRST:
        raise NoTime(f"{text[:40]!r} is no day since 1970; write it as 2026-11-20")
    from_ms = (found - _FIRST).days * _DAY_MS
    return from_ms, from_ms + _DAY_MS


def day_of(at_ms: int) -> str:
    """The day of an instant, as `day` reads it."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()
