"""Take over what a vendor has answered: quantities, prices and days of the lines, and what will not come."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import msgspec

from afterclick.domain.purchase import Acknowledgement, PurchaseOrder
from afterclick.procurement.buying.answers import Answer, matched
from afterclick.procurement.buying.times import end_of_day
from afterclick.store import purchases, tables
from afterclick.store.transaction import Tx

_decode = msgspec.json.Decoder(Acknowledgement).decode


class OpenReply(NamedTuple):
    """A vendor's answer that nobody has taken over yet."""

    id: int
    said: Acknowledgement


class Applied(NamedTuple):
    """What an answer came to, in words, and whether anything may still come."""

    because: str
    outstanding: int


def open_replies(tx: Tx, ids: Sequence[int]) -> dict[int, list[OpenReply]]:
    """The answers to these orders that wait to be taken over, oldest first."""
    condition, value = tx.among(ids)
    found: dict[int, list[OpenReply]] = {}
    for purchase, reply, said in tx.rows(
        f"SELECT purchase, id, said FROM vendor_replies WHERE state = 'open' AND purchase {condition} ORDER BY id",  # noqa: S608
        (value,),
    ):
        found.setdefault(purchase, []).append(OpenReply(reply, _decode(said)))
    return found


def apply(tx: Tx, order: PurchaseOrder, reply: OpenReply, *, expected: Mapping[int, date | None], now_ms: int) -> Applied:
    """Write one answer into its order; what is confirmed less is cancelled, so that the plan may buy it elsewhere.

    `expected`: line → the day on which it was to come until now.
    """
    found = matched(order, reply.said).lines
    cancelled = {(order.id, one.line.no): one.line.due - one.confirmed for one in found if one.confirmed < one.line.due}
    tx.run_many(
        "UPDATE purchase_lines SET acknowledged = ?, price = ?, deliver_on = CASE WHEN ? = '' THEN deliver_on ELSE ? END"
        " WHERE purchase = ? AND no = ?",
        [(one.line.received + one.confirmed, one.price, *2 * (_day(one),), order.id, one.line.no) for one in found],
    )
    purchases.cancel_units(tx, cancelled)
    answered = {one.line.no: one for one in found}
    days = [
        answered[line.no].deliver_on or expected.get(line.no) if line.no in answered else expected.get(line.no)
        for line in order.lines
        if line.due > cancelled.get((order.id, line.no), 0)
    ]
    known = [day for day in days if day is not None]
    outstanding = sum(line.due - cancelled.get((order.id, line.no), 0) for line in order.lines)
    net = (
        "SELECT COALESCE(SUM((2 * quantity * price + price_basis) / (2 * price_basis)), 0) FROM purchase_lines WHERE purchase = ?"
    )
    tx.run(
        "UPDATE purchase_orders SET state = CASE WHEN state = 'sent' THEN 'acknowledged' ELSE state END, due_ms = ?, net = "  # noqa: S608
        f"({net}), vendor_reference = CASE WHEN ? = '' THEN vendor_reference ELSE ? END, reminders = 0, reminded_ms = 0,"
        " because = '', since_ms = ? WHERE id = ?",
        (end_of_day(min(known)) if known else 0, order.id, *2 * (reply.said.vendor_reference[:80],), now_ms, order.id),
    )
    tx.update(tables.vendor_replies, keys=("id",), sets=("state",), rows=[("applied", reply.id)])
    purchases.settle(tx, [order.id], now_ms=now_ms)
    return Applied(_said(found, cancelled), outstanding)


def _day(one: Answer) -> str:
    return one.deliver_on.isoformat() if one.deliver_on else ""


def _said(found: Sequence[Answer], cancelled: Mapping[tuple[int, int], int]) -> str:
    """An answer in a sentence."""
    days = sorted({one.deliver_on for one in found if one.deliver_on and one.confirmed})
    parts = [f"{sum(one.confirmed for one in found):,} units confirmed"]
    parts += [f"for {days[0]}" + (f" to {days[-1]}" if len(days) > 1 else "")] if days else []
    parts += [f"{sum(cancelled.values()):,} will not come"] if cancelled else []
    dearer = [one.line.sku for one in found if one.price != one.line.price]
    parts += [f"another price for {', '.join(dearer[:3])}"] if dearer else []
    return ", ".join(parts)
