"""Find out, before money is given back, whether any was blocked or taken of which the answer was lost."""

from afterclick.domain.order import Order
from afterclick.domain.payment import Payment
from afterclick.domain.verdict import Wait
from afterclick.engine.batch import Batch
from afterclick.engine.bots import stage
from afterclick.engine.door import Answers
from afterclick.orders import pay
from afterclick.orders.desk import AUTHORISE, CAPTURE
from afterclick.orders.lost import NO_ANSWER, unanswered
from afterclick.ports.answer import Declined, Unavailable

Found = tuple[Answers[int, Payment], Answers[int, Payment]]
"""What came of blocking, and of taking."""


def ask_once_more(orders: Batch[Order]) -> Found:
    """Ask again under the same keys: a provider answers as it did then, or does now what can be given back at once."""
    tx, stand = orders.tx, pay.standing(orders.tx, orders.ids)
    blocked = unanswered(tx, [one for one in orders.ids if one not in stand], stage="authorise", act=AUTHORISE)
    held = [one.order_id for one in stand.values() if one.state == "authorised"]
    taken = unanswered(tx, held, stage="capture", act=CAPTURE)
    return (
        orders.ask(AUTHORISE, {order.id: pay.authorisation(order) for order in orders if order.id in blocked}),
        orders.ask(CAPTURE, {order.id: pay.taking(order, stand[order.id]) for order in orders if order.id in taken}),
    )


@stage(calls=ask_once_more)
def find_money(orders: Batch[Order], found: Found) -> None:
    """Write down what was found. What was declined has moved nothing."""
    blocked, taken = found
    stand = pay.standing(orders.tx, list(taken))
    pay.note_blocks(orders, blocked)
    pay.note_captures(orders, taken, stand)
    for order in orders:
        answer = blocked.get(order.id) or taken.get(order.id)
        if isinstance(answer, Unavailable):
            orders.leave(order.id, Wait("payments", f"payments {NO_ANSWER}: {answer.because}"), stage="find_money")
        elif isinstance(answer, Declined) and order.id in stand and pay.expired(stand[order.id], answer, orders.now_ms):
            pay.expire(orders.tx, order.id)
