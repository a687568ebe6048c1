"""What time it is: the machine's clock, kept from running backwards."""

import threading
import time


class Clock:
    """Milliseconds since 1970 UTC, never less than what it said before, also when the machine's clock is set back.

    `ahead_ms` shifts it, so that a simulated day can be worked on as if it were today.
    """

    def __init__(self, *, ahead_ms: int = 0) -> None:
        self._ahead_ms = ahead_ms
        self._latest = 0
        self._lock = threading.Lock()

    def now_ms(self) -> int:
        with self._lock:
            self._latest = max(self._latest, time.time_ns() // 1_000_000 + self._ahead_ms)
            return self._latest


class SetClock(Clock):
    """A clock that stands at `ms` until somebody moves it: for simulated time, and for tests."""

    def __init__(self, ms: int) -> None:
        super().__init__()
        self.ms = ms

    def now_ms(self) -> int:
        return self.ms
