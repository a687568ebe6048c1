"""How a stage ends: its events are chained, its questions reach the inbox, and those who left are free again."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from afterclick.domain.verdict import Done, Verdict, Wait
from afterclick.engine import inbox, queue
from afterclick.engine.items import Left
from afterclick.store import log
from afterclick.store.log import Block, Event
from afterclick.store.tables import batches
from afterclick.store.transaction import Tx

if TYPE_CHECKING:
    from afterclick.engine.batch import Batch


def judged(kind: str, item: int, rule: str, verdict: Verdict, facts: object) -> Event:
    """The event of one verdict, with the facts on which it rests."""
    order_id, named = _whom(kind, item)
    return Event(rule, order_id, named, type(verdict).__name__, verdict.because, msgspec.json.encode(facts).decode())


def close(
    batch: "Batch[Any]", tx: Tx, name: str, happened: list[Event], left: list[Left], *, dropped: Sequence[int], began: float
) -> list[int]:
    """Write down the end of a stage; returns the items that are no longer in the batch."""
    now_ms, kind = batch.now_ms, batch.kind.kind
    if name == "finish":
        left.extend(Left(item, name, Wait("finish", "the story ended and nothing said what comes next")) for item in batch.ids)
    if batch.mode != "live":
        left[:] = [_as_rehearsed(one, batch.mode) for one in left]
    for one in left:
        order_id, named = _whom(kind, one.item)
        activity = one.leaving.state if isinstance(one.leaving, Done) else f"left.{one.stage}"
        happened.append(Event(activity, order_id, named, type(one.leaving).__name__, one.leaving.because))
    inbox.ask(tx, batch.card.id, kind, left, happened, now_ms=now_ms, hours=batch.policy.inbox.answer_hours)
    if left:
        batch.kind.leave(tx, left, batch=batch.id, now_ms=now_ms)
    gone = [one.item for one in left] + list(dropped)
    progress = {**batch.row.progress, name: gone}
    over = name == "finish" or bool(batch.row.items and sum(map(len, progress.values())) >= len(batch.row.items))
    values = (msgspec.json.encode(progress).decode(), now_ms if over else 0, batch.id)
    tx.update(batches, keys=("id",), sets=("progress", "finished_ms"), rows=[values])
    if batch.mode == "live":  # what a rehearsal records has not happened
        wake(tx, happened, batch.around.listeners, now_ms=now_ms)
    if happened:
        took_us = round((time.perf_counter() - began) * 1e6)
        log.append(tx, Block(now_ms, batch.card.id, batch.card.version, batch.mode, batch.id, took_us), happened)
    return gone


def wake(tx: Tx, happened: Sequence[Event], listeners: Callable[[str], Sequence[str]], *, now_ms: int) -> None:
    """Start the bots that listen to these activities: with the order where the event is about one, else without items."""
    woken: dict[str, list[int]] = {}
    by_activity = {activity: listeners(activity) for activity in {event.activity for event in happened}}
    if not any(by_activity.values()):
        return
    for event in happened:
        for bot_id in by_activity[event.activity]:
            items = woken.setdefault(bot_id, [])
            if event.order_id is not None:
                items.append(event.order_id)
    for bot_id, items in woken.items():
        if items:
            queue.put(tx, bot_id, items, now_ms=now_ms)
        else:
            queue.put_start(tx, bot_id, now_ms=now_ms)


def _as_rehearsed(one: Left, mode: str) -> Left:
    if isinstance(one.leaving, Wait) and one.leaving.on == "mode":
        return one
    return one._replace(leaving=Wait("mode", f"{mode}: would have left with {type(one.leaving).__name__}: {one.leaving.because}"))


def _whom(kind: str, item: int) -> tuple[int | None, str | None]:
    return (item, None) if kind == "order" else (None, f"{kind}/{item}")
