"""Labels that a carrier may have made although it gave no answer: they are noted, so that the sweep takes them back."""

from collections.abc import Sequence

from afterclick.orders.ship import DoubtfulLabel, label_key
from afterclick.store.transaction import Tx


def unanswered_labels(tx: Tx, ids: Sequence[int], carriers: Sequence[str]) -> list[DoubtfulLabel]:
    """Of those of these orders that wait for their labels: one of each carrier for each parcel, since any may have been asked."""
    condition, value = tx.among(ids)
    rows = tx.rows(
        "SELECT s.order_id, s.revision, s.parcel FROM shipments s JOIN orders o ON o.id = s.order_id"  # noqa: S608
        f" WHERE s.state = 'planned' AND o.stage = 'label' AND s.order_id {condition} ORDER BY s.order_id, s.parcel",
        (value,),
    )
    return [
        DoubtfulLabel(label_key(order_id, revision, parcel, carrier), order_id, carrier)
        for order_id, revision, parcel in rows
        for carrier in carriers
    ]
