"""Take the customer's money: blocked before anything is bought for the order, taken when it ships, else given back."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from afterclick.domain.invoice import Posting
from afterclick.domain.order import Order
from afterclick.domain.payment import Authorise, Capture, Payment, Refund, Release
from afterclick.domain.verdict import Ask, Leaving, Wait
from afterclick.engine.batch import Batch
from afterclick.engine.bots import stage
from afterclick.engine.door import Answers
from afterclick.orders import amendments
from afterclick.orders.billing.journal import capture_postings, refund_postings
from afterclick.orders.desk import AUTHORISE, CAPTURE, REFUND, RELEASE
from afterclick.orders.lost import NO_ANSWER
from afterclick.ports.answer import Declined, Done, Unavailable
from afterclick.store import ledger, tables
from afterclick.store.transaction import Tx

PAYMENTS: Final = "payments"
"""What `authorise` keeps: order → the payment that stands."""
_PAYMENT: Final = ("order_id", "revision", "authorisation", "authorised", "currency", "state", "expires_ms")


class Standing(NamedTuple):
    """A payment that blocks or holds the customer's money."""

    order_id: int
    revision: int
    authorisation: str
    authorised: int
    captured: int
    refunded: int
    capture: str
    currency: str
    state: str
    expires_ms: int

    def lapsed(self, now_ms: int) -> bool:
        """Whether the provider has let go of the block by itself."""
        return self.state == "authorised" and 0 < self.expires_ms <= now_ms


def standing(tx: Tx, ids: Sequence[int]) -> dict[int, Standing]:
    """The payment of each of these orders that is authorised or captured."""
    condition, value = tx.among(ids)
    rows = tx.rows(
        "SELECT order_id, revision, authorisation, authorised, captured, refunded, capture, currency, state, expires_ms"  # noqa: S608
        f" FROM payments WHERE order_id {condition} AND state IN ('authorised', 'captured')",
        (value,),
    )
    return {row[0]: Standing._make(row) for row in rows}


def lapsed(tx: Tx, ids: Sequence[int], *, now_ms: int) -> set[int]:
    """Orders whose money is blocked no longer: the authorisation has expired before it was captured."""
    condition, value = tx.among(ids)
    sql = "SELECT order_id FROM payments WHERE state = 'authorised' AND expires_ms > 0 AND expires_ms <= ?"
    return {row[0] for row in tx.rows(f"{sql} AND order_id {condition}", (now_ms, value))}


def authorise_anew(orders: Batch[Order], ids: Iterable[int]) -> None:
    """Send orders back to have their money blocked again, under a new revision: the old answer is of no use any more."""
    for order_id in ids:
        expire(orders.tx, order_id)
        orders.tx.run("UPDATE orders SET revision = revision + 1 WHERE id = ?", (order_id,))
        orders.leave(order_id, Wait("payments", "the authorisation has expired; it is asked for again", 1), stage="authorise")


def expire(tx: Tx, order_id: int) -> None:
    """Note that the provider has let go of the money it blocked for an order."""
    tx.run("UPDATE payments SET state = 'expired' WHERE order_id = ? AND state = 'authorised'", (order_id,))


def authorisation(order: Order) -> Authorise:
    """The request to block an order's total."""
    return Authorise(
        f"{order.id}:{order.revision}:authorise", order.id, order.particulars.payment_token, order.total, order.currency
    )


def taking(order: Order, one: Standing) -> Capture:
    """The request to take an order's total of what is blocked for it."""
    return Capture(f"{order.id}:{order.revision}:capture", order.id, one.authorisation, order.total, order.currency)


def _owes(order: Order) -> bool:
    """Whether money must be blocked for it: not where the customer pays by invoice."""
    return order.total > 0 and bool(order.particulars.payment_token)


def ask_to_authorise(orders: Batch[Order]) -> Answers[int, Payment]:
    """Block each order's total; not where a block stands already, nor where the customer pays by invoice."""
    stand = standing(orders.tx, orders.ids)
    return orders.ask(AUTHORISE, {order.id: authorisation(order) for order in orders if order.id not in stand and _owes(order)})


def ask_to_take_back(orders: Batch[Order]) -> tuple[Answers[int, None], Answers[int, Payment]]:
    """Void what is still blocked, refund what was taken; where only the address changes, the money stays."""
    stays = amendments.leaving_money(orders.tx, orders.ids)
    stand = standing(orders.tx, [order_id for order_id in orders.ids if order_id not in stays])
    revisions = {order.id: order.revision for order in orders}  # a new revision may ask again what was declined before
    releases = {
        one.order_id: Release(f"{one.order_id}:{revisions[one.order_id]}:release", one.order_id, one.authorisation)
        for one in stand.values()
        if one.state == "authorised" and not one.lapsed(orders.now_ms)
    }
    refunds = {
        one.order_id: Refund(
            f"{one.order_id}:{revisions[one.order_id]}:refund",
            one.order_id,
            one.capture,
            one.captured - one.refunded,
            one.currency,
        )
        for one in stand.values()
        if one.state == "captured" and one.captured > one.refunded
    }
    return orders.ask(RELEASE, releases), orders.ask(REFUND, refunds)


