"""A bot's workbench for tests: things to work on, systems that can be told to misbehave, and an engine without threads."""

import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final

import msgspec

from afterclick.domain.verdict import PASS, Ask, Done, Refuse, Verdict
from afterclick.engine import queue
from afterclick.engine.batch import Batch
from afterclick.engine.bots import Bot, bot, stage
from afterclick.engine.door import Act, Door
from afterclick.engine.items import Judged, Left
from afterclick.engine.policies import Policies
from afterclick.engine.row import Row
from afterclick.engine.tracing import Tracer, Untraced
from afterclick.governance.cards import Card, Queue
from afterclick.governance.policy import DEFAULT, Policy
from afterclick.ports import answer
from afterclick.ports.answer import Answer, Declined, Unavailable
from afterclick.store.database import Database
from afterclick.store.log import Event
from afterclick.store.tables import metadata
from afterclick.store.transaction import Tx

PAY: Final = Act("bank", "pay", str)
ID: Final = "things.pay"
CARD: Final = Card(
    id=ID, does="Pays things", owner="tests", works_on="thing", starts_on=(Queue("things"),), may={"bank": frozenset({"pay"})}
)
_TABLE: Final = (
    "CREATE TABLE things (id BIGINT PRIMARY KEY, state TEXT NOT NULL DEFAULT 'new', batch BIGINT,"
    " amount BIGINT NOT NULL DEFAULT 100, name TEXT NOT NULL DEFAULT '', paid TEXT NOT NULL DEFAULT '',"
    " checked BIGINT NOT NULL DEFAULT 0, wanted TEXT NOT NULL DEFAULT '')"
)


class Thing(msgspec.Struct):
    """An item. Its name may make trouble: `ask`, `refuse`, `bad:load`, `bad:facts`, `bad:rule`, `bad:calls`, `bad:does`."""

    id: int
    amount: int
    name: str


class Payment(msgspec.Struct):
    """A request to the bank."""

    key: str
    order_id: int
    amount: int


class Things:
    """Things as items, in a table of their own; the log knows them as orders of the same number."""

    kind = "order"
    facts: type[Judged] | None = None

    def claim(self, tx: Tx, ids: Sequence[int], *, batch: int, now_ms: int) -> list[int]:
        condition, value = tx.among(ids)
        free = "batch IS NULL AND state <> 'done'"
        sql = f"UPDATE things SET state = 'running', batch = ? WHERE id {condition} AND {free} RETURNING id"
        return [row[0] for row in tx.rows(sql, (batch, value))]

    def load(self, tx: Tx, ids: Sequence[int]) -> dict[int, Thing]:
        condition, value = tx.among(ids)
        found = {row[0]: Thing(*row) for row in tx.rows(f"SELECT id, amount, name FROM things WHERE id {condition}", (value,))}
        _trouble("bad:load", found.values())
        return {item: found[item] for item in ids if item in found}

    def gather(self, batch: Batch[Thing], items: Sequence[Thing]) -> Sequence[Thing]:
        _trouble("bad:facts", items)
        return items

    def limits(self, policy: Policy) -> Policy:
        return policy

    def interrupted(self, tx: Tx, *, batch: int) -> dict[int, str]:
        return dict(tx.rows("SELECT id, wanted FROM things WHERE batch = ? AND wanted <> ''", (batch,)))

    def leave(self, tx: Tx, left: Sequence[Left], *, batch: int, now_ms: int) -> None:
        for one in left:
            state = one.leaving.state if isinstance(one.leaving, Done) else type(one.leaving).__name__.lower()
            tx.run("UPDATE things SET state = ?, batch = NULL WHERE id = ?", (state, one.item))

    def release(self, tx: Tx, ids: Sequence[int], *, batch: int, stage: str, now_ms: int) -> None:
        tx.run("UPDATE things SET state = 'new', batch = NULL WHERE batch = ?", (batch,))


def _trouble(where: str, things: Iterator[Thing] | Sequence[Thing] | Any) -> None:
    if any(where in thing.name for thing in things):
        raise ValueError(f"made trouble at {where}")


def decent(thing: Thing, _limits: Policy) -> Verdict:
    _trouble("bad:rule", [thing])
    if "ask" in thing.name:
        return Ask("boss", "asked for by its name", "wave through")
    return Refuse("refused by its name") if "refuse" in thing.name else PASS


@stage()
def check(things: Batch[Thing]) -> None:
    """Write something down for each."""
    things.tx.run_many("UPDATE things SET checked = checked + 1 WHERE id = ?", [(thing.id,) for thing in things])
    for thing in things:
        things.record(Event("check", thing.id, None, "Pass"))


def ask_to_pay(things: Batch[Thing]) -> Mapping[int, object]:
    """Ask the bank; a thing whose name says so fails after the bank was asked."""
    answers = things.ask(PAY, {thing.id: Payment(f"{thing.id}:pay", thing.id, thing.amount) for thing in things})
    _trouble("bad:calls", things)
    return answers


@stage(calls=ask_to_pay)
def pay(things: Batch[Thing], answers: Mapping[int, object]) -> None:
    """Write down what the bank said."""
    for thing in things:
        said = answers.get(thing.id)
        if isinstance(said, answer.Done):
            things.tx.run("UPDATE things SET paid = paid || ? WHERE id = ?", (said.answer, thing.id))
        else:
            things.leave(thing.id, Ask("boss", f"not paid: {getattr(said, 'because', said)}"), stage="pay")
    _trouble("bad:does", things)


