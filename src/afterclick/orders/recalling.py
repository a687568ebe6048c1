"""Take parcels back that were handed over, while the warehouse still can."""

from collections.abc import Sequence

from afterclick.domain.order import Order
from afterclick.domain.shipping import Recall
from afterclick.domain.verdict import Done, Wait
from afterclick.engine.batch import Batch
from afterclick.engine.bots import stage
from afterclick.engine.door import Answers
from afterclick.orders import amendments
from afterclick.orders.bill import uncredited
from afterclick.orders.desk import RECALL
from afterclick.orders.records import send_on
from afterclick.orders.reserve import decode_contents
from afterclick.ports import answer as ports
from afterclick.store import stock
from afterclick.store.log import Event
from afterclick.store.stock import Move
from afterclick.store.transaction import Tx


def ask_to_recall(orders: Batch[Order]) -> Answers[int, None]:
    """Ask the warehouse to keep parcels that were handed over, or that it may have taken although it gave no answer."""
    perhaps = {order.id for order in orders if order.stage in ("hand_over", "recall")}
    condition, value = orders.tx.among(orders.ids)
    rows = orders.tx.rows(
        "SELECT DISTINCT order_id, revision, state FROM shipments"  # noqa: S608
        f" WHERE state IN ('handed_over', 'labelled') AND order_id {condition}",
        (value,),
    )
    requests = {
        order_id: Recall(f"{order_id}:{revision}:recall", order_id)
        for order_id, revision, state in rows
        if state == "handed_over" or order_id in perhaps
    }
    return orders.ask(RECALL, requests)


@stage(calls=ask_to_recall)
def recall(orders: Batch[Order], answers: Answers[int, None]) -> None:
    """What the warehouse has kept is on the shelf again. What has left can only come back as a return: the change is refused."""
    _note_gone(orders, [order_id for order_id, answer in answers.items() if _has_left(answer)])
    parcels = _handed_over(orders.tx, list(answers))
    back: list[int] = []
    left: dict[int, str] = {}
    held = {order.id for order in orders if order.state == "held"}
    for order in orders:
        answer = answers.get(order.id)
        if isinstance(answer, ports.Done):
            back.append(order.id)
        elif isinstance(answer, ports.Declined) and order.id in parcels:
            left[order.id] = f"the parcel has left: {answer.because}; it can only come back as a return"
            orders.record(Event("refused.amendment", order.id, None, "Refuse", left[order.id]))
            orders.leave(order.id, Done("held" if order.id in held else "received", left[order.id]), stage="recall")
        elif answer is not None and not isinstance(answer, ports.Declined):
            orders.leave(order.id, Wait("warehouse", f"the warehouse gave no answer: {answer.because}"), stage="recall")
    amendments.refuse_all(orders.tx, left)
    invoiced = {one.order_id for one in uncredited(orders.tx, list(left))}
    for at, ids in (("capture", left.keys() - invoiced), ("tell", left.keys() & invoiced)):
        # Who was held stays held, and goes on there when somebody releases it.
        orders.tx.run_many("UPDATE orders SET stage = ? WHERE id = ?", [(at, order_id) for order_id in sorted(ids & held)])
        send_on(orders.tx, sorted(ids - held), at=at, now_ms=orders.now_ms)
    returned = [
        Move(sku, warehouse, pieces, "return", order_id, "recalled")
        for order_id in back
        for warehouse, contents in parcels.get(order_id, ())
        for sku, pieces in contents.items()
    ]
    stock.move(orders.tx, returned, now_ms=orders.now_ms)
    condition, value = orders.tx.among(back)
    orders.tx.run(f"UPDATE shipments SET state = 'recalled' WHERE state = 'handed_over' AND order_id {condition}", (value,))  # noqa: S608


def _has_left(answer: object) -> bool:
    """Whether the warehouse had the parcels and has them no longer; see `ports.warehouse`."""
    return isinstance(answer, ports.Declined) and not answer.because.startswith("unknown")


def _note_gone(orders: Batch[Order], ids: Sequence[int]) -> None:
    """Write down hand-overs of which the answer was lost: only now is it known that the parcels have gone."""
    condition, value = orders.tx.among(ids)
    rows = orders.tx.rows(
        "UPDATE shipments SET state = 'handed_over'"  # noqa: S608
        f" WHERE state = 'labelled' AND order_id {condition} RETURNING order_id",
        (value,),
    )
    found = sorted({order_id for (order_id,) in rows})
    stock.ship(orders.tx, found, now_ms=orders.now_ms)
    for order_id in found:
        orders.record(Event("hand_over", order_id, None, "Pass", "the answer was lost, and the parcels have left"))


def _handed_over(tx: Tx, ids: Sequence[int]) -> dict[int, list[tuple[str, dict[str, int]]]]:
    """What has been handed over of these orders: (warehouse, contents) of each parcel."""
    condition, value = tx.among(ids)
    found: dict[int, list[tuple[str, dict[str, int]]]] = {}
    for order_id, warehouse, contents in tx.rows(
        f"SELECT order_id, warehouse, contents FROM shipments WHERE state = 'handed_over' AND order_id {condition}",  # noqa: S608
        (value,),
    ):
        found.setdefault(order_id, []).append((warehouse, decode_contents(contents)))
    return found
