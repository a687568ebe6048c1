"""What a person may change about an order as it stands, and what each change would undo."""

from typing import Final, NamedTuple

import msgspec

from afterclick.control_room.words import money
from afterclick.orders import changing
from afterclick.orders.amendments import Action, Asked
from afterclick.orders.cases.case import Case
from afterclick.orders.changing import Impossible, Plan
from afterclick.store.transaction import Tx

ENDED: Final = ("cancelled", "refused")
NAMES: Final[dict[Action, str]] = {
    "hold": "Hold", "release": "Release", "address": "Change address", "quantity": "Change quantities", "split": "Split",
    "cancel": "Cancel",
}  # fmt: skip


class Possible(NamedTuple):
    """A change that can be asked for: its name on a button, and what it will undo, one sentence each."""

    action: Action
    name: str
    undoes: tuple[str, ...]


class Changed(ValueError):
    """The order is no longer as it was when the change was begun; the message says who changed what."""


def possible(case: Case) -> list[Possible]:
    """The changes that this order can take, in the order of their weight."""
    state = case.order.state
    if state in ENDED:
        return []
    actions: list[Action] = []
    if state != "shipped":
        actions.append("release" if state == "held" else "hold")
    actions.append("address")
    if case.order.lines:
        actions.append("quantity")
    if len(case.order.lines) > 1:
        actions.append("split")
    actions.append("cancel")
    return [Possible(action, NAMES[action], undoes(case, action)) for action in actions]


def undoes(case: Case, action: Action) -> tuple[str, ...]:
    """What has been done for the order and is taken back by this change."""
    if action in changing.SIMPLE:
        return ()
    found: list[str] = []
    out = sum(one.state == "handed_over" for one in case.parcels)
    if out:
        found.append(f"{_count(out, 'parcel')} recalled from the warehouse; if it has left the building, the change is refused")
    labels = sum(one.state == "labelled" for one in case.parcels)
    if labels:
        found.append(f"{_count(labels, 'label')} given back to the carrier")
    for one in case.payments:
        kept = one.captured - one.refunded
        if kept > 0:
            said = f"{money(kept, one.currency)} refunded"
            found.append(said if action == "cancel" else f"{said}, then charged anew")
        elif one.state == "authorised" and action != "address":
            found.append(f"the block of {money(one.authorised, one.currency)} on the card released")
    invoices = sum(1 if one.kind == "invoice" else -1 for one in case.documents)
    if invoices > 0:
        found.append(f"{_count(invoices, 'invoice')} credited")
    pieces = sum(one.quantity for one in case.reservations if one.state == "open")
    if pieces:
        found.append(f"{_count(pieces, 'reserved piece')} given back" + ("" if action == "cancel" else " and reserved anew"))
    if case.order.state == "inbox" or any(one.state == "open" for one in case.tasks):
        found.append("the open question withdrawn")
    return tuple(found)


def planned(case: Case, action: Action, change: dict[str, object], *, by: str) -> Plan:
    """What the order would be after this change.

    Raises:
        Impossible: it cannot be changed like this; says why.
    """
    asked = Asked(0, case.order.id, action, msgspec.json.encode(change).decode(), by, "")
    plan = changing.plan(case.order, [asked])
    if plan.refused:
        raise Impossible(plan.refused[0])
    return plan


def version(tx: Tx, order_id: int) -> str:
    """How often the order has been changed or decided about: two people who see the same version see the same order."""
    found = tx.rows(
        "SELECT revision, (SELECT COALESCE(MAX(id), 0) FROM amendments WHERE order_id = orders.id),"
        " (SELECT COALESCE(MAX(decided_ms), 0) FROM tasks WHERE item_kind = 'order' AND item = orders.id)"
        " FROM orders WHERE id = ?",
        (order_id,),
    )
    return ".".join(map(str, found[0])) if found else ""


def unchanged(tx: Tx, order_id: int, seen: str) -> None:
    """Hold the order, and make sure that it is still as somebody saw it.

    Raises:
        Changed: somebody else was faster.
    """
    if tx.dialect == "postgresql":
        tx.rows("SELECT id FROM orders WHERE id = ? FOR UPDATE", (order_id,))
    if version(tx, order_id) != seen:
        raise Changed(faster(tx, order_id))


def faster(tx: Tx, order_id: int) -> str:
    """Who changed the order last, in words, for whoever comes too late."""
    last = tx.rows("SELECT action, asked_by FROM amendments WHERE order_id = ? ORDER BY id DESC LIMIT 1", (order_id,))
    who = f" The last change, {last[0][0]}, was asked for by {last[0][1]}." if last else ""
    return f"order {order_id} has been changed since you opened the page, and nothing of yours was done.{who}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
