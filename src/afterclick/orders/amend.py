"""Cancel, hold, release, split or change orders at any stage: what was done is taken back, then they go on as they are now."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from afterclick.domain.fingerprint import basket_key
from afterclick.domain.message import Notice
from afterclick.domain.order import Order
from afterclick.domain.verdict import Done, Wait
from afterclick.engine import queue
from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.engine.door import Answers
from afterclick.engine.items import Left
from afterclick.governance.cards import Card, Manual, Queue
from afterclick.orders import amendments, changing, pay, ship
from afterclick.orders.amendments import Asked
from afterclick.orders.bill import credit
from afterclick.orders.changing import Plan
from afterclick.orders.desk import SEND, TELL, OrdersDesk
from afterclick.orders.finding import find_money
from afterclick.orders.pay import give_back
from afterclick.orders.recalling import recall
from afterclick.orders.records import AMEND, AMENDED, Orders, enqueue, resumes_at, send_on
from afterclick.orders.reserve import release
from afterclick.orders.rules import complete, genuine
from afterclick.orders.ship import void
from afterclick.orders.splitting import part_off
from afterclick.orders.unanswered import unanswered_labels
from afterclick.ports import answer as ports
from afterclick.ports.store import Told
from afterclick.store import tables
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

CARD: Final = Card(
    id=AMEND,
    does="Cancels, changes, splits, holds and releases orders, taking back money, stock, parcels and invoices",
    owner="operations",
    works_on="order",
    starts_on=(Queue("orders.amended"),),
    may={
        "payments": frozenset({"authorise", "capture", "release", "refund"}),
        "carrier": frozenset({"void"}),
        "warehouse": frozenset({"recall"}),
        "store": frozenset({"tell"}),
        "mailbox": frozenset({"send"}),
    },
    replaces=Manual(minutes=12.0, per="amendment", source="assumption, see docs/roi.md"),
    purpose="So that a change of mind leaves no money, parcel, stock or invoice behind that should not be there",
    handles=frozenset({"personal", "payment", "stock", "order"}),
    limits="door in policy.toml",
)
SAY: Final = "say"


class AmendedOrders(Orders):
    """Orders that somebody wants changed. Each keeps its state while it is in hand, so that it can go back to where it was."""

    def claim(self, tx: Tx, ids: Sequence[int], *, batch: int, now_ms: int) -> list[int]:
        condition, value = tx.among(ids)
        at = resumes_at(tx, batch)
        wanted = "stage = ?" if at else AMENDED
        rows = tx.rows(
            f"UPDATE orders SET batch = ? WHERE id {condition} AND batch IS NULL AND {wanted} RETURNING id",  # noqa: S608
            (batch, value, at) if at else (batch, value),
        )
        return [row[0] for row in rows]

    def leave(self, tx: Tx, left: Sequence[Left], *, batch: int, now_ms: int) -> None:
        """Who leaves before all is taken back waits or asks as any order does; of others the stages have written the state."""
        through = [one for one in left if _as_written(one)]
        super().leave(tx, [one for one in left if not _as_written(one)], batch=batch, now_ms=now_ms)
        tx.run_many("UPDATE orders SET batch = NULL WHERE id = ?", [(one.item,) for one in through])
        untold = [one for one in through if one.stage == SAY and isinstance(one.leaving, Wait) and one.leaving.on != "mode"]
        for item, (retry_ms, _) in self._waits(tx, untold, now_ms).items():
            tx.run("UPDATE orders SET retry_ms = ? WHERE id = ?", (retry_ms, item))
            queue.put(tx, AMEND, [item], now_ms=now_ms, resume=f"at:{SAY}", not_before_ms=now_ms + retry_ms)
        still = amendments.open_ones(tx, [one.item for one in through if isinstance(one.leaving, Done)])
        queue.put(tx, AMEND, list(still), now_ms=now_ms)

    def release(self, tx: Tx, ids: Sequence[int], *, batch: int, stage: str, now_ms: int) -> None:
        condition, value = tx.among(ids)
        tx.run(
            f"UPDATE orders SET batch = NULL, stage = CASE WHEN ? = '' THEN stage ELSE ? END WHERE batch = ? AND id {condition}",  # noqa: S608
            (stage, stage, batch, value),
        )


def _as_written(one: Left) -> bool:
    rehearsed = isinstance(one.leaving, Wait) and one.leaving.on == "mode"
    return rehearsed or one.stage == SAY or isinstance(one.leaving, Done)


@stage()
def settle(orders: Batch[Order]) -> None:
    """Refuse what makes no sense, hold and release; who stays in the batch has something to be taken back."""
    tx = orders.tx
    asked = amendments.open_ones(tx, orders.ids)
    begun: list[int] = []
    going_back: dict[str, list[int]] = {}
    for order in orders:
        found = changing.plan(order, asked.get(order.id, ()))
        if found.unwinds:
            begun.append(order.id)
            _note(orders, asked[order.id], found, only_refused=True)
            continue
        _note(orders, asked.get(order.id, ()), found)
        begun += [order.id] if found.done else []
        if found.order.state == "held" and found.done:
            because = f"held by {found.done[-1].by}: {found.done[-1].because}"
            tx.run(
                "UPDATE orders SET state = 'held', waiting_for = '', because = ?, since_ms = ? WHERE id = ?",
                (because, orders.now_ms, order.id),
            )
        elif found.done or _has_lost_its_place(tx, order):
            # A rule judges from the first on, as after any edit; elsewhere it goes on where it stands.
            judged = order.stage.partition("/")[0] in (complete.__name__, genuine.__name__)
            going_back.setdefault("" if judged else order.stage, []).append(order.id)
        orders.leave(order.id, Done(found.order.state, "nothing has to be taken back"), stage="settle")
    for at, ids in going_back.items():
        _go_on(tx, ids, at=at, now_ms=orders.now_ms)
    _withdraw_tasks(tx, begun, now_ms=orders.now_ms)
    _doubt_unanswered(orders)


@stage()
def change(orders: Batch[Order]) -> None:
    """Write the orders down as they are now. An amendment that needs money back which still stands waits for the next round."""
    tx = orders.tx
    asked = amendments.open_ones(tx, orders.ids)
    paid = pay.standing(tx, orders.ids)
    changed: dict[int, Order] = {}
    for order in orders:
        wanted = _until_money(asked.get(order.id, ())) if order.id in paid else asked.get(order.id, ())
        found = changing.plan(order, wanted)
        _note(orders, wanted, found)
        changed[order.id] = _write(tx, order, found, now_ms=orders.now_ms)
    condition, value = tx.among(orders.ids)
    tx.run(f"UPDATE tasks SET state = 'expired' WHERE item_kind = 'order' AND state = 'approved' AND item {condition}", (value,))  # noqa: S608
    orders.renew(changed)


def ask_to_say(orders: Batch[Order]) -> tuple[Answers[int, None], Answers[int, None]]:
    """Tell each order's store what became of it, and the customer of a cancelled one."""
    told: dict[str, dict[int, Told]] = {}
    notices: dict[int, Notice] = {}
    for order in orders:
        status = "cancelled" if order.state == "cancelled" else "changed"
        key = f"{order.id}:{order.revision}"
        told.setdefault(order.store, {})[order.id] = Told(f"{key}:tell:{status}", order.external_id, status, (), order.id)
        if status == "cancelled" and order.particulars.email:
            values = {"order": order.external_id}
            notices[order.id] = Notice(f"{key}:notice:{status}", order.id, order.particulars.email, "order_cancelled", values)
    answers: Answers[int, None] = Answers()
    for store, updates in told.items():
        if orders.has(f"store:{store}"):
            answers.update(orders.ask(TELL, updates, system=f"store:{store}"))
    return answers, orders.ask(SEND, notices) if orders.has("mailbox") else Answers()


