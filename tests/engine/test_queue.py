"""The queue: who is taken next, with whom, by one worker only; and what becomes of a batch that nobody ends."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from afterclick.engine import queue
from tests.engine.bench import Bench

VERSIONS = {"a": ("1", 10), "b": ("1", 10)}


def put(bench: Bench, bot_id: str, items: Sequence[int], **how: Any) -> None:
    with bench.database.transaction() as tx:
        queue.put(tx, bot_id, items, now_ms=0, **how)


def claim(bench: Bench, *, urgent: bool = False, now_ms: int = 0, versions: Any = None) -> tuple[str, list[int]] | None:
    """(bot, items) of the next batch."""
    with bench.database.transaction() as tx:
        claimed = queue.claim(tx, VERSIONS if versions is None else versions, urgent=urgent, executor="me", now_ms=now_ms)
        if claimed is None:
            return None
        return claimed[1], msgspec.json.decode(tx.value("SELECT items FROM batches WHERE id = ?", (claimed[0],)))


def test_groups_of_one_bot_travel_together_while_they_fit(bench: Bench) -> None:
    for group in ([1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]):
        put(bench, "a", group)
    put(bench, "b", [99])
    assert claim(bench) == ("a", [1, 2, 3, 4, 5, 6, 7, 8])
    assert claim(bench) == ("a", [9, 10, 11, 12])
    assert claim(bench) == ("b", [99])
    assert claim(bench) is None


def test_groups_that_go_on_at_different_places_do_not_mix(bench: Bench) -> None:
    put(bench, "a", [1])
    put(bench, "a", [2], resume="at:pay")
    put(bench, "a", [3])
    assert claim(bench) == ("a", [1, 3])
    assert claim(bench) == ("a", [2])


def test_the_more_important_goes_first_and_urgent_ones_have_a_lane_of_their_own(bench: Bench) -> None:
    put(bench, "a", [1], priority=9)
    put(bench, "b", [2], priority=1)
    put(bench, "a", [3], priority=0)
    assert claim(bench) == ("b", [2])
    assert claim(bench) == ("a", [1])
    assert claim(bench) is None
    assert claim(bench, urgent=True) == ("a", [3])


def test_nothing_is_taken_before_its_time(bench: Bench) -> None:
    put(bench, "a", [1], not_before_ms=500)
    assert claim(bench, now_ms=499) is None
    assert claim(bench, now_ms=500) == ("a", [1])


def test_a_group_larger_than_a_batch_is_taken_all_the_same(bench: Bench) -> None:
    put(bench, "a", list(range(25)))
    assert claim(bench) == ("a", list(range(25)))


def test_an_item_that_is_queued_twice_is_in_its_batch_once(bench: Bench) -> None:
    put(bench, "a", [1, 2])
    put(bench, "a", [2, 3])
    assert claim(bench) == ("a", [1, 2, 3])


def test_what_nobody_mounted_stays_in_the_queue(bench: Bench) -> None:
    put(bench, "gone", [1])
    assert claim(bench) is None
    assert claim(bench, versions={}) is None
    with bench.database.reading() as tx:
        assert queue.due(tx, ["a"], until_ms=10) == 0
        assert queue.due(tx, ["a", "gone"], until_ms=10) == 1


def test_workers_that_claim_at_once_share_every_item_and_take_none_twice(bench: Bench) -> None:
    for number in range(100):
        put(bench, "a", [2 * number, 2 * number + 1])

    def work(_worker: int) -> list[int]:
        mine: list[int] = []
        while (claimed := claim(bench)) is not None or left():
            mine += claimed[1] if claimed else []
        return mine

    def left() -> bool:
        with bench.database.reading() as tx:
            return queue.due(tx, ["a"], until_ms=0) > 0

    with ThreadPoolExecutor(4) as pool:
        shares = list(pool.map(work, range(4)))
    assert sorted(item for share in shares for item in share) == list(range(200))


@pytest.mark.parametrize(
    ("resume", "progress", "remaining", "goes_on"),
    [
        ("", {}, [1, 2, 3], ""),
        ("at:pay", {}, [1, 2, 3], "at:pay"),
        ("", {"check": [2]}, [1, 3], "at:pay"),
        ("", {"check": [2], "pay.before": [3]}, [1], "at:pay"),
        ("", {"check": [], "pay": [1]}, [2, 3], "at:finish_off"),
        ("", {"check": [], "pay": [1], "finish_off": []}, [2, 3], "after:finish_off"),
        ("", {"check": [1, 2, 3]}, [], None),
    ],
)
def test_a_batch_that_is_given_up_goes_on_after_its_last_stage(
    bench: Bench, resume: str, progress: dict[str, list[int]], remaining: list[int], goes_on: str | None
) -> None:
    with bench.database.transaction() as tx:
        batch = queue.open_batch(tx, "a", "1", [1, 2, 3], executor="me", now_ms=5, resume=resume)
        tx.run("UPDATE batches SET progress = ?", (msgspec.json.encode(progress).decode(),))
        assert queue.unfinished(tx, ["a"], now_ms=6) == [(batch, "me")]
        assert queue.unfinished(tx, ["b"], now_ms=6) == []
        assert queue.give_up(tx, batch, stages=("decent", "check", "pay", "finish_off"), now_ms=9)[0] == remaining
        assert queue.give_up(tx, batch, stages=(), now_ms=9) == ([], ""), "only once"
        assert queue.unfinished(tx, ["a"], now_ms=99) == []
    queued = bench.rows("SELECT items, resume FROM queue")
    assert queued == ([] if goes_on is None else [(msgspec.json.encode(remaining).decode(), goes_on)])


def test_a_batch_opened_before_the_clock_was_set_back_is_not_overlooked(bench: Bench) -> None:
    with bench.database.transaction() as tx:
        batch = queue.open_batch(tx, "a", "1", [1], executor="me", now_ms=7_200_000)
        assert queue.unfinished(tx, ["a"], now_ms=5) == [(batch, "me")]
        assert queue.unfinished(tx, ["a"], now_ms=5, for_ms=3_000) == [(batch, "me")]
        assert queue.unfinished(tx, ["a"], now_ms=7_200_001, for_ms=3_000) == [], "it is still young"


def test_of_very_many_queued_items_the_next_ones_are_named(bench: Bench) -> None:
    most = queue.MOST_TOLD_APART
    with bench.database.transaction() as tx:
        queue.put(tx, "a", [*range(1, most + 2_001)], now_ms=5)
        queue.put(tx, "a", [most + 9_000], now_ms=6, priority=0)
        assert queue.count(tx, ["a"]) == most + 2_001
        found = queue.lying(tx, ["a"])
    assert found == {*range(1, most + 1), most + 9_000}
