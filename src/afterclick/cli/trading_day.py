"""A simulated trading day in an office: webhooks come in, bots work, the store is reconciled, the outside says what it saw."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from afterclick.app import Office
from afterclick.cli.company import move_in, take_on_vendors
from afterclick.engine.clock import Clock
from afterclick.engine.engine import Engine
from afterclick.simulator.day import DAY_MS
from afterclick.simulator.world import DEFAULT_DAY_MS

NIGHT_MS: Final = 4 * 3_600_000
AT_ONCE: Final = 1_000
"""Webhooks taken in per transaction; a store that sends one at a time is served one at a time."""


class Scoreboard(msgspec.Struct, frozen=True):
    """What came of the day. The first six figures come from the outside's own ledger and the simulator's truth, not our books.

    `orders` came in, and `parts` are what some of them were split into; the states add up to both together.
    """

    duplicate_effects: int
    lost_orders: int
    oversells: int
    tie_out_difference: str
    wrong_decisions: int
    wrong_decision_rate: float
    orders: int
    shipped: int
    waiting: int
    inbox: int
    refused: int
    cancelled: int
    touchless_rate: float
    orders_per_s: float
    duration_s: float
    parts: int = 0


def make_office(folder: Path, *, seed: int, orders: int, faults: str, warehouses: int = 3, database: str = "") -> Office:
    """A new office whose surroundings are simulated, on the evening of the simulated day."""
    values = {
        "simulator.seed": seed, "simulator.orders": orders, "simulator.faults": faults, "simulator.store": True,
        "simulator.warehouses": warehouses, "simulator.clock_ahead_ms": _ahead_ms(),
        "shop.email": "buying@shop.example",
    }  # fmt: skip
    if database:
        values |= {"database.url": database}
    Office.create(folder, values)
    office = Office.open(folder)
    move_in(office, office.world())
    take_on_vendors(office, office.world())
    with office.database.transaction() as tx:
        tx.run("INSERT INTO channels (store, kind) VALUES (?, 'webhook') ON CONFLICT DO NOTHING", (office.world().store.name,))
    return office


def night_clock() -> Clock:
    """A clock that stands in the night after the simulated day: every webhook has come that will ever come."""
    return Clock(ahead_ms=_ahead_ms())


def _ahead_ms() -> int:
    """From now to that night; the office keeps it, so that whoever opens it later goes on by the same clock."""
    return DEFAULT_DAY_MS + DAY_MS + NIGHT_MS - time.time_ns() // 1_000_000


def work_through(office: Office, engine: Engine, progress: Callable[[], None]) -> float:
    """Deliver every webhook while the bots work, reconcile with the store's list, push what stands still, buy what lacks, and
    work on until idle; returns the seconds."""
    world = office.world()
    began = time.perf_counter()
    engine.start()
    for group in _groups(iter(world.webhooks())):
        office.receive_webhooks(group, store=world.store.name, secret=world.secret, notify=engine.notify)
        progress()
    with office.database.transaction() as tx:
        engine.start_bot(tx, "orders.reconcile")
    engine.run_until_idle(patience_s=3.0, progress=progress)
    with office.database.transaction() as tx:
        for bot in ("orders.unstick", "procurement.expedite"):
            engine.start_bot(tx, bot)
    engine.run_until_idle(patience_s=0.0, progress=progress)
    return time.perf_counter() - began


def score(office: Office, duration_s: float) -> Scoreboard:
    """The scoreboard of a worked day."""
    with office.database.reading() as tx:
        rows = tx.rows("SELECT external_id, state, touched, parent FROM orders")
        asked = {row[0] for row in tx.rows("SELECT DISTINCT o.external_id FROM tasks t JOIN orders o ON o.id = t.item")}
    states = {row[0]: row[1] for row in rows}
    touched = frozenset(row[0] for row in rows if row[2]) | asked
    outside = office.world().reconcile(states=states, touched=touched)
    count = Counter[str](row[1] for row in rows)
    touchless = sum(1 for row in rows if row[1] == "shipped" and row[0] not in touched)
    parts = sum(1 for row in rows if row[3] is not None)
    return Scoreboard(
        duplicate_effects=outside.duplicate_effects, lost_orders=outside.lost_orders, oversells=outside.oversells,
        tie_out_difference=outside.tie_out_difference, wrong_decisions=outside.wrong_decisions,
        wrong_decision_rate=outside.wrong_decision_rate, orders=len(rows) - parts, shipped=count["shipped"],
        waiting=count["waiting"], inbox=count["inbox"], refused=count["refused"], cancelled=count["cancelled"],
        touchless_rate=touchless / max(1, len(rows)), orders_per_s=(len(rows) - parts) / duration_s, duration_s=duration_s,
        parts=parts,
    )  # fmt: skip


def _groups(webhooks: Iterator[tuple[dict[str, str], bytes]]) -> Iterator[list[tuple[dict[str, str], bytes]]]:
    while group := list(islice(webhooks, AT_ONCE)):
        yield group
