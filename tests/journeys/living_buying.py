"""A company for tests that buys day after day by a clock in a file: its office, its people, and a process that works in it."""

import contextlib
import fcntl
import os
import random
import select
import struct
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Final

from afterclick import settings
from afterclick.cli.quarter.office import BUYER, DAY_MS, START_MS, SupplyOffice, opened
from afterclick.engine import queue
from afterclick.engine.clock import Clock
from afterclick.engine.engine import Engine
from afterclick.engine.tracing import Untraced
from afterclick.engine.undecidable import NotDecidable
from afterclick.fleet import FLEET
from afterclick.governance import lifecycle
from afterclick.governance.actor import EVERYTHING, Actor
from afterclick.procurement.buying import decisions
from afterclick.procurement.buying.purchases import BUY, FOLLOW
from afterclick.procurement.buying.receiving import SURPLUS
from afterclick.procurement.transferring import proposing as transferring
from afterclick.procurement.transferring.proposing import Moved
from afterclick.simulator.demand import Demand
from afterclick.simulator.faults import Faults
from afterclick.simulator.vendor_plans import VendorFaults
from afterclick.simulator.vendors import SimulatedVendors
from afterclick.simulator.warehouse import SimulatedWarehouse
from afterclick.store import stock
from afterclick.store.log import Event
from afterclick.store.stock import Move, Place
from afterclick.store.transaction import Tx

SKUS: Final = 40
TARGET: Final = 60
"""Pieces that a place should have, there or coming."""
STEP_MS: Final = DAY_MS // 2
LAST_MOVES_MS: Final = 3 * DAY_MS
"""So long before the office closes nothing more is moved between its warehouses."""
MOMENT_S: Final = 0.01
MOMENT_MS: Final = 100
"""While something is under way the clock goes ten times as fast as the sun: a run that was never begun is missed after 3 s."""
LISTEN: Final = "procurement.listen"
TRANSFER: Final = "procurement.transfer"
WORKING: Final = ("procurement.expedite", BUY, FOLLOW, LISTEN, TRANSFER)
PERSON: Final = Actor(BUYER, "buyer", EVERYTHING)
MARK: Final = b"m"
BUYS: Final = b"b"
"""The mark where a batch that buys, follows or moves, or an act at a vendor or a warehouse, begins."""


class SharedClock(Clock):
    """Stands in a file at the time that some process has set: (now, when the office closes or 0), in milliseconds."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._file = os.open(folder / "clock", os.O_RDWR | os.O_CREAT, 0o600)
        with self.held():
            if not os.pread(self._file, 16, 0):
                self.put(START_MS, 0)

    def now_ms(self) -> int:
        return self.read()[0]

    def read(self) -> tuple[int, int]:
        return struct.unpack("qq", os.pread(self._file, 16, 0))

    def put(self, now_ms: int, closes_ms: int) -> None:
        os.pwrite(self._file, struct.pack("qq", now_ms, closes_ms), 0)

    @contextlib.contextmanager
    def held(self) -> Generator[None]:
        """Nobody else moves it meanwhile; the lock ends with whoever has it."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        os.close(self._file)


class Marks(Untraced):
    """Says through a pipe when a batch, a stage or an act begins and ends, so that it can be killed just there."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    @contextlib.contextmanager
    def _marked(self, begins: bytes) -> Generator[None]:
        os.write(self._pipe, begins)
        yield
        os.write(self._pipe, MARK)

    def span(self, name: str, **facts: str | int) -> contextlib.AbstractContextManager[None]:
        buys = name in (BUY, FOLLOW, TRANSFER, "warehouse.transfer") or name.startswith("vendors.")
        return self._marked(BUYS if buys else MARK)


class BuyingOffice(SupplyOffice):
    """The company of the quarter, whose dock puts what comes on shelves that stand in the vendors' ledger as well."""

    def __init__(self, folder: Path, clock: SharedClock, *, seed: int, faults: VendorFaults) -> None:
        super().__init__(folder, settings.load(folder), clock=clock, seed=seed, faults=faults)
        self.time = clock
        self.shelves = SimulatedWarehouse(
            opening=[], skus=frozenset(one.sku for one in demand_of(seed).items), ledger=self.ledger, seed=seed,
            faults=Faults.none(), now_ms=clock.now_ms,
        )  # fmt: skip
        self.vendors = SimulatedVendors(
            ledger=self.ledger, seed=seed, faults=faults, now_ms=clock.now_ms, unload=self.shelves.receive
        )

    def ports(self) -> dict[str, object]:
        return super().ports() | {self.shelves.name: self.shelves, self.shelves.dock.name: self.shelves.dock}

    def close(self) -> None:
        super().close()
        self.time.close()


