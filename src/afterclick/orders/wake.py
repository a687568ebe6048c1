"""Wake the orders that wait for stock, the most urgent and oldest first, as soon as there is some for them."""

from collections.abc import Sequence
from typing import Final

from afterclick.domain.allocation import Allocation, Short, Stock
from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.engine.items import NoItems
from afterclick.governance.cards import Card, Every, On
from afterclick.orders.desk import OrdersDesk
from afterclick.orders.records import WAKE, at_rest, load, send_on
from afterclick.orders.reserve import demands
from afterclick.orders.sourcing.allocation import allocate
from afterclick.store.log import Event

CARD: Final = Card(
    id=WAKE,
    does="Sends orders on that waited for stock, when it has come",
    owner="operations",
    works_on="order",
    starts_on=(On("stock.arrived"), Every(seconds=60)),
    purpose="So that a customer who waits is served as soon as the goods are there, the oldest first",
    handles=frozenset({"stock", "order"}),
)
MOST: Final = 20_000
"""Orders looked at in one run."""
AT_ONCE: Final = 1_000

_WAITS: Final = "state = 'waiting' AND waiting_for = 'stock'"
# SQLite takes the index over resting orders only for a query that repeats the index's own condition.
# A line that is no bundle and has too little anywhere rules its order out, unless the order may ship in part.
_MAY_BE_SERVED: Final = f"""
SELECT o.id FROM orders o
WHERE o.state IN ('waiting', 'inbox', 'held') AND {_WAITS} AND o.batch IS NULL AND (
  o.particulars LIKE '%"partial_ok":true%' OR NOT EXISTS (
    SELECT 1 FROM order_lines l JOIN items i ON i.sku = l.sku
    WHERE l.order_id = o.id AND i.components IS NULL
      AND l.quantity > (SELECT COALESCE(SUM(s.on_hand - s.reserved), 0) FROM stock_levels s WHERE s.sku = l.sku)))
ORDER BY o.priority, o.placed_ms, o.id LIMIT ?
"""  # noqa: S608  # a condition from code


@stage()
def awaken(orders: Batch[None]) -> None:
    """Hand out what is free, order by order, and send on those that get what they need; the others sleep on."""
    tx = orders.tx
    candidates = [row[0] for row in tx.rows(_MAY_BE_SERVED, (MOST,))]
    if not candidates:
        return
    woken = at_rest(tx, _served(orders, candidates), _WAITS)
    send_on(tx, woken, at="reserve", now_ms=orders.now_ms)
    for order_id in woken:
        orders.record(Event("woken", order_id, None, "Pass", "there is stock for it now"))


@bot(CARD, over=NoItems())
def wake(orders: Batch[None]) -> None:
    awaken(orders)


def _served(orders: Batch[None], candidates: Sequence[int]) -> list[int]:
    """Who would get something, all of it or the part that it allows, by the rules by which `reserve` hands out.

    By any other rules somebody could be woken for pieces that it cannot have, sleep again, and keep them from those behind it
    for ever. Who can never be sent is woken too: `reserve` asks a person about it.
    """
    tx, desk = orders.tx, orders.use(OrdersDesk)
    goods, sourcing = desk.goods(tx), desk.sourcing(tx)
    free = {
        (sku, warehouse): int(pieces)
        for sku, warehouse, pieces in tx.rows(
            "SELECT sku, warehouse, on_hand - reserved FROM stock_levels WHERE on_hand > reserved"
        )
    }
    served: list[int] = []
    for start in range(0, len(candidates), AT_ONCE):
        wants = demands(tx, list(load(tx, candidates[start : start + AT_ONCE]).values()))
        stock = Stock([(*place, pieces) for place, pieces in free.items()])
        for found in allocate(wants, stock, sourcing, goods, now_ms=orders.now_ms):
            if not isinstance(found, Short):
                served.append(found.order_id)
            if isinstance(found, Allocation):
                for _, sku, warehouse, pieces in found.reserves:
                    free[sku, warehouse] -= pieces
    return served
