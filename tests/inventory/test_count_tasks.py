"""The list of counts is filled within its budget, counted blind, counted again where it matters, and booked as a count."""

from collections.abc import Iterator
from typing import Any

import pytest

from afterclick.domain.limits import OrderLimits
from afterclick.domain.stock_limits import CountingLimits
from afterclick.inventory.counting import count
from afterclick.inventory.counts import sheet, tasks
from afterclick.inventory.counts.agreeing import Result, settled
from afterclick.inventory.counts.evidence import case_of, explained, last_counts
from afterclick.inventory.counts.explaining import explain
from afterclick.inventory.counts.propose import propose_now
from afterclick.inventory.counts.results import Entered, NotCountable, enter
from tests.inventory.stockroom import DAY_MS, Stockroom, stockroom


@pytest.fixture
def room(database_url: str) -> Iterator[Stockroom]:
    with stockroom(database_url) as made:
        made.now_ms += 10 * DAY_MS
        made.move({"POT": -5, "TEA": -1}, reason="shipment")
        yield made


def proposed(room: Stockroom, **limits: Any) -> list[tasks.Task]:
    propose_now(room.tx, CountingLimits(**limits), OrderLimits(), now_ms=room.now_ms)
    return tasks.active(room.tx)


def entered(room: Stockroom, *results: tuple[int, int]) -> Entered:
    return enter(room.tx, results, by="anna", limits=room.counting, now_ms=room.now_ms)


def test_the_list_is_filled_once_a_day_up_to_its_budget(room: Stockroom) -> None:
    assert [one.sku for one in proposed(room, per_day=2)] == ["POT", "TEA"]
    assert len(proposed(room, per_day=2)) == 2
    room.now_ms += DAY_MS
    assert len(proposed(room, per_day=2)) == 4
    room.now_ms += 3 * DAY_MS
    assert {one.proposed_ms for one in proposed(room, per_day=2)} == {room.now_ms}
    assert room.tx.value("SELECT COUNT(*) FROM count_tasks WHERE state = 'expired'") == 4


def test_a_result_near_the_books_is_booked_at_once_and_kept_as_history(room: Stockroom) -> None:
    task = proposed(room)[0]
    found = entered(room, (task.id, 19))
    assert (found.booked, found.again) == ((task.id,), ())
    done = tasks.one(room.tx, task.id)
    assert done is not None
    assert (done.state, done.booked, done.counted, done.done_by) == ("counted", 20, 19, "anna")
    assert room.on_hand(task.sku) == 19
    assert room.tx.rows("SELECT sku, booked, counted, moves FROM stock_counts") == [(task.sku, 20, 19, 0)]


def test_a_large_difference_is_counted_again_and_nothing_is_booked_before(room: Stockroom) -> None:
    task = next(one for one in proposed(room) if one.sku == "POT")
    assert entered(room, (task.id, 4)).again == (task.id,)
    assert room.on_hand("POT") == 15
    room.move({"POT": -1}, reason="shipment")  # goods leave in good order between the two counts
    assert entered(room, (task.id, 3)).booked == (task.id,)
    assert room.on_hand("POT") == 3
    again = tasks.one(room.tx, task.id)
    assert again is not None
    assert again.tries == 2


@pytest.mark.parametrize(
    ("result", "books"),
    [
        (Result(20, 20), True),
        (Result(20, 21), True),
        (Result(20, 22), False),
        (Result(1_000, 980), True),
        (Result(1_000, 979), False),
        (Result(20, 10, 1, -10), True),
        (Result(20, 10, 1, -9), False),
        (Result(20, 10, 3, -9), True),
        (Result(20, 10, 0, -10), False),
    ],
)
def test_when_a_result_is_booked(result: Result, books: bool) -> None:
    assert settled(result, CountingLimits()) is books


@pytest.mark.parametrize("results", [[(999, 1)], [(1, -1)], [(1, 10**10)], [(1, 5), (1, 5)]])
def test_results_that_cannot_be_are_refused_whole(room: Stockroom, results: list[tuple[int, int]]) -> None:
    proposed(room)
    with pytest.raises(NotCountable):
        entered(room, (2, 15), *results)
    assert room.tx.value("SELECT COUNT(*) FROM stock_counts") == 0


def test_a_count_by_file_closes_the_task_of_its_place_too(room: Stockroom) -> None:
    task = proposed(room)[0]
    count(room.tx, [(task.sku, "W1", 3)], by="file", now_ms=room.now_ms)
    done = tasks.one(room.tx, task.id)
    assert done is not None
    assert done.state == "counted"


def test_what_is_handed_out_to_count_does_not_say_what_is_booked(room: Stockroom) -> None:
    room.tx.run("UPDATE items SET name = '=SUM(A1)' WHERE sku = 'POT'")
    text = sheet.written(proposed(room)).decode()
    assert text.splitlines()[0] == "count,warehouse,sku,name,counted"
    assert "20" not in text
    assert "15" not in text
    assert "'=SUM(A1)" in text


def test_a_filled_list_is_read_and_a_wrong_figure_named() -> None:
    assert sheet.filled({"pieces_7": " 12 ", "pieces_8": "", "other": "x"}) == [(7, 12)]
    for wrong in ("-1", "1.5", "many", "9" * 13, "٣"):
        with pytest.raises(NotCountable, match="count 7"):
            sheet.filled({"pieces_7": wrong})
    with pytest.raises(NotCountable, match="no column counted"):
        sheet.read(["count", "sku"])


def test_a_counted_difference_is_explained_from_the_ledger(room: Stockroom) -> None:
    room.move({"MUG-12": 37}, note="delivery 5")
    room.now_ms += DAY_MS
    room.move({"MUG-12": 37}, note="delivery 5")
    room.now_ms += DAY_MS
    task = next(one for one in proposed(room) if one.sku == "MUG-12")
    entered(room, (task.id, 57))
    entered(room, (task.id, 57))
    done = tasks.one(room.tx, task.id)
    assert done is not None
    first = explained(room.tx, done)[0]
    moves = room.tx.rows("SELECT id FROM stock_moves WHERE note = 'delivery 5' ORDER BY id")
    assert (first.kind, sorted(first.moves)) == ("booked twice", [row[0] for row in moves])
    assert last_counts(room.tx, "MUG-12") == [("W1", room.now_ms, 94, 57)]


def test_a_shipment_of_a_similar_sku_and_a_difference_elsewhere_are_found(room: Stockroom) -> None:
    room.move({"MUG-21": -4}, reason="shipment")
    case = case_of(room.tx, "MUG-12", "W1", 20, 16, at_ms=room.now_ms)
    assert explain(case)[0].kind == "another SKU"
    room.move({"MUG-12": 9}, warehouse="W2")
    count(room.tx, [("MUG-12", "W2", 20)], by="anna", now_ms=room.now_ms)
    case = case_of(room.tx, "MUG-12", "W1", 20, 9, at_ms=room.now_ms)
    assert explain(case)[0].kind == "in another warehouse"
