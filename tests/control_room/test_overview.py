"""The first page: figures that are right, links to the cases behind them, and only what a person may see."""

import re
from collections.abc import Iterator

import pytest

from afterclick.control_room.first_page import approvals, fleet, today
from afterclick.control_room.first_page.overview import Kept, Panel, Source, overview
from afterclick.control_room.server import Room, build
from afterclick.governance import figures
from afterclick.governance.actor import Actor
from afterclick.inventory import panels as inventory_panels
from afterclick.orders import panels as orders_panels
from afterclick.store.database import Database
from afterclick.store.tables import metadata
from afterclick.store.transaction import Tx
from tests.control_room.browser import Browser, signed_in

SOURCES = (orders_panels.SOURCE, fleet.SOURCE, inventory_panels.SOURCE, today.SOURCE)
NOW = 1_795_132_800_000
HOUR = 3_600_000
TODAY = figures.day_of(NOW)


class Asks:
    """Who is asking; set by a test."""

    def __init__(self) -> None:
        self.actor = signed_in()

    def __call__(self, _request: object) -> Actor:
        return self.actor


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    metadata.create_all(made.engine)
    yield made
    made.dispose()


@pytest.fixture
def asks() -> Asks:
    return Asks()


@pytest.fixture
def client(database: Database, asks: Asks) -> Browser:
    room = Room("Shop", database, lambda: NOW, asks, lambda: None)
    return Browser(build(room, [overview(room, SOURCES)]))


def fill(tx: Tx) -> None:
    """Ten orders: five shipped (one touched, one asked about), two waiting, one asking, one held, one refused."""
    rows = [
        (1, "shipped", "", "EUR", 0, False), (2, "shipped", "", "EUR", 0, False), (3, "shipped", "", "EUR", 0, False),
        (4, "shipped", "", "EUR", 0, True), (5, "shipped", "", "EUR", 0, False), (6, "waiting", "stock", "EUR", NOW - 1, False),
        (7, "waiting", "stock", "GBP", NOW + HOUR, False), (8, "inbox", "fraud", "EUR", NOW + 90 * HOUR, False),
        (9, "held", "", "EUR", 0, False), (10, "refused", "", "EUR", 0, False),
    ]  # fmt: skip
    tx.run_many(
        "INSERT INTO orders (id, store, external_id, state, waiting_for, currency, promise_ms, touched, total, since_ms)"
        " VALUES (?, 'shop', ?, ?, ?, ?, ?, ?, 1000, ?)",
        [(row[0], f"A-{row[0]}", *row[1:], NOW - row[0] * HOUR) for row in rows],
    )
    tx.run("INSERT INTO counters (name, next) VALUES ('orders', 11)")
    tx.run_many(
        "INSERT INTO tasks (bot, stage, item_kind, item, who, state, asked_ms, expires_ms)"
        " VALUES ('b', ?, 'order', ?, ?, ?, ?, ?)",
        [("genuine", 8, "fraud", "open", NOW - 2 * HOUR, NOW + HOUR), ("genuine", 5, "fraud", "approved", NOW - 9 * HOUR, NOW)],
    )
    tx.run_many(
        "INSERT INTO stock_levels (sku, warehouse, on_hand, reserved, reorder_point) VALUES (?, 'W', ?, ?, ?)",
        [("LOW", 5, 0, 9), ("OUT", 3, 3, 0), ("OVER", 1, 4, 0), ("FINE", 50, 1, 9)],
    )
    tx.run(
        "INSERT INTO replenishments (sku, warehouse, quantity, state, asked_ms) VALUES ('OUT', 'W', 40, 'open', ?)", (NOW - HOUR,)
    )
    tx.run_many(
        "INSERT INTO bots (id, state, card) VALUES (?, ?, ?)",
        [("orders.fulfil", "active", FULFILS), ("orders.wake", "paused", ""), ("old", "retired", "")],
    )
    tx.run("INSERT INTO queue (bot, items, size, added_ms) VALUES ('orders.fulfil', '[90, 91, 92, 90]', 4, ?)", (NOW - HOUR,))
    days = [(TODAY, "received", "", 12), (TODAY, "left.label", figures.FAILED, 3), (TODAY - 7, "received", "", 20),
            (TODAY - 14, "received", "", 30), (TODAY - 1, "received", "", 99), (TODAY, "decided.approve", "", 2),
            (TODAY, "shipped", "Done", 10), (TODAY - 7, "shipped", "Done", 18)]  # fmt: skip
    tx.run_many(
        "INSERT INTO daily_figures (day, actor, version, activity, verdict, count) VALUES (?, 'orders.fulfil', '1', ?, ?, ?)",
        days,
    )


