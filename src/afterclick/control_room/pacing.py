"""How many requests are worked on at once: few while they are quick, more while some of them are slow.

Threads share one interpreter. Forty that take turns in it, at every row that they read, answer far fewer quick requests a
second than two that work them off: see `bench/pages.py`.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from anyio import CapacityLimiter, to_thread

AT_ONCE: Final = 2
AT_ONCE_BESIDE_A_SERVER: Final = 8
"""Where the database is a server, threads spend much of their time waiting for it."""
MOST: Final = 40
SLOW_S: Final = 0.5
"""Whoever is at work for so long holds nobody up: one more may begin. Less would let a crowd of quick ones pass for slow."""
LOOKS_EVERY_S: Final = 0.1


def paced(at_once: int) -> Callable[[object], AbstractAsyncContextManager[None]]:
    """The life of an application of whose threads so many work at once."""

    @asynccontextmanager
    async def living(_app: object) -> AsyncGenerator[None, None]:
        keeping = asyncio.create_task(_keep(to_thread.current_default_thread_limiter(), at_once))
        try:
            yield
        finally:
            keeping.cancel()

    return living


async def _keep(threads: CapacityLimiter, at_once: int) -> None:
    at_work: dict[object, float] = {}
    while True:
        now_s = time.monotonic()
        at_work = {one: at_work.get(one, now_s) for one in threads.statistics().borrowers}
        slow = sum(now_s - since_s >= SLOW_S for since_s in at_work.values())
        threads.total_tokens = min(MOST, at_once + slow)
        await asyncio.sleep(LOOKS_EVERY_S)
