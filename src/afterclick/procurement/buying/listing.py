"""Lists of purchase orders and vendors, page by page, and one order whole with its story."""

from typing import Final, get_args

import msgspec

from afterclick.domain.purchase import OPEN_PURCHASE, PurchaseState, Vendor
from afterclick.engine import queue
from afterclick.procurement.buying import records
from afterclick.procurement.buying.purchases import KIND, Purchase, load
from afterclick.procurement.story import SupplyEvent, story
from afterclick.store.transaction import Tx, Value

STATES: Final = ("open", "to_decide", "late", *get_args(PurchaseState))
"""What a list may be narrowed to; `open` is every state in which something may still come, `to_decide` has an open question,
`late` was to come before today."""
TO_DECIDE: Final = "EXISTS (SELECT 1 FROM tasks t WHERE t.item_kind = 'purchase' AND t.item = o.id AND t.state = 'open')"
LATE: Final = "o.state IN ('sent', 'acknowledged', 'part_received') AND o.due_ms > 0 AND o.due_ms < ?"
"""Conditions over `purchase_orders o`; the second holds at an instant."""


class Unlisted(ValueError):
    """No such list can be made; the message says which can."""


class PurchaseRow(msgspec.Struct, frozen=True):
    """A purchase order in a list. `net` is minor units of `currency`; `due_ms` the end of the day on which it is expected."""

    id: int
    number: str
    vendor: str
    warehouse: str
    state: str
    waiting_for: str
    because: str
    currency: str
    net: int
    lines: int
    proposed_ms: int
    sent_ms: int
    due_ms: int


class PurchasePage(msgspec.Struct, frozen=True):
    """A page of purchase orders, the newest first; `next` is the cursor of the page after it, empty on the last."""

    purchases: tuple[PurchaseRow, ...]
    next: str


class ReceiptShown(msgspec.Struct, frozen=True):
    """Goods that came in for a line: units booked, unfit and too many."""

    at_ms: int
    line: int
    sku: str
    warehouse: str
    quantity: int
    damaged: int
    surplus: int
    delivery_note: str
    booked_by: str


class PurchaseQuestion(msgspec.Struct, frozen=True):
    """A question about an order."""

    id: int
    stage: str
    who: str
    because: str
    proposal: str
    state: str
    decided_by: str


class WholePurchase(msgspec.Struct, frozen=True):
    """One purchase order with its receipts, its questions and its story, oldest first."""

    purchase: Purchase
    net: int
    proposed_ms: int
    approved_by: str
    receipts: tuple[ReceiptShown, ...]
    tasks: tuple[PurchaseQuestion, ...]
    story: tuple[SupplyEvent, ...]


class VendorRow(msgspec.Struct, frozen=True):
    """A vendor in a list: how many offers are on record, and how many orders are open."""

    vendor: Vendor
    offers: int
    open_orders: int


