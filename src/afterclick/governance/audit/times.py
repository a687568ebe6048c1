"""Days and instants as people write them, in UTC."""

from datetime import UTC, datetime


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