FULFILS = '{"works_on": "order", "starts_on": [{"type": "queue", "name": "orders.received"}]}'


def shown(page: str) -> dict[str, tuple[str, str]]:
    """What each figure counts: its value, and where it leads."""
    found = re.findall(r'<a class="figure" href="([^"]+)" aria-label="([^"]+)">([^<]+)</a>', page)
    return {label.removeprefix(value).strip(): (value, href.replace("&amp;", "&")) for href, label, value in found}


def test_every_figure_is_right_and_leads_to_its_cases(database: Database, client: Browser) -> None:
    with database.transaction() as tx:
        fill(tx)
    page = client.get("/").text
    found = shown(page)
    assert found["touchless"] == ("30.0%", "/orders?state=shipped&hands=none")
    assert found["orders needed a person"] == ("3", "/orders?hands=some")
    assert found["waiting"] == ("2", "/orders?state=waiting")
    assert found["on hold"] == ("1", "/orders?state=held")
    assert found["questions to people"] == ("1", "/inbox")
    assert found["promises broken"] == ("1", "/orders?risk=broken")
    assert found["promises at risk"] == ("1", "/orders?risk=near")
    assert '<a class="figure" href="/orders?currency=EUR" aria-label="30.00 EUR money at rest">' in page
    assert '<a class="figure" href="/orders?currency=GBP" aria-label="10.00 GBP money at rest">' in page
    assert found["running low"] == ("1", "/stock?only=low")
    assert found["nothing free"][0] == "2"
    assert found["over-reserved"] == ("1", "/stock?only=over")
    assert found["asked for"] == ("1", "/stock?only=asked")
    assert found["active"][0] == found["paused"][0] == "1"
    assert found["items failed today"] == ("3", "/inbox?state=any&failed=1&day=2026-11-20")
    assert found["orders queued"] == ("3", "/orders?queued=any")
    assert found["came in"] == ("12", "/orders?day=2026-11-20")
    assert found["asked of people"] == ("3", "/inbox?state=any&day=2026-11-20")
    assert found["refused by a rule"] == ("0", "/orders?state=refused&day=2026-11-20")
    assert found["decided by people"] == ("2", "/inbox?state=decided&day=2026-11-20")
    assert "/orders?state=waiting&amp;for=stock" in page
    assert "/inbox?who=fraud&amp;stage=genuine" in page


def test_today_is_compared_with_the_same_weekday_only(database: Database) -> None:
    with database.transaction() as tx:
        fill(tx)
    with database.reading() as tx:
        panel = today.panels(tx, NOW)[0]
    assert panel.figures[0].note.endswith("in all: 25")
    assert "<svg" in panel.chart


def test_orders_that_a_rule_refused_are_counted_and_no_purchases(database: Database) -> None:
    refused = [("returns.enquire", "order", 2), ("procurement.buy", "purchase", 5)]
    with database.transaction() as tx:
        for bot, works_on, count in refused:
            tx.run("INSERT INTO bots (id, state, card) VALUES (?, 'active', ?)", (bot, f'{{"works_on":"{works_on}"}}'))
            tx.run(
                "INSERT INTO daily_figures (day, actor, version, activity, verdict, count)"
                " VALUES (?, ?, '1', 'left.x', 'Refuse', ?)",
                (TODAY, bot, count),
            )
        assert today.count(tx, TODAY)["refused by a rule"] == {TODAY: 2}


