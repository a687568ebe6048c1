"""What one pretend warehouse sends another comes after its time, whole and once, whoever asks and however often."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from afterclick.domain.purchase import ReceiptLine
from afterclick.ports.answer import Declined, Done
from afterclick.ports.goods_in import Arrivals
from afterclick.simulator.faults import Faults
from afterclick.simulator.prompt import PromptWarehouse
from afterclick.simulator.transfers import ON_THE_WAY_MS, TransferDock
from afterclick.simulator.world import World
from tests.ports.insisting import insist
from tests.ports.warehouse_contract import Shelf, hand_over, transfer
from tests.simulator.worlds import Clock, small_world

ROOT = Path(__file__).parents[2]
NEW = "WH-NEW"
ASKS = """
import sys
from pathlib import Path
from tests.simulator.worlds import Clock, small_world
clock = Clock()
clock.now_ms = int(sys.argv[2])
world = small_world(Path(sys.argv[1]), clock=clock)
print("ready", flush=True)
sys.stdin.readline()
for _ in range(20):
    print([line.key for line in world.warehouse.dock.arrivals(cursor="", limit=10).lines], flush=True)
"""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(tmp_path: Path, clock: Clock) -> World:
    return small_world(tmp_path, clock=clock)


@pytest.fixture
def shelf(world: World) -> Shelf:
    return next(row for row in world.opening_stock() if row[2] >= 4)


def sent(world: World, shelf: Shelf, *pieces: int) -> None:
    for number, count in enumerate(pieces, 1):
        assert insist(world.warehouse.transfer, transfer(shelf, f"t{number}", count, number=number, end=NEW)) == [Done(None)]


def come(world: World, *, cursor: str = "", limit: int = 10) -> Arrivals:
    return world.warehouse.dock.arrivals(cursor=cursor, limit=limit)


def lies(world: World, sku: str) -> int:
    """What stands on the shelf of the new warehouse."""
    return world.warehouse.count([(sku, NEW)])[0][2]


def test_pieces_come_when_their_last_millisecond_is_over(world: World, shelf: Shelf, clock: Clock) -> None:
    sent(world, shelf, 3)
    arrives_ms = clock.now_ms + ON_THE_WAY_MS
    clock.now_ms = arrives_ms
    assert come(world) == Arrivals((), "") and lies(world, shelf[0]) == 0
    clock.now_ms += 1
    (line,) = come(world).lines
    assert line == ReceiptLine("TR-1", 1, shelf[0], 3, arrives_ms, warehouse=NEW, key=line.key) and line.key


def test_what_has_come_can_be_handed_over_there(world: World, shelf: Shelf, clock: Clock) -> None:
    sent(world, shelf, 3)
    there = (shelf[0], NEW, 3)
    (early,) = insist(world.warehouse.hand_over, hand_over(there, "a", 3))
    assert isinstance(early, Declined) and early.because.startswith("short")
    clock.now_ms += ON_THE_WAY_MS + 1
    come(world)
    late = insist(world.warehouse.hand_over, hand_over(there, "b", 3, order_id=2), hand_over(there, "c", 1, order_id=3))
    assert late[0] == Done(None) and isinstance(late[1], Declined)


def test_asked_again_with_the_same_cursor_it_says_the_same_and_moves_nothing(world: World, shelf: Shelf, clock: Clock) -> None:
    sent(world, shelf, 1, 2)
    clock.now_ms += ON_THE_WAY_MS + 1
    first = come(world)
    assert come(world) == first and [line.quantity for line in first.lines] == [1, 2]
    assert len({line.key for line in first.lines}) == 2
    assert lies(world, shelf[0]) == 3
    assert come(world, cursor=first.cursor) == Arrivals((), first.cursor)


def test_pages_follow_one_another_oldest_first(world: World, shelf: Shelf, clock: Clock) -> None:
    insist(world.warehouse.transfer, transfer(shelf, "t", 1, number=7, end=NEW))
    clock.now_ms += 1
    sent(world, shelf, 1, 1)
    clock.now_ms += ON_THE_WAY_MS + 1
    seen: list[str] = []
    cursor, more = "", True
    while more:
        page = come(world, cursor=cursor, limit=1)
        seen += [line.order for line in page.lines]
        cursor, more = page.cursor, page.more
    assert seen == ["TR-7", "TR-1", "TR-2"]
    assert lies(world, shelf[0]) == 3


def test_nothing_comes_of_what_was_declined(world: World, shelf: Shelf, clock: Clock) -> None:
    insist(world.warehouse.transfer, transfer(shelf, "t", shelf[2] + 1, end=NEW), transfer(shelf, "u", 0, end=NEW))
    clock.now_ms += ON_THE_WAY_MS + 1
    assert come(world).lines == ()


def test_another_office_on_the_same_ledger_hears_the_same_and_finds_it_there(
    world: World, shelf: Shelf, clock: Clock, tmp_path: Path
) -> None:
    other = small_world(tmp_path, clock=clock)
    assert lies(other, shelf[0]) == 0
    sent(world, shelf, 3)
    clock.now_ms += ON_THE_WAY_MS + 1
    assert come(other) == come(world) and come(other).lines
    assert lies(world, shelf[0]) == lies(other, shelf[0]) == 3
    assert lies(small_world(tmp_path, clock=clock), shelf[0]) == 3


def test_processes_that_ask_at_once_put_it_on_the_shelf_once(world: World, shelf: Shelf, clock: Clock, tmp_path: Path) -> None:
    sent(world, shelf, 3)
    clock.now_ms += ON_THE_WAY_MS + 1
    command = [sys.executable, "-c", ASKS, str(tmp_path), str(clock.now_ms)]
    paths = {"PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"}
    asking = [subprocess.Popen(command, env=paths, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for one in asking:
        assert one.stdout and one.stdout.readline() == "ready\n"
    for one in asking:
        assert one.stdin
        one.stdin.write("go\n")
        one.stdin.flush()
    assert {line for one in asking for line in one.communicate(timeout=60)[0].splitlines()} == {"['transfer/1/t1']"}
    assert lies(world, shelf[0]) == 3


def test_pieces_are_unloaded_and_put_on_the_shelf_in_one_or_not_at_all(world: World, shelf: Shelf, clock: Clock) -> None:
    """A process that is killed between the two would leave the shelf short for good."""

    def killed(_goods: Iterable[tuple[str, str, int]]) -> None:
        raise KeyboardInterrupt

    sent(world, shelf, 3)
    clock.now_ms += ON_THE_WAY_MS + 1
    dies = TransferDock(ledger=world.ledger, now_ms=clock, booking=world.ledger.booking, unload=killed)
    with pytest.raises(KeyboardInterrupt):
        dies.arrivals(cursor="", limit=10)
    come(world)
    assert lies(world, shelf[0]) == 3


def test_goods_of_another_company_are_sent_at_its_word(world: World, clock: Clock) -> None:
    sent(world, ("THEIR-OWN", "anywhere", 0), 10**6)
    clock.now_ms += ON_THE_WAY_MS + 1
    assert [(line.sku, line.quantity) for line in come(world).lines] == [("THEIR-OWN", 10**6)]


def test_transfers_are_no_oversells(world: World, shelf: Shelf, clock: Clock) -> None:
    insist(world.warehouse.transfer, transfer(shelf, "much", shelf[2] + 5, number=9, end=NEW))
    sent(world, shelf, shelf[2])
    clock.now_ms += ON_THE_WAY_MS + 1
    come(world)
    insist(world.warehouse.hand_over, hand_over((shelf[0], NEW, 0), "a", shelf[2]))
    assert world.reconcile(states={}).oversells == 0
    insist(world.warehouse.hand_over, hand_over(shelf, "b", 2, order_id=2))
    assert world.reconcile(states={}).oversells == 2


def test_a_shelf_that_was_never_as_recorded_is_short(tmp_path: Path) -> None:
    world = small_world(tmp_path, faults=Faults(wrong_stock=1.0))
    shelf = next(row for row in world.opening_stock() if row[2] >= 4)
    (answer,) = insist(world.warehouse.transfer, transfer(shelf, "t", shelf[2], end=NEW))
    assert isinstance(answer, Declined) and answer.because.startswith("short")
    assert world.reconcile(states={}).oversells == 0


def test_the_door_knows_both_docks(world: World) -> None:
    systems = world.systems()
    assert systems["goods_in"] is world.vendors.dock and systems["goods_in:transfers"] is world.warehouse.dock


def test_the_prompt_warehouse_sends_everything() -> None:
    assert PromptWarehouse().transfer([transfer(("CUP", "W1", 0), "t", 5)] * 2) == [Done(None)] * 2