def listed(
    tx: Tx, *, state: str = "", vendor: str = "", sku: str = "", queued: str = "", cursor: str = "", limit: int = 50,
    now_ms: int = 0,
) -> PurchasePage:  # fmt: skip
    """A page of purchase orders, narrowed to a state, a vendor, those that buy a SKU, or those that lie in a bot's queue (`any`:
    in some bot's); what is `late`, is so at `now_ms`.

    Raises:
        Unlisted: there is no such state or bot, or the cursor was not made by this list.
    """
    if state and state not in STATES:
        raise Unlisted(f"there is no state {state[:40]!r} of purchase orders; choose one of {', '.join(STATES)}")
    if cursor and not (cursor.isascii() and cursor.isdecimal() and len(cursor) < 19):
        raise Unlisted(f"{cursor[:40]!r} is no cursor of this list; start again from its first page")
    where, values = ["1 = 1"], list[Value]()
    if state == "to_decide":
        where.append(TO_DECIDE)
    elif state == "late":
        where.append(LATE)
        values.append(now_ms)
    elif state:
        among = OPEN_PURCHASE if state == "open" else (state,)
        where.append(f"o.state IN ({', '.join('?' * len(among))})")
        values += among
    if vendor:
        where.append("o.vendor = ?")
        values.append(vendor)
    if sku:
        where.append("EXISTS (SELECT 1 FROM purchase_lines s WHERE s.purchase = o.id AND s.sku = ?)")
        values.append(sku)
    if queued:
        among, value = tx.among(_queued(tx, queued))
        where.append(f"o.id {among}")
        values.append(value)
    if cursor:
        where.append("o.id < ?")
        values.append(int(cursor))
    rows = tx.rows(
        "SELECT o.id, o.number, o.vendor, o.warehouse, o.state, o.waiting_for, o.because, o.currency, o.net,"  # noqa: S608
        " (SELECT COUNT(*) FROM purchase_lines l WHERE l.purchase = o.id), o.proposed_ms, o.sent_ms, o.due_ms"
        f" FROM purchase_orders o WHERE {' AND '.join(where)} ORDER BY o.id DESC LIMIT ?",
        (*values, limit + 1),
    )
    found = tuple(PurchaseRow(*row) for row in rows[:limit])
    return PurchasePage(found, str(found[-1].id) if len(rows) > limit else "")


def _queued(tx: Tx, bot: str) -> list[int]:
    bots = [one for one, kind in queue.works_on(tx).items() if kind == KIND]
    if bot not in ("any", *bots):
        raise Unlisted(f"no purchase orders are queued for {bot[:80]!r}; choose one of {', '.join(('any', *bots))}")
    return sorted(queue.lying(tx, bots if bot == "any" else [bot]))


def find(tx: Tx, name: str) -> int | None:
    """The purchase order of that number (`PO-2026-000042`), or the one that has it as our id."""
    found = tx.value("SELECT id FROM purchase_orders WHERE number = ?", (name.upper(),))
    if found is None and name.isascii() and name.isdecimal() and len(name) < 19:
        found = tx.value("SELECT id FROM purchase_orders WHERE id = ?", (int(name),))
    return found


def whole(tx: Tx, purchase: int) -> WholePurchase | None:
    """One purchase order with everything that belongs to it; None where there is none."""
    found = load(tx, [purchase]).get(purchase)
    if found is None:
        return None
    net, proposed_ms, approved_by = tx.rows(
        "SELECT net, proposed_ms, approved_by FROM purchase_orders WHERE id = ?", (purchase,)
    )[0]
    receipts = tx.rows(
        "SELECT at_ms, line, sku, warehouse, quantity, damaged, surplus, delivery_note, booked_by FROM receipts"
        " WHERE purchase = ? ORDER BY id",
        (purchase,),
    )
    tasks = tx.rows(
        "SELECT id, stage, who, because, proposal, state, decided_by FROM tasks WHERE item_kind = ? AND item = ? ORDER BY id",
        (KIND, purchase),
    )
    return WholePurchase(
        found, net, proposed_ms, approved_by, tuple(ReceiptShown(*row) for row in receipts),
        tuple(PurchaseQuestion(*row) for row in tasks), story(tx, f"{KIND}/{purchase}"),
    )  # fmt: skip


def vendors(tx: Tx) -> list[VendorRow]:
    """Every vendor, by id."""
    offers = dict(tx.rows("SELECT vendor, COUNT(*) FROM offers GROUP BY vendor"))
    places = ", ".join("?" * len(OPEN_PURCHASE))
    sql = f"SELECT vendor, COUNT(*) FROM purchase_orders WHERE state IN ({places}) GROUP BY vendor"  # noqa: S608
    orders = dict(tx.rows(sql, OPEN_PURCHASE))
    return [VendorRow(one, offers.get(one.id, 0), orders.get(one.id, 0)) for one in records.vendors(tx).values()]