def test_on_the_first_day_it_is_said_that_there_is_nothing_to_compare_with(database: Database, client: Browser) -> None:
    with database.transaction() as tx:
        fill(tx)
        tx.run("DELETE FROM daily_figures WHERE day < ?", (TODAY,))
    page = client.get("/").text
    assert page.count("First day: nothing to compare with yet.") == 1
    assert shown(page)["came in"] == ("12", "/orders?day=2026-11-20")


def test_an_office_without_orders_says_how_to_begin(client: Browser) -> None:
    page = client.get("/").text
    assert "No order has come in yet" in page
    assert "No question is open" in page
    assert shown(page)["touchless"][0] == "–"


def test_a_person_sees_the_panels_of_their_desk_alone(client: Browser, asks: Asks) -> None:
    asks.actor = Actor("person:w", "w", frozenset({"operator"}), desks=frozenset({"inventory"}))
    page = client.get("/").text
    assert 'id="panel-stock"' in page
    assert 'id="panel-risk"' not in page
    asks.actor = Actor("person:n", "n", frozenset())
    assert "There is nothing here for you yet" in client.get("/").text


def test_a_person_sees_first_what_was_handed_to_them(database: Database, client: Browser, asks: Asks) -> None:
    with database.transaction() as tx:
        fill(tx)
        tx.run("UPDATE tasks SET assignee = 'person:anna', because = 'two cards, one address'")
    assert "Handed to you" not in client.get("/").text
    asks.actor = Actor("person:anna", "anna", frozenset({"operator"}))
    page = client.get("/").text
    assert page.index('id="panel-handed"') < page.index('id="panel-needed"')
    assert shown(page)["questions"] == ("1", "/inbox?mine=1")  # the other one is decided
    assert '<a href="/inbox/1">two cards, one address</a>' in page
    asks.actor = Actor("person:anna", "anna", frozenset({"operator"}), desks=frozenset({"inventory"}))
    assert "Handed to you" not in client.get("/").text


def test_panels_are_made_again_only_when_something_happened(database: Database) -> None:
    made: list[int] = []

    def make(_tx: Tx, now_ms: int) -> list[Panel]:
        made.append(now_ms)
        return [Panel(str(len(made)), "")]

    kept = Kept(Source("orders.read", None, make))
    with database.reading() as tx:
        ids = [kept.panels(tx, block=block, now_ms=block)[0].id for block in (1, 1, 1)]
        kept._took_s = 0.0
        ids.append(kept.panels(tx, block=2, now_ms=2)[0].id)
        kept._took_s = 1_000.0
        ids.append(kept.panels(tx, block=3, now_ms=3)[0].id)
    assert ids == ["1", "1", "1", "2", "2"]


def test_what_waits_for_an_approval_is_said_on_the_first_page_and_leads_there(database: Database) -> None:
    with database.transaction() as tx:
        assert approvals.panels(tx, NOW) == []
        tx.run_many(
            "INSERT INTO bots (id, card, owner, state, because, since_ms) VALUES (?, '{}', 'us', ?, ?, ?)",
            [("a.one", "tested", "it may do more", NOW - HOUR), ("a.two", "approved", "", NOW), ("a.three", "active", "", NOW)],
        )
        tx.run("INSERT INTO policy_versions (number, text, state, proposed_by) VALUES (7, '', 'proposed', 'person:bo')")
        (panel,) = approvals.panels(tx, NOW)
    assert [(one.value, one.href) for one in panel.figures] == [
        ("1", "/bots?state=tested"), ("1", "/bots?state=approved"), ("1", "/policy/versions?state=proposed"),
    ]  # fmt: skip
    assert [(one.href, one.cells) for one in panel.lines] == [
        ("/bots/a.one", ("a.one", "it may do more")), ("/bots/a.two", ("a.two", "is approved")),
        ("/policy/versions/7", ("policy version 7", "proposed by person:bo")),
    ]  # fmt: skip
