"""How long a million recorded verdicts take to replay on one core, and how many times faster than they happened.

    python bench/replay.py --verdicts 1000000

Writes the verdicts into an office of its own, then changes a limit and a rule of the shop. Prints a table and a JSON line.
Seconds of one core count, since that is what other work on the machine does not change.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec

from afterclick.app import FLEET, Office
from afterclick.domain.facts import Earlier, ItemFacts, LineFacts, OrderFacts, Usual
from afterclick.engine.judging import JUDGED
from afterclick.engine.replay import Wanted, replay
from afterclick.governance.in_force import Ready
from afterclick.governance.policy import DEFAULT, read
from afterclick.orders.rules import complete, genuine
from afterclick.store import log
from afterclick.store.log import Block, Event

BLOCK: Final = 1_000
OTHERS: Final = 3
"""Events of other stages beside each verdict, in blocks of their own."""
DAYS: Final = 90
TARGET_S: Final = 60.0
CASES: Final = {
    "a limit of one rule": "[orders]\nask_score = 40\n",
    "a limit of the other": "[orders]\nprice_most_ratio = 1.2\n",
    "a rule of the shop": '[[rules]]\nname = "large"\nwhen = "total > 90000 && bill_country != country"\nthen = "ask"\n'
    'because = "{total}"\nowner = "bench"\n',
    "all of them": "[orders]\nask_score = 40\nprice_most_ratio = 1.2\n"
    '[[rules]]\nname = "large"\nwhen = "total > 90000 && lines.exists(l, l.quantity > 3)"\nthen = "refuse"\nbecause = "x"\n'
    'owner = "bench"\n',
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verdicts", type=int, default=1_000_000)
    verdicts: int = parser.parse_args().verdicts
    with tempfile.TemporaryDirectory() as folder:
        Office.create(Path(folder) / "office", {})
        office = Office.open(Path(folder) / "office")
        began = time.perf_counter()
        _record(office, verdicts)
        print(f"{verdicts:,} verdicts and {verdicts * OTHERS:,} other events written in {time.perf_counter() - began:.0f} s")
        slowest = 0.0
        measured: dict[str, float] = {}
        print(f"{'what changed':<24}{'differ':>10}{'core s':>10}{'wall s':>10}{'a core second':>14}")
        for name, text in CASES.items():
            wanted = Wanted(Ready.of(1, DEFAULT), Ready.of(2, read(text)), DAYS)
            busy = time.process_time()
            found, _ = replay(office.database, FLEET, wanted, now_ms=office.clock.now_ms())
            busy = time.process_time() - busy
            measured[name] = round(busy, 1)
            slowest = max(slowest, busy)
            print(f"{name:<24}{found.differing:>10,}{busy:>10.1f}{found.seconds:>10.1f}{found.judged / busy:>14,.0f}")
        office.close()
    ratio = round(DAYS * 86_400 / slowest)
    print(
        json.dumps(
            {"verdicts": verdicts, "core_seconds": measured, "slowest_s": round(slowest, 1), "times_faster_than_life": ratio}
        )
    )
    sys.exit(0 if slowest / verdicts * 1_000_000 < TARGET_S else 1)


def _record(office: Office, verdicts: int) -> None:
    """Orders of 1 to 5 lines over 89 days, judged by the default policy as the bot would have."""
    chance = random.Random(1)
    items = [_item(chance) for _ in range(2_000)]
    now_ms = office.clock.now_ms()
    for start in range(0, verdicts, BLOCK):
        at_ms = now_ms - round((1 - start / verdicts) * (DAYS - 1) * 86_400_000)
        numbers = range(start + 1, min(start + BLOCK, verdicts) + 1)
        events = [_judged(_facts(number, at_ms, items, chance)) for number in numbers]
        with office.database.transaction() as tx:
            log.append(tx, Block(at_ms, "orders.fulfil", "1"), events)
            others = [Event(f"stage.{step}", number, None, "Pass") for step in range(OTHERS) for number in numbers]
            log.append(tx, Block(at_ms, "orders.fulfil", "1"), others)


def _item(chance: random.Random) -> ItemFacts:
    usual = Usual(chance.choice((0, 5, 40, 400)), round(chance.uniform(0, 2), 3), round(chance.uniform(0.2, 1), 3), 12)
    return ItemFacts(True, chance.randrange(500, 9_000), "EUR", usual)


def _facts(number: int, at_ms: int, items: list[ItemFacts], chance: random.Random) -> OrderFacts:
    chosen = [chance.choice(items) for _ in range(chance.choice((1, 1, 2, 3, 5)))]
    lines = tuple(
        LineFacts(
            no, f"SKU-{item.price}", chance.choice((1, 1, 2, 4)), round(item.price * chance.choice((1.0, 1.0, 0.9, 1.3))), item
        )
        for no, item in enumerate(chosen, 1)
    )
    bill, earlier = chance.choice(("DE", "DE", "FR")), ()
    if chance.random() < 0.05:
        earlier = (Earlier(max(1, number - 1), 600_000, False, 0.4, True, True),)
    return OrderFacts(
        number, at_ms, "EUR", sum(line.quantity * line.unit_price for line in lines), lines, country="DE", postcode="10115",
        email="xxx@mail.example", bill_country=bill, ip_country=chance.choice(("DE", "PL")),
        usual_value=Usual(9, 8.5, 0.5, 40_000) if chance.random() < 0.5 else None,
        customer_orders=chance.choice((0, 0, 1, 6)), earlier=earlier,
    )  # fmt: skip


def _judged(facts: OrderFacts) -> Event:
    text = msgspec.json.encode(facts).decode()
    for name, rule in (("complete", complete), ("genuine", genuine)):
        verdict = rule(facts, DEFAULT.orders)
        if type(verdict).__name__ != "Pass":
            return Event(name, facts.order_id, None, type(verdict).__name__, verdict.because, text)
    return Event(JUDGED, facts.order_id, None, "Pass", "complete; genuine", text)


if __name__ == "__main__":
    main()
