"""What people decide about purchase orders: approve, edit, reject, cancel."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from afterclick.domain.purchase import Offer, PurchaseLine, PurchaseOrder
from afterclick.engine.undecidable import NotDecidable, OwnProposal
from afterclick.governance.actor import Actor
from afterclick.procurement.buying import receiving, records
from afterclick.procurement.buying.purchases import BUY, FOLLOW, KIND, Purchase, enqueue, load
from afterclick.procurement.buying.rules import as_agreed, may_leave
from afterclick.store import log, purchases, stock
from afterclick.store.log import Block, Event
from afterclick.store.transaction import Tx

RULES: Final = (may_leave.__name__, as_agreed.__name__)
AT_THE_VENDOR: Final = ("sent", "acknowledged", "part_received")
MOST_UNITS: Final = 10**9


class _Task(NamedTuple):
    id: int
    bot: str
    stage: str
    purchase: Purchase


def approve(tx: Tx, task: int, *, by: Actor, note: str = "", now_ms: int) -> list[Event]:
    """Say yes: the order leaves, the change stands, the surplus stays, or a late vendor gets more time. Returns what else
    happened, for the caller to log.

    Raises:
        OwnProposal: they proposed or edited it themselves. NotDecidable: they may not, somebody else has, or it is in hand.
    """
    alone = _second(tx, task, by)
    found = _decide(tx, task, "approved", by=by, note="; ".join(filter(None, (note, alone))), now_ms=now_ms)
    purchase, stage = found.purchase.id, found.stage
    if stage == receiving.SURPLUS:
        return receiving.keep_surplus(tx, purchase, by=by.id, now_ms=now_ms)
    if stage == "chase":
        _rest(tx, purchase, "reminders = 0, reminded_ms = ?", now_ms)
        return []
    if found.bot == BUY:
        going_on = "approved" if stage == "send" else "proposed"
        tx.run(
            "UPDATE purchase_orders SET state = ?, revision = revision + ?, because = '', waiting_for = '' WHERE id = ?",
            (going_on, int(stage == "send"), purchase),
        )
    else:
        tx.run("UPDATE purchase_orders SET because = '', waiting_for = '' WHERE id = ?", (purchase,))
    judged = stage in RULES
    enqueue(tx, found.bot, [purchase], now_ms=now_ms, resume=f"{'after' if judged else 'at'}:{stage}")
    return []


def edit(tx: Tx, task: int, units: Mapping[int, int], *, by: Actor, note: str = "", now_ms: int) -> list[Event]:
    """Change the quantities of a proposed order (line → units, 0 drops the line), which is then judged again.

    The price follows the vendor's breaks. Whoever edits does not approve it afterwards.

    Raises:
        NotDecidable: as `approve`; or the order has left, or there is no such line.
    """
    found = _decide(tx, task, "edited", by=by, note=note, now_ms=now_ms, facts=msgspec.json.encode(dict(units)).decode())
    order = found.purchase.order
    if found.bot != BUY or found.stage == "send":
        raise NotDecidable(f"task {task}: {order.number} is at its vendor; approve or reject what is asked")
    lines = {line.no: line for line in order.lines if line.due}
    strange = [no for no in units if no not in lines]
    if strange or not units or any(not 0 <= count <= MOST_UNITS for count in units.values()):
        raise NotDecidable(f"task {task}: name lines of {order.number} ({', '.join(map(str, lines))}) and units from 0 on")
    if all(units.get(no, line.quantity) == 0 for no, line in lines.items()):
        raise NotDecidable(f"task {task}: nothing would be left; reject it instead")
    if unsold := _unsold(tx, order, units):
        raise NotDecidable(f"task {task}: {unsold}")
    _change(tx, found.purchase, {no: units[no] for no in sorted(units)})
    tx.run(
        "UPDATE purchase_orders SET state = 'proposed', stage = '', because = '', waiting_for = '', edited_by = ?, since_ms = ?"
        " WHERE id = ?",
        (by.id, now_ms, order.id),
    )
    enqueue(tx, BUY, [order.id], now_ms=now_ms)
    return []


def reject(tx: Tx, task: int, *, by: Actor, note: str = "", now_ms: int) -> list[Event]:
    """Say no: a proposal is dropped and its need closed, what is at the vendor is taken back, a surplus goes back.

    Raises:
        NotDecidable: as `approve`.
    """
    found = _decide(tx, task, "rejected", by=by, note=note, now_ms=now_ms)
    because = note or "rejected in the inbox"
    if found.stage == receiving.SURPLUS:
        return receiving.send_surplus_back(tx, found.purchase.id, because=because)
    if found.stage == as_agreed.__name__:
        tx.run("UPDATE vendor_replies SET state = 'declined' WHERE purchase = ? AND state = 'open'", (found.purchase.id,))
    return _take_back(tx, found.purchase, because=because, for_good=found.bot == BUY, by=by.id, now_ms=now_ms)


def cancel(tx: Tx, purchase: int, *, by: str, because: str, for_good: bool = False, now_ms: int) -> list[Event]:
    """Take an order back wherever it is: at once where it has not left, else by word to the vendor. Returns the events, for
    the caller to log. `for_good`: what it was for is not wanted any more; else the next plan buys it anew.

    Raises:
        NotDecidable: there is no such order, it is closed, or it is just being worked on.
    """
    found = load(tx, [purchase]).get(purchase)
    if found is None:
        raise NotDecidable(f"there is no purchase order {purchase}")
    if found.batch is not None:
        raise NotDecidable(f"{found.order.number} is just being worked on; try again in a moment")
    if found.order.state in ("received", "cancelled", "refused"):
        raise NotDecidable(f"{found.order.number} is {found.order.state} already; nothing was changed")
    return _take_back(tx, found, because=because, for_good=for_good, by=by, now_ms=now_ms)


def proposers(tx: Tx, purchase: int) -> set[str]:
    """Who has proposed or edited a purchase order."""
    rows = tx.rows("SELECT proposed_by, edited_by FROM purchase_orders WHERE id = ?", (purchase,))
    return {name for row in rows for name in row if name}


def _take_back(tx: Tx, found: Purchase, *, because: str, for_good: bool, by: str, now_ms: int) -> list[Event]:
    purchase, said = found.id, f"{by}: {because}"[:300]
    if for_good:
        _close_needs(tx, found.order.lines, now_ms=now_ms)
    _withdraw_tasks(tx, purchase, now_ms=now_ms)
    maybe_sent = found.order.state in AT_THE_VENDOR or (found.stage == "send" and found.order.state == "approved")
    if maybe_sent:
        tx.run("UPDATE purchase_orders SET withdrawal = ?, stage = '', waiting_for = '' WHERE id = ?", (said, purchase))
        enqueue(tx, FOLLOW, [purchase], now_ms=now_ms)
        return [Event("purchase.withdrawing", None, f"{KIND}/{purchase}", "", said)]
    purchases.close(tx, {purchase: ("cancelled", said)}, now_ms=now_ms)
    return [Event("purchase.cancelled", None, f"{KIND}/{purchase}", "Pass", said)]


def _close_needs(tx: Tx, lines: Sequence[PurchaseLine], *, now_ms: int) -> None:
    """What the lines were for is not wanted: replenishments end; who still lacks something asks again."""
    ids = [int(line.need.removeprefix("replenishment/")) for line in lines if line.need.startswith("replenishment/")]
    condition, value = tx.among(ids)
    rows = tx.rows(f"SELECT sku, warehouse FROM replenishments WHERE id {condition} AND state = 'open'", (value,))  # noqa: S608
    stock.close_replenishments(tx, [(row[0], row[1]) for row in rows], now_ms=now_ms)


def _change(tx: Tx, purchase: Purchase, units: Mapping[int, int]) -> None:
    order = purchase.order
    offers = _offers(tx, order)
    lines: dict[int, PurchaseLine] = {line.no: line for line in order.lines}
    purchases.resize(tx, {(order.id, no): count for no, count in units.items()})
    priced = {no: offers[no].price_at(count) for no, count in units.items() if count and no in offers}
    tx.run_many(
        "UPDATE purchase_lines SET price = ? WHERE purchase = ? AND no = ?",
        [(price, order.id, no) for no, price in priced.items()],
    )
    after = [replace(line, quantity=max(1, units.get(no, line.quantity)), price=priced.get(no, line.price))
             for no, line in lines.items() if units.get(no, line.quantity)]  # fmt: skip
    tx.run("UPDATE purchase_orders SET net = ? WHERE id = ?", (sum(line.net for line in after), order.id))


def _offers(tx: Tx, order: PurchaseOrder) -> dict[int, Offer]:
    """What the vendor asks by now for the lines of an order, where it still sells them in the same unit: line → offer."""
    asked = records.offers(tx, skus=[line.sku for line in order.lines], vendor_ids=[order.vendor])
    known = {(one.offer.sku, one.offer.price_basis, one.offer.per_unit): one.offer for one in asked if one.offer.breaks}
    found = {line.no: known.get((line.sku, line.price_basis, line.per_unit)) for line in order.lines}
    return {no: offer for no, offer in found.items() if offer is not None}


def _unsold(tx: Tx, order: PurchaseOrder, units: Mapping[int, int]) -> str:
    """Which of these quantities the vendor does not sell; empty where it sells them all."""
    for no, offer in _offers(tx, order).items():
        count = units.get(no, 0)
        if count and (count < offer.minimum or count % offer.pack):
            packs = f", in packs of {offer.pack:,}" if offer.pack > 1 else ""
            return f"line {no}: {order.vendor} sells {offer.sku} from {offer.minimum:,} on{packs}, and not {count:,}"
    return ""


def _second(tx: Tx, task: int, by: Actor) -> str:
    """Nobody approves what they proposed; returns what the record must say where somebody alone in the shop does."""
    rows = tx.rows("SELECT item, bot FROM tasks WHERE id = ? AND item_kind = ?", (task, KIND))
    theirs = {one for item, bot in rows if bot == BUY for one in proposers(tx, item) if by.is_self(one)}
    if not theirs:
        return ""
    if not all(by.may_second(one) for one in theirs):
        raise OwnProposal(f"task {task}: you proposed or edited this order yourself; somebody else must approve it")
    return by.alone_in(theirs.pop())


def _decide(tx: Tx, task: int, decision: str, *, by: Actor, note: str, now_ms: int, facts: str = "") -> _Task:
    """Close the task, so that nobody decides it twice, and write down who did."""
    if not by.may("supply.approve", desk="procurement"):
        raise NotDecidable(f"task {task} is about a purchase: it needs the permission supply.approve")
    rows = tx.rows(
        "UPDATE tasks SET state = ?, decided_by = ?, decided_ms = ?, note = ?"
        " WHERE id = ? AND state = 'open' AND item_kind = ? RETURNING bot, stage, item",
        (decision, by.id, now_ms, note, task, KIND),
    )
    if not rows:
        raise NotDecidable(f"task {task} is decided already, or not about a purchase; nothing was changed")
    bot, stage, item = rows[0]
    if tx.dialect == "postgresql":
        tx.rows("SELECT id FROM purchase_orders WHERE id = ? FOR UPDATE", (item,))
    found = load(tx, [item]).get(item)
    if found is None or found.batch is not None or (stage != receiving.SURPLUS and found.stage != stage):
        raise NotDecidable(f"task {task}: the purchase order has moved on; look again in a moment")
    log.append(tx, Block(now_ms, by.id, ""), [Event(f"decided.{decision}", None, f"{KIND}/{item}", decision, note, facts)])
    return _Task(task, bot, stage, found)


def _rest(tx: Tx, purchase: int, sets: str, now_ms: int) -> None:
    """Let an order wait on, as if nothing had been asked."""
    tx.run(f"UPDATE purchase_orders SET stage = '', waiting_for = '', because = '', {sets} WHERE id = ?", (now_ms, purchase))  # noqa: S608


def _withdraw_tasks(tx: Tx, purchase: int, *, now_ms: int) -> None:
    tx.run(
        "UPDATE tasks SET state = 'withdrawn', decided_ms = ?, note = 'the order was taken back'"
        " WHERE item_kind = ? AND item = ? AND state = 'open' AND stage <> ?",
        (now_ms, KIND, purchase, receiving.SURPLUS),
    )
