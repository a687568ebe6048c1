"""Live updates: one look for all viewers, a word for each change, and an end when the session or the process ends."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator

import pytest

from afterclick.control_room.live import HEARTBEAT, MOST_VIEWERS, Live
from afterclick.control_room.server import Room, build
from afterclick.store import log
from afterclick.store.database import Database
from afterclick.store.log import Block, Event
from afterclick.store.tables import metadata
from tests.control_room.browser import Browser, signed_in

QUICK_S = 0.001
CHANGE = b'event: change\ndata: {"block": %d, "tasks": %d}\n\n'


class Counted(Database):
    """A database that counts how often it is read."""

    reads = 0

    def reading(self):
        self.reads += 1
        return super().reading()


@pytest.fixture
def database(database_url: str) -> Iterator[Counted]:
    made = Counted(database_url)
    metadata.create_all(made.engine)
    yield made
    made.dispose()


def happen(database: Database) -> None:
    with database.transaction() as tx:
        log.append(tx, Block(1, "person:test", ""), [Event("ticked")])


def ask(database: Database) -> None:
    with database.transaction() as tx:
        tx.run("INSERT INTO tasks (bot, state, asked_ms) VALUES ('orders.fulfil', 'open', 1)")


async def words(stream: AsyncGenerator[bytes, None], count: int) -> list[bytes]:
    """The next words but heartbeats."""
    found: list[bytes] = []
    async with asyncio.timeout(30):
        while len(found) < count:
            one = await anext(stream)
            if not one.startswith(b":"):
                found.append(one)
    return found


def test_each_viewer_hears_of_each_change_and_of_questions(database: Counted) -> None:
    async def watched() -> list[list[bytes]]:
        live = Live(database, every_s=QUICK_S)
        streams = [live.watch(lambda: True) for _ in range(3)]
        heard = [await words(stream, 2) for stream in streams]
        happen(database)
        heard += [await words(stream, 1) for stream in streams]
        ask(database)
        heard += [await words(stream, 1) for stream in streams]
        for stream in streams:
            await stream.aclose()
        assert live.viewers == 0
        return heard

    heard = asyncio.run(watched())
    assert heard[:3] == [[b"retry: 5000\n\n", CHANGE % (0, 0)]] * 3
    assert heard[3:] == [[CHANGE % (1, 0)]] * 3 + [[CHANGE % (1, 1)]] * 3


def test_the_database_is_looked_at_once_for_all_and_not_at_all_for_nobody(database: Counted) -> None:
    async def watched() -> tuple[int, int]:
        live = Live(database, every_s=QUICK_S)
        streams = [live.watch(lambda: True) for _ in range(200)]
        for stream in streams:
            await words(stream, 2)
        reads = database.reads
        for stream in streams:
            await stream.aclose()
        task = live._task
        assert task is not None
        await task
        return reads, database.reads

    while_watched, after = asyncio.run(watched())
    assert while_watched < 200
    assert after - while_watched <= 2


@pytest.mark.parametrize("ends", ["session", "process"])
def test_a_stream_ends_with_the_session_or_the_process(database: Counted, ends: str) -> None:
    async def watched() -> list[bytes]:
        live = Live(database, every_s=QUICK_S)
        stands = [True]
        stream = live.watch(lambda: stands[0])
        await words(stream, 2)
        if ends == "session":
            stands[0] = False
        else:
            live.is_leaving = lambda: True
        return [one async for one in stream if not one.startswith(b":")]

    assert asyncio.run(watched()) == ([b"event: over\ndata: {}\n\n"] if ends == "session" else [])


def test_viewers_are_asked_for_their_session_in_turns(database: Counted) -> None:
    asked: list[int] = []

    def stands(number: int) -> Callable[[], bool]:
        def ask_for() -> bool:
            asked.append(number)
            return True

        return ask_for

    async def watched() -> None:
        live = Live(database, every_s=QUICK_S)
        streams = [live.watch(stands(number)) for number in range(HEARTBEAT)]
        for stream in streams:
            await words(stream, 2)
        await asyncio.gather(*(anext(stream) for stream in streams))
        for stream in streams:
            await stream.aclose()

    asyncio.run(watched())
    assert sorted(asked) == list(range(HEARTBEAT))


def test_only_who_is_signed_in_may_watch_and_not_too_many(database: Counted) -> None:
    nobody = Browser(build(Room("Shop", database, lambda: 0, lambda _request: None, lambda: None), []))
    assert nobody.get("/live").status_code == 401
    app = build(Room("Shop", database, lambda: 0, lambda _request: signed_in(), lambda: None), [])
    app.state.live.viewers = MOST_VIEWERS
    assert Browser(app).get("/live").status_code == 503


def test_the_stream_is_sent_as_events_that_nobody_keeps(database: Counted) -> None:
    app = build(Room("Shop", database, lambda: 0, lambda _request: signed_in(), lambda: None), [])
    app.state.live.is_leaving = lambda: True
    answer = Browser(app).get("/live")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content == b"retry: 5000\n\n"
