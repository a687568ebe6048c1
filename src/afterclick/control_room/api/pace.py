"""How often one token may ask: a bucket of requests for each, filled at an even pace."""

import threading
import time
from collections.abc import Callable
from typing import Final

from fastapi import Request

from afterclick.control_room.access import known
from afterclick.control_room.problems import Problem

MOST_KNOWN: Final = 10_000
"""Actors whose buckets are remembered; beyond that, those that are full again are forgotten."""


class TooOften(Problem):
    """More requests than allowed; says when to ask again."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(429, f"too many requests; ask again in {wait_s} s", {"Retry-After": str(wait_s)})


class Pace:
    """A dependency of every route: `per_minute` requests for each actor, of which a burst may come at once; 0 is no limit."""

    def __init__(self, per_minute: int, *, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    async def __call__(self, request: Request) -> None:
        raw = f"{request.url.path}?{request.url.query}"
        if "\0" in raw or "%00" in raw:
            raise Problem(422, "the address has the character U+0000, which no database keeps")
        who = await known(request)
        if who is not None and self._per_minute:
            self.take(who.id)

    def take(self, actor: str) -> None:
        """Count one request.

        Raises:
            TooOften: there were too many of late.
        """
        now_s, a_second = self._clock_s(), self._per_minute / 60
        with self._lock:
            left, at_s = self._left.get(actor, (float(self._per_minute), now_s))
            left = min(self._per_minute, left + (now_s - at_s) * a_second)
            if left < 1:
                raise TooOften(int((1 - left) / a_second) + 1)
            self._left[actor] = (left - 1, now_s)
            if len(self._left) > MOST_KNOWN:
                full_s = now_s - 60
                self._left = {one: state for one, state in self._left.items() if state[1] > full_s}
