"""The ledger outlives the office: opened again, killed in the middle, and written by two processes at once."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from afterclick.domain.payment import Authorise
from afterclick.domain.shipping import HandOver
from afterclick.ports.answer import Declined, Done
from afterclick.simulator.faults import Chance, Faults
from afterclick.simulator.ledger import Ledger, LedgerError
from tests.ports.payments_contract import authorise
from tests.simulator.worlds import small_world

ROOT = Path(__file__).parents[2]
TAKER = """
import sys
from pathlib import Path
from afterclick.domain.payment import Authorise
from afterclick.domain.shipping import HandOver
from afterclick.ports.answer import Done
from tests.simulator.worlds import small_world
folder, name, sku, warehouse = sys.argv[1:]
world = small_world(Path(folder))
print("ready", flush=True)
sys.stdin.readline()
taken = 0
for number in range(100):
    world.payments.authorise([Authorise(f"{number}:authorise", number, "tok_1", 100, "EUR")])
    request = HandOver(f"{name}:{number}", number, f"S-{number}", ((warehouse, "Landpost", "T", {sku: 1}),))
    taken += isinstance(world.warehouse.hand_over([request])[0], Done)
    print(taken, flush=True)
"""


def started(folder: Path, name: str, cell: tuple[str, str]) -> subprocess.Popen[str]:
    """A process that takes one piece after another off a shelf, as soon as it is told to go."""
    process = subprocess.Popen(
        [sys.executable, "-c", TAKER, str(folder), name, *cell], env={"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout and process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("go\n")
    process.stdin.flush()


def test_what_was_written_is_known_after_opening_again(tmp_path: Path) -> None:
    world = small_world(tmp_path)
    first = world.payments.authorise([authorise("1:a", 1000)])
    world.close()
    again = small_world(tmp_path)
    assert list(again.payments.authorise([authorise("1:a", 1000)])) == list(first)
    assert again.ledger.repeats() == {"authorise": 1}


def test_shelves_are_as_they_were_left(tmp_path: Path) -> None:
    world = small_world(tmp_path)
    sku, warehouse, pieces = world.opening_stock()[0]
    world.warehouse.hand_over([HandOver("a", 1, "S-1", ((warehouse, "L", "T", {sku: pieces}),))])
    world.close()
    (answer,) = small_world(tmp_path).warehouse.hand_over([HandOver("b", 2, "S-2", ((warehouse, "L", "T", {sku: 1}),))])
    assert isinstance(answer, Declined)


def test_the_ledger_of_another_world_is_refused(tmp_path: Path) -> None:
    small_world(tmp_path, seed=1).close()
    with pytest.raises(LedgerError, match="seed 1 ≠ 2"):
        small_world(tmp_path, seed=2)


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outside.sqlite").write_text("this is no database, whatever its name says " * 50)
    with pytest.raises(LedgerError, match="cannot be opened"):
        Ledger(tmp_path / "outside.sqlite")


def test_a_failed_booking_leaves_nothing_behind(tmp_path: Path) -> None:
    world = small_world(tmp_path)
    with pytest.raises(AttributeError):
        world.payments.authorise([authorise("1:a", 1000), None])  # pyright: ignore[reportArgumentType]
    assert list(world.ledger.rows("SELECT * FROM holds")) == []
    assert isinstance(world.payments.authorise([authorise("1:a", 1000)])[0], Done)


def test_two_processes_share_one_shelf_and_one_set_of_keys(tmp_path: Path) -> None:
    world = small_world(tmp_path)
    sku, warehouse, _ = world.opening_stock()[0]
    there = world.warehouse.count([(sku, warehouse)])[0][2]
    world.warehouse.receive([(sku, warehouse, 50 - there)])
    processes = [started(tmp_path, name, (sku, warehouse)) for name in "ab"]
    for process in processes:
        go(process)
    taken = [int(process.communicate()[0].split()[-1]) for process in processes]
    assert sum(taken) == 50
    assert world.warehouse.count([(sku, warehouse)]) == [(sku, warehouse, 0)]
    assert next(world.ledger.rows("SELECT COUNT(*) FROM holds")) == (100,)
    assert world.ledger.repeats()["authorise"] == 100


def test_a_killed_process_loses_nothing_it_was_told_was_done(tmp_path: Path) -> None:
    world = small_world(tmp_path)
    sku, warehouse, _ = world.opening_stock()[0]
    world.warehouse.receive([(sku, warehouse, 1_000)])
    process = started(tmp_path, "a", (sku, warehouse))
    go(process)
    assert process.stdout
    told = [int(process.stdout.readline()) for _ in range(20)][-1]
    process.send_signal(signal.SIGKILL)
    rest = process.communicate()[0].split()
    (handed,) = next(world.ledger.rows("SELECT COUNT(*) FROM hand_overs WHERE because = ''"))
    assert max([told, *map(int, rest)]) <= handed <= 100
    request = HandOver("a:0", 0, "S-0", ((warehouse, "Landpost", "T", {sku: 1}),))
    assert list(world.warehouse.hand_over([request])) == [Done(None)]
    assert next(world.ledger.rows("SELECT COUNT(*) FROM hand_overs WHERE because = ''")) == (handed,)


def test_a_chance_strikes_at_its_rate_and_the_same_keys_again() -> None:
    keys = [f"{number}:0:label:1:Landpost" for number in range(20_000)]
    chances = [Chance(seed=1, fault=fault, rate=0.01) for fault in ("one", "one", "other")]
    struck = [{key for key in keys if chance.strikes(key)} for chance in chances]
    assert struck[0] == struck[1]
    assert 140 < len(struck[0]) < 260 and 140 < len(struck[2]) < 260
    assert len(struck[0] & struck[2]) < 10  # faults strike independently of each other
    assert not Chance(seed=1, fault="one", rate=0.0).strikes("any") and Chance(seed=1, fault="one", rate=1.0).strikes("any")


def test_requests_with_hostile_keys_are_kept_apart(tmp_path: Path) -> None:
    payments = small_world(tmp_path).payments
    keys = ["", "'; DROP TABLE holds; --", "é" * 1000, "a\x00b", "a", "A", " a"]
    references = [
        a.answer.reference for a in payments.authorise([Authorise(k, 1, "t", 100, "EUR") for k in keys]) if isinstance(a, Done)
    ]
    assert len(set(references)) == len(keys)
    assert Faults.none() == Faults()
