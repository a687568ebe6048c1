"""What was counted: booked at once where it agrees well enough with the books, counted again where it does not."""

from collections.abc import Sequence
from typing import NamedTuple

from afterclick.domain.stock_limits import CountingLimits
from afterclick.inventory.counting import count
from afterclick.inventory.counts import tasks
from afterclick.inventory.counts.agreeing import Result, settled
from afterclick.inventory.places import LARGEST_QUANTITY
from afterclick.store import stock
from afterclick.store.log import Event
from afterclick.store.transaction import Tx


class NotCountable(ValueError):
    """A result cannot be taken; says which and why. Nothing was booked."""


class Entered(NamedTuple):
    """What came of the results: tasks that were booked, tasks that are to be counted again, and what to log."""

    booked: tuple[int, ...]
    again: tuple[int, ...]
    events: tuple[Event, ...]


def enter(tx: Tx, results: Sequence[tuple[int, int]], *, by: str, limits: CountingLimits, now_ms: int) -> Entered:
    """Take results (task, pieces that are there). Who counts need not know what is booked, and is not told here.

    Raises:
        NotCountable: a task is not on the list any more, is named twice, or the pieces are impossible.
    """
    known = tasks.named(tx, [number for number, _ in results])
    seen: set[int] = set()
    for number, pieces in results:
        task = known.get(number)
        if task is None or not task.active:
            raise NotCountable(f"count {number} is not on the list (any more); open the list again")
        if number in seen:
            raise NotCountable(f"count {number} is named twice; give the sum of all shelves once")
        if not 0 <= pieces <= LARGEST_QUANTITY:
            raise NotCountable(f"count {number}: {pieces} pieces of {task.sku} are not between 0 and {LARGEST_QUANTITY:,}")
        seen.add(number)
    levels = stock.levels(tx, {task.sku for task in known.values()})
    sure: list[tuple[str, str, int]] = []
    again: list[tuple[int, int]] = []
    for number, pieces in results:
        task = known[number]
        level = levels.get((task.sku, task.warehouse))
        booked = level.on_hand if level else 0
        if settled(Result(booked, pieces, task.tries, task.first_difference), limits):
            sure.append((task.sku, task.warehouse, pieces))
        else:
            again.append((number, pieces - booked))
    tx.run_many(
        "UPDATE count_tasks SET state = 'open', tries = tries + 1, first_difference = ? WHERE id = ?",
        [(difference, number) for number, difference in again],
    )
    events = count(tx, sure, by=by, now_ms=now_ms) if sure else []
    events += [
        Event("count.again", None, f"stock/{known[number].sku}@{known[number].warehouse}", "Wait",
              "the result is far from the books: it is counted once more before it is booked")
        for number, _ in again
    ]  # fmt: skip
    repeated = {number for number, _ in again}
    return Entered(tuple(sorted(seen - repeated)), tuple(sorted(repeated)), tuple(events))
