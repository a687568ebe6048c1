"""What every way to read the web has to do, whoever implements it."""

import threading
import time

import pytest

from afterclick.ports.answer import Done
from afterclick.ports.web import Fetched, Visit, Web


def came(web: Web, count: int) -> list[Fetched]:
    """What arrives, waited for at most ten seconds."""
    found: list[Fetched] = []
    until = time.monotonic() + 10
    while len(found) < count and time.monotonic() < until:
        found += web.arrived(2)
        threading.Event().wait(0.005)
    return found


class WebContract:
    """Subclasses give a `web` that has a page at `here`, and none at `nowhere`."""

    @pytest.fixture
    def web(self) -> Web:
        raise NotImplementedError

    @pytest.fixture
    def here(self) -> str:
        raise NotImplementedError

    @pytest.fixture
    def nowhere(self) -> str:
        raise NotImplementedError

    def test_every_visit_is_taken_and_comes_back_once(self, web: Web, here: str, nowhere: str) -> None:
        answers = web.fetch([Visit("a", here), Visit("b", nowhere)])
        assert answers == [Done(None), Done(None)]
        found = {one.key: one for one in came(web, 2)}
        assert found["a"].ok
        assert found["a"].body
        assert len(found["a"].sha256) == 64
        assert not found["b"].ok
        assert found["b"].said
        assert not found["b"].body
        assert web.held() == 0
        assert not web.arrived(5)

    def test_a_key_that_is_under_way_is_not_taken_twice(self, web: Web, here: str) -> None:
        web.fetch([Visit("a", here), Visit("a", here)])
        web.fetch([Visit("a", here)])
        assert len(came(web, 1)) + len(web.arrived(5)) == 1

    def test_a_page_that_has_not_changed_is_not_sent_again(self, web: Web, here: str) -> None:
        web.fetch([Visit("a", here)])
        (first,) = came(web, 1)
        web.fetch([Visit("b", here, first.etag, first.modified)])
        (second,) = came(web, 1)
        assert second.unchanged
        assert not second.body
