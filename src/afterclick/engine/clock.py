"""What time it is: the machine's clock, kept from running backwards."""

import threading
import time


class Clock:
    """Milliseconds since 1970 UTC, never less than what it said before, also when the machine's clock is set back."""

    def __init__(self) -> None:
        self._latest = 0
        self._lock = threading.Lock()

    def now_ms(self) -> int:
        with self._lock:
            self._latest = max(self._latest, time.time_ns() // 1_000_000)
            return self._latest
