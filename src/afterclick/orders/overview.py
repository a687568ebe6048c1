"""How all orders stand: how many in which state."""

import msgspec

from afterclick.orders import in_hand
from afterclick.orders.listing import HELPED, STATES, STUCK, BadCursor, Listed, Page, Sought, listed
from afterclick.store.transaction import Tx

__all__ = ["STATES", "STUCK", "BadCursor", "Listed", "Page", "Sought", "Tally", "listed", "resting", "tally"]


class Tally(msgspec.Struct, frozen=True):
    """Orders by where they are; the states add up to `received`, which is all that ever came in, parts of orders included.

    `moving` are received or running, `touchless` are shipped without anybody being asked or doing anything.
    """

    received: int
    shipped: int
    waiting: int
    inbox: int
    refused: int
    cancelled: int
    held: int
    moving: int
    touchless: int

    @property
    def touchless_rate(self) -> float:
        return round(self.touchless / self.received, 4) if self.received else 0.0


def tally(tx: Tx) -> Tally:
    """Count all orders; walks the table once."""
    counted = dict(tx.rows("SELECT state, COUNT(*) FROM orders GROUP BY state"))
    touchless = tx.value(f"SELECT COUNT(*) FROM orders WHERE state = 'shipped' AND NOT {HELPED}")  # noqa: S608  # a constant
    moving = counted.get("received", 0) + counted.get("running", 0)
    return Tally(
        received=sum(counted.values()),
        shipped=counted.get("shipped", 0),
        waiting=counted.get("waiting", 0),
        inbox=counted.get("inbox", 0),
        refused=counted.get("refused", 0),
        cancelled=counted.get("cancelled", 0),
        held=counted.get("held", 0),
        moving=moving,
        touchless=touchless,
    )


def resting(tx: Tx) -> dict[str, int]:
    """How many orders came in, wait, are in the inbox or on hold, and how many are queued; cheap with a million orders.

    A part of an order that was split came in with that order.
    """
    counted = dict(tx.rows("SELECT state, COUNT(*) FROM orders WHERE state IN ('waiting', 'inbox', 'held') GROUP BY state"))
    came_in = int(tx.value("SELECT COALESCE((SELECT next - 1 FROM counters WHERE name = 'orders'), 0)"))
    parts = int(tx.value("SELECT COUNT(*) FROM orders WHERE parent IS NOT NULL"))
    return {"received": came_in - parts, "queued": in_hand.count(tx)} | {state: counted.get(state, 0) for state in STUCK}
