"""HEAD is answered as GET is, without the body: for monitors, load balancers and programs that only want the headers."""

from collections.abc import Iterator

import pytest

from afterclick.control_room.server import Room, build
from afterclick.store.database import Database
from afterclick.store.tables import metadata
from tests.control_room.api_office import ApiOffice
from tests.control_room.browser import Browser, signed_in

OPEN = ("/health", "/ready", "/style.css", "/script.js")
PAGES = ("/", "/orders", "/inbox", "/bots", "/bots/orders.fulfil", "/help", "/nowhere")
RESOURCES = ("/api/v1/orders", "/api/v1/orders/1", "/api/v1/inbox", "/api/v1/bots", "/api/v1/orders/999999999", "/openapi.json")
EVERYBODY = {"x-test-roles": "anna viewer,operator,approver,architect,auditor,admin"}
VARYING = frozenset({"set-cookie", "content-length", "etag"})
"""Headers that say something of their own at each request: forms are sealed anew, ages grow, permits are used up."""


@pytest.mark.parametrize("path", [*OPEN, *PAGES, *RESOURCES])
def test_head_says_what_get_says_but_for_the_body(shared_office: ApiOffice, path: str) -> None:
    browser = Browser(shared_office.app)
    asked, got = (browser.ask(method, path, headers=EVERYBODY) for method in ("HEAD", "GET"))
    assert (asked.status_code, asked.content) == (got.status_code, b"")
    assert got.content
    assert set(asked.headers) == set(got.headers)
    assert [(name, value) for name, value in asked.headers.items() if name not in VARYING and "ratelimit" not in name] == [
        (name, value) for name, value in got.headers.items() if name not in VARYING and "ratelimit" not in name
    ]


def test_what_only_takes_something_in_answers_head_as_it_answers_get(shared_office: ApiOffice) -> None:
    browser = Browser(shared_office.app)
    assert [browser.ask(method, "/webhooks/shop").status_code for method in ("HEAD", "GET")] == [405, 405]


def test_the_document_of_the_interface_tells_nothing_of_head(shared_office: ApiOffice) -> None:
    assert not any("head" in methods for methods in shared_office.get("/openapi.json").json()["paths"].values())


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    metadata.create_all(made.engine)
    yield made
    made.dispose()


def test_head_of_the_live_stream_ends_at_once_and_leaves_no_viewer_behind(database: Database) -> None:
    app = build(Room("Shop", database, lambda: 0, lambda _request: signed_in(), lambda: None), [])
    answer = Browser(app).ask("HEAD", "/live", timeout=10)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert app.state.live.viewers == 0
