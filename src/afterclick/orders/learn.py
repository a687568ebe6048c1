"""Learn from the orders that went through what is usual, so that the next unusual one stands out."""

from typing import Final

from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.engine.items import NoItems
from afterclick.governance.cards import Card, Every
from afterclick.orders import ranges
from afterclick.store.transaction import Tx

CARD: Final = Card(
    id="orders.learn",
    does="Learns which quantities and order values are usual for each SKU and customer",
    owner="operations",
    works_on="history",
    starts_on=(Every(seconds=3600),),
    purpose="So that an unusual quantity or order value is noticed before it ships",
    handles=frozenset({"order"}),
)
CURSOR: Final = "orders.learnt"
"""The counter of orders that were learnt from; its next number is the next order."""


def learn_up_to(tx: Tx, order_id: int) -> None:
    """Learn from every order up to this one that was not learnt from yet."""
    done = tx.take(CURSOR, 0) - 1
    if order_id > done:
        ranges.learn(tx, after_order_id=done, up_to=order_id)
        tx.take(CURSOR, order_id - done)


@stage()
def learn(history: Batch[None]) -> None:
    """From orders that have been judged only: up to the oldest that is still on its way."""
    oldest_moving = history.tx.value("SELECT MIN(id) FROM orders WHERE state IN ('received', 'running')")
    newest = history.tx.value("SELECT MAX(id) FROM orders") or 0
    learn_up_to(history.tx, newest if oldest_moving is None else oldest_moving - 1)


@bot(CARD, over=NoItems())
def learn_what_is_usual(history: Batch[None]) -> None:
    learn(history)
