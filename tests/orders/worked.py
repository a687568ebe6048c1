"""An office in which a small simulated day was worked through, for tests of what people see and check."""

import time
from pathlib import Path
from typing import Final

from afterclick.app import Office
from afterclick.cli.company import move_in
from afterclick.engine.clock import Clock
from afterclick.settings import Value
from afterclick.simulator.day import DAY_MS
from afterclick.simulator.world import DEFAULT_DAY_MS

ORDERS: Final = 60


def worked_office(folder: Path, *, database: str, faults: str = "none") -> Office:
    """The office of a day of `ORDERS` orders; on SQLite its database lies in the folder."""
    values: dict[str, Value] = {
        "simulator.seed": 5,
        "simulator.orders": ORDERS,
        "simulator.faults": faults,
        "simulator.store": True,
    }
    if not database.startswith("sqlite"):
        values["database.url"] = database
    Office.create(folder, values)
    evening = DEFAULT_DAY_MS + DAY_MS - time.time_ns() // 1_000_000
    office = Office.open(folder, clock=Clock(ahead_ms=evening))
    world = office.world()
    move_in(office, world)
    office.receive_webhooks(list(world.webhooks()), store=world.store.name, secret=world.secret)
    with office.engine() as engine:
        engine.run_until_idle(patience_s=0.5)
    return office
