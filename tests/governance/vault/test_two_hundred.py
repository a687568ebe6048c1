"""Two hundred secrets are leased by a working bot that does everything wrong with them; nothing that is kept holds one."""

import json
import logging
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from typing import Any, Final

import pytest
from fastapi import FastAPI

from afterclick.control_room.server import Room, build
from afterclick.control_room.system import pages as system_pages
from afterclick.domain.verdict import Ask, Done
from afterclick.engine import queue
from afterclick.engine.batch import Batch
from afterclick.engine.bots import Bot, Fleet, bot, stage
from afterclick.engine.engine import Engine
from afterclick.engine.items import NoItems
from afterclick.governance.cards import Card, Every, Queue
from afterclick.governance.policy import DEFAULT
from afterclick.governance.vault.vault import Vault
from afterclick.ports import answer
from afterclick.ports.answer import Answer, Declined, Unavailable
from afterclick.store.log import Event
from tests.control_room.browser import Browser, everyone
from tests.engine.bench import PAY, Payment, Thing, Things, furnish
from tests.governance.vault.office import ANNA, Safe
from tests.governance.vault.seeds import COUNT, leaks, seeded

SECRETS: Final = seeded()
CARD: Final = Card(
    id="things.leak", does="Leaks", owner="tests", works_on="thing", starts_on=(Queue("things"),),
    may={"bank": frozenset({"pay"})}, batch_size=40, secrets=frozenset(f"s{number}" for number in range(1, COUNT + 1)),
)  # fmt: skip
logger: Final = logging.getLogger("tests.leak")
BROKEN: Final = Card(
    id="things.break", does="Breaks", owner="tests", works_on="", starts_on=(Every(86_400),), secrets=frozenset({"s1"})
)


def leak(things: Batch[Thing]) -> Mapping[int, object]:
    """Lease the secret of each thing, and be careless with it in one of many ways."""
    requests: dict[int, Payment] = {}
    for thing in things:
        with things.use(Vault).lease(f"s{thing.id}", to=things.card, for_="leak") as secret:
            value = secret.reveal()
            logger.warning("using %s, that is %r", secret, value)
            if thing.id % 8 == 1:
                raise RuntimeError(f"401 for Authorization: Basic {b64encode(f'shop:{value}'.encode()).decode()} and {value!r}")
            requests[thing.id] = Payment(f"{thing.id}:pay", thing.id, thing.amount)
    return things.ask(PAY, requests)


@stage(calls=leak)
def careless(things: Batch[Thing], answers: Mapping[int, Any]) -> None:
    """Write down what the bank said, and fail over some."""
    for thing in things:
        said = answers[thing.id]
        if thing.id % 8 == 2:
            raise ValueError(json.dumps({"token": SECRETS[thing.id - 1]}), SECRETS[thing.id - 1].encode())
        if not isinstance(said, answer.Done):
            things.leave(thing.id, Ask("boss", f"not paid: {said.because}"), stage="careless")
        things.record(Event("careless", thing.id))


@stage()
def finish_off(things: Batch[Thing]) -> None:
    """All is done."""
    for thing in things:
        things.leave(thing.id, Done("done"), stage="finish_off")


def leaking() -> Bot[Thing]:
    def story(things: Batch[Thing]) -> None:
        careless(things)
        finish_off(things)

    return bot(CARD, over=Things())(story)


def look(nothing: Batch[None]) -> None:
    """Fail without an item that could be set aside, so that the run itself fails."""
    with nothing.use(Vault).lease("s1", to=nothing.card, for_="look") as secret:
        raise RuntimeError(f"the run broke over {secret.reveal()}")


@stage(calls=look)
def look_around(_nothing: Batch[None], _found: None) -> None:
    """Never reached."""


def breaking() -> Bot[None]:
    return bot(BROKEN, over=NoItems())(lambda nothing: look_around(nothing))


