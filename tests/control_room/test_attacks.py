"""Attacks on the whole site, over every route that it has: hostile text, foreign forms, injections, and odd addresses."""

import logging
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

import httpx
import pytest
from argon2 import PasswordHasher

from afterclick.control_room.access import SESSION
from afterclick.governance.people import signing_in
from afterclick.governance.people.passwords import Passwords
from tests.control_room.browser import Browser
from tests.control_room.entrance import PASSWORD
from tests.control_room.hostile import HOSTILE, LINE, MARK, ODD, WORKED_OUT, Besieged, Parts, besieged, with_value

OPEN: Final = ("/theme", "/webhooks/{store}")
"""Forms that need no token: a colour, and what carries a signature."""
STREAM: Final = "/live"
ELSEWHERE: Final = ("//evil.example/", "/\\evil.example", "https://evil.example/", "javascript:alert(1)")
UNDECLARED: Final = ("order", "object", "actor", "activity", "verdict", "because", "from", "to")
"""What pages read from the query without declaring it."""
TABLES: Final = ("orders", "order_lines", "people", "blocks", "bots", "tasks", "subscriptions", "api_tokens", "policy_versions")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, shared_url: str) -> Iterator[Besieged]:
    with besieged(tmp_path_factory.mktemp("besieged"), shared_url) as made:
        yield made


@pytest.fixture
def owner(site: Besieged) -> Browser:
    """The browser of the one who runs the shop alone, and so may do and see everything."""
    return site.browser()


def forms(site: Besieged) -> list[str]:
    """Every path to which pages send forms."""
    return sorted({
        route.path for route in site.routes("POST") if not route.path.startswith("/api/") and route.path not in OPEN
    })  # fmt: skip


def sound(answer: httpx.Response, asked: str) -> Parts:
    """What every answer must be, whatever was asked: no failure, no header and no element that an attack brought."""
    assert answer.status_code < 500 or answer.status_code == 501, f"{asked[:200]}: {answer.status_code}"
    assert "x-evil" not in answer.headers, asked
    assert not re.match(r"https?:|//|/\\", answer.headers.get("location", "/")), f"{asked}: {answer.headers['location']}"
    assert WORKED_OUT not in answer.text, f"{asked}: a template was run"
    parts = Parts(answer.text if "html" in answer.headers.get("content-type", "") else "")
    assert not parts.wrong, f"{asked}: {parts.wrong[:5]}"
    return parts


def test_no_page_runs_what_an_order_a_person_a_bot_a_subscriber_or_a_place_says(site: Besieged, owner: Browser) -> None:
    shown: list[str] = []
    for route in site.routes("GET"):
        if route.path != STREAM:
            path = site.known(route.path)
            if "onload=1" in sound(site.page(owner, path), path).text:
                shown.append(route.path)
    for path in ("/", "/orders", "/orders/{order_id}", "/inbox", "/inbox/{task_id}", "/people", "/people/{person_id}", "/stock",
                 "/bots", "/bots/{bot_id}", "/audit", "/integrations/webhooks", "/decide/{token}"):  # fmt: skip
        assert path in shown, f"{path} shows nothing of it, so this test proves nothing there"


def test_every_query_takes_hostile_text_for_text(site: Besieged, owner: Browser) -> None:
    before = [site.rows(f"SELECT COUNT(*) FROM {table}") for table in TABLES]
    for route in site.routes("GET"):
        declared = [one.alias for one in route.dependant.query_params]
        for value in (LINE, HOSTILE, "\0", "9" * 30, "-1", "' OR '1'='1", *ELSEWHERE):
            for chosen in ([*declared, *UNDECLARED], *([name] for name in declared)) if route.path != STREAM else ():
                asked = f"{site.known(route.path)}?{'&'.join(f'{name}={quote(value)}' for name in chosen)}"
                sound(site.page(owner, asked), asked)
    assert before == [site.rows(f"SELECT COUNT(*) FROM {table}") for table in TABLES]


