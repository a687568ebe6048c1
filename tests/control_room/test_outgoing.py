"""Webhooks out: who asked is told, signed and once; who does not answer is asked again, and given up in the end."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from afterclick.control_room.outgoing import subscriptions
from afterclick.control_room.outgoing.outgoing import CARD, KEPT_MS, pause_ms, tell_subscribers
from afterclick.control_room.outgoing.signer import Signer
from afterclick.control_room.outgoing.subscriptions import TRIES, Impossible, NoSubscription
from afterclick.engine import register
from afterclick.engine.bots import Fleet
from afterclick.engine.clock import SetClock
from afterclick.engine.engine import Engine
from afterclick.governance.policy import DEFAULT
from afterclick.governance.vault.keys import KeySource, OfficeKeys
from afterclick.governance.vault.vault import Vault
from afterclick.orders.intake.signature import HEADER, BadSignature, verify
from afterclick.ports.answer import Answer, Done
from afterclick.ports.subscribers import Telling, Told
from afterclick.store import log
from afterclick.store.database import Database
from afterclick.store.log import Block, Event
from afterclick.store.tables import metadata
from tests.orders.office import START_MS

URL = "https://program.example/hook"


class Program:
    """A subscriber that answers as it is told to."""

    name = "webhooks"

    def __init__(self) -> None:
        self.told: list[Telling] = []
        self.answers = 200

    def tell(self, tellings: Sequence[Telling]) -> Sequence[Answer[Told]]:
        self.told += tellings
        return [Done(Told(self.answers, "said")) for _ in tellings]


class TellingOffice:
    """An office with nothing but the bot that tells."""

    def __init__(self, folder: Path, url: str) -> None:
        self.database, self.clock, self.program = Database(url), SetClock(START_MS), Program()
        metadata.create_all(self.database.engine)
        self.vault = Vault(self.database, OfficeKeys(KeySource("file", str(folder / "key"))), now_ms=self.clock.now_ms)
        self.engine = Engine(
            self.database, Fleet(tell_subscribers), ports={"webhooks": self.program}, policy=DEFAULT, executor="test",
            equipment={Vault: self.vault}, clock=self.clock,
        )  # fmt: skip
        self.engine.open()

    def subscribe(self, *events: str) -> tuple[int, str]:
        """A new subscription and its secret."""
        salt = subscriptions.new_salt()
        secret = Signer(self.vault, card=CARD).show(salt, by="person:anna")
        with self.database.transaction() as tx:
            return subscriptions.add(tx, URL, events, salt=salt, by="person:anna", now_ms=self.clock.ms).id, secret

    def happens(self, *activities: str, mode: str = "live") -> None:
        with self.database.transaction() as tx:
            happened = [Event(one, None, "order/x", "Done", "because", '{"street":"secret street"}') for one in activities]
            log.append(tx, Block(self.clock.ms, "orders.fulfil", "1", mode), happened)

    def run(self, *, later_ms: int = 5_000) -> list[str]:
        """Let the bot look; returns the events that it told of meanwhile."""
        before = len(self.program.told)
        self.clock.ms += later_ms
        self.engine.drain()
        return [json.loads(one.body)["type"] for one in self.program.told[before:]]

    def rows(self, sql: str, *values: int | str) -> list[tuple[Any, ...]]:
        with self.database.reading() as tx:
            return tx.rows(sql, values)


@pytest.fixture
def office(tmp_path: Path, database_url: str) -> Iterator[TellingOffice]:
    made = TellingOffice(tmp_path, database_url)
    yield made
    made.engine.stop()
    made.database.dispose()


def test_a_subscriber_is_told_once_of_what_it_asked_for_and_of_nothing_from_before(office: TellingOffice) -> None:
    office.happens("shipped")
    office.subscribe("shipped", "asked.*")
    office.happens("shipped", "cancelled", "asked.hold")
    office.happens("shipped", mode="shadow")
    assert office.run() == ["shipped", "asked.hold"]
    assert office.run() == []
    body = json.loads(office.program.told[0].body)
    assert set(body) == {"id", "type", "at_ms", "object", "verdict", "because", "order"}
    assert "secret street" not in office.program.told[0].body.decode()


def test_everything_does_not_mean_that_tellings_are_told(office: TellingOffice) -> None:
    office.subscribe("*")
    office.happens("shipped")
    assert "shipped" in office.run()
    assert not [one for one in office.run() if one.startswith("webhooks.")]


def test_what_is_sent_is_signed_with_the_subscribers_own_secret(office: TellingOffice) -> None:
    _, secret = office.subscribe("shipped")
    _, other = office.subscribe("shipped")
    office.happens("shipped")
    office.run()
    first = office.program.told[0]
    verify(first.headers[HEADER], first.body, secret=secret, now_s=office.clock.ms // 1000)
    with pytest.raises(BadSignature):
        verify(first.headers[HEADER], first.body, secret=other, now_s=office.clock.ms // 1000)
    kept = json.dumps([office.rows(f"SELECT * FROM {table}") for table in ("subscriptions", "tellings", "events", "api_answers")])
    assert secret not in kept and secret.removeprefix("whsec_") not in kept


def test_who_does_not_answer_is_tried_again_with_growing_pauses_and_then_given_up(office: TellingOffice) -> None:
    number, _ = office.subscribe("shipped")
    office.program.answers = 500
    office.happens("shipped")
    assert office.run() == ["shipped"]
    assert office.run() == []
    for left in range(TRIES, 1, -1):
        assert office.run(later_ms=pause_ms(left, 1) + 5_000) == ["shipped"]
    with office.database.reading() as tx:
        (dead,) = subscriptions.attempts(tx, number, state="dead")
    assert (dead.tries, dead.status, dead.said) == (TRIES, 500, "said")
    assert len({one.key for one in office.program.told}) == TRIES
    assert office.run(later_ms=10**9) == []


def test_what_was_given_up_can_be_told_again_one_by_one_or_by_time(office: TellingOffice) -> None:
    number, _ = office.subscribe("shipped")
    began_ms = office.clock.ms
    office.happens("shipped", "shipped")
    office.run()
    with office.database.transaction() as tx:
        assert subscriptions.tell_again(tx, number, 1, by="person:anna", now_ms=office.clock.ms) == 1
    assert office.run() == ["shipped"]
    office.happens("shipped")
    with office.database.transaction() as tx:
        again = subscriptions.replay(
            tx, number, from_ms=began_ms, to_ms=office.clock.ms, by="person:anna", now_ms=office.clock.ms
        )
        with pytest.raises(NoSubscription):
            subscriptions.tell_again(tx, number, 99, by="person:anna", now_ms=0)
        with pytest.raises(Impossible):
            subscriptions.add(tx, URL, [" "], salt="", by="", now_ms=0)
    assert again == 2
    assert office.run() == ["shipped"] * 3


def test_a_paused_subscriber_finds_what_waited_and_an_ended_one_is_forgotten(office: TellingOffice) -> None:
    number, _ = office.subscribe("shipped")
    with office.database.transaction() as tx:
        subscriptions.change(tx, number, "paused", by="person:anna", now_ms=0)
    office.happens("shipped")
    assert office.run() == []
    with office.database.transaction() as tx:
        subscriptions.change(tx, number, "active", by="person:anna", now_ms=0)
    assert office.run() == ["shipped"]
    office.happens("shipped")
    with office.database.transaction() as tx:
        subscriptions.change(tx, number, "ended", by="person:anna", now_ms=0)
    assert office.run() == []


def test_a_subscriber_that_says_it_is_gone_is_paused(office: TellingOffice) -> None:
    office.subscribe("shipped")
    office.program.answers = 410
    office.happens("shipped")
    office.run()
    assert office.rows("SELECT s.state, t.state FROM subscriptions s JOIN tellings t ON t.subscription = s.id") == [
        ("paused", "dead")
    ]


def test_a_bot_that_rehearses_tells_nobody(office: TellingOffice) -> None:
    office.subscribe("shipped")
    office.happens("shipped")
    with office.database.transaction() as tx:
        tx.run("UPDATE bots SET mode = 'shadow'")
        assert register.listed(tx)[0].mode == "shadow"
    assert office.run() == []


def test_a_vault_that_cannot_be_opened_is_said_and_tried_again(office: TellingOffice, tmp_path: Path) -> None:
    number, _ = office.subscribe("shipped")
    (tmp_path / "key").unlink()
    office.vault.keys._known = None
    office.happens("shipped")
    assert office.run() == []
    with office.database.reading() as tx:
        (one,) = subscriptions.attempts(tx, number)
    assert (one.state, one.tries) == ("waiting", 1)
    assert "office key" in one.said


def test_what_is_long_through_is_forgotten(office: TellingOffice) -> None:
    office.subscribe("shipped")
    office.happens("shipped")
    office.run()
    office.run(later_ms=KEPT_MS + 60_000)
    assert office.rows("SELECT COUNT(*) FROM tellings") == [(0,)]
