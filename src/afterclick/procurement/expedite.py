"""Buy at once what orders wait for, or what has run low since the last plan."""

from typing import Final

from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.engine.items import NoItems
from afterclick.governance.cards import Card, Every
from afterclick.procurement.buying import needs
from afterclick.procurement.buying.desk import BuyingDesk
from afterclick.procurement.buying.experience import deliveries
from afterclick.procurement.buying.proposing import propose
from afterclick.procurement.buying.times import day_at
from afterclick.procurement.vendors.reliability import learn
from afterclick.store.log import Event

CARD: Final = Card(
    id="procurement.expedite",
    does="Buys at once what orders wait for, or what has fallen below its reorder point since the last plan",
    owner="purchasing",
    works_on="replenishment",
    starts_on=(Every(seconds=900),),
    purpose="So that nobody waits for the night who need not",
    handles=frozenset({"stock", "catalogue"}),
    limits="planning and buying in policy.toml",
)


@stage()
def buy_what_lacks(urgent: Batch[None]) -> None:
    """Open replenishments that nothing on order covers: from the vendor that costs least in all."""
    tx, desk, now_ms = urgent.tx, urgent.use(BuyingDesk), urgent.now_ms
    lacking = needs.replenishments(tx)
    if not lacking:
        return
    chosen, left = needs.chosen(
        tx, lacking, currency=desk.buyer.seller.currency, now_ms=now_ms, reliability=learn(deliveries(tx), today=day_at(now_ms))
    )
    made, events = propose(tx, chosen, by=urgent.card.id, now_ms=now_ms, deliver_to=desk.deliver_to(tx))
    for event in events:
        urgent.record(event)
    for one in (*left, *made.left):
        urgent.record(Event("purchase.left", None, one.need, "Wait", one.because))


@bot(CARD, over=NoItems())
def expedite(urgent: Batch[None]) -> None:
    buy_what_lacks(urgent)
