"""The audit's pages: who may see and do what, searching, verifying, exporting, erasing; hostile text stays text."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from afterclick.control_room.audit import pages
from afterclick.control_room.audit.pages import Auditing
from afterclick.control_room.audit.walking import Walk
from afterclick.control_room.server import Room, build
from afterclick.governance.actor import Actor
from afterclick.governance.permissions import Role
from afterclick.store import log
from afterclick.store.database import Database
from afterclick.store.log import Block, Event
from afterclick.store.tables import metadata
from tests.control_room.browser import Browser, signed_in

HOSTILE: Final = """<script>alert(1)</script>"'>&{{7*7}}"""
NOW_MS: Final = 1_795_132_800_000


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    metadata.create_all(opened.engine)
    with opened.transaction() as tx:
        tx.run(
            "INSERT INTO orders (id, store, external_id, customer, state, particulars, received_ms)"
            " VALUES (7, 'shop', 'A-7', 'C-7', 'shipped',"
            """ '{"ship_to":{"name":"Ada Miller","country":"DE"},"email":"a@b.example"}', 1)"""
        )
        log.append(tx, Block(NOW_MS, "orders.fulfil", "1", "live", 1), [
            Event("judged", 7, None, "Ask", f"{HOSTILE} for Ada Miller", '{"country":"<DE>"}'), Event("shipped", 7),
        ])  # fmt: skip
        log.append(tx, Block(NOW_MS + 60_000, "person:anna", ""), [Event("bot.changed", None, "bot/orders.fulfil", "paused")])
    yield opened
    opened.dispose()


Enter = Callable[..., Browser]


@pytest.fixture
def enter(database: Database) -> Enter:
    """A browser of somebody with these roles."""

    def entered(*roles: Role, auditing: Auditing | None = None) -> Browser:
        def who(_request: object) -> Actor:
            return signed_in(*roles)

        room = Room("Shop", database, lambda: NOW_MS + 90_000, who, lambda: None, ("localhost",))
        return Browser(build(room, [pages.pages(room, auditing or Auditing())]))

    return entered


def form(client: Browser, path: str, **fields: str) -> dict[str, str]:
    page = client.get(path).text
    return {"form_token": page.partition('name="form_token" value="')[2].partition('"')[0], **fields}


@pytest.mark.parametrize(
    ("path", "method", "may"),
    [
        ("/audit", "get", {"auditor"}),
        ("/audit/proof", "get", {"auditor"}),
        ("/audit/verify", "post", {"auditor"}),
        ("/audit/anchor", "post", {"auditor"}),
        ("/audit/export/csv", "get", {"auditor"}),
        ("/audit/erase", "get", {"admin"}),
        ("/audit/erase", "post", {"admin"}),
    ],
)
def test_each_page_is_open_to_those_who_may_and_to_nobody_else(enter: Enter, path: str, method: str, may: set[str]) -> None:
    roles: tuple[Role, ...] = ("viewer", "operator", "approver", "architect", "auditor", "admin")
    for role in roles:
        client = enter(role)
        status = (client.get if method == "get" else client.post)(path).status_code
        # A post that may be sent is refused later, since it carries no form of ours.
        assert (status != 403) == (role in may) if method == "get" else status in (403, 415), f"{role} {path}"


def test_events_are_found_by_each_field_and_hostile_text_is_shown_as_text(enter: Enter) -> None:
    client = enter("auditor")
    page = client.get("/audit").text
    assert page.index("bot.changed") < page.index("judged")
    assert "<script>alert" not in page
    assert "{{7*7}}" in page
    for query, there, gone in (
        ("order=A-7", "judged", "bot.changed"),
        ("order=7", "shipped", "bot.changed"),
        ("order=A-8", "Nothing in the log matches", "judged"),
        ("actor=person:", "bot.changed", "shipped</td>"),
        ("activity=shipped", "shipped</td>", "judged"),
        ("verdict=Ask", "judged", "shipped</td>"),
        ("because=ADA+miller", "judged", "bot.changed"),
        ("about=bot/orders.fulfil", "bot.changed", "judged"),
        ("since=2026-11-20T00:01", "bot.changed", "judged"),
        ("until=2026-11-20T00:01", "judged", "bot.changed"),
    ):
        found = client.get(f"/audit?{query}").text
        assert there in found, query
        assert gone not in found, query
    for wrong in ("since=yesterday", "cursor=x", "since=2026-11-21&until=2026-11-20", f"order={'x' * 300}"):
        assert client.get(f"/audit?{wrong}").status_code == 422


