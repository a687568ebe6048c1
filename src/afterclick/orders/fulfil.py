"""Take paid orders from the queue to the warehouse door."""

from typing import Final

from afterclick.domain.order import Order
from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot
from afterclick.governance.cards import Card, Manual, Queue
from afterclick.orders.bill import invoice
from afterclick.orders.genuine import genuine
from afterclick.orders.pay import authorise, capture
from afterclick.orders.records import FULFIL, Orders
from afterclick.orders.reserve import reserve
from afterclick.orders.rules import complete
from afterclick.orders.ship import hand_over, label, tell

CARD: Final = Card(
    id=FULFIL,
    does="Checks, reserves, labels, hands over, charges and invoices orders",
    owner="operations",
    works_on="order",
    starts_on=(Queue("orders.received"),),
    batch_size=4_000,  # an eighth faster than half of it; with more, an urgent order would wait too long for the stage in hand
    may={
        "payments": frozenset({"authorise", "capture"}),
        "carrier": frozenset({"label", "void"}),
        "warehouse": frozenset({"hand_over"}),
        "store": frozenset({"tell"}),
        "mailbox": frozenset({"send"}),
    },
    replaces=Manual(minutes=6.5, per="order", source="assumption, see docs/roi.md"),
    purpose="So that a paid order reaches the warehouse door within minutes, charged and invoiced, without anybody touching it",
    handles=frozenset({"personal", "payment", "stock", "catalogue", "order"}),
    limits="orders, payments and door in policy.toml",
)


@bot(CARD, over=Orders(bot_id=FULFIL, takes=("received", "waiting"), interruptible=True))
def fulfil(orders: Batch[Order]) -> None:
    orders.judge(complete)  # Ask and Refuse leave the batch here, each with its because
    orders.judge(genuine)
    reserve(orders)  # no stock anywhere: the order waits, and procurement hears of it
    authorise(orders)
    label(orders)
    hand_over(orders)  # a shelf found empty costs the customer nothing: money moves only for what the warehouse has in hand
    capture(orders)
    invoice(orders)
    tell(orders)
