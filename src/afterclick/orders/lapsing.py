"""Reservations that cannot be kept: those that have expired, and those of pieces that a count did not find."""

from collections.abc import Sequence
from typing import Final

from afterclick.orders.lost import NO_ANSWER
from afterclick.orders.records import AMENDED, at_rest, send_on
from afterclick.orders.ship import DoubtfulLabel, doubt, label_key
from afterclick.orders.unanswered import unanswered_labels
from afterclick.store import stock
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

AT_ONCE: Final = 1_000
_RESTS: Final = "state IN ('received', 'waiting', 'inbox', 'held')"
_ANSWER: Final = "SELECT 1 FROM events e WHERE e.key = orders.id || ':' || orders.revision || ':' || orders.stage"
_MAY_LAPSE: Final = f"""NOT {AMENDED} AND stage <> 'recall'
  AND (stage <> 'hand_over' OR EXISTS ({_ANSWER} AND e.verdict = 'Declined'))
  AND (stage <> 'authorise' OR EXISTS ({_ANSWER}) OR NOT EXISTS (SELECT 1 FROM events e
    WHERE e.order_id = orders.id AND e.activity = 'left.authorise' AND e.because LIKE '%{NO_ANSWER}%'))"""  # noqa: S608
"""Who is being amended gives its pieces back there. And who gave no answer may have sent the parcel, or blocked the money: under
another revision that would be done twice, so it is asked again under the same key until it says what it did."""
_EXPIRED: Final = f"""
SELECT DISTINCT orders.id FROM orders JOIN reservations r ON r.order_id = orders.id
WHERE orders.state IN ('waiting', 'inbox', 'held') AND orders.batch IS NULL AND r.state = 'open' AND r.expires_ms < ?
  AND {_MAY_LAPSE} ORDER BY orders.id LIMIT ?
"""  # noqa: S608  # conditions from code
_OVERSTRETCHED: Final = (
    "SELECT sku, warehouse, reserved - on_hand FROM stock_levels WHERE reserved > on_hand ORDER BY sku, warehouse"
)
_NEWEST: Final = f"""
SELECT orders.id, SUM(r.quantity) FROM reservations r JOIN orders ON orders.id = r.order_id
WHERE r.sku = ? AND r.warehouse = ? AND r.state = 'open' AND orders.batch IS NULL AND {_MAY_LAPSE}
GROUP BY orders.id, orders.priority, orders.placed_ms ORDER BY orders.priority DESC, orders.placed_ms DESC, orders.id DESC
"""  # noqa: S608  # conditions from code


def expired(tx: Tx, *, now_ms: int) -> list[int]:
    """Orders that rest while their reservation has run out."""
    return [row[0] for row in tx.rows(_EXPIRED, (now_ms, AT_ONCE))]


def overstretched(tx: Tx) -> list[int]:
    """Orders whose pieces are not there, the newest first: as many as are needed for the others to be served."""
    found: dict[int, None] = {}
    for sku, warehouse, missing in tx.rows(_OVERSTRETCHED):
        for order_id, pieces in tx.rows(_NEWEST, (sku, warehouse)):
            if missing <= 0:
                break
            missing -= int(pieces)
            found[order_id] = None
    return list(found)


def lapse(tx: Tx, ids: Sequence[int], *, carriers: Sequence[str], because: str, now_ms: int) -> list[Event]:
    """Give the pieces of these orders back where they still rest and may lapse; they reserve anew when they go on.

    Who waits goes on at once; who is held or in the inbox when a person says so. `carriers` are those that may have been asked
    for a label.
    """
    going = _locked(tx, ids)
    if not going:
        return []
    condition, value = tx.among(going)
    stock.release(tx, going)
    doubt(tx, [*_labels(tx, going), *unanswered_labels(tx, going, carriers)], now_ms=now_ms)
    tx.run(
        "UPDATE shipments SET state = CASE state WHEN 'planned' THEN 'dropped' ELSE 'voided' END"  # noqa: S608
        f" WHERE state IN ('planned', 'labelled') AND order_id {condition}",
        (value,),
    )
    tx.run(f"UPDATE orders SET revision = revision + 1, stage = 'reserve' WHERE id {condition}", (value,))  # noqa: S608
    tx.run(f"UPDATE tasks SET stage = 'reserve' WHERE item_kind = 'order' AND state = 'open' AND item {condition}", (value,))  # noqa: S608
    resting = tx.rows(f"SELECT id FROM orders WHERE state IN ('received', 'waiting') AND id {condition}", (value,))  # noqa: S608
    send_on(tx, [row[0] for row in resting], at="reserve", now_ms=now_ms)
    return [Event("release", order_id, None, "", because) for order_id in sorted(going)]


def _locked(tx: Tx, ids: Sequence[int]) -> list[int]:
    """Those of these orders that still rest, may lapse and hold pieces: asked again now that they are locked."""
    condition, value = tx.among(at_rest(tx, ids, _RESTS))
    rows = tx.rows(
        f"SELECT id FROM orders WHERE id {condition} AND {_MAY_LAPSE}"  # noqa: S608
        " AND EXISTS (SELECT 1 FROM reservations r WHERE r.order_id = orders.id AND r.state = 'open') ORDER BY id",
        (value,),
    )
    return [row[0] for row in rows]


def _labels(tx: Tx, ids: Sequence[int]) -> list[DoubtfulLabel]:
    """The labels of these orders, none of which will travel."""
    condition, value = tx.among(ids)
    rows = tx.rows(
        f"SELECT order_id, revision, parcel, carrier, tracking FROM shipments WHERE state = 'labelled' AND order_id {condition}",  # noqa: S608
        (value,),
    )
    return [
        DoubtfulLabel(label_key(order_id, revision, parcel, carrier), order_id, carrier, tracking)
        for order_id, revision, parcel, carrier, tracking in rows
    ]