def test_the_log_is_verified_from_the_page(enter: Enter, database: Database) -> None:
    with database.reading() as tx:
        head: str = tx.value("SELECT hash FROM blocks WHERE number = 2")
    kept: dict[int, str] = {}
    client = enter("auditor", auditing=Auditing(anchors=lambda: kept, anywhere=True))
    said = "There is no anchor outside"
    for anchors, tampered, words in (
        ({}, "", said),
        ({2: head}, "", "agree with every anchor"),
        ({3: head}, "", "the tail was cut"),
    ):
        kept.clear()
        kept.update(anchors)
        assert client.post("/audit/verify", data=form(client, "/audit/proof")).headers["location"] == "/audit/proof"
        assert words in client.get("/audit/proof").text, tampered
    with database.transaction() as tx:
        tx.run("UPDATE events SET verdict = 'Pass' WHERE block = 1 AND seq = 0")
    client.post("/audit/verify", data=form(client, "/audit/proof"))
    assert "The first block that does not hold is 1: block 1 was changed" in client.get("/audit/proof").text


def test_a_verification_that_cannot_be_done_says_why(database: Database) -> None:
    def unreadable() -> dict[int, str]:
        raise ValueError("the anchor file is no file")

    walk = Walk(database, anchors=unreadable, now_ms=lambda: 1)
    walk.start()
    walk.wait(10)
    assert (walk.standing.state, walk.standing.because) == ("failed", "the anchor file is no file")


def test_the_log_is_taken_out_in_three_forms(enter: Enter) -> None:
    client = enter("auditor")
    table = client.get("/audit/export/csv")
    assert table.headers["content-disposition"] == 'attachment; filename="log.csv"'
    assert "7,judged,2026-11-20T00:00:00.000Z,orders.fulfil" in table.text
    mined = json.loads(client.get("/audit/export/ocel?since=2026-11-20T00:01").content)
    assert [one["type"] for one in mined["events"]] == ["bot.changed"]
    assert client.get("/audit/export/chain").text.count("\n") == 4
    assert client.get("/audit/export/pdf").status_code == 404
    assert client.get("/audit/export/csv?since=x").status_code == 422


def test_the_head_is_written_down_on_demand_where_there_is_a_place(enter: Enter, database: Database) -> None:
    client = enter("auditor")
    assert "written down nowhere else" in client.get("/audit/proof").text
    assert client.post("/audit/anchor", data=form(client, "/audit/proof")).status_code == 409
    client = enter("auditor", auditing=Auditing(anywhere=True))
    assert client.post("/audit/anchor", data=form(client, "/audit/proof")).status_code == 303
    with database.reading() as tx:
        assert tx.rows("SELECT bot, items FROM queue") == [("audit.anchor", "[]")]


def test_a_customer_is_erased_in_two_steps(enter: Enter, database: Database) -> None:
    client = enter("admin")
    asked = form(client, "/audit/erase", customer="C-7", because="asked for by letter")
    shown = client.post("/audit/erase", data=asked).text
    assert "Erase it for good" in shown
    assert _events_naming(database) == 1
    named = client.post("/audit/erase", data=asked | {"sure": "yes", "because": "Ada Miller asked"})
    assert named.status_code == 409
    assert "without naming the customer" in named.text
    assert "Erased." in client.post("/audit/erase", data=asked | {"sure": "yes"}).text
    assert _events_naming(database) == 0
    with database.reading() as tx:
        assert log.verify(tx).ok
        assert "Miller" not in tx.value("SELECT particulars FROM orders")
        assert tx.rows("SELECT b.actor, e.activity FROM blocks b JOIN events e ON e.block = b.number WHERE b.number = 3") == [
            ("person:test", "data.erased")
        ]
    assert "Nothing is known" in client.post("/audit/erase", data=asked).text
    assert client.post("/audit/erase", data=form(client, "/audit/erase")).status_code == 422


def test_templates_lie_beside_their_pages() -> None:
    assert {path.name for path in Path(pages.TEMPLATES).iterdir()} == {"search.html", "proof.html", "erase.html"}


def _events_naming(database: Database) -> int:
    with database.reading() as tx:
        return tx.value("SELECT COUNT(*) FROM events WHERE because LIKE '%Miller%'")
