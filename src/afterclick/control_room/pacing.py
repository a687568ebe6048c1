"""How many requests are worked on at once: few while they are quick, more while some of them are slow.

Threads share one interpreter. Forty that take turns in it, at every row that they read, answer far fewer quick requests a
second than two that work them off: see `bench/pages.py`.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from anyio import CapacityLimiter, to_thread

AT_ONCE: Final = 2
AT_ONCE_BESIDE_A_SERVER: Final = 8
"""Where the database is a server, threads spend much of their time waiting for it."""
MOST: Final = 40
SLOW_S: Final = 0.1
"""Whoever is still at work at the next look holds nobody up: one more may begin."""


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
    before: frozenset[object] = frozenset()
    while True:
        now = frozenset(threads.statistics().borrowers)
        threads.total_tokens = min(MOST, at_once + len(now & before))
        before = now
        await asyncio.sleep(SLOW_S)
