"""The kit: files that browsers keep, the theme, the menu by role, charts, and pages that say what went wrong."""

import logging
import re
from collections.abc import Iterator

import pytest
from fastapi import APIRouter

from afterclick.control_room.access import SeesOrders, SignedIn
from afterclick.control_room.charts import Series, Share, bars, line, sparkline, stacked
from afterclick.control_room.help import help_pages
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room, build
from afterclick.control_room.visit import local
from afterclick.governance.actor import Actor
from afterclick.governance.permissions import Role
from afterclick.store.database import Database
from afterclick.store.tables import metadata
from tests.control_room.browser import Browser, signed_in

PAGE = {"accept": "text/html"}
EVIL = "<script>alert(1)</script>"


def failing() -> APIRouter:
    router = APIRouter()

    @router.get("/fails")
    def fails(who: SignedIn) -> str:
        raise RuntimeError("the secret is 42")

    @router.get("/taken")
    def taken(who: SignedIn) -> str:
        raise Problem(409, "somebody has decided it already")

    @router.get("/orders")
    def orders(who: SeesOrders) -> str:
        return "orders"

    return router


class Asks:
    """Who is asking; set by a test."""

    def __init__(self) -> None:
        self.actor: Actor | None = signed_in()

    def __call__(self, _request: object) -> Actor | None:
        return self.actor


@pytest.fixture
def asks() -> Asks:
    return Asks()


@pytest.fixture
def client(database_url: str, asks: Asks) -> Iterator[Browser]:
    database = Database(database_url)
    metadata.create_all(database.engine)
    room = Room("Shop", database, lambda: 0, asks, lambda: None)
    yield Browser(build(room, [failing(), help_pages(room)]))
    database.dispose()


def test_style_and_script_are_kept_for_good_under_an_address_of_their_content(client: Browser) -> None:
    page = client.get("/help", headers=PAGE).text
    for path in re.findall(r'(?:src|href)="(/(?:style\.css|script\.js|icon\.svg)\?v=\w{16})"', page):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=31536000, immutable")
        assert "immutable" not in client.get(path[:-1] + "x").headers["cache-control"]
    assert page.count("?v=") == 3
    assert client.get("/help").headers["cache-control"] == "no-store"


def test_a_page_holds_no_inline_script_and_no_inline_style(client: Browser) -> None:
    page = client.get("/help", headers=PAGE).text
    assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son\w+=", page)


