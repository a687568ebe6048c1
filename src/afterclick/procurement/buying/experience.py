"""What receipts show of vendors: the deliveries from which their reliability is learnt."""

from typing import Final

from afterclick.procurement.buying.terms import read_terms
from afterclick.procurement.buying.times import day_at
from afterclick.procurement.vendors.reliability import Delivery
from afterclick.store.transaction import Tx

MOST: Final = 100_000
"""Lines that are looked at, the latest orders first."""


def deliveries(tx: Tx) -> list[Delivery]:
    """Every line that has come, or has come in part: promised when it was ordered, and received by the last of it."""
    rows = tx.rows(
        "SELECT o.vendor, o.terms, MAX(r.at_ms), l.quantity, l.received FROM purchase_orders o"
        " JOIN purchase_lines l ON l.purchase = o.id JOIN receipts r ON r.purchase = l.purchase AND r.line = l.no"
        " WHERE o.sent_ms > 0 AND l.received > 0 AND l.quantity <= l.received + l.cancelled"
        " GROUP BY o.id, o.vendor, o.terms, l.no, l.quantity, l.received ORDER BY o.id DESC LIMIT ?",
        (MOST,),
    )
    found: list[Delivery] = []
    for vendor, terms, at_ms, ordered, received in rows:
        promised = read_terms(terms).deliver_on
        if promised is not None:
            found.append(Delivery(vendor, promised, day_at(at_ms), ordered, min(ordered, received)))
    return found
