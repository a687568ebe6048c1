"""Ship: a label from the cheapest carrier that keeps the promise, the parcels to the warehouse, word to store and customer."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from afterclick.domain.message import Notice
from afterclick.domain.order import Order
from afterclick.domain.shipping import HandOver, Label, LabelRequest, Parcel, VoidRequest
from afterclick.domain.verdict import Ask, Done, Wait
from afterclick.engine.batch import Batch
from afterclick.engine.bots import stage
from afterclick.engine.door import Answers
from afterclick.orders.desk import HAND_OVER, LABEL, SEND, TELL, VOID, OrdersDesk
from afterclick.orders.lost import NO_ANSWER, unanswered
from afterclick.orders.pay import authorise_anew, lapsed
from afterclick.orders.recalling import recall
from afterclick.orders.reserve import PARCELS, decode_contents, planned
from afterclick.orders.sourcing.costs import days_left
from afterclick.ports import answer as ports
from afterclick.ports.store import Told
from afterclick.store import stock, tables
from afterclick.store.transaction import Tx

LABELS: Final = "labels"
"""What `label` keeps: order → the parcels that have a label."""

ParcelKey = tuple[int, int]
"""(order, parcel number)."""


class Labelled(NamedTuple):
    """A parcel with its label."""

    number: int
    warehouse: str
    carrier: str
    tracking: str
    contents: dict[str, int]
    gone: bool = False
    """Handed over already."""


class DoubtfulLabel(NamedTuple):
    """A label that a carrier has made, or may have made."""

    label_key: str
    order_id: int
    carrier: str
    tracking: str = ""


class Bought(NamedTuple):
    """What came of asking carrier after carrier: the labels, why a parcel has none, and who may have made one all the same."""

    labels: dict[ParcelKey, Label]
    refused: dict[ParcelKey, str]
    doubtful: list[tuple[ParcelKey, DoubtfulLabel]]


def buy_labels(orders: Batch[Order]) -> Bought:
    """Ask each parcel's cheapest carrier that keeps the promise; one that gives no answer or declines is passed over."""
    sourcing = orders.use(OrdersDesk).sourcing(orders.tx)
    parcels, now_ms = orders.remember(PARCELS, planned), orders.now_ms
    by_id = {order.id: order for order in orders}
    ranked: dict[ParcelKey, list[str]] = {}
    asked: dict[ParcelKey, tuple[Order, Parcel]] = {}
    for order in by_id.values():
        days = days_left(promise_ms=order.promise_ms, now_ms=now_ms)
        for number, parcel in parcels.get(order.id, ()):
            offers = sourcing.cheapest(parcel.warehouse, order.country, parcel.weight_g, days)
            ranked[order.id, number] = [offer.carrier for offer in offers]
            asked[order.id, number] = (order, parcel)
    bought = Bought({}, {}, [])
    rank = 0
    while waiting := {
        key: carriers[rank] for key, carriers in ranked.items() if key not in bought.labels and len(carriers) > rank
    }:
        for carrier in sorted(set(waiting.values())):
            keys = [key for key, name in waiting.items() if name == carrier]
            _ask_carrier(orders, carrier, {key: asked[key] for key in keys}, bought)
        rank += 1
    for key, carriers in ranked.items():
        if not carriers:
            bought.refused[key] = "no carrier takes this parcel"
    taken_back = void_at_carriers(orders, [one for key, one in bought.doubtful if key in bought.labels])
    return bought._replace(doubtful=[(key, one) for key, one in bought.doubtful if not taken_back.get(one.label_key)])


def _ask_carrier(orders: Batch[Order], carrier: str, asked: Mapping[ParcelKey, tuple[Order, Parcel]], bought: Bought) -> None:
    requests = {
        key: LabelRequest(
            label_key(order.id, order.revision, key[1], carrier),
            order.id,
            parcel.warehouse,
            order.particulars.ship_to,
            parcel.weight_g,
        )
        for key, (order, parcel) in asked.items()
    }
    for key, answer in orders.ask(LABEL, requests, system=f"carrier:{carrier}").items():
        if isinstance(answer, ports.Done):
            bought.labels[key] = answer.answer
            bought.refused.pop(key, None)
        else:
            bought.refused[key] = f"{carrier}: {answer.because}"
            if isinstance(answer, ports.Unavailable):
                bought.doubtful.append((key, DoubtfulLabel(requests[key].key, key[0], carrier)))