def make(folder: Path, *, seed: int, database: str, faults: VendorFaults) -> None:
    folder.mkdir()
    clock = SharedClock(folder)
    office = opened(folder, demand_of(seed), seed=seed, clock=clock, faults=faults, database=database)
    with office.engine(), office.database.transaction() as tx:
        for bot in FLEET:
            if bot not in WORKING:
                lifecycle.take(tx, bot, "pause", who=PERSON, because="only buying is looked at", now_ms=START_MS)
        stock.ensure_levels(tx, _places(tx))
    office.close()
    clock.close()


def demand_of(seed: int) -> Demand:
    return Demand(seed=seed, skus=SKUS, past=70, days=1)


def live(office: BuyingOffice, engine: Engine) -> None:
    """Work until nothing is due, let half a day pass with what people do in it, and so on until the office has closed."""
    while True:
        now_ms, closes_ms = office.time.read()
        engine.drain()
        idle = _idle(office)
        if not idle:  # what the one before has left, or what another worker does, is under way
            select.select([], [], [], MOMENT_S)
        with office.time.held():
            if office.time.read() != (now_ms, closes_ms):
                continue  # somebody else was quicker
            if idle and closes_ms and now_ms >= closes_ms and not _asked(office):
                return
            if idle:
                _people(office, now_ms, closes_ms)
            office.time.put(now_ms + (STEP_MS if idle else MOMENT_MS), closes_ms)


def _idle(office: BuyingOffice) -> bool:
    now_ms = office.clock.now_ms()
    with office.database.reading() as tx:
        return not queue.due(tx, WORKING, until_ms=now_ms) and not queue.unfinished(tx, WORKING, now_ms=now_ms)


def _asked(office: BuyingOffice) -> bool:
    """Whether somebody still has to say something, such as whether what came last and was too much stays."""
    with office.database.reading() as tx:
        return bool(tx.rows("SELECT 1 FROM tasks WHERE item_kind = 'purchase' AND state = 'open' LIMIT 1"))


def _people(office: BuyingOffice, now_ms: int, closes_ms: int) -> None:
    """Customers empty shelves, what is low is asked for, the buyer answers the inbox and now and then changes their mind."""
    closing = bool(closes_ms)
    chance = random.Random(now_ms)
    with office.database.transaction() as tx:
        there = {(row[0], row[1]): row[2] for row in tx.rows("SELECT sku, warehouse, on_hand FROM stock_levels ORDER BY 1, 2")}
        if not closing:
            sold = {place: chance.randint(0, min(12, pieces)) for place, pieces in there.items()}
            gone = [Move(*place, -pieces, "adjustment") for place, pieces in sold.items() if pieces]
            stock.move(tx, gone, now_ms=now_ms)
            low = {place: (TARGET - left, "it runs low") for place in there if (left := there[place] - sold[place]) < TARGET // 2}
            stock.ask_replenishment(tx, low, now_ms=now_ms)
        if not closing or now_ms < closes_ms - LAST_MOVES_MS:
            _move(office, tx, chance, now_ms)
        sent = [row[0] for row in tx.rows("SELECT id FROM purchase_orders WHERE state IN ('sent', 'acknowledged') ORDER BY id")]
        tasks = tx.rows("SELECT id, stage FROM tasks WHERE item_kind = 'purchase' AND state = 'open' ORDER BY id")
    for task, stage in tasks:
        no = stage != SURPLUS and chance.random() < 0.1
        _decide(office, lambda tx, task=task, no=no: (decisions.reject if no else decisions.approve)(
            tx, task, by=PERSON, now_ms=now_ms
        ))  # fmt: skip
    if sent and chance.random() < 0.2:
        one = chance.choice(sent)
        _decide(office, lambda tx: decisions.cancel(tx, one, by=BUYER, because="wanted no more", now_ms=now_ms))


def _move(office: BuyingOffice, tx: Tx, chance: random.Random, now_ms: int) -> None:
    """A plan sends what it sees in one warehouse to another, a few SKUs at a time."""
    levels = stock.levels(tx, [row[0] for row in tx.rows("SELECT sku FROM items ORDER BY sku")])
    there = sorted(place for place, level in levels.items() if level.available > 0)
    wanted: list[Moved] = []
    for sku, start in chance.sample(there, k=min(3, len(there))):
        end = chance.choice([warehouse for other, warehouse in sorted(levels) if other == sku and warehouse != start])
        level = levels[sku, end]
        pieces = chance.randint(1, levels[sku, start].available)
        wanted.append(Moved(sku, start, end, pieces, "it lies about", level.on_hand + level.on_order))
    _, events = transferring.propose(tx, wanted, by=BUYER, now_ms=now_ms)
    office.record(tx, events, by=BUYER)


def _decide(office: BuyingOffice, decision: Callable[[Tx], list[Event]]) -> None:
    with contextlib.suppress(NotDecidable), office.database.transaction() as tx:
        office.record(tx, decision(tx), by=PERSON.id)


def _places(tx: Tx) -> list[Place]:
    return [(sku, warehouse) for sku, warehouse in tx.rows("SELECT i.sku, w.id FROM items i CROSS JOIN warehouses w")]
