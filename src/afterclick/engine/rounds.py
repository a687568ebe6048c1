"""What the engine looks after every few seconds, beside the bots' work."""

from collections.abc import Callable
from typing import Final

from afterclick.governance import figures, lifecycle
from afterclick.store.database import Database

EVERY_MS: Final = 5_000
MOST_AT_ONCE: Final = 20
"""So many times blocks are counted in one round; what is left then waits for the next."""


class Rounds:
    """Counts what happened, and pauses bots that nobody owns or whose time is up. Any number of engines may do so at once."""

    def __init__(self, database: Database, *, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._now_ms = now_ms
        self._looked_ms = 0

    def look(self) -> None:
        """To be called often; does something once in `EVERY_MS`, and writes only where there is something to write."""
        now_ms = self._now_ms()
        if 0 <= now_ms - self._looked_ms < EVERY_MS:
            return
        self._looked_ms = now_ms
        with self._database.reading() as tx:
            lapsed, behind = lifecycle.lapsed(tx, now_ms=now_ms), figures.behind(tx)
        if lapsed:
            with self._database.transaction() as tx:
                lifecycle.suspend(tx, now_ms=now_ms)
        if behind:
            count(self._database, most=MOST_AT_ONCE)


def count(database: Database, *, most: int) -> bool:
    """Count blocks up to the end of the log, in at most so many transactions; returns whether the end was reached."""
    for _ in range(most):
        with database.transaction() as tx:
            if not figures.advance(tx):
                return True
    return False
