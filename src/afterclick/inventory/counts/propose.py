"""Put each day's counts on the list: where a wrong record would cost most."""

from typing import Final

from afterclick.domain.limits import OrderLimits
from afterclick.domain.stock_limits import CountingLimits
from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.engine.items import NoItems
from afterclick.governance.cards import Card, Cron
from afterclick.inventory.counts import tasks
from afterclick.inventory.counts.choosing import DAY_MS, choose
from afterclick.inventory.counts.looking import candidates
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

CARD: Final = Card(
    id="inventory.count",
    does="Proposes each day which places to count: those where a wrong record would cost most",
    owner="operations",
    works_on="stock",
    starts_on=(Cron("23 2 * * *"),),
    purpose="So that the books are true where it matters, with the few counts that there is time for",
    handles=frozenset({"stock", "catalogue"}),
    limits="proposes within [counting]; books nothing",
)


def propose_now(tx: Tx, limits: CountingLimits, orders: OrderLimits, *, now_ms: int) -> list[Event]:
    """Let old proposals go, and fill today's list up to its budget; the events are the caller's to log."""
    gone = tasks.expire(tx, now_ms=now_ms)
    today_ms = now_ms - now_ms % DAY_MS
    taken = {place: count for (place, sensor), count in tasks.proposed_since(tx, today_ms).items() if not sensor}
    busy = {(sku, warehouse) for sku, warehouse, _ in tasks.busy(tx)}
    found = candidates(tx, limits, orders.minor_per_euro_cent, now_ms=now_ms)
    events = tasks.propose(
        tx, choose(found, taken=taken, busy=busy, limits=limits, now_ms=now_ms), now_ms=now_ms, expire_hours=limits.expire_hours
    )
    if gone:
        events.append(Event("count.expired", None, "stock/*", "Wait", f"{gone:,} counts that nobody made left the list"))
    return events


@stage()
def propose(stock: Batch[None]) -> None:
    """All places are looked at together."""
    for event in propose_now(stock.tx, stock.policy.counting, stock.policy.orders, now_ms=stock.now_ms):
        stock.record(event)


@bot(CARD, over=NoItems())
def propose_counts(stock: Batch[None]) -> None:
    propose(stock)