@stage(calls=ask_to_say)
def say(orders: Batch[Order], answers: tuple[Answers[int, None], Answers[int, None]]) -> None:
    """Store and customer know; what goes on is fulfilled from the start."""
    stores, customers = answers
    onward: list[int] = []
    for order in orders:
        for system, answer in (("store", stores.get(order.id)), ("mailbox", customers.get(order.id))):
            if isinstance(answer, ports.Unavailable):
                orders.leave(order.id, Wait(system, f"{system} gave no answer: {answer.because}"), stage=SAY)
        if order.id in orders.ids:
            if order.state == "received":
                onward.append(order.id)
            orders.leave(order.id, Done(order.state), stage=SAY)
            orders.tx.run("UPDATE orders SET stage = '' WHERE id = ?", (order.id,))
    enqueue(orders.tx, onward, now_ms=orders.now_ms)


@bot(CARD, over=AmendedOrders(bot_id=AMEND, takes=(), interruptible=False))
def amend(orders: Batch[Order]) -> None:
    settle(orders)  # what needs no undoing, and what is refused, leaves the batch here
    recall(orders)
    credit(orders)
    find_money(orders)  # an answer that was lost is asked for again: only then is it known what to give back
    give_back(orders)
    void(orders)
    release(orders)
    change(orders)
    say(orders)


