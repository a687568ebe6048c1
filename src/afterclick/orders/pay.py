"""Take the customer's money: blocked before anything is bought for the order, taken when it ships, else given back."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from afterclick.domain.order import Order
from afterclick.domain.payment import Authorise, Capture, Payment, Refund, Release
from afterclick.domain.verdict import Ask, Leaving, Wait
from afterclick.engine.batch import Batch
from afterclick.engine.bots import stage
from afterclick.engine.door import Answers
from afterclick.orders import amendments
from afterclick.orders.billing.journal import capture_postings, refund_postings
from afterclick.orders.desk import AUTHORISE, CAPTURE, REFUND, RELEASE
from afterclick.ports.answer import Declined, Done
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


def standing(tx: Tx, ids: Sequence[int]) -> dict[int, Standing]:
    """The payment of each of these orders that is authorised or captured."""
    condition, value = tx.among(ids)
    rows = tx.rows(
        "SELECT order_id, revision, authorisation, authorised, captured, refunded, capture, currency, state FROM payments"  # noqa: S608
        f" WHERE order_id {condition} AND state IN ('authorised', 'captured')",
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
        orders.tx.run("UPDATE payments SET state = 'expired' WHERE order_id = ? AND state = 'authorised'", (order_id,))
        orders.tx.run("UPDATE orders SET revision = revision + 1 WHERE id = ?", (order_id,))
        orders.leave(order_id, Wait("payments", "the authorisation has expired; it is asked for again", 1), stage="authorise")


def ask_to_authorise(orders: Batch[Order]) -> Answers[int, Payment]:
    """Block each order's total; not where a block stands already, nor where the customer pays by invoice."""
    stand = standing(orders.tx, orders.ids)
    return orders.ask(AUTHORISE, {
        order.id: Authorise(
            f"{order.id}:{order.revision}:authorise", order.id, order.particulars.payment_token, order.total, order.currency
        )
        for order in orders
        if order.total > 0 and order.id not in stand and order.particulars.payment_token
    })  # fmt: skip


def ask_to_take_back(orders: Batch[Order]) -> tuple[Answers[int, None], Answers[int, Payment]]:
    """Void what is only blocked, refund what was taken; where only the address changes, the money stays."""
    stays = amendments.leaving_money(orders.tx, orders.ids)
    stand = standing(orders.tx, [order_id for order_id in orders.ids if order_id not in stays])
    revisions = {order.id: order.revision for order in orders}  # a new revision may ask again what was declined before
    releases = {
        one.order_id: Release(f"{one.order_id}:{revisions[one.order_id]}:release", one.order_id, one.authorisation)
        for one in stand.values()
        if one.state == "authorised"
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
        if isinstance(answer, Done) and order.id in stand:
            one = stand[order.id]
            amount = one.captured - one.refunded if one.state == "captured" else 0
            rows.append(("refunded" if one.state == "captured" else "released", one.refunded + amount, order.id, one.revision))
            if amount:
                entry = f"REF-{order.id}-{one.revision}"
                ledger.post(
                    orders.tx,
                    refund_postings(entry=entry, order_id=order.id, amount=amount, currency=one.currency),
                    now_ms=orders.now_ms,
                )
        elif answer is not None:
            orders.leave(order.id, _no_money(answer, "give_back", orders), stage="give_back")
    orders.tx.update(tables.payments, keys=("order_id", "revision"), sets=("state", "refunded"), rows=rows)


@stage(calls=ask_to_authorise, undo=give_back)
def authorise(orders: Batch[Order], answers: Answers[int, Payment]) -> None:
    """Whoever cannot pay goes to the inbox, or is cancelled, as the policy says."""
    rows: list[tuple[int | str, ...]] = []
    for order in orders:
        answer = answers.get(order.id)
        if isinstance(answer, Done):
            paid = answer.answer
            rows.append((order.id, order.revision, paid.reference, paid.amount, order.currency, "authorised", paid.expires_ms))
        elif answer is not None:
            orders.leave(order.id, _no_money(answer, "authorise", orders, order), stage="authorise")
    orders.tx.insert(tables.payments, _PAYMENT, rows)


def ask_to_capture(orders: Batch[Order]) -> Answers[int, Payment]:
    """Take what was blocked, for orders whose parcels are ready."""
    stand = standing(orders.tx, orders.ids)
    return orders.ask(CAPTURE, {
        order.id: Capture(
            f"{order.id}:{order.revision}:capture", order.id, stand[order.id].authorisation, order.total, order.currency
        )
        for order in orders
        if order.id in stand and stand[order.id].state == "authorised"
    })  # fmt: skip


@stage(calls=ask_to_capture, undo=give_back)
def capture(orders: Batch[Order], answers: Answers[int, Payment]) -> None:
    """Take the money and post it: the provider holds it for us, the customer owes it no longer."""
    stand = standing(orders.tx, list(answers))
    rows: list[tuple[int | str, ...]] = []
    entries: list[Any] = []
    for order in orders:
        answer = answers.get(order.id)
        if isinstance(answer, Done):
            paid = answer.answer
            rows.append(("captured", paid.amount, paid.reference, order.id, stand[order.id].revision))
            entry = f"CAP-{order.id}-{stand[order.id].revision}"
            entries += capture_postings(entry=entry, order_id=order.id, amount=paid.amount, currency=order.currency)
        elif answer is not None:
            orders.leave(order.id, _no_money(answer, "capture", orders, order), stage="capture")
    orders.tx.update(tables.payments, keys=("order_id", "revision"), sets=("state", "captured", "capture"), rows=rows)
    ledger.post(orders.tx, entries, now_ms=orders.now_ms)


def _no_money(answer: object, stage_name: str, orders: Batch[Order], order: Order | None = None) -> Leaving:
    if not isinstance(answer, Declined):
        return Wait("payments", f"payments gave no answer: {getattr(answer, 'because', '')}")
    if order is not None and orders.policy.payments.declined == "cancel":
        amendments.ask(orders.tx, order.id, "cancel", {}, by=orders.card.id, because=answer.because, now_ms=orders.now_ms)
        return Wait("amendment", f"cancelled, since the payment was declined: {answer.because}")
    return Ask(
        "payments", f"{stage_name} was declined: {answer.because}", "ask the customer for another means of payment, then approve"
    )
