"""Kill -9 an office that works, again and again, and see that nothing is lost and nothing was done twice.

python -m tests.journeys.killing --kills 50                                   # the one process of a SQLite office
python -m tests.journeys.killing --kills 50 --database postgresql://… --workers 2   # one of two workers at a time
"""

import argparse
import json
import os
import random
import select
import sys
import tempfile
from functools import partial
from pathlib import Path

from afterclick.app import Office
from afterclick.cli.check import prove_all
from afterclick.cli.trading_day import make_office, night_clock, score, work_through
from tests.journeys.children import finished, start

LONGEST_LIFE_S = 1.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--orders", type=int, default=3_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--database", default="")
    parser.add_argument("--faults", choices=("none", "all"), default="none")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="afterclick-kills-") as folder:
        result = run(Path(folder), **vars(given))
    print(json.dumps(result))
    sys.exit(0 if result["ok"] else 1)


def run(folder: Path, *, kills: int, orders: int, seed: int, workers: int, database: str, faults: str) -> dict[str, object]:
    """Make an office, kill its workers `kills` times at random moments, let it finish, and look at what is left."""
    make_office(folder, seed=seed, orders=orders, faults=faults, database=database).close()
    chance = random.Random(seed)
    day = partial(_work, folder)
    alive = [start(day) for _ in range(workers)]
    restarted_idle = 0
    for _ in range(kills):
        victim = chance.randrange(workers)
        if select.select([alive[victim].said], [], [], chance.uniform(0.05, LONGEST_LIFE_S))[0]:
            restarted_idle += 1  # it had nothing left to do: killed all the same, and the office opened anew
        alive[victim].kill()
        alive[victim] = start(day)
    for child in alive:
        os.read(child.said, 1)
    for child in alive:
        child.kill()
    return _look(folder) | {"kills": kills, "of_them_idle": restarted_idle}


def _work(folder: Path, writing: int) -> None:
    """Deliver the day's webhooks (known ones are dropped) and work until idle."""
    office = Office.open(folder, clock=night_clock())
    with office.engine() as engine:
        work_through(office, engine, lambda: None)
        finished(writing)


def _look(folder: Path) -> dict[str, object]:
    office = Office.open(folder, clock=night_clock())
    proofs = list(prove_all(office))
    board = score(office, 1.0)
    office.close()
    failed = [f"{check.name}: {check.detail}" for check in proofs if not check.ok]
    came_to = board.orders + board.parts
    if still_moving := came_to - board.shipped - board.waiting - board.inbox - board.refused - board.cancelled:
        failed.append(f"{still_moving} orders are still on their way")
    nothing_doubled = (board.duplicate_effects, board.lost_orders, board.oversells, board.tie_out_difference) == (0, 0, 0, "0.00")
    return {
        "ok": not failed and nothing_doubled, "failed_checks": failed, "orders": board.orders, "shipped": board.shipped,
        "waiting": board.waiting, "duplicate_effects": board.duplicate_effects, "lost_orders": board.lost_orders,
        "oversells": board.oversells, "tie_out_difference": board.tie_out_difference,
    }  # fmt: skip


if __name__ == "__main__":
    main()
