"""Reservations that cannot be kept: those that have expired, and those of pieces that a count did not find."""

from collections.abc import Sequence
from typing import Final

from afterclick.orders.records import send_on
from afterclick.orders.ship import DoubtfulLabel, doubt, label_key
from afterclick.store import stock
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

AT_ONCE: Final = 1_000
_EXPIRED: Final = """
SELECT DISTINCT o.id FROM orders o JOIN reservations r ON r.order_id = o.id
WHERE o.state IN ('waiting', 'inbox', 'held') AND o.batch IS NULL AND r.state = 'open' AND r.expires_ms < ? ORDER BY o.id LIMIT ?
"""
_OVERSTRETCHED: Final = (
    "SELECT sku, warehouse, reserved - on_hand FROM stock_levels WHERE reserved > on_hand ORDER BY sku, warehouse"
)


def expired(tx: Tx, *, now_ms: int) -> list[int]:
    """Orders that rest while their reservation has run out."""
    return [row[0] for row in tx.rows(_EXPIRED, (now_ms, AT_ONCE))]


def overstretched(tx: Tx) -> list[int]:
    """Orders whose pieces are not there, the newest first: as many as are needed for the others to be served."""
    found: dict[int, None] = {}
    for sku, warehouse, missing in tx.rows(_OVERSTRETCHED):
        for order_id, pieces in tx.rows(
            "SELECT o.id, SUM(r.quantity) FROM reservations r JOIN orders o ON o.id = r.order_id"
            " WHERE r.sku = ? AND r.warehouse = ? AND r.state = 'open' AND o.batch IS NULL"
            " GROUP BY o.id, o.priority, o.placed_ms ORDER BY o.priority DESC, o.placed_ms DESC, o.id DESC",
            (sku, warehouse),
        ):
            if missing <= 0:
                break
            missing -= int(pieces)
            found[order_id] = None
    return list(found)


def lapse(tx: Tx, ids: Sequence[int], *, because: str, now_ms: int) -> list[Event]:
    """Give the pieces of these resting orders back; they reserve anew when they go on.

    Who waits goes on at once; who is held or in the inbox when a person says so.
    """
    condition, value = tx.among(ids)
    given = stock.release(tx, ids)
    rows = tx.rows(
        f"SELECT order_id, revision, parcel, carrier, tracking FROM shipments WHERE state = 'labelled' AND order_id {condition}",  # noqa: S608
        (value,),
    )
    doubt(
        tx, [DoubtfulLabel(label_key(order_id, revision, parcel, carrier), order_id, carrier, tracking)
             for order_id, revision, parcel, carrier, tracking in rows], now_ms=now_ms,
    )  # fmt: skip
    tx.run(
        "UPDATE shipments SET state = CASE state WHEN 'planned' THEN 'dropped' ELSE 'voided' END"  # noqa: S608
        f" WHERE state IN ('planned', 'labelled') AND order_id {condition}",
        (value,),
    )
    tx.run(f"UPDATE orders SET revision = revision + 1, stage = 'reserve' WHERE id {condition}", (value,))  # noqa: S608
    tx.run(f"UPDATE tasks SET stage = 'reserve' WHERE item_kind = 'order' AND state = 'open' AND item {condition}", (value,))  # noqa: S608
    resting = tx.rows(f"SELECT id FROM orders WHERE state IN ('received', 'waiting') AND id {condition}", (value,))  # noqa: S608
    send_on(tx, [row[0] for row in resting], at="reserve", now_ms=now_ms)
    return [Event("release", order_id, None, "", because) for order_id in sorted(given)]