def label_key(order_id: int, revision: int, parcel: int, carrier: str) -> str:
    """The effect key of a parcel's label."""
    return f"{order_id}:{revision}:label:{parcel}:{carrier}"


def void_labels(orders: Batch[Order]) -> dict[str, bool]:
    """Ask carriers to take back the labels of these orders; returns label key → whether it is void now."""
    return void_at_carriers(orders, _labels_in_hand(orders.tx, orders.ids))


def void_at_carriers(orders: Batch[Any], labels: Sequence[DoubtfulLabel]) -> dict[str, bool]:
    """Ask carriers to take back labels that will not travel; returns label key → whether it is void now."""
    voided: dict[str, bool] = {}
    for carrier in sorted({one.carrier for one in labels}):
        requests = {
            one.label_key: VoidRequest(f"{one.label_key}:void", one.order_id, one.label_key, one.tracking)
            for one in labels
            if one.carrier == carrier
        }
        answers = orders.ask(VOID, requests, system=f"carrier:{carrier}")
        voided |= {key: isinstance(answer, ports.Done) for key, answer in answers.items()}
    return voided


@stage(calls=void_labels)
def void(orders: Batch[Order], voided: dict[str, bool]) -> None:
    """No parcel of these orders travels; labels that a carrier has not taken back yet are asked for again by the sweep."""
    labels = _labels_in_hand(orders.tx, orders.ids)
    condition, value = orders.tx.among(orders.ids)
    orders.tx.run(
        f"UPDATE shipments SET state = 'voided' WHERE state IN ('labelled', 'recalled') AND order_id {condition}",  # noqa: S608
        (value,),
    )
    doubt(orders.tx, [one for one in labels if not voided.get(one.label_key)], now_ms=orders.now_ms)


def doubt(tx: Tx, labels: Sequence[DoubtfulLabel], *, now_ms: int) -> None:
    """Note labels that a carrier may still bill, so that the sweep takes them back."""
    tx.run_many(
        "INSERT INTO doubtful_labels (label_key, order_id, carrier, tracking, noted_ms) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        [(*one, now_ms) for one in labels],
    )


def _labels_in_hand(tx: Tx, ids: Sequence[int]) -> list[DoubtfulLabel]:
    condition, value = tx.among(ids)
    rows = tx.rows(
        "SELECT order_id, revision, parcel, carrier, tracking FROM shipments"  # noqa: S608
        f" WHERE state IN ('labelled', 'recalled') AND order_id {condition}",
        (value,),
    )
    return [
        DoubtfulLabel(label_key(order_id, revision, parcel, carrier), order_id, carrier, tracking)
        for order_id, revision, parcel, carrier, tracking in rows
    ]


@stage(calls=buy_labels, undo=void)
def label(orders: Batch[Order], bought: Bought) -> None:
    """An order goes on when each of its parcels has a label; without one it waits for the carriers, or a person is asked."""
    parcels = orders.remember(PARCELS, planned)
    rows: list[tuple[int | str, ...]] = []
    kept: dict[int, list[Labelled]] = {}
    for order in orders:
        for number, parcel in parcels.get(order.id, ()):
            got = bought.labels.get((order.id, number))
            if got is not None:
                rows.append((got.carrier, got.tracking, got.cost, "labelled", order.id, order.revision, number))
                one = Labelled(number, parcel.warehouse, got.carrier, got.tracking, parcel.contents)
                kept.setdefault(order.id, []).append(one)
        refused = [
            bought.refused[order.id, number] for number, _ in parcels.get(order.id, ()) if (order.id, number) in bought.refused
        ]
        if refused:
            waits = any(key[0] == order.id for key, _ in bought.doubtful)
            orders.leave(
                order.id,
                Wait("carrier", refused[0]) if waits else Ask("shipping", refused[0], "change the address"),
                stage="label",
            )
    orders.tx.update(
        tables.shipments, keys=("order_id", "revision", "parcel"), sets=("carrier", "tracking", "cost", "state"), rows=rows
    )
    doubt(orders.tx, [one for key, one in bought.doubtful if key in bought.labels], now_ms=orders.now_ms)
    if not orders.row.resume:  # an order that goes on here may have parcels that were labelled before
        orders.keep(LABELS, kept)