def test_the_theme_is_chosen_by_a_form_and_stays(client: Browser) -> None:
    assert "data-theme" not in client.get("/help").text
    answer = client.post("/theme", data={"theme": "dark", "back": "/orders?state=waiting"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/orders?state=waiting")
    page = client.get("/help").text
    assert '<html lang="en" data-theme="dark">' in page
    assert 'value="dark" aria-pressed="true"' in page
    client.post("/theme", data={"keys": "off"})
    assert '<html lang="en" data-theme="dark" data-keys="off">' in client.get("/help").text
    client.post("/theme", data={"theme": "auto"})
    assert "data-theme" not in client.get("/help").text
    assert client.post("/theme", data={"theme": EVIL}).status_code == 422
    assert client.post("/theme", data={"theme": "dark"}, headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_a_cookie_that_is_no_theme_is_not_shown(client: Browser) -> None:
    page = client.get("/help", headers={"cookie": 'afterclick_theme="><script>alert(1)</script>'}).text
    assert "data-theme" not in page
    assert "alert(1)" not in page


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "https://evil.example", "/\\evil.example", "\\/evil", "javascript:alert(1)", "", "/a\nb", "/\t/evil", "/ä",
     "/x" * 1_500],
)  # fmt: skip
def test_only_a_path_of_this_office_is_gone_back_to(client: Browser, path: str) -> None:
    assert local(path) == "/"
    answer = client.post("/theme", data={"theme": "dark", "back": path})
    assert answer.headers.get("location", "/") == "/"


@pytest.mark.parametrize(
    ("roles", "seen", "hidden"),
    [
        (("viewer",), {"/orders", "/stock", "/bots", "/policy", "/settings", "/help", "/me"}, {"/audit", "/people"}),
        (("auditor",), {"/orders", "/audit", "/people", "/help"}, set[str]()),
        (("admin",), {"/people", "/settings"}, {"/audit"}),
    ],
)
def test_the_menu_shows_what_a_role_may_see(
    client: Browser, asks: Asks, roles: tuple[Role, ...], seen: set[str], hidden: set[str]
) -> None:
    asks.actor = signed_in(*roles)
    linked = set(re.findall(r'href="(/[a-z]*)"', client.get("/help").text))
    assert seen <= linked
    assert not hidden & linked


def test_the_place_where_one_is_is_marked_in_both_menus(client: Browser) -> None:
    page = client.get("/help").text
    assert page.count('<a href="/help" aria-current="page">') == 2
    assert page.count('aria-current="page"') == 2


def test_who_is_not_signed_in_gets_no_script_no_menu_and_no_help(client: Browser, asks: Asks) -> None:
    asks.actor = None
    answer = client.get("/help", headers=PAGE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/help")
    page = client.get("/taken", headers={"accept": "application/json"})
    assert page.status_code == 401


@pytest.mark.parametrize(
    ("path", "status", "says", "leads"),
    [("/nothing", 404, "There is nothing here", "/orders"), ("/taken", 409, "Somebody was faster", "/inbox"),
     ("/orders", 403, "That is not yours to do", "/help")],
)  # fmt: skip
def test_a_refusal_is_kind_and_has_a_next_step(
    client: Browser, asks: Asks, path: str, status: int, says: str, leads: str
) -> None:
    if status == 403:
        asks.actor = Actor("person:nobody", "nobody", frozenset[Role]())
    answer = client.get(path, headers=PAGE)
    assert answer.status_code == status
    assert f"<h1>{says}</h1>" in answer.text
    assert f'<li><a href="{leads}">' in answer.text


def test_a_failure_shows_a_reference_that_the_log_has_too(client: Browser, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, logger="afterclick.web"):
        answer = client.get("/fails", headers=PAGE)
    assert answer.status_code == 500
    reference = re.findall(r"the reference ([0-9a-f]{8})", answer.text)[0]
    assert reference in caplog.text
    assert "the secret is 42" in caplog.text
    assert "42" not in answer.text.replace(reference, "")
    assert "Traceback" not in answer.text
    assert answer.headers["content-security-policy"]
    told = client.get("/fails")
    assert (told.status_code, told.headers["content-type"]) == (500, "application/problem+json")
    caplog.clear()


def test_charts_escape_what_they_name_and_have_a_table_behind_them() -> None:
    labels = [EVIL, "Tue"]
    drawn = [
        bars(EVIL, labels, [Series(EVIL, [1, 2]), Series("b", [0, 3], 2)]),
        line(
            EVIL, labels, Series(EVIL, [1, 2.5]), usual=Series("usual", [1, 1], 2), band=([0, 0], [2, 2]), says=EVIL, broad=True
        ),
        stacked(EVIL, [Share(EVIL, 3, 1, '/orders?a="b'), Share("b", 0, 9)]),
        sparkline(EVIL, [1, 2, 3]),
    ]
    for one in drawn:
        assert "<script" not in one
        assert 'role="img"' in one
        assert "style=" not in one
    for one in drawn[:3]:
        assert one.count("<table>") == one.count("<title ") == one.count("<desc ") == 1
        assert one.count("<tr>") == 3


def test_charts_of_nothing_are_drawn_too() -> None:
    for one in (
        bars("t", [], []),
        line("t", [], Series("a", [])),
        stacked("t", []),
        sparkline("t", []),
        bars("t", ["a"], [Series("a", [0])]),
    ):
        assert "nan" not in one
        assert "inf" not in one
