"""Order documents that arrive, from wherever: read, written down once, and queued for fulfilment."""

from collections.abc import Sequence
from typing import NamedTuple

from afterclick.orders import amendments
from afterclick.orders.intake import document
from afterclick.orders.intake.delivery import Delivery, Unreadable
from afterclick.orders.intake.receive import Received, receive
from afterclick.orders.records import enqueue, with_parts
from afterclick.store.log import Event
from afterclick.store.transaction import Tx


class Arrived(NamedTuple):
    """What came of a set of documents; `events` are the caller's to record."""

    new: list[int]
    duplicates: int
    unreadable: int
    events: list[Event]


def take_in(tx: Tx, documents: Sequence[bytes], *, store: str, by: str, now_ms: int) -> Arrived:
    """Write down the orders of these documents and queue them; what is known already is dropped.

    A document that names no order is recorded with the reason. A cancellation stops the order wherever it is.
    """
    deliveries: list[Delivery] = []
    events: list[Event] = []
    for raw in documents:
        try:
            deliveries.append(document.read(raw, store=store))
        except Unreadable as error:
            events.append(Event("unreadable", None, f"store/{store}", "Refuse", str(error), raw[:500].decode(errors="replace")))
    received = receive(tx, deliveries, now_ms=now_ms)
    new = [order_id for order_id, _ in received.new]
    events += [Event("received", order_id) for order_id in new]
    events += renamed(received)
    if received.cancelled_ids:
        events += cancel(tx, with_open_parts(tx, received.cancelled_ids), by=by, because="the store cancelled it", now_ms=now_ms)
    enqueue(tx, new, now_ms=now_ms)
    return Arrived(new, received.duplicates, len(documents) - len(deliveries), events)


def cancel(tx: Tx, ids: Sequence[int], *, by: str, because: str, now_ms: int) -> list[Event]:
    """Ask for what the store has cancelled to be stopped. A split yet to come would save a part from it: it is refused."""
    splits = [one for asked in amendments.open_ones(tx, ids).values() for one in asked if one.action == "split"]
    amendments.close(tx, [], {one.id: because for one in splits})
    asked = [one for one in ids if amendments.ask(tx, one, "cancel", {}, by=by, because=because, now_ms=now_ms) is not None]
    refused = [Event("refused.split", one.order_id, None, "Refuse", because) for one in splits]
    return refused + [Event("asked.cancel", order_id, None, "", because) for order_id in asked]


def renamed(received: Received) -> list[Event]:
    """What is logged of parts that had to give up their number."""
    return [
        Event("renamed", order_id, None, "", f"was {was}, which an order of the store's own is called")
        for order_id, was in received.renamed
    ]


def with_open_parts(tx: Tx, ids: Sequence[int]) -> list[int]:
    """These orders, and what was parted from them and was not stopped yet: the store knows nothing of parts."""
    family = with_parts(tx, ids)
    condition, value = tx.among([one for one, root in family.items() if one != root])
    rows = tx.rows(f"SELECT id FROM orders WHERE id {condition} AND state NOT IN ('cancelled', 'refused') ORDER BY id", (value,))  # noqa: S608
    return [*ids, *(row[0] for row in rows if row[0] not in ids)]
