"""The guard before every page: names, sizes, headers, and forms that only our own pages may send."""

from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from afterclick.control_room import words
from afterclick.control_room.forms import Seal, sent
from afterclick.control_room.guard import LARGEST_BODY
from afterclick.control_room.server import Room, build
from afterclick.control_room.webhooks import webhooks
from afterclick.store.database import Database
from afterclick.store.tables import metadata
from tests.control_room.browser import Browser, everyone

FORM = {"content-type": "application/x-www-form-urlencoded"}


def routes() -> APIRouter:
    router = APIRouter()

    @router.get("/form")
    def form(request: Request) -> Response:
        seal = Seal(request)
        return seal.on(PlainTextResponse(seal.token))

    @router.post("/form")
    async def send(request: Request) -> dict[str, str]:
        return await sent(request)

    @router.get("/number/{number}")
    def number(number: int) -> int:
        return number

    return router


@pytest.fixture
def client(database_url: str) -> Iterator[Browser]:
    database = Database(database_url)
    metadata.create_all(database.engine)
    room = Room("Shop", database, lambda: 0, everyone, lambda: None, ("localhost",))
    received = webhooks(lambda _store, _headers, body: "" if body == b"signed" else "not signed")
    yield Browser(build(room, [routes(), received]))
    database.dispose()


def test_every_answer_forbids_foreign_scripts_frames_and_guessing(client: Browser) -> None:
    for path in ("/health", "/style.css", "/form", "/nothing"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "script-src 'self';" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_pages_are_not_served_under_a_foreign_name_but_webhooks_are(client: Browser) -> None:
    foreign = {"host": "evil.example"}
    assert client.get("/form", headers=foreign).status_code == 421
    assert client.get("/health", headers=foreign).status_code == 200
    assert client.post("/webhooks/shop", content=b"signed", headers=foreign).status_code == 200


def test_what_is_not_there_is_a_problem_for_programs_and_a_page_for_people(client: Browser) -> None:
    answer = client.get("/nothing")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json() == {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "there is no such page"}
    page = client.get("/nothing", headers={"accept": "text/html"})
    assert page.status_code == 404
    assert page.text.startswith("<!doctype html>")
    assert client.get("/number/many").json()["status"] == 422


def test_a_body_that_is_too_large_is_refused_also_when_it_does_not_say_so(client: Browser) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * (LARGEST_BODY // 2)

    announced = client.post("/webhooks/shop", content=b"x" * (LARGEST_BODY + 1))
    silent = client.post("/webhooks/shop", content=pieces())
    for answer in (announced, silent):
        assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    assert client.post("/webhooks/shop", content=b"signed", headers={"content-length": "many"}).status_code == 400


def test_a_webhook_is_answered_at_once_and_an_unsigned_one_is_a_problem(client: Browser) -> None:
    assert client.post("/webhooks/shop", content=b"signed").json() == {"ok": True}
    answer = client.post("/webhooks/shop", content=b"forged")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.json()["detail"] == "not signed"
    assert client.get("/webhooks/shop").status_code == 405
    assert client.post(f"/webhooks/{'x' * 101}", content=b"signed").status_code == 404


def test_only_a_form_of_our_own_is_taken(client: Browser) -> None:
    assert client.post("/form", content="note=hello", headers=FORM).status_code == 403
    first = client.get("/form")
    token = first.text
    assert "httponly" in first.headers["set-cookie"].lower()
    assert "samesite=strict" in first.headers["set-cookie"].lower()
    assert client.post("/form", content=f"note=hello&form_token={token}", headers=FORM).json() == {"note": "hello"}
    assert client.get("/form").text == token
    assert client.post("/form", content=f"note=hello&form_token={token[:-1]}0x", headers=FORM).status_code == 403
    assert client.post("/form", content="note=hello&form_token=%C3%A4", headers=FORM).status_code == 403
    assert client.post("/form", json={"form_token": token}).status_code == 415
    assert client.post("/form", content=f"note={'x' * 5_000}&form_token={token}", headers=FORM).status_code == 422
    assert client.post("/form", content="&".join(f"a{n}=1" for n in range(60)), headers=FORM).status_code == 422
    client.cookies.clear()
    assert client.post("/form", content=f"note=hello&form_token={token}", headers=FORM).status_code == 403


@pytest.mark.parametrize(
    ("span_ms", "said"),
    [(-5, "0 s"), (4_200, "4 s"), (60_000, "1 min"), (5_000_000, "83 min"), (7_200_000, "2 h"), (86_400_000 * 3, "3 d")],
)
def test_ages_are_told_in_one_unit(span_ms: int, said: str) -> None:
    assert words.age(span_ms) == said


@pytest.mark.parametrize(
    ("minor", "currency", "said"),
    [(123456, "EUR", "1,234.56 EUR"), (-5, "EUR", "−0.05 EUR"), (1200, "JPY", "1,200 JPY"), (0, "", "0.00")],
)
def test_money_is_told_with_its_currency(minor: int, currency: str, said: str) -> None:
    assert words.money(minor, currency) == said


def test_instants_are_told_in_utc() -> None:
    assert words.instant(1_795_135_232_007) == "2026-11-20 00:40:32"
    assert words.clock(1_795_135_232_007) == "00:40:32.007"
    assert words.instant(0) == ""
