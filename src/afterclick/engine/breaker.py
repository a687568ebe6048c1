"""A circuit breaker: a system that keeps failing is left alone for a while."""

from typing import Final

OPENS_AFTER: Final = 20
RESTS_MS: Final = 5_000


class Breaker:
    """Opens after `OPENS_AFTER` failures in a row, lets one try through after `RESTS_MS`, closes at the first success."""

    def __init__(self) -> None:
        self._in_a_row = 0
        self._opened_ms = 0

    def allows(self, now_ms: int) -> bool:
        """Whether the system may be asked now. A clock that was set back counts as rested."""
        if self._in_a_row < OPENS_AFTER:
            return True
        return not 0 <= now_ms - self._opened_ms < RESTS_MS

    def note(self, *, failed: int, of: int, now_ms: int) -> None:
        """Note the outcome of a call: `failed` of `of` requests had no usable answer."""
        if failed < of:
            self._in_a_row = 0
            return
        self._in_a_row += failed
        self._opened_ms = now_ms
