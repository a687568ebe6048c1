"""Order documents that arrive, from wherever: read, written down once, and queued for fulfilment."""

from collections.abc import Sequence
from typing import NamedTuple

from afterclick.orders import amendments
from afterclick.orders.intake import document
from afterclick.orders.intake.delivery import Delivery, Unreadable
from afterclick.orders.intake.receive import receive
from afterclick.orders.records import enqueue
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
    for order_id in received.cancelled_ids:
        amendments.ask(tx, order_id, "cancel", {}, by=by, because="the store cancelled it", now_ms=now_ms)
        events.append(Event("asked.cancel", order_id, None, "", "the store cancelled it"))
    enqueue(tx, new, now_ms=now_ms)
    return Arrived(new, received.duplicates, len(documents) - len(deliveries), events)
