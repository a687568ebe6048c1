"""The sprawl report names the bots that a shop could do without, and only those."""

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from afterclick.governance import figures, sprawl
from afterclick.governance.cards import Card, Every, On, Queue, written
from afterclick.governance.figures import DAY_MS
from afterclick.store import log
from afterclick.store.database import Database
from afterclick.store.log import Block, Event
from afterclick.store.tables import metadata
from afterclick.store.transaction import Tx

NOW_MS = 20_000 * DAY_MS
PAYS = Card(
    "pays", "Pays vendors", "us", "invoice", (Queue("invoices"),), {"bank": frozenset({"pay"})}, purpose="Bills settled on time"
)


@pytest.fixture
def tx(database_url: str) -> Iterator[Tx]:
    database = Database(database_url)
    metadata.create_all(database.engine)
    with database.transaction() as made:
        yield made
    database.dispose()


def put(tx: Tx, card: Card, *, days_ago: int = 90, owner: str = "us", state: str = "active") -> None:
    tx.run(
        "INSERT INTO bots (id, card, state, owner, registered_ms) VALUES (?, ?, ?, ?, ?)",
        (card.id, written(card), state, owner, NOW_MS - days_ago * DAY_MS),
    )


def works(tx: Tx, bot: str, *events: Event) -> None:
    log.append(tx, Block(NOW_MS - DAY_MS, bot, "7"), events or [Event("bank.pay", 1, None, "Done", key=f"{bot}:1")])
    figures.advance(tx)


def report(tx: Tx) -> dict[str, Any]:
    found = sprawl.report(tx, days=30, now_ms=NOW_MS)
    names = [name for name in found.__struct_fields__ if name not in ("days", "young_since")]
    return {name: getattr(found, name) for name in names if getattr(found, name)}


def test_a_fleet_in_order_has_no_findings(tx: Tx) -> None:
    put(tx, PAYS)
    put(tx, Card("learns", "Learns the seasons", "us", "history", (Every(60),), purpose="Enough stock before it is needed"))
    put(tx, replace(PAYS, id="gone"), state="retired")
    works(tx, "pays")
    works(tx, "learns", Event("learnt"))
    assert report(tx) == {}


def test_a_bot_that_leaves_no_trace_is_unused_once_it_had_its_time(tx: Tx) -> None:
    put(tx, replace(PAYS, may={}))
    assert [one.bot for one in report(tx)["unused"]] == ["pays"]
    tx.run("UPDATE bots SET registered_ms = ?", (NOW_MS - DAY_MS,))
    assert list(report(tx)) == ["too_young"]
    tx.run("UPDATE bots SET registered_ms = ?", (NOW_MS - 28 * DAY_MS,))
    assert list(report(tx)) == ["too_young"]
    tx.run("UPDATE bots SET registered_ms = ?", (NOW_MS - 29 * DAY_MS,))
    assert list(report(tx)) == ["unused"]


def test_bots_that_are_too_young_to_be_judged_are_named_with_the_day_of_their_registration(tx: Tx) -> None:
    put(tx, PAYS)
    works(tx, "pays")
    assert sprawl.report(tx, days=30, now_ms=NOW_MS).not_judged == ""
    put(tx, Card("learns", "Learns the seasons", "us", "history", (Every(60),)), days_ago=3)
    found = sprawl.report(tx, days=30, now_ms=NOW_MS)
    assert (found.findings, [one.bot for one in found.too_young]) == (0, ["learns"])
    assert (
        found.too_young[0].because == "registered on 2024-10-01; whether it works and uses what it may is told from 2024-10-30 on"
    )
    assert found.not_judged == (
        "1 bot is not judged yet, registered since 2024-10-01: whether a bot works and uses what it may is told after 30 days"
    )
    put(tx, Card("asks", "Wonders", "us", "letter", (Every(60),)), days_ago=5)
    assert sprawl.report(tx, days=30, now_ms=NOW_MS).not_judged.startswith(
        "2 bots are not judged yet, registered since 2024-09-29:"
    )


def test_a_permission_that_was_never_used_is_named(tx: Tx) -> None:
    put(tx, replace(PAYS, may={"bank": frozenset({"pay", "refund"})}))
    works(tx, "pays")
    assert [one.because for one in report(tx)["unused_permissions"]] == ["never did bank.refund in 30 days; take it off the card"]


@pytest.mark.parametrize(
    ("starts_on", "works_on", "overlaps"),
    [
        ((Queue("invoices"),), "bill", True),
        ((Queue("other"),), "invoice", False),
        ((On("invoice.read"),), "invoice", False),
        ((Every(60),), "invoice", False),
    ],
)
def test_two_bots_overlap_when_they_share_a_trigger_and_an_act(tx: Tx, starts_on: Any, works_on: str, overlaps: bool) -> None:
    put(tx, PAYS)
    put(tx, Card("other", "Something else", "us", works_on, starts_on, {"bank": frozenset({"pay"})}, purpose="Quite different"))
    for bot in ("pays", "other"):
        works(tx, bot)
    found = report(tx)
    assert ("overlapping" in found) is overlaps
    if overlaps:
        pair = found["overlapping"][0]
        assert (pair.one, pair.other, pair.because) == ("other", "pays", "both start on queue invoices and may do bank.pay")


def test_two_purposes_in_much_the_same_words_are_a_pair(tx: Tx) -> None:
    put(tx, replace(PAYS, may={}))
    put(tx, replace(PAYS, id="twin", may={}, does="Paying a vendor", starts_on=(Every(1),)))
    for bot in ("pays", "twin"):
        works(tx, bot, Event("worked"))
    assert [(one.one, one.other) for one in report(tx)["same_purpose"]] == [("pays", "twin")]


def test_bots_without_an_owner_or_past_their_time_and_versions_that_fail_are_named(tx: Tx) -> None:
    put(tx, PAYS, owner="")
    works(tx, "pays", Event("left.pay", 1, None, "Ask", "pay failed: ValueError: no"), Event("paid", 2, None, "Done"))
    tx.run("UPDATE bots SET registered_ms = ?", (NOW_MS,))
    found = report(tx)
    assert "nobody owns it" in found["lapsed"][0].because
    assert found["failing"][0].because == "version 7 failed at 1 of 2 items"
