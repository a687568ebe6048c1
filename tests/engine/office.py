"""A whole engine for a test: opened, worked, and stopped again, since there is one engine at a time in a process."""

import itertools
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec

from afterclick.domain.facts import OrderFacts
from afterclick.engine import queue
from afterclick.engine.bots import Fleet
from afterclick.engine.clock import Clock
from afterclick.engine.engine import Engine
from afterclick.store import log
from afterclick.store.log import Block, Event
from afterclick.store.transaction import Tx
from tests.engine.bench import ID, Bench, paying
from tests.engine.processes import becomes_true

_numbers: Final = itertools.count(1)


class ClockAhead(Clock):
    """The machine's clock, which a test may put forward and back."""

    def jump(self, seconds: float) -> None:
        self._ahead_ms += round(seconds * 1000)


class Office:
    """An engine on a bench's database, with its bank."""

    def __init__(self, bench: Bench, fleet: Fleet | None = None) -> None:
        self.bench = bench
        self.clock = ClockAhead()
        self.executor = "local" if bench.database.is_sqlite else f"office-{next(_numbers)}"
        self.engine = Engine(
            bench.database, Fleet(paying()) if fleet is None else fleet, ports={"bank": bench.bank}, policy=bench.policy,
            executor=self.executor, clock=self.clock,
        )  # fmt: skip

    def queue(self, items: Sequence[int], bot_id: str = ID, *, priority: int = 5, resume: str = "") -> None:
        with self.bench.database.transaction() as tx:
            queue.put(tx, bot_id, items, now_ms=self.clock.now_ms(), priority=priority, resume=resume)

    def start(self) -> None:
        """Let it work in the background."""
        self.engine.start()

    def work(self) -> None:
        """Let it work until nothing is left."""
        self.engine.run_until_idle(patience_s=0.0)

    def becomes(self, what: Callable[[], bool], *, within_s: float = 20) -> bool:
        return becomes_true(what, within_s=within_s)


@contextmanager
def opened(bench: Bench, fleet: Fleet | None = None) -> Generator[Office, None, None]:
    """An office whose engine is open; it is stopped at the end of the block."""
    office = Office(bench, fleet)
    office.engine.open()
    try:
        yield office
    finally:
        office.engine.stop()


def judged_before(tx: Tx, bot_id: str) -> None:
    """Have an older version of a bot have judged something, and the one that is there wait since nobody has seen what it says."""
    tx.run(
        "INSERT INTO daily_figures (day, actor, version, activity, verdict, count) VALUES (1, ?, 'old', 'judged', 'Pass', 1)",
        (bot_id,),
    )
    tx.run("UPDATE bots SET state = 'approved' WHERE id = ?", (bot_id,))
    facts = msgspec.json.encode(OrderFacts(1, 1, "EUR", 100, ())).decode()
    log.append(tx, Block(Clock().now_ms(), bot_id, "old"), [Event("judged", 1, None, "Pass", "", facts)])
