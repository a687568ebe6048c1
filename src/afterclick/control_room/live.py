"""Live updates: one look at the database each second for all viewers, and a word to each when something has changed."""

import asyncio
import itertools
import logging
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.access import Authenticate, SignedIn
from afterclick.control_room.problems import Problem
from afterclick.control_room.pulse import Beat, beat
from afterclick.control_room.routes import Routes
from afterclick.store.database import Database

logger: Final = logging.getLogger("afterclick.live")
EVERY_S: Final = 1.0
"""How often the database is looked at, whatever the number of viewers; with none, not at all."""
HEARTBEAT: Final = 15
"""Looks between two heartbeats of one viewer; at each, it is seen whether the session still stands."""
MOST_VIEWERS: Final = 2_000


class Live:
    """The one broadcaster of a process. Viewers are spread over the seconds between heartbeats, so that none come all at once."""

    def __init__(self, database: Database, *, every_s: float = EVERY_S) -> None:
        self._database = database
        self._every_s = every_s
        self._slots = itertools.cycle(range(HEARTBEAT))
        self._events = [asyncio.Event() for _ in range(HEARTBEAT)]
        self._task: asyncio.Task[None] | None = None
        self._beat: Beat | None = None
        self.viewers = 0
        self.is_leaving: Callable[[], bool] = lambda: False
        """Asked each second: whether the process is about to stop, so that streams end before it waits for them."""

    async def watch(self, stands: Callable[[], bool]) -> AsyncGenerator[bytes, None]:
        """What one viewer is sent, until the session no longer `stands` (asked in a thread) or the process is leaving."""
        self.viewers += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look())
        slot = next(self._slots)
        seen: Beat | None = None
        try:
            yield b"retry: 5000\n\n"
            while not self.is_leaving():
                event, beat = self._events[slot], self._beat
                if beat is not None and beat != seen:
                    # The first says where the office stands; a page that stands elsewhere asks again.
                    yield b'event: change\ndata: {"block": %d, "tasks": %d}\n\n' % beat
                    seen = beat
                    continue
                await event.wait()
                if self._beat == seen:
                    if not await run_in_threadpool(stands):
                        yield b"event: over\ndata: {}\n\n"
                        return
                    yield b": still here\n\n"
        finally:
            self.viewers -= 1

    async def _look(self) -> None:
        failing = False
        for slot in itertools.cycle(range(HEARTBEAT)):
            if not self.viewers:
                self._beat = None
                return
            before = self._beat
            try:
                self._beat = await run_in_threadpool(beat, self._database)
                failing = False
            except Exception as error:  # a database that does not answer now may answer at the next look
                if not failing:
                    logger.warning("live updates cannot look at the database, and try again each second: %s", error)
                failing = True
            leaving = self.is_leaving()
            self._wake(range(HEARTBEAT) if self._beat != before or leaving else (slot,))
            await asyncio.sleep(self._every_s)

    def _wake(self, slots: Iterable[int]) -> None:
        for slot in slots:
            waiting, self._events[slot] = self._events[slot], asyncio.Event()
            waiting.set()


def live(broadcaster: Live) -> APIRouter:
    """The route `GET /live`: server-sent events `change` and, when the session has ended, `over`."""
    router = Routes(include_in_schema=False)

    @router.get("/live")
    async def watched(_who: SignedIn, request: Request) -> Response:
        """Stream a word for each change, for as long as whoever watches is signed in."""
        if broadcaster.viewers >= MOST_VIEWERS:
            raise Problem(
                503, "too many people watch this office live; pages still work, and show what is true when they are opened"
            )
        authenticate: Authenticate = request.app.state.authenticate
        stream = broadcaster.watch(lambda: authenticate(request) is not None)
        return StreamingResponse(stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    return router