class GossipingBank:
    """Says the secret back in every way that a port has."""

    def pay(self, requests: Sequence[Payment]) -> list[Answer[str]]:
        if len(requests) == 1:
            raise ConnectionError(f"bank rejected {SECRETS[requests[0].order_id - 1]}")
        return [self._one(request) for request in requests]

    def _one(self, request: Payment) -> Answer[str]:
        value = SECRETS[request.order_id - 1]
        said = {3: Declined(f"no: {value}"), 4: Unavailable(f"down: {value!r}"), 5: answer.Done(f"paid with {value}")}
        return said.get(request.order_id % 8, answer.Done("paid"))


@pytest.fixture
def logged() -> Iterator[StringIO]:
    """All that is logged in this process."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def worked(kept: Safe) -> Iterator[Engine]:
    """A vault with all secrets, and an engine whose bot has leased each."""
    furnish_things(kept)
    for number, secret in enumerate(SECRETS, 1):
        kept.vault.put(f"s{number}", secret, by=ANNA)
    kept.vault.rotate("s1", SECRETS[0], by=ANNA)
    engine = Engine(
        kept.database, Fleet(leaking(), breaking()), ports={"bank": GossipingBank()}, policy=DEFAULT, executor="test",
        equipment={Vault: kept.vault},
    )  # fmt: skip
    engine.door._pause = lambda _: None
    engine.open()
    try:
        with kept.database.transaction() as tx:
            queue.put(tx, CARD.id, list(range(1, COUNT + 1)), now_ms=engine.now_ms())
        with pytest.raises(Exception, match="the run broke over •••"):
            engine.drain()
        engine.drain()
        yield engine
    finally:
        engine.stop()


def furnish_things(kept: Safe) -> None:
    furnish(kept.database)
    for number in range(1, COUNT + 1):
        kept.run("INSERT INTO things (id) VALUES (?)", number)


def everything_kept(kept: Safe) -> Iterator[bytes]:
    """Every row of every table, the engine's too, and every file beside the key."""
    with kept.database.reading() as tx:
        named = (
            "SELECT name FROM sqlite_master WHERE type = 'table'" if kept.database.is_sqlite
            else "SELECT table_schema || '.' || table_name FROM information_schema.tables"
            " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
        )  # fmt: skip
        for (table,) in tx.rows(named):
            for row in tx.rows(f"SELECT * FROM {table}"):
                yield "\n".join(
                    bytes(one).decode(errors="replace") if isinstance(one, bytes | memoryview) else str(one) for one in row
                ).encode()
    for path in kept.folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes()


def app_of(kept: Safe, engine: Engine) -> FastAPI:
    room = Room("Shop", kept.database, engine.now_ms, everyone, lambda: None)
    return build(
        room, [system_pages.pages(room, shown=list, systems=lambda: {"bank": False}, door=lambda: engine.door, vault=kept.vault)]
    )


def test_no_row_no_file_no_log_line_and_no_page_holds_a_secret(kept: Safe, logged: StringIO, worked: Engine) -> None:
    leased = kept.rows("SELECT COUNT(DISTINCT object) FROM events WHERE activity = 'vault.leased'")
    assert leased == [(COUNT,)]
    assert len(kept.rows("SELECT id FROM batches WHERE finished_ms = 0")) == 1, "the run that broke"
    assert leaks(everything_kept(kept)) == []
    becauses = [row[0] for row in kept.rows("SELECT because FROM tasks")]
    for said in ("careless failed: RuntimeError: 401 for Authorization", "careless failed: ValueError", "not paid: no: •••",
                 "not paid: down: '•••'", "not paid: the answer repeats a secret of ours"):  # fmt: skip
        assert any(said in because for because in becauses), said
    browser = Browser(app_of(kept, worked))
    pages = [browser.get(path).text for path in ("/integrations", "/integrations/vault", "/integrations/vault/s1")]
    assert all("s1" in page for page in pages[1:])
    assert leaks(page.encode() for page in pages) == []
    assert leaks([logged.getvalue().encode()]) == []
    assert logged.getvalue().count("using •••, that is") >= COUNT


def test_the_walk_over_what_is_kept_would_see_a_leak(kept: Safe) -> None:
    kept.run("CREATE TABLE careless (said TEXT)")
    kept.run("INSERT INTO careless VALUES (?)", f"the key is {SECRETS[3]}")
    assert leaks(everything_kept(kept))
