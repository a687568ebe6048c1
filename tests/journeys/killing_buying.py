"""Kill -9 an office that buys, again and again, and see that its vendors heard everything, and nothing of it twice.

    python -m tests.journeys.killing_buying --kills 50                                   # the one process of a SQLite office
    python -m tests.journeys.killing_buying --kills 50 --database postgresql://… --workers 2   # one of two workers at a time

The vendors and the dock keep a ledger of their own in a file beside the office. The clock is a file too: whoever finds nothing
left to do moves it on by half a day, so that vendors answer and deliver within a fraction of a second.
"""

import argparse
import json
import os
import random
import select
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from afterclick import settings
from afterclick.cli.quarter.office import DAY_MS, START_MS
from afterclick.simulator import suppliers
from afterclick.simulator.ledger import Ledger
from afterclick.simulator.vendor_plans import VendorFaults
from afterclick.store.database import Database, sqlite_url
from tests.journeys.children import FINISHED, finished, start
from tests.journeys.judging_buying import Verdict, judge
from tests.journeys.living_buying import BUYS, LISTEN, MARK, WORKING, BuyingOffice, Marks, SharedClock, demand_of, live, make

CLOSED_MS: Final = (0, 0, 5 * 3_600_000, 2 * DAY_MS)
"""For so long the office stands still after a kill: vendors may answer, or deliver, before the order is known to be sent."""
WINDS_DOWN_MS: Final = 15 * DAY_MS
"""After the last kill nothing more is sold or asked for, and what is on its way comes in."""
LONGEST_LIFE_S: Final = 1.2
MOST_MARKS: Final = 80
_DOCK: Final = 0
"""Under this number the ledger files what was unloaded."""


class Hit(NamedTuple):
    """What a kill left behind: open batches with their bots, and whether the outside had done what was not booked yet."""

    open: dict[int, str]
    unrecorded: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--database", default="")
    parser.add_argument("--faults", choices=("none", "all"), default="all")
    given = parser.parse_args()
    given.faults = VendorFaults.all_on() if given.faults == "all" else VendorFaults()
    with tempfile.TemporaryDirectory(prefix="afterclick-buying-") as folder:
        result = run(Path(folder), **vars(given))
    print(json.dumps(result))
    sys.exit(0 if result["ok"] else 1)


def run(folder: Path, *, kills: int, seed: int, workers: int, database: str, faults: VendorFaults) -> dict[str, object]:
    """Make an office, kill its workers `kills` times at random moments, let it finish, and ask its vendors what they heard."""
    began_s = time.perf_counter()
    folder /= "office"
    make(folder, seed=seed, database=database, faults=faults)
    chance = random.Random(seed)
    quarter = partial(_work, folder, seed, faults)
    alive = [start(quarter) for _ in range(workers)]
    hits = [Hit({}, unrecorded=False)]
    for _ in range(kills):
        victim = chance.randrange(workers)
        _wait(alive[victim].said, chance)
        alive[victim].kill()
        hits.append(_look_after(folder, alive[victim].pid))
        _pass(folder, chance.choice(CLOSED_MS))
        alive[victim] = start(quarter)
    _pass(folder, 0, closing=True)
    for child in alive:
        while (word := os.read(child.said, 1)) != FINISHED:
            assert word, "a worker ended by itself"
    for child in alive:
        child.kill()
    office = BuyingOffice(folder, SharedClock(folder), seed=seed, faults=faults)
    demand = demand_of(seed)
    asked = suppliers.offers([item.sku for item in demand.items], demand.costs.tolist(), seed=seed)
    verdict = judge(office, {(one.vendor, one.sku): one for one in asked})
    days = (office.clock.now_ms() - START_MS) // DAY_MS
    office.close()
    return _result(verdict, hits) | {"days": days, "seconds": round(time.perf_counter() - began_s, 1)}


def _result(verdict: Verdict, hits: Sequence[Hit]) -> dict[str, object]:
    """A batch that several kills in a row have found open counts as hit once."""
    at_work = [{bot for batch, bot in one.open.items() if batch not in before.open} for before, one in pairwise(hits)]
    return {
        "ok": not verdict.wrong,
        **verdict._asdict(),
        "kills": len(hits) - 1,
        "at_work": sum(1 for bots in at_work if bots),
        "at_work_of": {bot: sum(1 for bots in at_work if bot in bots) for bot in WORKING},
        "before_it_was_booked": sum(1 for one in hits if one.unrecorded),
    }


def _wait(said: int, chance: random.Random) -> None:
    """Until the moment of the kill: any at all, or a little after one of the first marks; half of them those of buying itself."""
    counted, marks, until_s = MARK + BUYS, 10**9, time.monotonic() + 5 * LONGEST_LIFE_S
    kind = chance.random()
    if kind < 0.25:
        until_s = time.monotonic() + chance.uniform(0.0, LONGEST_LIFE_S)
    elif kind < 0.5:
        marks = chance.randint(1, MOST_MARKS)
    else:
        counted, marks = BUYS, chance.randint(1, MOST_MARKS // 10)
    while marks and (left_s := until_s - time.monotonic()) > 0 and select.select([said], [], [], left_s)[0]:
        word = os.read(said, min(marks, 4096))
        assert word, "a worker ended by itself"
        marks -= sum(word.count(one) for one in counted)
    if not marks:
        select.select([], [], [], chance.uniform(0.0, 0.015))


def _pass(folder: Path, time_ms: int, *, closing: bool = False) -> None:
    """Let so much time pass, and from then on, where it is closing, let the office wind down."""
    clock = SharedClock(folder)
    with clock.held():
        now_ms = clock.now_ms() + time_ms
        clock.put(now_ms, now_ms + WINDS_DOWN_MS if closing else 0)
    clock.close()


def _look_after(folder: Path, pid: int) -> Hit:
    """Which batches the dead worker left open, and whether the outside knows something of them that our books do not."""
    database = Database(settings.load(folder).text("database.url") or sqlite_url(folder / "office.sqlite"))
    of = "" if database.is_sqlite else f" AND executor LIKE '%-{pid}-%'"
    with database.reading() as tx:
        open_ones = tx.rows(f"SELECT id, bot, items FROM batches WHERE finished_ms = 0{of}")
        booked = {row[0] for row in tx.rows("SELECT key FROM events WHERE key <> '' UNION ALL SELECT key FROM receipts")}
    database.dispose()
    ledger = Ledger(folder / "vendors.sqlite")
    told = list(
        ledger.rows("SELECT purchase, key FROM purchases WHERE document <> '' UNION ALL SELECT purchase, key FROM vendor_words")
    )
    ledger.close()
    in_hand = {item for _, _, items in open_ones for item in msgspec.json.decode(items, type=list[int])}
    in_hand |= {_DOCK for _, bot, _ in open_ones if bot == LISTEN}
    return Hit({row[0]: row[1] for row in open_ones}, any(purchase in in_hand and key not in booked for purchase, key in told))


def _work(folder: Path, seed: int, faults: VendorFaults, writing: int) -> None:
    """Work until the office closes, and say what is done."""
    office = BuyingOffice(folder, SharedClock(folder), seed=seed, faults=faults)
    with office.engine() as engine:
        engine.tracer = engine.door.tracer = Marks(writing)
        live(office, engine)
        finished(writing)


if __name__ == "__main__":
    main()