@stage()
def finish_off(things: Batch[Thing]) -> None:
    """All is done."""
    for thing in things:
        things.leave(thing.id, Done("done"), stage="finish_off")


def _story(things: Batch[Thing]) -> None:
    things.judge(decent)
    check(things)
    pay(things)
    finish_off(things)


def paying(card: Card = CARD) -> Bot[Thing]:
    """The bot of most tests: a rule, a stage, a stage that calls, and an end."""
    return bot(card, over=Things())(_story)


class Bank:
    """A port that counts. `says` decides the answer to a request; by default it pays."""

    def __init__(self, says: Callable[[Payment], Answer[str]] | None = None) -> None:
        self.says = says or (lambda request: answer.Done(f"paid {request.key}"))
        self.asked: list[str] = []
        self.calls = 0
        self._lock = threading.Lock()

    def pay(self, requests: Sequence[Payment]) -> list[Answer[str]]:
        with self._lock:
            self.calls += 1
            self.asked += [request.key for request in requests]
        return [self.says(request) for request in requests]


def unavailable(_request: Payment) -> Answer[str]:
    return Unavailable("down")


def declined(_request: Payment) -> Answer[str]:
    return Declined("no money")


class Bench:
    """What a batch needs of its engine, with nothing running by itself. `checkpoints` play the durable runs' memory."""

    equipment: Mapping[type[Any], Any]

    def __init__(self, database: Database, bank: Bank | None = None, *, policy: Policy = DEFAULT) -> None:
        self.database = database
        self.bank = bank or Bank()
        self.policy = policy
        self.policies = Policies(database, policy, now_ms=self.now_ms)
        self.clock_ms = 1_000_000
        self.pauses: list[float] = []
        self.equipment = {}
        self.tracer: Tracer = Untraced()
        self.woken: dict[str, list[str]] = {}
        self.commits: list[str] = []
        self.door = Door(
            {"bank": self.bank}, limits=policy.door, reading=database.reading, writing=database.transaction, now_ms=self.now_ms,
            admits=lambda _card: "", pause=self.pauses.append,
        )  # fmt: skip

    def now_ms(self) -> int:
        return self.clock_ms

    def commit(self, name: str, body: Callable[[Tx], dict[str, list[int]]]) -> dict[str, list[int]]:
        with self.database.transaction() as tx:
            done = body(tx)
        self.commits.append(name)
        return done

    def reading(self) -> AbstractContextManager[Tx]:
        return self.database.reading()

    def turn(self, *, urgent: bool) -> AbstractContextManager[None]:
        return nullcontext()

    def listeners(self, activity: str) -> Sequence[str]:
        return self.woken.get(activity, ())

    def put(self, count: int, names: Mapping[int, str] | None = None, **columns: object) -> list[int]:
        """Things number 1 to `count`; `names` makes some of them trouble."""
        with self.database.transaction() as tx:
            put_things(tx, count, names)
            for column, value in columns.items():
                tx.run(f"UPDATE things SET {column} = ?", (value,))  # type: ignore[arg-type]
        return list(range(1, count + 1))

    def run(self, what: Bot[Thing], items: Sequence[int], *, resume: str = "", mode: Any = "live") -> Batch[Thing]:
        """Run a bot's story over these items, to its end."""
        with self.database.transaction() as tx:
            number = queue.open_batch(tx, what.card.id, "1", items, executor="me", now_ms=self.clock_ms, resume=resume)
        batch: Batch[Thing] = Batch(
            Row(number, list(items), resume=resume), card=what.card, items=what.items, mode=mode, around=self
        )
        what.story(batch)
        batch.finish()
        return batch

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self.database.reading() as tx:
            return tx.rows(sql, values)

    @contextmanager
    def runs(self) -> Generator[Tx, None, None]:
        """A transaction in the tables that DBOS keeps of its runs, wherever they lie."""
        if not self.database.is_sqlite:
            with self.database.transaction() as tx:
                yield tx
            return
        beside = Database(f"{self.database.url}-engine")
        try:
            with beside.transaction() as tx:
                yield tx
        finally:
            beside.dispose()

    def states(self) -> dict[int, str]:
        """Thing → its state."""
        return dict(self.rows("SELECT id, state FROM things ORDER BY id"))  # type: ignore[arg-type]

    def tasks(self) -> list[tuple[Any, ...]]:
        """(item, stage, who, because, proposal) of the inbox."""
        return self.rows("SELECT item, stage, who, because, proposal FROM tasks ORDER BY id")

    def activities(self) -> list[str]:
        """What the log says happened, in order."""
        return [row[0] for row in self.rows("SELECT activity FROM events ORDER BY block, seq")]


def put_things(tx: Tx, count: int, names: Mapping[int, str] | None = None) -> None:
    """Things number 1 to `count`."""
    tx.run_many(
        "INSERT INTO things (id, name) VALUES (?, ?)", [(number, (names or {}).get(number, "")) for number in range(1, count + 1)]
    )


def furnish(database: Database) -> None:
    """Give an empty database an office's tables, and the one with the things."""
    metadata.create_all(database.engine)
    with database.transaction() as tx:
        tx.run(_TABLE)


@contextmanager
def furnished(url: str) -> Generator[Database, None, None]:
    """A database with every table, for the length of the block."""
    database = Database(url)
    furnish(database)
    yield database
    database.dispose()
