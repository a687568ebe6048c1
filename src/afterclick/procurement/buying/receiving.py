"""Goods of purchase orders come in: against their lines, on the shelf, and what is too much waits for a person."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from afterclick.domain.buying_limits import BuyingLimits
from afterclick.domain.purchase import PurchaseLine, ReceiptLine
from afterclick.domain.verdict import Ask
from afterclick.engine import inbox
from afterclick.engine.items import Left
from afterclick.procurement.buying.purchases import BUY, FOLLOW, KIND, Purchase, load
from afterclick.procurement.buying.rules import BUYERS
from afterclick.store import purchases, stock
from afterclick.store.log import Event
from afterclick.store.purchases import Receipt
from afterclick.store.stock import Place
from afterclick.store.transaction import Tx

SURPLUS: Final = "surplus"
"""The stage at which a person is asked about goods that nobody ordered."""
MOST_UNITS: Final = 10**9
LONGEST_TEXT: Final = 300


class Unbooked(NamedTuple):
    """A line that was not booked, and why."""

    key: str
    because: str


class Received(NamedTuple):
    """What became of lines that came in: pieces on the shelf, units too many, what could not be booked, and the events."""

    pieces: int
    surplus: int
    unbooked: tuple[Unbooked, ...]
    events: tuple[Event, ...]


def receive(
    tx: Tx, came: Sequence[ReceiptLine], *, by: str, limits: BuyingLimits, now_ms: int, answer_hours: float = 72.0
) -> Received:
    """Book what came for purchase orders; the events are the caller's to log. A line whose `key` is known already counts once.

    Units up to what is due, and a tolerance above it (`surplus_most` of the order), are booked; damaged ones are not put on
    the shelf. What is beyond, or comes for an order that is closed, lies aside until a person says whether it stays.
    """
    known = purchases.known_receipts(tx, [one.key for one in came])
    numbers = _numbered(tx, [one.order for one in came])
    purchases.open_lines(tx, numbers.values())  # held from here on, in the one order in which everybody holds them
    orders = load(tx, sorted(set(numbers.values())))
    taken: Counter[tuple[int, int]] = Counter()
    receipts: list[Receipt] = []
    unbooked: list[Unbooked] = []
    for one in came:
        if one.key in known:
            continue
        known.add(one.key)
        order = orders.get(numbers.get(one.order, 0))
        line = _line(order, one)
        because = _fault(one, order, line)
        if because or order is None or line is None:
            unbooked.append(Unbooked(one.key, because))
            continue
        key = (order.id, line.no)
        units = min(one.quantity, max(0, _most(order, line, limits) - taken[key]))
        taken[key] += units
        unfit = min(one.damaged, units)
        receipts.append(Receipt(
            one.key, order.id, line.no, line.sku, one.warehouse or order.order.warehouse, units, one.damaged,
            one.quantity - units, (units - unfit) * line.per_unit, one.received_ms, one.delivery_note[:LONGEST_TEXT], by,
        ))  # fmt: skip
    return Received(*_booked(tx, receipts, orders, now_ms=now_ms, answer_hours=answer_hours, unbooked=unbooked))


def keep_surplus(tx: Tx, purchase: int, *, by: str, now_ms: int) -> list[Event]:
    """Take in what was too much of an order: on the shelf unless it is damaged, and against its lines."""
    rows = tx.rows(
        "SELECT r.id, r.line, r.sku, r.warehouse, r.surplus,"
        " (r.surplus - CASE WHEN r.damaged > r.quantity THEN r.damaged - r.quantity ELSE 0 END) * l.per_unit"
        " FROM receipts r JOIN purchase_lines l"
        " ON l.purchase = r.purchase AND l.no = r.line WHERE r.purchase = ? AND r.surplus > 0 ORDER BY r.id",
        (purchase,),
    )
    arrived: Counter[Place] = Counter()
    kept: Counter[tuple[int, int]] = Counter()
    for receipt, line, sku, warehouse, surplus, pieces in rows:
        arrived[sku, warehouse] += pieces
        kept[purchase, line] += surplus
        tx.run(
            "UPDATE receipts SET quantity = quantity + surplus, pieces = pieces + ?, surplus = 0 WHERE id = ?",
            (pieces, receipt),
        )
    purchases.take_in(tx, kept, now_ms=now_ms)
    _ask_no_more(tx, [purchase], now_ms=now_ms)
    stock.receive(tx, arrived, note=by, now_ms=now_ms)
    said = Event("purchase.surplus_kept", None, f"{KIND}/{purchase}", "Pass", f"{sum(arrived.values()):,} pieces")
    return [*_arrived(arrived), said]


def send_surplus_back(tx: Tx, purchase: int, *, because: str) -> list[Event]:
    """What was too much goes back to the vendor; it never was on the books."""
    units = tx.value("SELECT COALESCE(SUM(surplus), 0) FROM receipts WHERE purchase = ?", (purchase,))
    tx.run("UPDATE receipts SET surplus = 0 WHERE purchase = ? AND surplus > 0", (purchase,))
    return [Event("purchase.surplus_returned", None, f"{KIND}/{purchase}", "Refuse", f"{int(units):,} units go back: {because}")]


def _booked(
    tx: Tx, receipts: Sequence[Receipt], orders: Mapping[int, Purchase], *, now_ms: int, answer_hours: float,
    unbooked: Sequence[Unbooked],
) -> tuple[int, int, tuple[Unbooked, ...], tuple[Event, ...]]:  # fmt: skip
    purchases.book(tx, receipts, now_ms=now_ms)
    _ask_no_more(tx, {one.purchase for one in receipts}, now_ms=now_ms)
    arrived: Counter[Place] = Counter()
    for one in receipts:
        arrived[one.sku, one.warehouse] += one.pieces
    stock.receive(tx, arrived, note=receipts[0].booked_by if receipts else "", now_ms=now_ms)
    events = [*_arrived(arrived), *(_event(one) for one in receipts if one.quantity)]
    surplus = [one for one in receipts if one.surplus]
    asked: dict[int, Left] = {}
    for one in surplus:
        number = orders[one.purchase].order.number
        because = f"{one.surplus:,} units of {one.sku} came for {number} that were not ordered"
        asked[one.purchase] = Left(one.purchase, SURPLUS, Ask(BUYERS, because, "keep them"))
        events.append(Event(SURPLUS, None, f"{KIND}/{one.purchase}", "Ask", because))
    open_ones = _asked_already(tx, asked)
    inbox.ask(
        tx, FOLLOW, KIND, [left for item, left in asked.items() if item not in open_ones], (), now_ms=now_ms, hours=answer_hours
    )
    events += [Event("receipt.unbooked", None, f"receipt/{one.key}", "Refuse", one.because) for one in unbooked]
    return sum(arrived.values()), sum(one.surplus for one in surplus), tuple(unbooked), tuple(events)


def _most(purchase: Purchase, line: PurchaseLine, limits: BuyingLimits) -> int:
    """Units that are taken in without asking: what is due and the tolerance; nothing for an order that is closed."""
    if purchase.order.state not in ("approved", "sent", "acknowledged", "part_received"):
        return 0
    return max(0, line.quantity - line.cancelled + int(line.quantity * limits.surplus_most) - line.received)


def _fault(one: ReceiptLine, order: Purchase | None, line: PurchaseLine | None) -> str:
    """Why a line cannot be booked; empty when it can."""
    if order is None:
        return f"there is no purchase order {one.order[:40]!r}; book the goods with `afterclick stock import`"
    if line is None:
        return f"{one.order} has no line {one.line_no or one.sku[:40]!r}"
    if not 1 <= one.quantity <= MOST_UNITS or not 0 <= one.damaged <= one.quantity:
        return f"{one.quantity} units, {one.damaged} of them damaged, cannot be: write 1 to {MOST_UNITS:,}"
    if one.sku and one.sku != line.sku:
        return f"line {line.no} of {one.order} is {line.sku}, not {one.sku[:40]}"
    return ""


def _line(purchase: Purchase | None, one: ReceiptLine) -> PurchaseLine | None:
    """The line by its number; without one, the only line of that SKU."""
    lines = purchase.order.lines if purchase is not None else ()
    found = [line for line in lines if (line.no == one.line_no if one.line_no else line.sku == one.sku)]
    return found[0] if len(found) == 1 else None


def _numbered(tx: Tx, numbers: Sequence[str]) -> dict[str, int]:
    condition, value = tx.among(sorted(set(numbers)))
    return dict(tx.rows(f"SELECT number, id FROM purchase_orders WHERE number {condition}", (value,)))  # noqa: S608


def _asked_already(tx: Tx, asked: Mapping[int, Left]) -> set[int]:
    condition, value = tx.among(sorted(asked))
    sql = f"SELECT item FROM tasks WHERE item_kind = ? AND stage = ? AND state = 'open' AND item {condition}"  # noqa: S608
    return {row[0] for row in tx.rows(sql, (KIND, SURPLUS, value))}


def _ask_no_more(tx: Tx, ids: Iterable[int], *, now_ms: int) -> None:
    """Whether an order may leave is no question any more where all of it is there."""
    condition, value = tx.among(sorted(ids))
    tx.run(
        "UPDATE tasks SET state = 'withdrawn', decided_ms = ?, note = 'the goods are there' WHERE item_kind = ? AND bot = ?"  # noqa: S608
        f" AND state = 'open' AND item {condition}"
        " AND item IN (SELECT id FROM purchase_orders WHERE state = 'received')",
        (now_ms, KIND, BUY, value),
    )


def _arrived(arrived: Mapping[Place, int]) -> list[Event]:
    return [
        Event("stock.arrived", None, f"stock/{sku}@{warehouse}", "", f"{pieces:,} pieces came in")
        for (sku, warehouse), pieces in sorted(arrived.items())
        if pieces
    ]


def _event(one: Receipt) -> Event:
    damaged = min(one.damaged, one.quantity)
    unfit = f", {damaged:,} of them damaged" if damaged else ""
    because = f"line {one.line}: {one.quantity:,} units of {one.sku}{unfit}"
    return Event("purchase.received", None, f"{KIND}/{one.purchase}", "Pass", because)
