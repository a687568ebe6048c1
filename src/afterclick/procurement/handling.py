"""What people do about purchases, whether they ask for it on a page or by a program."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from afterclick.control_room.problems import Problem
from afterclick.domain.purchase import PurchaseOrder, ReceiptLine
from afterclick.domain.seller import Seller
from afterclick.engine.undecidable import NotDecidable
from afterclick.governance.actor import Actor
from afterclick.governance.policy import Policy
from afterclick.procurement.buying import decisions, listing, receiving
from afterclick.procurement.buying.listing import PurchaseQuestion, WholePurchase
from afterclick.procurement.buying.receiving import Received
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

LARGEST: Final = 2**62
DECISIONS: Final = {"approve": decisions.approve, "reject": decisions.reject}


class Supplying(NamedTuple):
    """What the desk's pages and interface are given: the policy in force, how events are logged (transaction, events, by), and
    who buys."""

    policy: Callable[[], Policy]
    record: Callable[[Tx, Sequence[Event], str], None]
    seller: Callable[[], Seller]


class NotReceived(ValueError):
    """Goods cannot be booked like this; says why."""


def whole(tx: Tx, number: int) -> WholePurchase:
    """One purchase order with everything that belongs to it.

    Raises:
        Problem: 404, there is none of that number.
    """
    found = listing.whole(tx, number) if 0 < number < LARGEST else None
    if found is None:
        raise Problem(404, f"there is no purchase order {number}")
    return found


def open_question(found: WholePurchase, task: int = 0) -> PurchaseQuestion:
    """The open question that is meant; 0 stands for the only one.

    Raises:
        NotDecidable: there is none, or there are several and none is named.
    """
    asked = [one for one in found.tasks if one.state == "open" and task in (0, one.id)]
    order = found.purchase.order.number
    if not asked:
        raise NotDecidable(f"nothing is asked about {order} any more; look at it again")
    if len(asked) > 1:
        named = ", ".join(str(one.id) for one in asked)
        raise NotDecidable(f"several things are asked about {order}: name the task, one of {named}")
    return asked[0]


def decide(tx: Tx, number: int, deed: str, *, task: int, by: Actor, note: str, desk: Supplying, now_ms: int) -> None:
    """Approve or reject what is asked about an order, and log what follows.

    Raises:
        NotDecidable: they may not, they proposed it themselves, or somebody else has decided. Problem: there is no such order.
    """
    question = open_question(whole(tx, number), task)
    desk.record(tx, DECISIONS[deed](tx, question.id, by=by, note=note, now_ms=now_ms), by.id)


def edit(
    tx: Tx, number: int, units: Mapping[int, int], *, task: int, by: Actor, note: str, desk: Supplying, now_ms: int
) -> None:  # fmt: skip
    """Change quantities of a proposed order (line → units, 0 drops the line), and log what follows.

    Raises:
        NotDecidable: as `decide`; or nothing would change, or the order has left. Problem: there is no such order.
    """
    found = whole(tx, number)
    question, before = open_question(found, task), {line.no: line.quantity for line in found.purchase.order.lines}
    changed = {no: count for no, count in units.items() if before.get(no) != count}
    if not changed:
        raise NotDecidable("every quantity is as it was: approve the order, or write another quantity")
    desk.record(tx, decisions.edit(tx, question.id, changed, by=by, note=note, now_ms=now_ms), by.id)


def cancel(
    tx: Tx, number: int, *, by: Actor, because: str, for_good: bool, desk: Supplying, now_ms: int
) -> None:  # fmt: skip
    """Take an order back, and log what follows.

    Raises:
        NotDecidable: it is closed, or just being worked on. Problem: there is no such order.
    """
    whole(tx, number)
    said = because or "cancelled by hand"
    desk.record(tx, decisions.cancel(tx, number, by=by.id, because=said, for_good=for_good, now_ms=now_ms), by.id)


def arrived(
    tx: Tx, order: PurchaseOrder, units: Mapping[int, int], damaged: Mapping[int, int], *, delivery_note: str, now_ms: int
) -> list[ReceiptLine]:
    """What came for an order, as somebody says it: line → the vendor's units. The same delivery note twice counts once."""
    mark = delivery_note or f"by-hand/{tx.take('receipts.by_hand')}"
    return [
        ReceiptLine(order.number, no, "", count, now_ms, damaged.get(no, 0), "", delivery_note, f"{order.number}/{mark}/{no}")
        for no, count in units.items()
    ]


def receive(
    tx: Tx, number: int, units: Mapping[int, int], damaged: Mapping[int, int], *, delivery_note: str, by: Actor, desk: Supplying,
    now_ms: int,
) -> Received:  # fmt: skip
    """Book what came for an order, all of it or nothing, and log it.

    Raises:
        NotReceived: nothing is named, or a line cannot be booked. Problem: there is no such order.
    """
    order, policy = whole(tx, number).purchase.order, desk.policy()
    if not units or set(damaged) - set(units):
        raise NotReceived("write how many units came of at least one line, and damaged ones only beside them")
    lines = arrived(tx, order, units, damaged, delivery_note=delivery_note, now_ms=now_ms)
    hours = policy.inbox.answer_hours
    booked = receiving.receive(tx, lines, by=by.id, limits=policy.buying, now_ms=now_ms, answer_hours=hours)
    if booked.unbooked:
        raise NotReceived("; ".join(one.because for one in booked.unbooked[:5]))
    if not booked.events:
        raise NotReceived(f"the delivery note {delivery_note[:60]} is booked for {order.number} already; nothing was changed")
    desk.record(tx, booked.events, by.id)
    return booked
