"""A page that is open while the office is away says so in a real browser, and takes it back."""

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from afterclick.control_room.help import help_pages
from afterclick.control_room.server import Room, build
from afterclick.store.database import Database
from afterclick.store.tables import metadata
from tests.control_room.browser import everyone
from tests.journeys.browsing import WAIT_MS, chromium, served, violations

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only, pytest.mark.timeout(120)]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    database = Database(f"sqlite:///{tmp_path / 'office.sqlite'}")
    metadata.create_all(database.engine)
    yield Room("Shop", database, lambda: 0, everyone, lambda: None)
    database.dispose()


@contextmanager
def office(room: Room, *, port: int = 0) -> Generator[str]:
    """The office for a while; its streams end as it leaves."""
    app = build(room, [help_pages(room)])
    with served(app, port=port) as address:
        yield address
        app.state.live.is_leaving = lambda: True


def test_a_page_says_since_when_it_is_no_longer_live_and_takes_it_back_when_it_is(room: Room) -> None:
    with chromium() as browser:
        page = browser.new_page()
        page.set_default_timeout(WAIT_MS)
        page.clock.install()
        with office(room) as address:
            with page.expect_response(lambda answer: answer.url.endswith("/live")):
                page.goto(f"{address}/help")
            said = page.locator("#said")
            expect(said).to_be_empty()
            port = int(address.rpartition(":")[2])
        soon(page, "Not live since ")
        expect(said).to_have_text(re.compile(r"^Not live since \d\d:\d\d UTC; trying again$"))
        expect(said).to_be_in_viewport()
        assert said.get_attribute("aria-live") == "polite"
        assert violations(page) == []
        with office(room, port=port):
            soon(page, "Live again.")
            expect(said).not_to_have_class("toast")


def soon(page: Page, words: str) -> None:
    """Let the page's clock run on until it says something."""
    for _ in range(30):
        page.clock.run_for(5_000)
        if words in page.locator("#said").inner_text():
            return
    pytest.fail(f"the page never says {words!r}, but {page.locator('#said').inner_text()!r}")
