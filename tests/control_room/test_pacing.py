"""Few quick requests are worked on at once; slow ones hold nobody up."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from afterclick.control_room.pacing import AT_ONCE, paced


class Desk:
    """An application with three pages: one counts how many work on it at once, one waits until it is let go, one does nothing."""

    def __init__(self) -> None:
        self.most = 0
        self.let_go = threading.Event()
        self.waiting = threading.Semaphore(0)
        self._pair = threading.Barrier(AT_ONCE)
        self._working = 0
        self._lock = threading.Lock()
        self.app = FastAPI(lifespan=paced(AT_ONCE))
        self.app.get("/counted")(self._counted)
        self.app.get("/slow")(self._slow)
        self.app.get("/quick")(lambda: None)

    def _counted(self) -> None:
        with self._lock:
            self._working += 1
            self.most = max(self.most, self._working)
        self._pair.wait(30)
        with self._lock:
            self._working -= 1

    def _slow(self) -> None:
        self.waiting.release()
        assert self.let_go.wait(60)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def visitor(desk: Desk) -> Iterator[TestClient]:
    with TestClient(desk.app) as client:
        yield client


def test_quick_requests_are_worked_on_few_at_a_time(desk: Desk, visitor: TestClient) -> None:
    with ThreadPoolExecutor(16) as people:
        answers = list(people.map(lambda _: visitor.get("/counted").status_code, range(64)))
    assert answers == [200] * 64
    assert desk.most <= AT_ONCE


def test_slow_requests_hold_nobody_up(desk: Desk, visitor: TestClient) -> None:
    many = 5 * AT_ONCE
    with ThreadPoolExecutor(many) as people:
        slow = [people.submit(visitor.get, "/slow") for _ in range(many)]
        for _ in slow:
            assert desk.waiting.acquire(timeout=30)
        assert visitor.get("/quick").status_code == 200
        desk.let_go.set()
        assert {one.result().status_code for one in slow} == {200}
