"""A circuit breaker: a system that keeps failing is left alone for a while."""

from typing import Final, NamedTuple

OPENS_AFTER: Final = 20
RESTS_MS: Final = 5_000
DAY_MS: Final = 86_400_000


class Health(NamedTuple):
    """How a system does, as this process saw it. Counts are of the day (UTC) of `day`; instants are 0 where there was none."""

    day: int = 0
    answered: int = 0
    declined: int = 0
    unanswered: int = 0
    last_answer_ms: int = 0
    last_failure_ms: int = 0
    last_failure: str = ""


class Breaker:
    """Opens after `OPENS_AFTER` failures in a row, lets one try through after `RESTS_MS`, closes at the first success."""

    def __init__(self) -> None:
        self._in_a_row = 0
        self._opened_ms = 0
        self.health = Health()

    def allows(self, now_ms: int) -> bool:
        """Whether the system may be asked now. A clock that was set back counts as rested."""
        if self._in_a_row < OPENS_AFTER:
            return True
        return not 0 <= now_ms - self._opened_ms < RESTS_MS

    def count(self, *, declined: int, failed: int, of: int, because: str, now_ms: int) -> None:
        """Count a call for those who watch: `because` is why one of the `failed` had no usable answer."""
        seen = self.health if self.health.day == now_ms // DAY_MS else self.health._replace(
            day=now_ms // DAY_MS, answered=0, declined=0, unanswered=0
        )  # fmt: skip
        self.health = seen._replace(
            answered=seen.answered + of - failed - declined,
            declined=seen.declined + declined,
            unanswered=seen.unanswered + failed,
            last_answer_ms=now_ms if failed < of else seen.last_answer_ms,
            last_failure_ms=now_ms if failed else seen.last_failure_ms,
            last_failure=because if failed else seen.last_failure,
        )

    def note(self, *, failed: int, of: int, now_ms: int) -> None:
        """Note the outcome of a call: `failed` of `of` requests had no usable answer."""
        if failed < of:
            self._in_a_row = 0
            return
        self._in_a_row += failed
        self._opened_ms = now_ms