def _note(orders: Batch[Order], asked: Sequence[Asked], found: Plan, *, only_refused: bool = False) -> None:
    """End the amendments as planned, each with an event."""
    done = () if only_refused else found.done
    amendments.close(orders.tx, [one.id for one in done], found.refused)
    for one in asked:
        if one.id in found.refused:
            orders.record(Event(f"refused.{one.action}", one.order_id, None, "Refuse", found.refused[one.id]))
    for one in done:
        orders.record(Event(f"amended.{one.action}", one.order_id, None, "Pass", f"{one.by}: {one.because}", one.change))


def _go_on(tx: Tx, ids: Sequence[int], *, at: str, now_ms: int) -> None:
    """Let orders go on where they were, which may be here: with telling the store of an earlier amendment."""
    if at == SAY:
        tx.run_many("UPDATE orders SET state = 'received' WHERE id = ?", [(order_id,) for order_id in ids])
        queue.put(tx, AMEND, ids, now_ms=now_ms, resume=f"at:{SAY}")
    else:
        send_on(tx, ids, at=at, now_ms=now_ms)


def _has_lost_its_place(tx: Tx, order: Order) -> bool:
    """Whether an order whose amendments were all refused must be queued again to go on: nobody else will."""
    if order.state == "inbox":  # an edit has answered the question, and was refused
        return not tx.rows("SELECT 1 FROM tasks WHERE item_kind = 'order' AND item = ? AND state = 'open'", (order.id,))
    if order.state not in ("received", "waiting"):
        return False
    return tx.value("SELECT waiting_for FROM orders WHERE id = ?", (order.id,)) != "stock"


def _withdraw_tasks(tx: Tx, ids: Sequence[int], *, now_ms: int) -> None:
    """Nobody need decide any more what has been overtaken."""
    condition, value = tx.among(ids)
    tx.run(
        "UPDATE tasks SET state = 'withdrawn', decided_ms = ?, note = 'the order was amended'"  # noqa: S608
        f" WHERE item_kind = 'order' AND state = 'open' AND item {condition}",
        (now_ms, value),
    )


def _doubt_unanswered(orders: Batch[Order]) -> None:
    """Orders that waited for their labels: any carrier that they asked may have made one, although it gave no answer."""
    carriers = [tariff.carrier for tariff in orders.use(OrdersDesk).tariffs]
    ship.doubt(orders.tx, unanswered_labels(orders.tx, orders.ids, carriers), now_ms=orders.now_ms)


def _until_money(asked: Sequence[Asked]) -> list[Asked]:
    """The first amendments, up to one that money must be given back for."""
    kept: list[Asked] = []
    for one in asked:
        if one.action not in amendments.LEAVE_MONEY:
            break
        kept.append(one)
    return kept


def _write(tx: Tx, order: Order, found: Plan, *, now_ms: int) -> Order:
    """Write one amended order and the orders parted from it; returns it as it is now."""
    because = "; ".join(dict.fromkeys(f"{one.action}: {one.because}" for one in found.done))
    for parted in found.parted:
        held = parted.order.state == "held"
        child = part_off(
            tx, parted.order, parted.lines, state="held" if held else "received", waiting_for="", now_ms=now_ms, stage="",
            because=_why_held(tx, order) or because if held else "",
        )  # fmt: skip
        if not held:
            enqueue(tx, [child], now_ms=now_ms)
    revision = order.revision if found.order.state == "cancelled" else order.revision + 1
    state = found.order.state if found.done else "received"
    now = replace(found.order, state=state, stage=SAY, revision=revision)
    values: Mapping[str, str | int] = {
        "state": now.state, "stage": SAY, "revision": revision, "total": now.total, "discount": now.discount,
        "country": now.country, "address_key": now.address_key, "basket_key": basket_key(now.lines), "waiting_for": "",
        "because": because, "since_ms": now_ms, "retry_ms": 0, "particulars": msgspec.json.encode(now.particulars).decode(),
    }  # fmt: skip
    tx.update(tables.orders, keys=("id",), sets=tuple(values), rows=[(*values.values(), order.id)])
    if now.lines != order.lines:
        tx.run("DELETE FROM order_lines WHERE order_id = ?", (order.id,))
        tx.insert(
            tables.order_lines, ("order_id", "no", "sku", "quantity", "unit_price"),
            [(order.id, line.no, line.sku, line.quantity, line.unit_price) for line in now.lines],
        )  # fmt: skip
    return now


def _why_held(tx: Tx, order: Order) -> str:
    """Why an order has been held since before this round; empty where it was not."""
    return str(tx.value("SELECT because FROM orders WHERE id = ?", (order.id,))) if order.state == "held" else ""
