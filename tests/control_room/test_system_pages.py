"""Settings, integrations and the vault: what they show, to whom, and that no secret is among it."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from afterclick.app import Office
from afterclick.control_room.system.integrations import listing
from afterclick.control_room.system.traffic import DAY_MS, MOST_EVENTS, Answered, Traffic, today
from afterclick.engine.breaker import Breaker
from afterclick.governance.actor import Actor
from afterclick.governance.permissions import Role
from afterclick.orders.intake.signature import HEADER, sign
from afterclick.site import site
from afterclick.store import log
from afterclick.store.database import Database
from afterclick.store.log import Block, Event
from afterclick.store.tables import metadata
from tests.control_room.browser import Browser, signed_in
from tests.governance.vault.office import forgetting

VALUE: Final = "<b>'sesame' & \"open\"</b> 漢字 %s"
NOW_MS: Final = 1_795_132_800_000 + 10 * 3_600_000


class Visitors:
    """Who asks, as a test says."""

    def __init__(self) -> None:
        self.now: Actor = signed_in()

    def __call__(self, _request: object) -> Actor:
        return self.now


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[Office]:
    """An office whose webhooks are signed with a secret of the vault."""
    values: dict[str, str | int] = {"webhooks.secret": "vault:webhooks", "shop.iban": "DE02", "simulator.orders": 100}
    if not database_url.startswith("sqlite"):
        values["database.url"] = database_url
    Office.create(tmp_path / "office", values)
    made = Office.open(tmp_path / "office")
    with forgetting():
        yield made
    made.close()


@pytest.fixture
def visitors() -> Visitors:
    return Visitors()


@pytest.fixture
def client(office: Office, visitors: Visitors) -> Browser:
    return Browser(site(office, host="127.0.0.1", authenticate=visitors))


def form(client: Browser, page: str, to: str, fields: Mapping[str, str]) -> Any:
    """Open a page, and send its form."""
    token = re.search(r'name="form_token" value="(\w+)"', client.get(page).text)
    assert token
    return client.post(to, data={**fields, "form_token": token[1]})


def test_settings_show_value_source_and_how_to_change_them(client: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    page = client.get("/settings").text
    assert page.count("<h1") == 1
    rows = {row.partition("</th>")[0]: row for row in page.split('<th scope="row" class="code">')[1:]}
    assert "DE02" in rows["shop.iban"]
    assert "afterclick.toml" in rows["shop.iban"]
    assert "afterclick config set shop.iban" in rows["shop.iban"]
    assert '<span class="pill">default</span>' in rows["shop.city"]
    assert "vault:webhooks" in rows["webhooks.secret"]
    assert "afterclick config set webhooks.secret vault:NAME" in rows["webhooks.secret"]


def test_settings_from_the_environment_say_so_and_secrets_are_masked(
    office: Office, visitors: Visitors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFTERCLICK_SHOP_CITY", "Kiel")
    monkeypatch.setenv("AFTERCLICK_WEBHOOKS_SECRET", "in-the-open-here")
    again = Office.open(office.folder)
    try:
        page = Browser(site(again, host="127.0.0.1", authenticate=visitors)).get("/settings").text
    finally:
        again.close()
    assert "AFTERCLICK_SHOP_CITY=…" in page
    assert "in-the-open-here" not in page
    assert "(set)" in page


@pytest.mark.parametrize("role", ["viewer", "operator", "approver", "architect", "auditor"])
def test_the_vault_is_for_the_admin_alone(client: Browser, office: Office, visitors: Visitors, role: Role) -> None:
    office.vault.put("dhl", VALUE, by="person:anna")
    visitors.now = signed_in(role)
    assert client.get("/settings").status_code == 200
    assert client.get("/integrations").status_code == 200
    assert "/integrations/vault" not in client.get("/integrations").text
    for path in ("/integrations/vault", "/integrations/vault/dhl"):
        assert client.get(path).status_code == 403
    for path in ("/integrations/vault", "/integrations/vault/dhl/rotate", "/integrations/vault/dhl/revoke"):
        assert client.post(path, data={"value": "another value", "confirm": "dhl"}).status_code == 403
    assert office.vault.readable("dhl") == [1]


def test_an_admin_keeps_rotates_and_revokes_a_secret_and_never_sees_it(
    client: Browser, office: Office, visitors: Visitors
) -> None:
    visitors.now = signed_in("admin", name="anna")
    assert "The vault is empty" in client.get("/integrations/vault").text
    kept = form(client, "/integrations/vault", "/integrations/vault", {"name": "dhl", "value": VALUE})
    assert (kept.status_code, kept.headers["location"]) == (303, "/integrations/vault/dhl")
    rotated = form(client, "/integrations/vault/dhl", "/integrations/vault/dhl/rotate", {"value": VALUE + "2", "grace": "1"})
    assert rotated.status_code == 303
    page, listed = client.get("/integrations/vault/dhl").text, client.get("/integrations/vault").text
    assert "person:anna" in page
    assert "version 2" in page
    assert "ends in" in listed
    assert "sesame" not in page + listed
    wrong = form(client, "/integrations/vault/dhl", "/integrations/vault/dhl/revoke", {"confirm": "ups"})
    assert wrong.status_code == 422
    assert form(client, "/integrations/vault/dhl", "/integrations/vault/dhl/revoke", {"confirm": "dhl"}).status_code == 303
    assert "This secret was revoked" in client.get("/integrations/vault/dhl").text
    assert office.vault.readable("dhl") == []


def test_what_the_vault_refuses_is_said_without_the_value(client: Browser, office: Office) -> None:
    office.vault.put("dhl", VALUE, by="person:anna")
    place = "/integrations/vault"
    for to, fields, status in (
        (place, {"name": "dhl", "value": VALUE}, 422),
        (place, {"name": "../x", "value": VALUE}, 422),
        (place, {"name": "new", "value": "tiny"}, 422),
        (place + "/ups/rotate", {"value": VALUE}, 404),
        (place + "/dhl/rotate", {"value": VALUE, "grace": "forever"}, 422),
        (place + "/ups/revoke", {"confirm": "ups"}, 404),
    ):
        refused = form(client, place, to, fields)
        assert refused.status_code == status, to
        assert "sesame" not in refused.text
    assert client.get(place + "/nobody").status_code == 404
    assert client.post(place, data={"name": "x", "value": VALUE}).status_code == 403, "without the form's token"


def test_a_lost_key_is_said_and_nothing_is_changed(client: Browser, office: Office) -> None:
    office.vault.put("dhl", VALUE, by="person:anna")
    (office.folder / "vault.key").unlink()
    office.vault.keys._known = None
    refused = form(client, "/integrations/vault", "/integrations/vault", {"name": "ups", "value": VALUE})
    assert refused.status_code == 503
    assert "bring it back from its backup" in refused.text


def deliver(client: Browser, number: str, secret: str) -> int:
    body = json.dumps({
        "event": f"e-{number}", "id": number, "placed": "2026-11-20T08:00:00Z", "currency": "EUR", "total": "10.00",
        "customer": {"id": "C1", "email": "a@b.example"},
        "ship_to": {"name": "A", "line1": "B", "city": "Hamburg", "postcode": "20095", "country": "DE"},
        "lines": [{"sku": "X", "quantity": 1, "unit_price": "10.00"}],
    }).encode()  # fmt: skip
    signature = sign(body, secret=secret, at_s=int(time.time()))
    return client.post("/webhooks/shop", content=body, headers={HEADER: signature}).status_code


def test_a_setting_that_refers_to_the_vault_is_looked_up_where_it_is_used(client: Browser, office: Office) -> None:
    assert deliver(client, "A-1", "the first secret") == 503, "nothing is in the vault yet"
    office.vault.put("webhooks", "the first secret", by="person:anna")
    assert deliver(client, "A-1", "the first secret") == 200
    assert deliver(client, "A-2", "another secret") == 401
    office.vault.rotate("webhooks", "the second secret", by="person:anna")
    office.clock._ahead_ms += 61_000
    assert deliver(client, "A-3", "the second secret") == 200
    assert deliver(client, "A-4", "the first secret") == 200, "stores may still sign with it"
    assert deliver(client, "A-5", "another secret") == 401
    with office.database.reading() as tx:
        leases = tx.rows("SELECT because FROM events WHERE activity = 'vault.leased' ORDER BY block")
    assert [because for (because,) in leases] == [
        f"version {version} to office.settings for webhooks.secret" for version in (1, 2, 1)
    ]


def test_integrations_say_what_is_not_known_where_no_bot_works(client: Browser) -> None:
    page = client.get("/integrations").text
    assert page.count("simulated</span>") >= 5
    assert page.count("not known here") >= 5
    assert "The bots work in another process" in page


def test_integrations_show_what_the_bots_of_this_process_saw(client: Browser, office: Office) -> None:
    with office.engine() as engine:
        for _ in range(25):
            engine.door._breaker("payments").note(failed=1, of=1, now_ms=office.clock.now_ms())
        engine.door._breaker("payments").count(
            declined=0, failed=1, of=1, because="the line <b>is down</b>", now_ms=office.clock.now_ms()
        )
        page = client.get("/integrations").text
    assert '<span class="pill refused">open</span>' in page
    assert "the line &lt;b&gt;is down&lt;/b&gt;" in page
    assert page.count('<span class="pill pass">closed</span>') >= 4


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    metadata.create_all(made.engine)
    yield made
    made.dispose()


def happened(database: Database, at_ms: int, *events: Event) -> None:
    with database.transaction() as tx:
        log.append(tx, Block(at_ms, "orders.fulfil", "1"), events)


def test_answers_of_today_are_counted_by_system(database: Database) -> None:
    happened(database, NOW_MS - DAY_MS, Event("payments.authorise", 1, None, "Done", "", "{}", "k0"))
    happened(database, NOW_MS - 5_000, Event("payments.authorise", 2, None, "Done", "", "{}", "k1"),
             Event("payments.capture", 2, None, "Declined", "no money", "", "k2"), Event("judged", 2, None, "Pass"),
             Event("carrier.label", 2, None, "Done", "carrier:dhl", "{}", "k3"),
             Event("carrier.label", 3, None, "Declined", "no such town", '{"system":"carrier:ups"}', "k4"))  # fmt: skip
    with database.reading() as tx:
        seen = today(tx, now_ms=NOW_MS)
    assert seen.by_system == {
        "payments": Answered(1, 1, NOW_MS - 5_000), "carrier:dhl": Answered(1, 0, NOW_MS - 5_000),
        "carrier:ups": Answered(0, 1, NOW_MS - 5_000),
    }  # fmt: skip
    assert seen.whole
    with database.reading() as tx:
        assert today(tx, now_ms=NOW_MS + DAY_MS).by_system == {}


def test_on_a_busy_day_only_the_newest_part_is_read_and_the_page_says_since_when(database: Database) -> None:
    for number in range(4):
        events = [Event("payments.capture", one, None, "Done", "", "{}", f"{number}-{one}") for one in range(MOST_EVENTS // 3)]
        happened(database, NOW_MS - 4_000 + number * 1_000, *events)
    with database.reading() as tx:
        seen = today(tx, now_ms=NOW_MS)
    assert not seen.whole
    assert seen.by_system["payments"].done == MOST_EVENTS
    assert seen.since_ms == NOW_MS - 4_000 + (0 if MOST_EVENTS % 3 else 1_000)


def test_a_breaker_counts_by_day_and_remembers_the_last_failure() -> None:
    breaker = Breaker()
    breaker.count(declined=2, failed=1, of=10, because="slow", now_ms=NOW_MS)
    breaker.count(declined=0, failed=0, of=5, because="", now_ms=NOW_MS + 1_000)
    assert breaker.health[1:] == (12, 2, 1, NOW_MS + 1_000, NOW_MS, "slow")
    health = {"payments": (True, breaker.health)}
    [now] = listing({"payments": False}, Traffic({}, 0, True), health, now_ms=NOW_MS)
    assert (now.unanswered, now.breaker, now.last_failure) == (1, "closed", "slow")
    [tomorrow] = listing({"payments": False}, Traffic({}, 0, True), health, now_ms=NOW_MS + DAY_MS)
    assert tomorrow.unanswered == 0
    breaker.count(declined=0, failed=0, of=1, because="", now_ms=NOW_MS + DAY_MS)
    assert breaker.health[1:] == (1, 0, 0, NOW_MS + DAY_MS, NOW_MS, "slow")
