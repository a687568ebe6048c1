"""Goods arrive: they go on the shelf and on the books, and whoever waits for them hears of it."""

from collections import Counter
from collections.abc import Sequence

from afterclick.inventory.places import Goods, check
from afterclick.store import stock
from afterclick.store.log import Event
from afterclick.store.stock import Move
from afterclick.store.transaction import Tx


def receive(tx: Tx, rows: Sequence[Goods], *, by: str, now_ms: int) -> list[Event]:
    """Book rows of (sku, warehouse, pieces) as received; returns an event `stock.arrived` for each place, for the caller to log.

    A replenishment that was open for a place is closed by it, and what was on order there comes down by what came.

    Raises:
        UnknownPlace: a SKU or warehouse is not known, or a quantity is not above 0; nothing was booked then.
    """
    check(tx, rows, least=1)
    arrived: Counter[stock.Place] = Counter()
    for sku, warehouse, pieces in rows:
        arrived[sku, warehouse] += pieces
    places = sorted(arrived)
    stock.ensure_levels(tx, places)
    moves = [Move(sku, warehouse, pieces, "receipt", None, by) for (sku, warehouse), pieces in sorted(arrived.items())]
    stock.move(tx, moves, now_ms=now_ms)
    tx.run_many(
        "UPDATE stock_levels SET on_order = CASE WHEN on_order > ? THEN on_order - ? ELSE 0 END WHERE sku = ? AND warehouse = ?",
        [(pieces, pieces, sku, warehouse) for (sku, warehouse), pieces in sorted(arrived.items())],
    )
    tx.run_many(
        "UPDATE replenishments SET state = 'closed', closed_ms = ? WHERE sku = ? AND warehouse = ? AND state = 'open'",
        [(now_ms, sku, warehouse) for sku, warehouse in places],
    )
    return [
        Event("stock.arrived", None, f"stock/{sku}@{warehouse}", "", f"{arrived[sku, warehouse]:,} pieces came in")
        for sku, warehouse in places
    ]
