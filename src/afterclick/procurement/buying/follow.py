"""Follow purchase orders at their vendors: take over what they answer, take orders back, and chase what is late."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec

from afterclick.domain.verdict import Ask, Done, Wait
from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.governance.cards import Card, Manual, Queue
from afterclick.ports import answer as ports
from afterclick.procurement.buying import chasing, docks, messages, records
from afterclick.procurement.buying.applying import apply, open_replies
from afterclick.procurement.buying.desk import BuyingDesk
from afterclick.procurement.buying.facts import expected_day
from afterclick.procurement.buying.messages import Outgoing, Stopped, Unsendable
from afterclick.procurement.buying.purchases import FOLLOW, KIND, Purchase, Purchases, enqueue, load
from afterclick.procurement.buying.rules import BUYERS, as_agreed
from afterclick.store import purchases, tables
from afterclick.store.log import Event

CARD: Final = Card(
    id=FOLLOW,
    version="2",
    does="Takes over vendors' answers, takes orders back, and chases late deliveries",
    owner="operations",
    works_on=KIND,
    starts_on=(Queue("purchases.answered"),),
    may={"vendors": frozenset({"withdraw", "remind"}), "mailbox": frozenset({"send"})},
    replaces=Manual(minutes=4.0, per="answer or reminder", source="assumption, see docs/roi.md"),
    purpose="So that what vendors change or forget is known the same day, and nobody has to ask for it",
    handles=frozenset({"stock", "catalogue"}),
    limits="buying in policy.toml",
)
Answers = Mapping[int, object]


class AtTheDock(NamedTuple):
    """The vendor gives up what it still has; goods that it has brought are to be booked before the rest is cancelled."""

    because: str


def ask_back(some: Batch[Purchase]) -> Answers:
    """Tell vendors which orders are taken back, and look at the docks after that: nothing more will come from then on."""
    vendors = records.vendors(some.tx, [one.order.vendor for one in some])
    outgoing: dict[int, Outgoing] = {}
    answers: dict[int, object] = {}
    for one in some:
        if one.withdrawal:
            try:
                outgoing[one.id] = messages.withdrawal_out(one, vendors[one.order.vendor], some.use(BuyingDesk))
            except Unsendable as error:
                answers[one.id] = ports.Declined(str(error))
    answers |= messages.ask(some, outgoing, stoppable=False)
    given_up = {one.id: one.order.number for one in some if isinstance(answers.get(one.id), ports.Done)}
    brought = docks.unbooked(some) if given_up else set[str]()
    because = "goods of it stand at the dock; it is taken back when they are booked"
    return answers | {item: AtTheDock(because) for item, number in given_up.items() if number in brought}


@stage(calls=ask_back)
def withdraw(some: Batch[Purchase], answers: Answers) -> None:
    """What a vendor gives up is cancelled; where the goods are on their way, they are awaited."""
    tx, ended, kept = some.tx, dict[int, tuple[str, str]](), list[int]()
    for one in some:
        answer = answers.get(one.id)
        if isinstance(answer, ports.Done):
            ended[one.id] = ("cancelled", one.withdrawal)
            some.record(Event("purchase.cancelled", None, f"{KIND}/{one.id}", "Pass", one.withdrawal))
            some.leave(one.id, Done("purchase.closed", one.withdrawal), stage="withdraw")
        elif isinstance(answer, ports.Declined):
            kept.append(one.id)
            some.record(Event("purchase.not_cancelled", None, f"{KIND}/{one.id}", "Refuse", answer.because))
        elif isinstance(answer, AtTheDock):
            some.leave(one.id, Wait("goods_in", answer.because), stage="withdraw")
        elif one.withdrawal:
            because = answer.because if isinstance(answer, ports.Unavailable) else "no usable answer"
            some.leave(one.id, Wait("vendors", f"{one.order.vendor} gave no answer: {because}"), stage="withdraw")
    purchases.close(tx, ended, now_ms=some.now_ms)
    tx.run_many("UPDATE purchase_orders SET withdrawal = '' WHERE id = ?", [(item,) for item in (*ended, *kept)])
    arrived_there = [(item,) for item in kept]
    tx.run_many(
        "UPDATE purchase_orders SET state = 'sent', sent_ms = since_ms WHERE id = ? AND state = 'approved'", arrived_there
    )
    some.renew(load(tx, kept))


@stage()
def take_over(some: Batch[Purchase]) -> None:
    """The oldest answer of each goes into its order; further ones are taken up one by one."""
    tx = some.tx
    replies = open_replies(tx, some.ids)
    vendors = records.vendors(tx, [one.order.vendor for one in some])
    again: list[int] = []
    for one in some:
        waiting = replies.get(one.id, [])
        if waiting:
            expected = {line.no: expected_day(one.order, line, vendors.get(one.order.vendor)) for line in one.order.lines}
            done = apply(tx, one.order, waiting[0], expected=expected, now_ms=some.now_ms)
            some.record(Event("purchase.answered", None, f"{KIND}/{one.id}", "Pass", done.because))
            again += [one.id] if len(waiting) > 1 else []
    some.renew(load(tx, list(replies)))
    for item in again:
        some.leave(item, Done("purchase.followed", "it has answered more than once"), stage="take_over")
    enqueue(tx, FOLLOW, again, now_ms=some.now_ms)


@stage()
def decide_to_chase(some: Batch[Purchase]) -> None:
    """What is late or unanswered is written down before anybody hears of it, since goods come in while the vendor is asked."""
    due = [(one, one.chase or chasing.due(one, some.policy.buying, now_ms=some.now_ms)) for one in some]
    late = {one.id: chase for one, chase in due if chase is not None}
    rows = [(msgspec.json.encode(chase).decode(), item) for item, chase in late.items()]
    some.tx.update(tables.purchase_orders, keys=("id",), sets=("chase",), rows=rows)
    some.renew(load(some.tx, list(late)))


def remind(some: Batch[Purchase]) -> Answers:
    """Remind vendors of what is late or unanswered."""
    vendors, desk = records.vendors(some.tx, [one.order.vendor for one in some]), some.use(BuyingDesk)
    outgoing: dict[int, Outgoing] = {}
    answers: dict[int, object] = {}
    for one in some:
        if one.chase is not None and not one.chase.to_person:
            try:
                outgoing[one.id] = messages.reminder_out(one.order, one.chase, vendors[one.order.vendor], desk)
            except Unsendable as error:
                answers[one.id] = ports.Declined(str(error))
    return answers | messages.ask(some, outgoing, stoppable=False)


@stage(calls=remind)
def chase(some: Batch[Purchase], answers: Answers) -> None:
    """Reminders count; after enough of them, or where none can be sent, a person is asked what is to be done."""
    reminded, asked = list[tuple[int, int]](), list[tuple[int]]()
    for one in some:
        if one.chase is None:
            some.leave(one.id, Done("purchase.followed"), stage="chase")
            continue
        answer = answers.get(one.id)
        if one.chase.to_person or isinstance(answer, ports.Declined):
            why = f"; {answer.because}" if isinstance(answer, ports.Declined) else ""
            asked.append((one.id,))
            some.leave(one.id, Ask(BUYERS, one.chase.because + why, "go on waiting"), stage="chase")
        elif isinstance(answer, ports.Unavailable | Stopped) or answer is None:
            because = answer.because if isinstance(answer, ports.Unavailable) else "no usable answer"
            some.leave(one.id, Wait("vendors", f"{one.order.vendor} gave no answer: {because}"), stage="chase")
        else:
            reminded.append((some.now_ms, one.id))
            some.record(Event("purchase.reminded", None, f"{KIND}/{one.id}", "Pass", one.chase.because))
            some.leave(one.id, Done("purchase.followed"), stage="chase")
    counted = "UPDATE purchase_orders SET chase = '', reminders = reminders + 1, reminded_ms = ? WHERE id = ?"
    some.tx.run_many(counted, reminded)
    some.tx.run_many("UPDATE purchase_orders SET chase = '' WHERE id = ?", asked)


@bot(CARD, over=Purchases(bot_id=FOLLOW, takes=("approved", "sent", "acknowledged", "part_received")))
def follow(some: Batch[Purchase]) -> None:
    withdraw(some)
    some.judge(as_agreed)  # a change beyond the policy asks a person, and the order rests here until then
    take_over(some)
    decide_to_chase(some)
    chase(some)
