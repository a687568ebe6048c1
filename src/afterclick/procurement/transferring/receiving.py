"""What docks unload of transfers goes on the shelf, once."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from afterclick.domain.purchase import ReceiptLine
from afterclick.domain.transfer import Transfer
from afterclick.procurement.transferring.proposing import KIND
from afterclick.store import transfers
from afterclick.store.log import Event
from afterclick.store.transaction import Tx
from afterclick.store.transfers import Receipt

PREFIX: Final = "TO-"
"""How the numbers of transfers begin; whatever else a dock names is a purchase order."""


def is_transfer(line: ReceiptLine) -> bool:
    return line.order.startswith(PREFIX)


def receive(tx: Tx, came: Sequence[ReceiptLine], *, by: str, now_ms: int) -> list[Event]:
    """Book what came for transfers; the events are the caller's to log. A line whose `key` is known already counts once.

    Damaged pieces have come and are not put on the shelf. What is more than was sent, or comes for a transfer that is not on
    its way, is not booked, and the log says why and what to do.
    """
    if not came:
        return []
    some = transfers.numbered(tx, [one.order for one in came])
    known = transfers.known_receipts(tx, [one.key for one in came])
    taken: Counter[int] = Counter()
    receipts: list[Receipt] = []
    events: list[Event] = []
    for line in came:
        if line.key in known:
            continue
        known.add(line.key)
        one = some.get(line.order)
        because = _fault(line, one, taken)
        if because or one is None:
            events.append(Event("receipt.unbooked", None, f"receipt/{line.key}"[:200], "Refuse", because))
            continue
        pieces = min(line.quantity, one.due - taken[one.id])
        taken[one.id] += pieces
        damaged = min(line.damaged, pieces)
        receipts.append(Receipt(line.key, one.id, pieces, damaged, line.received_ms, by))
        events += _said(one, line, pieces, damaged)
    transfers.book(tx, receipts, {one.id: one for one in some.values()}, by=by, now_ms=now_ms)
    return events


def _fault(line: ReceiptLine, one: Transfer | None, taken: Counter[int]) -> str:
    """Why a line cannot be booked; empty when it can."""
    if one is None:
        return f"there is no transfer {line.order[:40]!r}; book the goods with `afterclick stock import`"
    if one.state not in ("released", "in_transit"):
        return f"{one.number} is {one.state}; book the goods with `afterclick stock import`"
    if line.sku and line.sku != one.sku:
        return f"{one.number} moves {one.sku}, not {line.sku[:40]}"
    if line.warehouse and line.warehouse != one.end:
        return f"{one.number} goes to {one.end}, not to {line.warehouse[:40]}"
    if line.quantity < 1 or not 0 <= line.damaged <= line.quantity:
        return f"{line.quantity} pieces, {line.damaged} of them damaged, cannot be"
    return f"all of {one.number} has come before; count {one.sku} at {one.end}" if taken[one.id] >= one.due else ""


def _said(one: Transfer, line: ReceiptLine, pieces: int, damaged: int) -> list[Event]:
    unfit = f", {damaged:,} of them damaged" if damaged else ""
    said = f"{pieces:,} of {one.sku} came from {one.start}{unfit}"
    events = [Event("transfer.received", None, f"{KIND}/{one.id}", "Pass", said)]
    if surplus := line.quantity - pieces:
        because = f"{surplus:,} more came of {one.number} than were sent; count {one.sku} at {one.end}"
        events.append(Event("receipt.unbooked", None, f"receipt/{line.key}"[:200], "Refuse", because))
    if fit := pieces - damaged:
        events.append(Event("stock.arrived", None, f"stock/{one.sku}@{one.end}", "", f"{fit:,} pieces came in"))
    return events
