"""The purchase ledger: what is ordered from vendors, what has come of it, and what is still on its way.

`stock_levels.on_order` is the sum of the outstanding pieces of open purchase lines and of transfers (`store.transfers`). Every
change of a line goes through here, so that this stays true. Counts are the vendor's units; a unit holds `per_unit` pieces.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from afterclick.domain.purchase import CLOSED_PURCHASE, OPEN_PURCHASE
from afterclick.store import stock, tables
from afterclick.store.stock import Place
from afterclick.store.transaction import Tx

LineKey = tuple[int, int]
"""(purchase, line number)."""
IS_OPEN: Final = "state IN ('" + "', '".join(OPEN_PURCHASE) + "')"
"""In a query over `purchase_orders`: something may still come."""
_AT_THE_VENDOR: Final = "state IN ('sent', 'acknowledged', 'part_received')"
_NOT_SENT: Final = "o.batch IS NULL AND o.waiting_for <> 'vendors' AND o.state IN ('proposed', 'asked', 'approved')"
"""Orders that no vendor has: nobody is sending them, nor waits to hear whether one got them."""
_RECEIPT: Final = (
    "key", "purchase", "line", "sku", "warehouse", "quantity", "damaged", "surplus", "pieces", "at_ms", "delivery_note",
    "booked_by",
)  # fmt: skip


class OpenLine(NamedTuple):
    """A line of which `due` units may still come, and where they go."""

    purchase: int
    no: int
    sku: str
    warehouse: str
    due: int
    per_unit: int
    state: str


class Receipt(NamedTuple):
    """Units of a line that came in: `quantity` are booked, `surplus` are too many and wait for a person; `damaged` of all that
    came are unfit to sell. `pieces` are those that went on the shelf. `key` names the receipt: the same twice counts once."""

    key: str
    purchase: int
    line: int
    sku: str
    warehouse: str
    quantity: int
    damaged: int
    surplus: int
    pieces: int
    at_ms: int
    delivery_note: str = ""
    booked_by: str = ""


def open_lines(tx: Tx, purchases: Iterable[int]) -> dict[LineKey, OpenLine]:
    """The lines of these orders that are not closed; held until commit where several workers write."""
    condition, value = tx.among(sorted(set(purchases)))
    locked = " FOR UPDATE" if tx.dialect == "postgresql" else ""
    if locked:
        tx.rows(f"SELECT id FROM purchase_orders WHERE id {condition} ORDER BY id FOR UPDATE", (value,))  # noqa: S608
    rows = tx.rows(
        "SELECT l.purchase, l.no, l.sku, o.warehouse, l.quantity - l.received - l.cancelled, l.per_unit, o.state"  # noqa: S608
        f" FROM purchase_lines l JOIN purchase_orders o ON o.id = l.purchase WHERE l.purchase {condition} AND o.{IS_OPEN}"
        " ORDER BY l.purchase, l.no",
        (value,),
    )
    return {(row[0], row[1]): OpenLine._make((*row[:4], max(0, row[4]), *row[5:])) for row in rows}


def on_order(tx: Tx, change: Mapping[Place, int]) -> None:
    """Pieces that are on order from now on (positive), or no longer (negative)."""
    stock.ensure_levels(tx, change)
    stock.add_on_order(tx, change)


def cancel_units(tx: Tx, units: Mapping[LineKey, int]) -> None:
    """These units will not come: line → how many. A line of which nothing came and all is cancelled frees its need."""
    lines = open_lines(tx, [purchase for purchase, _ in units])
    rows = [(min(count, lines[key].due), *key) for key, count in units.items() if key in lines and min(count, lines[key].due) > 0]
    tx.run_many("UPDATE purchase_lines SET cancelled = cancelled + ? WHERE purchase = ? AND no = ?", rows)
    tx.run_many(
        "UPDATE purchase_lines SET live = ? WHERE purchase = ? AND no = ? AND received = 0 AND cancelled >= quantity",
        [(False, purchase, no) for _, purchase, no in rows],
    )
    change: Counter[Place] = Counter()
    for count, *key in rows:
        line = lines[key[0], key[1]]
        change[line.sku, line.warehouse] -= count * line.per_unit
    on_order(tx, change)


def resize(tx: Tx, units: Mapping[LineKey, int]) -> None:
    """Change how many units lines are for, before they have left; a line for none at all is struck out, and its need free."""
    lines = open_lines(tx, [purchase for purchase, _ in units])
    struck = [key for key, count in units.items() if key in lines and not count]
    cancel_units(tx, {key: lines[key].due for key in struck})
    tx.run_many("DELETE FROM purchase_lines WHERE purchase = ? AND no = ?", struck)
    rows = [(count, *key) for key, count in units.items() if key in lines and count]
    tx.run_many("UPDATE purchase_lines SET quantity = ? WHERE purchase = ? AND no = ?", rows)
    change: Counter[Place] = Counter()
    for count, *key in rows:
        line = lines[key[0], key[1]]
        change[line.sku, line.warehouse] += (count - line.due) * line.per_unit
    on_order(tx, change)


def close(tx: Tx, state: Mapping[int, tuple[str, str]], *, now_ms: int) -> None:
    """End these orders, each in a closed state and for a reason: what has not come is cancelled.

    Raises:
        ValueError: the state is not one in which an order ends.
    """
    for ends, _ in state.values():
        if ends not in CLOSED_PURCHASE:
            raise ValueError(f"{ends} does not end a purchase order; choose one of {', '.join(CLOSED_PURCHASE)}")
    cancel_units(tx, {key: line.due for key, line in open_lines(tx, state).items()})
    tx.run_many(
        "UPDATE purchase_orders SET state = ?, because = ?, stage = '', waiting_for = '', since_ms = ?, retry_ms = 0, due_ms = 0"  # noqa: S608
        f" WHERE id = ? AND {IS_OPEN}",
        [(ends, because, now_ms, purchase) for purchase, (ends, because) in sorted(state.items())],
    )


def known_receipts(tx: Tx, keys: Iterable[str]) -> set[str]:
    """Those of these receipts that are booked already."""
    condition, value = tx.among(sorted(set(keys)))
    return {row[0] for row in tx.rows(f"SELECT key FROM receipts WHERE key {condition}", (value,))}  # noqa: S608


def book(tx: Tx, receipts: Sequence[Receipt], *, now_ms: int) -> None:
    """Write receipts down against their lines; the pieces themselves go on the shelf through `stock.receive`.

    Booked units above what is due leave nothing outstanding, and never less than nothing.
    """
    tx.insert(tables.receipts, _RECEIPT, [tuple(one) for one in receipts])
    came: Counter[LineKey] = Counter()
    for one in receipts:
        came[one.purchase, one.line] += one.quantity
    take_in(tx, came, now_ms=now_ms)


def take_in(tx: Tx, came: Mapping[LineKey, int], *, now_ms: int) -> None:
    """Count units against their lines: those that were due are on order no longer, and orders of which all is there end."""
    lines = open_lines(tx, [purchase for purchase, _ in came])
    tx.run_many(
        "UPDATE purchase_lines SET received = received + ? WHERE purchase = ? AND no = ?",
        [(units, *key) for key, units in sorted(came.items()) if units],
    )
    change: Counter[Place] = Counter()
    for key, units in came.items():
        if (line := lines.get(key)) is not None:
            change[line.sku, line.warehouse] -= min(units, line.due) * line.per_unit
    on_order(tx, change)
    settle(tx, {purchase for purchase, _ in came}, now_ms=now_ms)


def settle(tx: Tx, purchases: Iterable[int], *, now_ms: int) -> None:
    """Bring the state of orders in line with their lines: part received, received, or cancelled. One that no vendor has yet
    ends where all of it is there, so that it is not sent after all."""
    condition, value = tx.among(sorted(set(purchases)))
    rows = tx.rows(
        "SELECT o.id, o.state, SUM(l.received), SUM(CASE WHEN l.quantity > l.received + l.cancelled"  # noqa: S608
        " THEN l.quantity - l.received - l.cancelled ELSE 0 END) FROM purchase_orders o JOIN purchase_lines l"
        f" ON l.purchase = o.id WHERE o.id {condition} AND (o.{_AT_THE_VENDOR} OR {_NOT_SENT}) GROUP BY o.id, o.state",
        (value,),
    )
    moved: list[tuple[str, str, int, int]] = []
    for purchase, state, received, due in rows:
        sent = state not in ("proposed", "asked", "approved")
        if not due and (received or sent):
            moved.append(("received" if received else "cancelled", "", now_ms, purchase))
        elif received and sent and state != "part_received":
            moved.append(("part_received", state, now_ms, purchase))
    tx.run_many(
        "UPDATE purchase_orders SET state = ?, because = CASE WHEN ? = '' THEN 'nothing more is to come' ELSE because END,"
        " since_ms = ? WHERE id = ?",
        moved,
    )
    ended = [(one[3],) for one in moved if one[0] != "part_received"]
    tx.run_many("UPDATE purchase_orders SET due_ms = 0, waiting_for = '', stage = '' WHERE id = ?", ended)


def match(tx: Tx, arrived: Mapping[Place, int], *, key: str, by: str, now_ms: int) -> int:
    """Set pieces that came in without an order's number against open lines at these places, the earliest due first.

    Whole units only: what is left over of a unit, or comes without any order, is stock all the same. `key` begins the
    receipts' keys. Returns how many pieces were set against lines.
    """
    condition, value = tx.among(sorted({sku for sku, _ in arrived}))
    found = tx.rows(
        "SELECT DISTINCT o.id, CASE WHEN o.due_ms > 0 THEN o.due_ms ELSE o.sent_ms END FROM purchase_lines l"  # noqa: S608
        f" JOIN purchase_orders o ON o.id = l.purchase WHERE l.sku {condition} AND o.{_AT_THE_VENDOR}"
        " AND l.quantity > l.received + l.cancelled",
        (value,),
    )
    lines = open_lines(tx, [row[0] for row in found])
    left = Counter(arrived)
    receipts: list[Receipt] = []
    turn = {row[0]: (row[1], row[0]) for row in found}
    for line in sorted(lines.values(), key=lambda line: (*turn[line.purchase], line.no)):
        place = (line.sku, line.warehouse)
        units = min(line.due, left[place] // line.per_unit)
        if units > 0:
            pieces = units * line.per_unit
            left[place] -= pieces
            receipts.append(
                Receipt(f"{key}/{line.purchase}.{line.no}", line.purchase, line.no, *place, units, 0, 0, pieces, now_ms, "", by)
            )
    if receipts:
        book(tx, receipts, now_ms=now_ms)
    return sum(one.pieces for one in receipts)