def test_no_path_leads_out_of_the_office_or_makes_it_fail(site: Besieged, owner: Browser) -> None:
    for method in ("GET", "POST", "DELETE"):
        for route in site.routes(method):
            for value in (*ODD, quote(HOSTILE, safe="")) if "{" in route.path else ():
                asked = with_value(route.path, value)
                answer = owner.ask(method, asked, headers={"accept": "text/html"})
                sound(answer, f"{method} {asked}")
                assert "root:" not in answer.text


def test_no_form_is_taken_without_its_token_or_with_that_of_another_session(site: Besieged, owner: Browser) -> None:
    stolen = site.token(site.browser(site.other))
    site.token(owner)  # the browser has its own cookie now, as a victim's has
    before = [site.rows(f"SELECT COUNT(*) FROM {table}") for table in TABLES]
    assert len(forms(site)) > 30
    for path in forms(site):
        for fields in ({}, {"form_token": stolen}, {"form_token": ""}):
            answer = owner.post(site.known(path), data=fields or {"note": "x"})
            assert answer.status_code == 403, f"{path} with {fields}"
        as_json = owner.post(site.known(path), json={"form_token": site.token(owner)})
        assert as_json.status_code in (403, 415), path
    assert before == [site.rows(f"SELECT COUNT(*) FROM {table}") for table in TABLES]


def test_what_changes_something_is_never_done_by_a_link(site: Besieged, owner: Browser) -> None:
    before = [site.rows(f"SELECT COUNT(*) FROM {table}") for table in TABLES]
    reading = {route.path for route in site.routes("GET")}
    for method in ("POST", "DELETE"):
        for route in site.routes(method):
            if route.path not in reading:
                answer = owner.get(site.known(route.path))
                assert answer.status_code in (404, 405, 422), f"{route.path}: {answer.status_code}"
    assert before == [site.rows(f"SELECT COUNT(*) FROM {table}") for table in TABLES]


def test_a_program_needs_a_token_and_no_other_site_can_speak_for_a_person(site: Besieged, owner: Browser) -> None:
    form = {"content-type": "text/plain"}
    stranger = Browser(site.app)
    for method in ("POST", "DELETE"):
        for route in (one for one in site.routes(method) if one.path.startswith("/api/")):
            path = site.known(route.path)
            assert stranger.ask(method, path, json={}).status_code == 401, path
            assert stranger.ask(method, path, json={}, headers={"authorization": "Bearer ac_guess"}).status_code == 401, path
            if method == "POST":
                assert owner.post(path, content=b"{}", headers=form).status_code == 415, path


def test_every_form_takes_injections_for_text(site: Besieged) -> None:
    names = sorted({*_fields(site), "note", "because", "url", "events", "name", "email", "to", "text"} - {"form_token"})
    tables = [site.rows(f"SELECT COUNT(*) FROM {table}") for table in ("orders", "order_lines")]
    for path in forms(site):
        browser, token = site.browser(), ""
        for start in range(0, len(names), 40):
            for value in (LINE, HOSTILE, "9" * 30, "\0", *ELSEWHERE[:1]):
                token = token or site.token(browser)
                fields = dict.fromkeys(names[start : start + 40], value) | {"form_token": token}
                answer = browser.post(site.known(path), data=fields, headers={"accept": "text/html"})
                sound(answer, f"POST {path} {value[:20]!r}")
                assert b"not sent from a page" not in answer.content, path
                if answer.status_code == 303 and ("sign-out" in path or "end" in path or "disable" in path):
                    browser, token = site.browser(), ""
    assert tables == [site.rows(f"SELECT COUNT(*) FROM {table}") for table in ("orders", "order_lines")]


def _fields(site: Besieged) -> set[str]:
    owner, found = site.browser(), set[str]()
    for route in site.routes("GET"):
        if route.path != STREAM and not route.path.startswith("/api/"):
            found |= Parts(site.page(owner, site.known(route.path)).text).fields
    return found


