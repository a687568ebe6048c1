"""What may be used once is used once, however many come with it at the same moment, on both kinds of database."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import httpx
import pytest

from afterclick.governance.people import links
from afterclick.orders.intake.signature import HEADER, sign
from tests.control_room.api_office import document
from tests.control_room.browser import Browser
from tests.control_room.entrance import OWNER, PASSWORD, Entrance
from tests.control_room.hostile import SECRET, Besieged, besieged

MANY: Final = 6
NEW: Final = {"password": "nine quiet violins", "again": "nine quiet violins"}


def at_once(*asked: Callable[[], httpx.Response]) -> list[int]:
    """What everybody is answered who comes through the door at the same moment, sorted."""
    gate, found = threading.Barrier(len(asked)), list[int]()

    def come(ask: Callable[[], httpx.Response]) -> None:
        gate.wait()
        found.append(ask().status_code)

    threads = [threading.Thread(target=come, args=(ask,)) for ask in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(found)


@pytest.fixture
def entrance(database_url: str) -> Iterator[Entrance]:
    made = Entrance(database_url)
    yield made
    made.database.dispose()


@pytest.fixture
def site(tmp_path: Path, database_url: str) -> Iterator[Besieged]:
    with besieged(tmp_path, database_url, poisoned=False) as made:
        yield made


def sending(entrance: Entrance, path: str, page: str, fields: dict[str, str]) -> list[Callable[[], httpx.Response]]:
    """As many forms, each opened before anybody sends one."""
    return [entrance.browser().filled_in(path, page, **fields) for _ in range(MANY)]


def test_a_set_up_link_makes_one_first_person(entrance: Entrance) -> None:
    key = entrance.set_up_link()
    fields = {"key": key, "name": "Anna", "email": "anna@shop.example", **NEW}
    answers = at_once(*sending(entrance, "/set-up", f"/set-up?key={key}", fields))
    assert answers == [303, *[410] * (MANY - 1)]
    assert entrance.rows("SELECT COUNT(*) FROM people") == [(1,)]


def test_a_link_for_a_new_password_lets_one_in(entrance: Entrance) -> None:
    person = entrance.person("anna", "viewer")
    with entrance.database.transaction() as tx:
        key = links.make(tx, person, by=OWNER, now_ms=entrance.ms)
    answers = at_once(*sending(entrance, "/sign-in/link", "/sign-in", {"key": key, **NEW}))
    assert answers == [303, *[410] * (MANY - 1)]
    assert entrance.rows("SELECT COUNT(*) FROM sessions") == [(1,)]


@pytest.mark.parametrize("kind", ["telephone", "recovery"])
def test_a_code_lets_one_in(entrance: Entrance, kind: str) -> None:
    person = entrance.person("anna", "viewer")
    secret, codes = entrance.factor_on(person)
    visitors = [entrance.browser() for _ in range(MANY - 2)]  # five wrong codes would have to wait
    for visitor in visitors:
        assert visitor.sign_in("anna@shop.example", PASSWORD).headers["location"] == "/sign-in/code"
    code = entrance.code(secret) if kind == "telephone" else codes[0]
    answers = at_once(*[visitor.filled_in("/sign-in/code", "/sign-in/code", code=code) for visitor in visitors])
    assert answers.count(303) == 1
    assert set(answers) <= {303, 422, 429}
    assert entrance.rows("SELECT COUNT(*) FROM sessions") == [(1,)]


def test_a_link_from_a_mail_decides_once(site: Besieged) -> None:
    def decide() -> Callable[[], httpx.Response]:
        browser = Browser(site.app)
        page = site.page(browser, f"/decide/{site.link}").text
        fields = {"form_token": page.partition('name="form_token" value="')[2].partition('"')[0], "decision": "approve"}
        return lambda: browser.post(f"/decide/{site.link}", data=fields)

    answers = at_once(*[decide() for _ in range(MANY)])
    assert answers.count(200) == 1
    assert set(answers) <= {200, 409, 410}
    assert site.rows("SELECT COUNT(*) FROM events WHERE object = 'task/1' AND activity LIKE '%approve%'")[0][0] <= 1
    assert site.rows("SELECT state FROM tasks WHERE id = 1") == [("approved",)]


def test_a_wish_with_one_key_is_done_once(site: Besieged) -> None:
    owner = site.browser()
    cookies = dict(owner.cookies)

    def hold() -> httpx.Response:
        browser = Browser(site.app)
        browser.cookies.update(cookies)
        return browser.post("/api/v1/orders/2/hold", json={}, headers={"idempotency-key": "k"})

    answers = at_once(*[hold] * MANY)
    assert 200 in answers
    assert set(answers) <= {200, 409}
    assert site.rows("SELECT COUNT(*) FROM amendments WHERE order_id = 2") == [(1,)]


def test_a_delivery_that_is_replayed_is_one_order(site: Besieged) -> None:
    body = json.dumps(json.loads(document(7)) | {"id": "B-7"}).encode()
    signed = {HEADER: sign(body, secret=SECRET, at_s=int(time.time()))}
    answers = at_once(*[lambda: Browser(site.app).post("/webhooks/shop", content=body, headers=signed)] * MANY)
    assert answers == [200] * MANY
    assert site.rows("SELECT COUNT(*) FROM orders WHERE external_id = 'B-7'") == [(1,)]
    old = {HEADER: sign(body, secret=SECRET, at_s=int(time.time()) - 400)}
    assert Browser(site.app).post("/webhooks/shop", content=body, headers=old).status_code == 401
