"""Goods arrive: they go on the shelf and on the books, and whoever waits for them hears of it."""

from collections import Counter
from collections.abc import Sequence

from afterclick.inventory.places import Goods, check
from afterclick.store import purchases, stock
from afterclick.store.log import Event
from afterclick.store.transaction import Tx


def receive(tx: Tx, rows: Sequence[Goods], *, by: str, now_ms: int) -> list[Event]:
    """Book rows of (sku, warehouse, pieces) as received; returns an event `stock.arrived` for each place, for the caller to log.

    A replenishment that was open for a place is closed by it. Pieces that are on order there are set against the purchase
    orders from which they must be, the earliest due first.

    Raises:
        UnknownPlace: a SKU or warehouse is not known, or a quantity is not above 0; nothing was booked then.
    """
    check(tx, rows, least=1)
    arrived: Counter[stock.Place] = Counter()
    for sku, warehouse, pieces in rows:
        arrived[sku, warehouse] += pieces
    purchases.match(tx, arrived, key=f"arrival/{tx.take('arrivals')}", by=by, now_ms=now_ms)
    stock.receive(tx, arrived, note=by, now_ms=now_ms)
    return [
        Event("stock.arrived", None, f"stock/{sku}@{warehouse}", "", f"{pieces:,} pieces came in")
        for (sku, warehouse), pieces in sorted(arrived.items())
    ]
