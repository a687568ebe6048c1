"""Wake the orders that wait for stock, the most urgent and oldest first, as soon as there is some for them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from afterclick.domain.catalogue import Item
from afterclick.domain.order import Order
from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.engine.items import NoItems
from afterclick.governance.cards import Card, Every, On
from afterclick.orders.desk import OrdersDesk
from afterclick.orders.records import WAKE, load, send_on
from afterclick.orders.sourcing.needs import resolve
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

# SQLite takes the index over resting orders only for a query that repeats the index's own condition.
# A line that is no bundle and has too little anywhere rules its order out, unless the order may ship in part.
_MAY_BE_SERVED: Final = """
SELECT o.id FROM orders o
WHERE o.state IN ('waiting', 'inbox', 'held') AND o.state = 'waiting' AND o.waiting_for = 'stock' AND o.batch IS NULL AND (
  o.particulars LIKE '%"partial_ok":true%' OR NOT EXISTS (
    SELECT 1 FROM order_lines l JOIN items i ON i.sku = l.sku
    WHERE l.order_id = o.id AND i.components IS NULL
      AND l.quantity > (SELECT COALESCE(SUM(s.on_hand - s.reserved), 0) FROM stock_levels s WHERE s.sku = l.sku)))
ORDER BY o.priority, o.placed_ms, o.id LIMIT ?
"""


@stage()
def awaken(orders: Batch[None]) -> None:
    """Hand out what is free, order by order, and send on those that get what they need; the others sleep on."""
    tx = orders.tx
    candidates = [row[0] for row in tx.rows(_MAY_BE_SERVED, (MOST,))]
    if not candidates:
        return
    goods = orders.use(OrdersDesk).goods(tx)
    free: Counter[str] = Counter({sku: int(pieces) for sku, pieces in tx.rows(
        "SELECT sku, SUM(on_hand - reserved) FROM stock_levels GROUP BY sku HAVING SUM(on_hand - reserved) > 0"
    )})  # fmt: skip
    woken: list[int] = []
    for start in range(0, len(candidates), AT_ONCE):
        woken += [order.id for order in load(tx, candidates[start : start + AT_ONCE]).values() if _served(order, free, goods)]
    send_on(tx, woken, at="reserve", now_ms=orders.now_ms)
    for order_id in woken:
        orders.record(Event("woken", order_id, None, "Pass", "there is stock for it now"))


@bot(CARD, over=NoItems())
def wake(orders: Batch[None]) -> None:
    awaken(orders)


def _served(order: Order, free: Counter[str], goods: Mapping[str, Item]) -> bool:
    """Whether the order can be served, all of it or the part that it allows; takes the pieces from what is free."""
    lines = [_pieces([(line.no, line.sku, line.quantity)], goods) for line in order.lines]
    if not order.particulars.partial_ok:
        lines = [_pieces([(line.no, line.sku, line.quantity) for line in order.lines], goods)]
    served = False
    for pieces in lines:
        if pieces and all(free[sku] >= count for sku, count in pieces.items()):
            free.subtract(pieces)
            served = True
    return served


def _pieces(lines: Sequence[tuple[int, str, int]], goods: Mapping[str, Item]) -> Counter[str]:
    """What is taken from the shelves for these lines; nothing where that cannot be said."""
    pieces: Counter[str] = Counter()
    try:
        for _, sku, count in resolve(lines, goods):
            pieces[sku] += count
    except ValueError:
        return Counter()
    return pieces
