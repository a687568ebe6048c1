"""What is sent to a vendor, by the way on which that vendor is reached: an electronic endpoint, else a mailbox."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from afterclick.domain.message import Attachment, Notice
from afterclick.domain.purchase import DocumentFormat, PurchaseOrder, Vendor
from afterclick.domain.vendor_messages import Dispatch, Reminder, Withdrawal
from afterclick.engine.batch import Batch
from afterclick.engine.door import Act
from afterclick.engine.requests import Request
from afterclick.procurement.buying import stopping
from afterclick.procurement.buying.desk import MAIL, ORDER, REMIND, WITHDRAW, BuyingDesk
from afterclick.procurement.buying.purchases import Chase, Purchase
from afterclick.procurement.documents.parties import Letter
from afterclick.procurement.documents.writing import Document, written

AT_ONCE: Final = 20
"""So many orders go out before it is looked again whether buying has been stopped."""
MOST_CONTROL: Final = 999_999_999
"""An interchange's control number has nine digits."""


class Outgoing(NamedTuple):
    """A message with the act that carries it."""

    act: Act
    request: Request


class Unsendable(ValueError):
    """A message cannot be made; says why, and what to do."""


class Stopped(NamedTuple):
    """Not asked, since buying is stopped."""

    because: str


def order_out(order: PurchaseOrder, vendor: Vendor, desk: BuyingDesk) -> Outgoing:
    """The order with its document.

    Raises:
        Unsendable: the vendor has neither an endpoint nor a mailbox, or the document cannot be written.
    """
    key = f"purchase:{order.id}:{order.revision}:order"
    document = document_of(order, vendor, desk)
    if vendor.endpoint:
        return Outgoing(ORDER, Dispatch(
            key=key, purchase=order.id, number=order.number, vendor=vendor.id, to=vendor.endpoint, order=order,
            format=vendor.document, document=document.content, amount=order.net,
        ))  # fmt: skip
    attached = Attachment(document.name, document.media_type, document.content)
    values = {"order": order.number, "shop": desk.buyer.seller.name}
    return Outgoing(MAIL, _notice(key, order.id, vendor, "purchase_order", values, (attached,)))


def document_of(order: PurchaseOrder, vendor: Vendor, desk: BuyingDesk, form: DocumentFormat | None = None) -> Document:
    """The order as a document, in the vendor's format unless another is asked for.

    Raises:
        Unsendable: something that the format needs is missing.
    """
    try:
        return written(Letter(order, vendor, desk.buyer, order.id % MOST_CONTROL + 1), form)
    except (ValueError, ModuleNotFoundError) as error:
        raise Unsendable(f"the document for {vendor.id} cannot be written: {error}") from error


def withdrawal_out(purchase: Purchase, vendor: Vendor, desk: BuyingDesk) -> Outgoing:
    """Word to the vendor that the order is taken back."""
    order, because = purchase.order, purchase.withdrawal
    key = f"purchase:{order.id}:{order.revision}:withdraw"
    if vendor.endpoint:
        return Outgoing(WITHDRAW, Withdrawal(
            key=key, purchase=order.id, number=order.number, vendor=vendor.id, to=vendor.endpoint, because=because
        ))  # fmt: skip
    values = {"order": order.number, "shop": desk.buyer.seller.name, "because": because}
    return Outgoing(MAIL, _notice(key, order.id, vendor, "purchase_withdrawn", values))


def reminder_out(order: PurchaseOrder, chase: Chase, vendor: Vendor, desk: BuyingDesk) -> Outgoing:
    """A reminder as it was decided on."""
    if vendor.endpoint:
        return Outgoing(REMIND, Reminder(
            key=chase.key, purchase=order.id, number=order.number, vendor=vendor.id, to=vendor.endpoint,
            asks=chase.asks, lines=chase.lines, text=chase.text, number_of=chase.number_of,
        ))  # fmt: skip
    values = {"order": order.number, "shop": desk.buyer.seller.name, "text": chase.text}
    return Outgoing(MAIL, _notice(chase.key, order.id, vendor, "purchase_reminder", values))


def ask(batch: Batch[Purchase], outgoing: Mapping[int, Outgoing], *, stoppable: bool) -> dict[int, object]:
    """Send messages through the door, by purchase; with `stoppable`, it is looked before each handful whether buying is stopped.

    What the card or the policy bars is not among the answers: the engine takes those items out of the batch.
    """
    answers: dict[int, object] = {}
    for act in (ORDER, WITHDRAW, REMIND, MAIL):
        items = [item for item, one in outgoing.items() if one.act == act]
        if items and not batch.has(act.port):
            raise Unsendable(f"the office has no connector for {act.port}")
        for handful in _handfuls(items, AT_ONCE if stoppable else len(items)):
            stop = None
            if stoppable:
                with batch.around.reading() as tx:
                    stop = stopping.standing(tx)
            if stop is not None:
                answers.update(dict.fromkeys(handful, Stopped(stop.said)))
            else:
                answers.update(batch.ask(act, {item: outgoing[item].request for item in handful}))
    return answers


def _notice(
    key: str, purchase: int, vendor: Vendor, template: str, values: dict[str, str], attached: tuple[Attachment, ...] = ()
) -> Notice:
    if not vendor.mailbox:
        raise Unsendable(f"{vendor.id} has neither an endpoint nor a mailbox; add one with `afterclick vendors import`")
    return Notice(key, 0, vendor.mailbox, template, values, attached, f"purchase/{purchase}")


def _handfuls(items: Sequence[int], size: int) -> list[Sequence[int]]:
    return [items[start : start + size] for start in range(0, len(items), max(1, size))]