def test_a_program_that_sends_nests_of_brackets_is_told_off(site: Besieged, owner: Browser) -> None:
    nest = b'{"x":' + b"[" * 200_000
    for route in (one for one in site.routes("POST") if one.path.startswith("/api/")):
        path = site.known(route.path)
        for body in (nest, b'"\\ud800"', b"\xff", b'{"because":"\\u0000"}', f'{{"because":{"9" * 5_000}}}'.encode()):
            answer = owner.post(path, content=body, headers={"content-type": "application/json"})
            assert 400 <= answer.status_code < 500, f"{path}: {answer.status_code}"


def test_no_body_is_read_beyond_the_limit_on_any_route(site: Besieged, owner: Browser) -> None:
    big = b"x" * 1_100_000
    for route in site.routes("POST"):
        assert owner.post(site.known(route.path), content=big).status_code == 413, route.path


def test_a_request_that_says_a_thing_twice_is_refused(site: Besieged) -> None:
    """What a proxy reads from the first and the office from the second, or the other way round, smuggles requests."""
    for name, values in (("host", ("127.0.0.1", "evil.example")), ("content-length", ("0", "1")), ("authorization", ("a", "b"))):
        twice = [(name, value) for value in values]
        assert Browser(site.app).get("/health", headers=httpx.Headers(twice)).status_code == 400, name


def test_a_planted_session_is_not_taken_over_and_guessing_has_to_wait(site: Besieged) -> None:
    kept = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)).hash(PASSWORD)
    with site.office.database.transaction() as tx:
        tx.run("DELETE FROM sign_in_throttles")  # those that other tests have earned
        signing_in.set_password(tx, site.other, kept, but="", now_ms=site.office.clock.now_ms())
    victim = Browser(site.app)
    victim.cookies.set(SESSION, "planted" * 6)
    fields = {"form_token": Parts(site.page(victim, "/sign-in").text).token, "email": site.other.email, "password": PASSWORD}
    assert victim.post("/sign-in", data=fields).status_code == 303
    assert all("planted" not in (cookie.value or "") for cookie in list(victim.cookies.jar)[1:])
    planted = Browser(site.app)
    planted.cookies.set(SESSION, "planted" * 6)
    assert site.page(planted, "/me").status_code == 303
    stranger = Browser(site.app)
    fields |= {"form_token": Parts(site.page(stranger, "/sign-in").text).token, "password": "a guess of mine"}
    answers = [stranger.post("/sign-in", data=fields).status_code for _ in range(8)]
    assert (answers[0], answers[-1]) == (422, 429)
    assert set(answers) == {422, 429}


def test_an_attack_that_succeeds_would_be_seen() -> None:
    assert {*Parts(HOSTILE).wrong} >= {f"<{MARK}>", "<script>", "<img>"}
    assert Parts(f'<a title="{LINE}">').wrong
    assert Parts('<a href="javascript:alert(1)">').wrong


def test_pages_are_kept_by_nobody_and_cookies_from_scripts(site: Besieged, owner: Browser) -> None:
    for path in (
        "/",
        "/orders/1",
        "/people",
        "/people/2",
        "/inbox/1",
        "/me",
        "/audit",
        f"/decide/{site.link}",
        "/api/v1/orders/1",
    ):
        answer = site.page(owner, path)
        assert answer.status_code == 200, path
        assert answer.headers["cache-control"] == "no-store", path
        assert answer.headers["referrer-policy"] == "same-origin"
        for cookie in answer.headers.get_list("set-cookie"):
            assert "httponly" in cookie.lower(), cookie
    assert SESSION not in site.page(owner, "/me").text


def test_an_address_writes_no_line_of_its_own_into_the_log(site: Besieged, caplog: pytest.LogCaptureFixture) -> None:
    @site.app.get("/fails/{name}")
    def fails(name: str) -> None:
        raise RuntimeError

    with caplog.at_level(logging.ERROR, "afterclick.web"):
        assert Browser(site.app).get("/fails/x%0aERROR%20the%20vault%20is%20open").status_code == 500
    assert all("\n" not in record.getMessage() for record in caplog.records)
