"""The first page: queue, inbox and one order, with hostile names, and webhooks that come in."""

import json
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest

from afterclick.app import Office
from afterclick.orders.intake.signature import HEADER, sign
from afterclick.site import site
from afterclick.store.log import Event
from tests.control_room.browser import Browser, everyone

SECRET: Final = "s3cret"
HOSTILE: Final = """<script>alert(1)</script>"'>&{{7*7}}"""


class Elements(HTMLParser):
    """The names of the elements on a page, and the fields of its forms."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.token = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        found = dict(attrs)
        if found.get("name") == "form_token":
            self.token = found.get("value") or ""


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    values: dict[str, str] = {"webhooks.secret": SECRET, "shop.name": HOSTILE.replace('"', "'")}
    if not database_url.startswith("sqlite"):
        values["database.url"] = database_url
    Office.create(tmp_path / "office", values)
    made = Office.open(tmp_path / "office")
    yield made
    made.close()


@pytest.fixture
def client(office: Office) -> Browser:
    return Browser(site(office, host="127.0.0.1", authenticate=everyone))


def delivered(client: Browser, number: str = "A-1", *, secret: str = SECRET, sku: str = "X", store: str = "shop") -> int:
    body = json.dumps({
        "event": f"e-{number}", "id": number, "placed": "2026-11-20T08:00:00Z", "currency": "EUR", "total": "10.00",
        "customer": {"id": HOSTILE, "email": "a@b.example"},
        "ship_to": {"name": HOSTILE, "line1": HOSTILE, "city": "Hamburg", "postcode": "20095", "country": "DE"},
        "lines": [{"sku": sku, "quantity": 1, "unit_price": "10.00"}],
    }).encode()  # fmt: skip
    signature = sign(body, secret=secret, at_s=int(time.time()))
    return client.post(f"/webhooks/{store}", content=body, headers={HEADER: signature}).status_code


def ask(office: Office, because: str = HOSTILE) -> int:
    """Put the first order into the inbox, as a rule would."""
    with office.database.transaction() as tx:
        tx.run("UPDATE orders SET state = 'inbox', waiting_for = 'fraud', because = ?, stage = 'genuine'", (because,))
        tx.run("DELETE FROM queue")
        office.record(tx, [Event("genuine", 1, None, "Ask", because, json.dumps({"country": HOSTILE}))], by="person:test")
        return tx.value(
            "INSERT INTO tasks (bot, stage, item_kind, item, who, because, proposal, facts, state, asked_ms)"
            " VALUES ('orders.fulfil', 'genuine', 'order', 1, 'fraud', ?, 'approve', ?, 'open', 1) RETURNING id",
            (because, json.dumps({"country": HOSTILE, "score": 60})),
        )


def test_an_empty_office_says_so(client: Browser) -> None:
    assert "No order has come in yet" in client.get("/orders").text
    assert "No order is waiting" in client.get("/orders?state=waiting").text
    assert "Nobody is needed" in client.get("/inbox").text


def test_a_signed_webhook_comes_in_once_and_an_unsigned_one_never(client: Browser, office: Office) -> None:
    assert [delivered(client), delivered(client), delivered(client, "A-2", secret="wrong")] == [200, 200, 401]
    assert client.post("/webhooks/shop", content=b"{}").status_code == 401
    with office.database.reading() as tx:
        assert tx.rows("SELECT external_id FROM orders") == [("A-1",)]


def test_a_store_cannot_send_orders_in_the_name_of_another(tmp_path: Path) -> None:
    Office.create(tmp_path / "office", {"webhooks.secret": "vault:webhooks-{store}"})
    office = Office.open(tmp_path / "office")
    client = Browser(site(office, host="127.0.0.1", authenticate=everyone))
    office.vault.put("webhooks-kiel", "the secret of Kiel", by="person:test")
    office.vault.put("webhooks-bremen", "the secret of Bremen", by="person:test")
    assert delivered(client, secret="the secret of Kiel", store="kiel") == 200
    assert delivered(client, secret="the secret of Kiel", store="bremen") == 401
    with office.database.reading() as tx:
        before = tx.value("SELECT COUNT(*) FROM events")
    for store in ("nobody", "{store}", "../kiel", "KIEL", "kiel%00", "x" * 100):
        assert delivered(client, secret="", store=store) in (401, 404, 422), store
        assert delivered(client, secret="the secret of Kiel", store=store) in (401, 404, 422), store
    with office.database.reading() as tx:
        assert tx.rows("SELECT store, external_id FROM orders") == [("kiel", "A-1")]
        assert tx.value("SELECT COUNT(*) FROM events") == before, "strangers write nothing into the log"
    office.close()


def test_hostile_text_is_shown_as_text_on_every_page(client: Browser, office: Office) -> None:
    assert delivered(client, HOSTILE) == 200
    task = ask(office)
    for path in ("/orders", "/orders?state=inbox", "/inbox", f"/inbox/{task}", "/orders/1", "/find?number={{7*7}}"):
        page = client.get(path, headers={"accept": "text/html"}).text
        elements = Elements(page)
        assert elements.names.count("script") == page.count("<script") == page.count('<script src="/script.js?v=') == 1
        assert "{{7*7}}" in page
        assert not {"iframe", "object", "style"} & set(elements.names)


def test_an_order_is_found_by_its_number(client: Browser) -> None:
    delivered(client, "A-77")
    answer = client.get("/find?number= A-77 ")
    assert (answer.status_code, answer.headers["location"]) == (303, "/orders/1")
    assert "received" in client.get("/orders/1").text
    for path in ("/find?number=B-1", "/orders/2", "/orders/0", f"/orders/{10**30}", "/inbox/5"):
        assert client.get(path).status_code == 404


def test_a_question_is_answered_once_and_only_from_our_own_form(client: Browser, office: Office) -> None:
    delivered(client)
    task = ask(office, "why")
    assert client.post(f"/inbox/{task}/approve", data={"note": "fine"}).status_code == 403
    token = Elements(client.get("/inbox").text).token
    form = {"form_token": token, "note": "fine"}
    assert client.post(f"/inbox/{task}/burn", data=form).status_code == 404
    answer = client.post(f"/inbox/{task}/approve", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/inbox?done={task}")
    with office.database.reading() as tx:
        state, by, note = tx.rows("SELECT state, decided_by, note FROM tasks WHERE id = ?", (task,))[0]
    assert (state, note) == ("approved", "fine")
    assert by.startswith("person:")
    assert client.post(f"/inbox/{task}/reject", data=form).status_code == 409
    assert "approved" in client.get(f"/inbox/{task}").text


def test_many_orders_are_shown_page_by_page(client: Browser) -> None:
    for number in range(60):
        delivered(client, f"N-{number:03d}")
    first = client.get("/orders").text
    assert "N-059" in first
    assert "N-000" not in first
    following = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    assert "N-000" in client.get(following).text
    assert client.get("/orders?cursor=nonsense").status_code == 422
    assert client.get("/orders?state=nonsense").status_code == 422