def labelled(tx: Tx, ids: Sequence[int]) -> dict[int, list[Labelled]]:
    """The labelled parcels of these orders."""
    condition, value = tx.among(ids)
    found: dict[int, list[Labelled]] = {}
    for order_id, number, warehouse, carrier, tracking, contents, state in tx.rows(
        "SELECT order_id, parcel, warehouse, carrier, tracking, contents, state FROM shipments"  # noqa: S608
        f" WHERE state IN ('labelled', 'handed_over') AND order_id {condition} ORDER BY order_id, parcel",
        (value,),
    ):
        one = Labelled(number, warehouse, carrier, tracking, decode_contents(contents), state == "handed_over")
        found.setdefault(order_id, []).append(one)
    return found


def ask_warehouse(orders: Batch[Order]) -> Answers[int, None]:
    """Give each order's parcels to the warehouse for picking and handing to the carriers; not those whose payment has lapsed,
    unless the warehouse may have them already: then it is asked under the same key, or the parcels would go twice."""
    parcels = orders.remember(LABELS, labelled)
    unpaid = lapsed(orders.tx, orders.ids, now_ms=orders.now_ms)
    unpaid -= unanswered(orders.tx, unpaid, stage="hand_over", act=HAND_OVER)
    unasked = unpaid | _out(orders)
    return orders.ask(HAND_OVER, {
        order.id: HandOver(
            f"{order.id}:{order.revision}:hand_over", order.id, order.external_id,
            tuple((one.warehouse, one.carrier, one.tracking, one.contents) for one in parcels.get(order.id, ())),
        )
        for order in orders
        if order.id not in unasked
    })  # fmt: skip


@stage(calls=ask_warehouse, undo=recall)
def hand_over(orders: Batch[Order], answers: Answers[int, None]) -> None:
    """The pieces leave the books with the parcels."""
    out = _out(orders)
    unpaid = lapsed(orders.tx, orders.ids, now_ms=orders.now_ms) - answers.keys() - out
    authorise_anew(orders, sorted(unpaid))
    gone: list[int] = []
    for order in orders:
        if order.id in out:
            continue
        answer = answers.get(order.id)
        if isinstance(answer, ports.Done):
            gone.append(order.id)
        elif isinstance(answer, ports.Declined):
            because = f"the warehouse cannot send it: {answer.because}"
            orders.leave(order.id, Ask("warehouse", because, "count the stock, then approve to try again"), stage="hand_over")
        else:
            because = f"the warehouse {NO_ANSWER}: {getattr(answer, 'because', '')}"
            orders.leave(order.id, Wait("warehouse", because), stage="hand_over")
    stock.ship(orders.tx, gone, now_ms=orders.now_ms)
    condition, value = orders.tx.among(gone)
    orders.tx.run(f"UPDATE shipments SET state = 'handed_over' WHERE state = 'labelled' AND order_id {condition}", (value,))  # noqa: S608


def _out(orders: Batch[Order]) -> set[int]:
    """Orders whose parcels are out, and that come by again only because their money had to be blocked anew."""
    if not orders.row.resume:
        return set()
    return {order_id for order_id, parcels in orders.remember(LABELS, labelled).items() if all(one.gone for one in parcels)}


def ask_to_tell(orders: Batch[Order]) -> tuple[Answers[int, None], Answers[int, None]]:
    """Tell each order's store, and the customer where we know how."""
    parcels = orders.remember(LABELS, labelled)
    told: dict[str, dict[int, Told]] = {}
    notices: dict[int, Notice] = {}
    for order in orders:
        tracking = tuple(one.tracking for one in parcels.get(order.id, ()))
        key = f"{order.id}:{order.revision}"
        told.setdefault(order.store, {})[order.id] = Told(f"{key}:tell", order.external_id, "shipped", tracking, order.id)
        if order.particulars.email:
            values = {"order": order.external_id, "tracking": ", ".join(tracking)}
            notices[order.id] = Notice(f"{key}:notice", order.id, order.particulars.email, "order_shipped", values)
    answers: Answers[int, None] = Answers()
    for store, updates in told.items():
        if orders.has(f"store:{store}"):
            answers.update(orders.ask(TELL, updates, system=f"store:{store}"))
    return answers, orders.ask(SEND, notices)


@stage(calls=ask_to_tell)
def tell(orders: Batch[Order], answers: tuple[Answers[int, None], Answers[int, None]]) -> None:
    """The order is shipped once store and customer know. No undo: what was said was said; an amendment says what is new."""
    stores, customers = answers
    for order in orders:
        for system, answer in (("store", stores.get(order.id)), ("mailbox", customers.get(order.id))):
            if isinstance(answer, ports.Unavailable):
                orders.leave(order.id, Wait(system, f"{system} gave no answer: {answer.because}"), stage="tell")
        orders.leave(order.id, Done("shipped"), stage="tell")
