"""Find what stands still, say why in one line, and push it, or ask a person."""

from typing import Final

from afterclick.domain.shipping import VoidRequest
from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.engine.items import NoItems
from afterclick.governance.cards import Card, Every, On
from afterclick.orders import lapsing, stuck
from afterclick.orders.desk import VOID, OrdersDesk
from afterclick.orders.inbox import deadlines
from afterclick.orders.records import UNSTICK
from afterclick.ports.answer import Declined, Done
from afterclick.store.log import Event

CARD: Final = Card(
    id=UNSTICK,
    does="Says why orders stand still, and pushes them, or asks a person",
    owner="operations",
    works_on="order",
    starts_on=(On("stock.short"), Every(seconds=30)),
    may={"carrier": frozenset({"void"})},
    purpose="So that no order is forgotten: whatever stands still is named, pushed or given to a person in time",
    handles=frozenset({"stock", "order"}),
    limits="stuck in policy.toml",
)
LABELS_AT_ONCE: Final = 500
HOUR_MS: Final = 3_600_000


def void_doubtful(orders: Batch[None]) -> dict[str, str | None]:
    """Ask carriers to take back labels that nobody needs: label key → None when it is void, else why the carrier will not."""
    by_carrier: dict[str, dict[str, VoidRequest]] = {}
    for key, order_id, carrier, tracking in orders.tx.rows(
        "SELECT label_key, order_id, carrier, tracking FROM doubtful_labels ORDER BY noted_ms LIMIT ?",
        (LABELS_AT_ONCE,),
    ):
        if orders.has(f"carrier:{carrier}"):
            by_carrier.setdefault(carrier, {})[key] = VoidRequest(f"{key}:void", order_id, key, tracking)
    settled: dict[str, str | None] = {}
    for carrier, requests in by_carrier.items():
        for key, answer in orders.ask(VOID, requests, system=f"carrier:{carrier}").items():
            if isinstance(answer, Done):
                settled[key] = None
            elif isinstance(answer, Declined):
                settled[key] = answer.because
    return settled


@stage(calls=void_doubtful)
def take_labels_back(orders: Batch[None], settled: dict[str, str | None]) -> None:
    """Forget the labels that are void. One that a carrier will not take back is on its bill: a person should know."""
    for key, because in settled.items():
        if because is not None:
            orders.record(Event("label.billed", int(key.partition(":")[0]), None, "Ask", f"{key.rpartition(':')[2]}: {because}"))
    orders.tx.run_many("DELETE FROM doubtful_labels WHERE label_key = ?", [(key,) for key in settled])


@stage()
def give_stock_back(orders: Batch[None]) -> None:
    """Release what has been reserved too long, or what is not there."""
    tx, now_ms = orders.tx, orders.now_ms
    carriers = [tariff.carrier for tariff in orders.use(OrdersDesk).tariffs]
    for ids, because in (
        (lapsing.expired(tx, now_ms=now_ms), "the reservation has expired"),
        (lapsing.overstretched(tx), "a count did not find the pieces"),
    ):
        if ids:
            for event in lapsing.lapse(tx, ids, carriers=carriers, because=because, now_ms=now_ms):
                orders.record(event)


@stage()
def push(orders: Batch[None]) -> None:
    """Orders beyond their time: said once a day, queued again where nobody has them, and at last given to a person."""
    for event in stuck.sweep(orders.tx, orders.policy.stuck, now_ms=orders.now_ms, answer_hours=orders.policy.inbox.answer_hours):
        orders.record(event)


@stage()
def escalate(orders: Batch[None]) -> None:
    """Tasks that nobody has decided in their time go to the next of the chain; at its end they are closed."""
    for event in deadlines.pass_on(orders.tx, orders.policy.inbox, by=orders.card.id, now_ms=orders.now_ms):
        orders.record(event)


@bot(CARD, over=NoItems())
def unstick(orders: Batch[None]) -> None:
    take_labels_back(orders)
    give_stock_back(orders)
    push(orders)
    escalate(orders)
