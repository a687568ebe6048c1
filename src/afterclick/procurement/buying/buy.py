"""Judge proposed purchase orders, and send those that may leave to their vendors."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from msgspec.structs import replace

from afterclick.domain.purchase import PurchaseOrder, Vendor
from afterclick.domain.verdict import Ask, Done, Leaving, Wait
from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.governance.cards import Card, Manual, Queue
from afterclick.ports import answer as ports
from afterclick.procurement.buying import messages, records
from afterclick.procurement.buying.desk import BuyingDesk
from afterclick.procurement.buying.messages import Outgoing, Stopped, Unsendable
from afterclick.procurement.buying.purchases import BUY, KIND, Purchase, Purchases
from afterclick.procurement.buying.rules import BUYERS, may_leave
from afterclick.procurement.buying.terms import write_terms
from afterclick.procurement.buying.times import end_of_day
from afterclick.procurement.vendors.calendar import expected_on
from afterclick.store import purchases
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

CARD: Final = Card(
    id=BUY,
    does="Judges proposed purchase orders and sends them to vendors",
    owner="operations",
    works_on=KIND,
    starts_on=(Queue("purchases.proposed"),),
    may={"vendors": frozenset({"order"}), "mailbox": frozenset({"send"})},
    replaces=Manual(minutes=9.0, per="purchase order", source="assumption, see docs/roi.md"),
    purpose="So that stock is ordered the day it is needed, within limits that people have set",
    handles=frozenset({"stock", "catalogue"}),
    limits="buying and door in policy.toml",
)
SEND: Final = "send"


class Went(NamedTuple):
    """What came of sending: the order as it went out, and the answer."""

    order: PurchaseOrder
    answer: object


@stage()
def approve(some: Batch[Purchase]) -> None:
    """They may leave: by the rules, or since a person has said so. From here on they use up the limits of the day."""
    people = _approvers(some.tx, some.ids)
    some.tx.run_many(
        "UPDATE purchase_orders SET state = 'approved', approved_ms = ?, approved_by = ?, stage = ?, waiting_for = '',"
        " because = '' WHERE id = ?",
        [(some.now_ms, people.get(one.id, BUY), SEND, one.id) for one in some],
    )
    some.renew({one.id: replace(one, stage=SEND, order=replace(one.order, state="approved")) for one in some})


def dispatch(some: Batch[Purchase]) -> dict[int, Went]:
    """Write the documents and send them, unless buying is stopped."""
    desk, vendors = some.use(BuyingDesk), records.vendors(some.tx, [one.order.vendor for one in some])
    going: dict[int, PurchaseOrder] = {}
    outgoing: dict[int, Outgoing] = {}
    went: dict[int, Went] = {}
    for one in some:
        vendor = vendors[one.order.vendor]
        order = going[one.id] = _as_of_now(one.order, vendor, some.now_ms)
        try:
            outgoing[one.id] = messages.order_out(order, vendor, desk)
        except Unsendable as error:
            went[one.id] = Went(order, ports.Declined(str(error)))
    answers = messages.ask(some, outgoing, stoppable=True)
    return went | {item: Went(going[item], answer) for item, answer in answers.items()}


@stage(calls=dispatch)
def send(some: Batch[Purchase], went: Mapping[int, Went]) -> None:
    """What a vendor has taken is sent; one that will not take it is a person's to decide, one that is silent is asked again."""
    sent: list[tuple[int, int, str, int]] = []
    for one in some:
        found = went.get(one.id)
        if found is not None and isinstance(found.answer, ports.Done):
            day = found.order.deliver_on
            sent.append((some.now_ms, end_of_day(day) if day else 0, write_terms(found.order, sent=True), one.id))
            because = f"{found.order.number} to {one.order.vendor}"
            some.record(Event("purchase.sent", None, f"{KIND}/{one.id}", "Pass", because))
            some.leave(one.id, Done("purchase.out", because), stage=SEND)
        elif found is not None:
            some.leave(one.id, _unsent(one, found.answer), stage=SEND)
    some.tx.run_many(
        "UPDATE purchase_orders SET state = 'sent', sent_ms = ?, due_ms = ?, terms = ?, stage = '', reminders = 0,"
        " reminded_ms = 0 WHERE id = ?",
        sent,
    )
    purchases.settle(some.tx, [row[-1] for row in sent], now_ms=some.now_ms)  # some of it may have come already


@bot(CARD, over=Purchases(bot_id=BUY, takes=("proposed", "approved")))
def buy(some: Batch[Purchase]) -> None:
    some.judge(may_leave)  # what is not allowed, not well read, badly priced or over a limit asks, in one question
    approve(some)
    send(some)


def _as_of_now(order: PurchaseOrder, vendor: Vendor, now_ms: int) -> PurchaseOrder:
    """The order as it goes out: dated now, and for a day that can still be kept."""
    soonest = expected_on(vendor, now_ms)
    day = max(order.deliver_on, soonest) if order.deliver_on else soonest
    return replace(order, ordered_ms=now_ms, deliver_on=day, state="sent")


def _unsent(one: Purchase, answer: object) -> Leaving:
    vendor = one.order.vendor
    if isinstance(answer, Stopped):
        return Wait("buying", answer.because, retry_after_ms=900_000)
    if isinstance(answer, ports.Declined):
        return Ask(BUYERS, f"{vendor} does not take the order: {answer.because}", "try again")
    because = answer.because if isinstance(answer, ports.Unavailable) else "no usable answer"
    return Wait("vendors", f"{vendor} gave no answer: {because}")


def _approvers(tx: Tx, ids: list[int]) -> dict[int, str]:
    """Who has approved what the rules asked about."""
    condition, value = tx.among(ids)
    return dict(tx.rows(
        f"SELECT item, decided_by FROM tasks WHERE item_kind = ? AND state = 'approved' AND item {condition} ORDER BY id",  # noqa: S608
        (KIND, value),
    ))  # fmt: skip