@stage(calls=ask_to_take_back)
def give_back(orders: Batch[Order], answers: tuple[Answers[int, None], Answers[int, Payment]]) -> None:
    """Void the block or refund what was taken, and post it."""
    released, refunded = answers
    stand = standing(orders.tx, orders.ids)
    rows: list[tuple[int | str, ...]] = []
    for order in orders:
        answer: object = released.get(order.id) or refunded.get(order.id)
        one = stand.get(order.id)
        if isinstance(answer, Done) and one is not None:
            amount = one.captured - one.refunded if one.state == "captured" else 0
            rows.append(("refunded" if one.state == "captured" else "released", one.refunded + amount, order.id, one.revision))
            if amount:
                entry = f"REF-{order.id}-{one.revision}"
                ledger.post(
                    orders.tx,
                    refund_postings(entry=entry, order_id=order.id, amount=amount, currency=one.currency),
                    now_ms=orders.now_ms,
                )
        elif one is not None and one.lapsed(orders.now_ms) and not isinstance(answer, Unavailable):
            expire(orders.tx, order.id)  # the provider has given it back by itself
        elif answer is not None:
            orders.leave(order.id, _no_money(answer, "give_back", orders), stage="give_back")
    orders.tx.update(tables.payments, keys=("order_id", "revision"), sets=("state", "refunded"), rows=rows)


@stage(calls=ask_to_authorise, undo=give_back)
def authorise(orders: Batch[Order], answers: Answers[int, Payment]) -> None:
    """Whoever cannot pay goes to the inbox, or is cancelled, as the policy says."""
    note_blocks(orders, answers)
    for order in orders:
        answer = answers.get(order.id)
        if answer is not None and not isinstance(answer, Done):
            orders.leave(order.id, _no_money(answer, "authorise", orders, order), stage="authorise")


def note_blocks(orders: Batch[Order], answers: Answers[int, Payment]) -> None:
    """Write down what the provider has blocked."""
    rows = [
        (order.id, order.revision, paid.reference, paid.amount, order.currency, "authorised", paid.expires_ms)
        for order in orders
        if (paid := answers.done(order.id)) is not None
    ]
    orders.tx.insert(tables.payments, _PAYMENT, rows)


def ask_to_capture(orders: Batch[Order]) -> Answers[int, Payment]:
    """Take what was blocked, for orders whose parcels are ready."""
    stand = standing(orders.tx, orders.ids)
    return orders.ask(CAPTURE, {
        order.id: taking(order, stand[order.id])
        for order in orders
        if order.id in stand and stand[order.id].state == "authorised"
    })  # fmt: skip


@stage(calls=ask_to_capture, undo=give_back)
def capture(orders: Batch[Order], answers: Answers[int, Payment]) -> None:
    """Take the money. Where the block has gone, it is asked for again: the parcel is out, and nothing ships unpaid."""
    stand = standing(orders.tx, orders.ids)
    note_captures(orders, answers, stand)
    anew: list[int] = []
    for order in orders:
        answer, one = answers.get(order.id), stand.get(order.id)
        if isinstance(answer, Declined) and one is not None and expired(one, answer, orders.now_ms):
            anew.append(order.id)
        elif answer is not None and not isinstance(answer, Done):
            orders.leave(order.id, _no_money(answer, "capture", orders, order), stage="capture")
        elif one is None and _owes(order):
            anew.append(order.id)
    authorise_anew(orders, anew)


def note_captures(orders: Batch[Order], answers: Answers[int, Payment], stand: Mapping[int, Standing]) -> None:
    """Write down and post what the provider has taken: it holds the money for us, the customer owes it no longer."""
    rows: list[tuple[int | str, ...]] = []
    entries: list[Posting] = []
    for order in orders:
        paid = answers.done(order.id)
        if paid is not None:
            revision = stand[order.id].revision
            rows.append(("captured", paid.amount, paid.reference, order.id, revision))
            entry = f"CAP-{order.id}-{revision}"
            entries += capture_postings(entry=entry, order_id=order.id, amount=paid.amount, currency=order.currency)
    orders.tx.update(tables.payments, keys=("order_id", "revision"), sets=("state", "captured", "capture"), rows=rows)
    ledger.post(orders.tx, entries, now_ms=orders.now_ms)


def expired(one: Standing, answer: Declined, now_ms: int) -> bool:
    """Whether a capture was declined because nothing is blocked any longer; see `ports.payments`."""
    return one.lapsed(now_ms) or answer.because.startswith("expired")


def _no_money(answer: object, stage_name: str, orders: Batch[Order], order: Order | None = None) -> Leaving:
    if not isinstance(answer, Declined):
        return Wait("payments", f"payments {NO_ANSWER}: {getattr(answer, 'because', '')}")
    cancels = orders.policy.payments.declined == "cancel"
    # A parcel that has left cannot be called back: to ask for that again and again would never end.
    if order is not None and cancels and not amendments.was_refused(orders.tx, order.id, "cancel"):
        amendments.ask(orders.tx, order.id, "cancel", {}, by=orders.card.id, because=answer.because, now_ms=orders.now_ms)
        return Wait("amendment", f"cancelled, since the payment was declined: {answer.because}")
    return Ask(
        "payments", f"{stage_name} was declined: {answer.because}", "ask the customer for another means of payment, then approve"
    )
