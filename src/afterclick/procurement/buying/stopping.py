"""The kill switch of buying: while it stands, no purchase order leaves the office."""

import msgspec

from afterclick.procurement.buying.purchases import BUY, enqueue
from afterclick.procurement.buying.records import day_of
from afterclick.store.log import Event
from afterclick.store.transaction import Tx


class Stop(msgspec.Struct, frozen=True):
    """Since when buying is stopped, by whom and why."""

    at_ms: int
    by: str
    because: str

    @property
    def said(self) -> str:
        """The stop in a sentence."""
        return f"buying is stopped by {self.by}: {self.because}"


class NotSo(ValueError):
    """Buying cannot be stopped or let go like this; says why."""


def standing(tx: Tx) -> Stop | None:
    """The stop that stands now; None where orders may leave."""
    rows = tx.rows("SELECT at_ms, stopped_by, because FROM buying_stops WHERE ended_ms = 0")
    return Stop(*rows[0]) if rows else None


def stop(tx: Tx, *, by: str, because: str, now_ms: int) -> list[Event]:
    """Let no purchase order leave any more; returns the event.

    Raises:
        NotSo: it is stopped already, or no reason is given.
    """
    found = standing(tx)
    if found is not None:
        raise NotSo(f"{found.said}; `afterclick purchase go` lets orders leave again")
    if not because.strip():
        raise NotSo('say why nothing may be bought: --because "…"')
    tx.run("INSERT INTO buying_stops (at_ms, stopped_by, because) VALUES (?, ?, ?)", (now_ms, by, because.strip()))
    return [Event("buying.stopped", None, "buying/all", "", because.strip())]


def go(tx: Tx, *, by: str, because: str, now_ms: int) -> list[Event]:
    """Let purchase orders leave again, those first that waited; returns the event.

    What the bot had let through on an earlier day is judged once more, since what leaves today counts for today's limits.

    Raises:
        NotSo: it is not stopped.
    """
    if standing(tx) is None:
        raise NotSo("buying is not stopped; nothing was changed")
    tx.run(
        "UPDATE buying_stops SET ended_ms = ?, ended_by = ?, ended_because = ? WHERE ended_ms = 0", (now_ms, by, because.strip())
    )
    tx.run("UPDATE queue SET not_before_ms = 0 WHERE bot = ?", (BUY,))
    again = tx.rows(
        "UPDATE purchase_orders SET state = 'proposed', stage = '', waiting_for = '', because = '' WHERE state = 'approved'"
        " AND waiting_for = 'buying' AND batch IS NULL AND approved_by = ? AND approved_ms < ? RETURNING id",
        (BUY, day_of(now_ms)[0]),
    )
    enqueue(tx, BUY, sorted(row[0] for row in again), now_ms=now_ms)
    return [Event("buying.resumed", None, "buying/all", "", because.strip())]
