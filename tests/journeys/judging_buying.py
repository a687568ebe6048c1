"""Hold the books of an office that has bought against the ledger that its vendors and its dock have kept by themselves."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from afterclick.cli.quarter.judging import judged
from afterclick.cli.quarter.office import SupplyOffice
from afterclick.domain.purchase import Acknowledgement, Offer, PurchaseOrder, ReceiptLine
from afterclick.store.transaction import Tx

_PLACED: Final = "SELECT purchase, key, vendor, number, document FROM purchases WHERE document <> '' AND because = ''"
_TOLD: Final = {
    "vendors.order": "SELECT key FROM purchases WHERE document <> ''",
    "vendors.withdraw": "SELECT key FROM vendor_words WHERE kind = 'withdraw'",
    "vendors.remind": "SELECT key FROM vendor_words WHERE kind IN ('confirm', 'deliver')",
    "warehouse.transfer": "SELECT key FROM transfers",
}
"""What each act of ours has left at the vendors and in the warehouses."""
_MOVED: Final = "SELECT sku, warehouse, SUM(quantity) FROM stock_moves WHERE reason IN ('receipt', 'transfer') GROUP BY 1, 2"
_PIECES: Final = (
    "SELECT sku, warehouse, SUM(pieces) FROM (SELECT sku, warehouse, pieces FROM receipts"
    " UNION ALL SELECT sku, from_warehouse, -pieces FROM transfers WHERE state NOT IN ('proposed', 'cancelled')"
    " UNION ALL SELECT sku, to_warehouse, received FROM transfers) AS moves GROUP BY 1, 2"
)
"""What came and went by receipts and transfers; nothing of a transfer is damaged here."""


class Verdict(NamedTuple):
    """All that is wrong, in words; and how much there was that could have been: what vendors got, said and brought."""

    wrong: list[str]
    orders: int
    without_a_person: int
    withdrawn: int
    reminders: int
    answers: int
    receipts: int
    pieces: int
    transfers: int
    asked_again: int
    """Acts that a vendor was asked for once more under the same key, and did not do again."""


class _Placed(NamedTuple):
    """An order that a vendor executes, as the vendor got it."""

    purchase: int
    vendor: str
    number: str
    order: PurchaseOrder


def judge(office: SupplyOffice, true: Mapping[tuple[str, str], Offer]) -> Verdict:
    """Look at everything once more, when nothing is under way; `true` is what vendors ask, by vendor and SKU."""
    ledger = office.ledger
    placed = [
        _Placed(purchase, vendor, number, msgspec.json.decode(document, type=PurchaseOrder))
        for purchase, _, vendor, number, document in ledger.rows(_PLACED)
    ]
    found = judged(office, true)
    with office.database.reading() as tx:
        wrong = [
            *found.unproven, *found.limits, *found.twice, *found.prices,
            *_executed_twice(placed), *_sent(tx, placed), *_lines(tx, office, placed), *_log(tx, office), *_received(tx, office),
            *_transferred(tx, office),
        ]  # fmt: skip
        answers, receipts, pieces, transfers = (
            int(tx.value(sql))
            for sql in (
                "SELECT COUNT(*) FROM vendor_replies WHERE state = 'applied'",
                "SELECT COUNT(*) FROM receipts",
                "SELECT COALESCE(SUM(pieces), 0) FROM receipts",
                "SELECT COUNT(*) FROM transfers WHERE state = 'received'",
            )
        )
    withdrawn, reminders = (sum(1 for _ in ledger.rows(_TOLD[act])) for act in ("vendors.withdraw", "vendors.remind"))
    return Verdict(
        wrong,
        found.orders,
        found.alone,
        withdrawn,
        reminders,
        answers,
        receipts,
        pieces,
        transfers,
        sum(ledger.repeats().values()),
    )


def _executed_twice(placed: Iterable[_Placed]) -> list[str]:
    """An order has one number, and is executed once, however often it was sent."""
    wrong: list[str] = []
    for what, names in (
        ("executed", Counter(one.purchase for one in placed)), ("numbered", Counter(one.number for one in placed)),
    ):  # fmt: skip
        wrong += [f"{name} is {what} {count} times" for name, count in names.items() if count > 1]
    return wrong


def _sent(tx: Tx, placed: Iterable[_Placed]) -> list[str]:
    """What the books say is sent the vendor has, and the other way round."""
    sql = "SELECT id, vendor, number FROM purchase_orders WHERE sent_ms > 0"
    ours, theirs = {tuple(row) for row in tx.rows(sql)}, {(one.purchase, one.vendor, one.number) for one in placed}
    open_ones = tx.rows("SELECT number, state FROM purchase_orders WHERE state IN ('proposed', 'approved')")
    return [
        *(f"{one} is sent, and its vendor does not know it" for one in sorted(ours - theirs)),
        *(f"the vendor has {one}, and we do not know that it is sent" for one in sorted(theirs - ours)),
        *(f"{number} is still {state}" for number, state in open_ones),
    ]


def _lines(tx: Tx, office: SupplyOffice, placed: Iterable[_Placed]) -> list[str]:
    """Quantities are those that were ordered; prices too, or those of the vendor's answer where it was taken over."""
    applied = {row[0] for row in tx.rows("SELECT key FROM vendor_replies WHERE state = 'applied'")}
    answered: dict[tuple[int, int], int | None] = {}
    for purchase, key, body in office.ledger.rows("SELECT purchase, key, body FROM vendor_events WHERE kind = 'answer'"):
        said = msgspec.json.decode(body, type=Acknowledgement)
        if f"{said.vendor}/{key}" in applied:
            answered |= {(purchase, line.line_no): line.price for line in said.lines if line.answer != "refused"}
    sql = "SELECT l.purchase, l.no, l.sku, l.quantity, l.per_unit, l.price FROM purchase_lines l JOIN purchase_orders o"
    ours = {tuple(row[:5]): row[5] for row in tx.rows(f"{sql} ON o.id = l.purchase WHERE o.sent_ms > 0")}
    theirs = {
        (one.purchase, line.no, line.sku, line.quantity, line.per_unit): line.price for one in placed for line in one.order.lines
    }
    wrong = [f"line {line} is on one side only" for line in sorted(ours.keys() ^ theirs.keys())]
    for line in ours.keys() & theirs.keys():
        agreed = answered.get(line[:2]) or theirs[line]
        if ours[line] != agreed:
            wrong.append(f"line {line} costs {ours[line]} in our books, {agreed} at the vendor")
    return wrong


def _log(tx: Tx, office: SupplyOffice) -> list[str]:
    """Every act that a vendor has seen is on our record, once, and nothing else is."""
    wrong: list[str] = []
    for activity, sql in _TOLD.items():
        theirs = Counter(row[0] for row in office.ledger.rows(sql))
        ours = Counter(row[0] for row in tx.rows("SELECT key FROM events WHERE activity = ?", (activity,)))
        wrong += [
            f"{activity} {key}: {theirs[key]} at the vendor, {ours[key]} in our log"
            for key in sorted({*theirs, *ours}) if theirs[key] != ours[key]
        ]  # fmt: skip
    return wrong


def _received(tx: Tx, office: SupplyOffice) -> list[str]:
    """What was delivered until now, what the dock unloaded, what is booked, and what lies on the shelves: the same, each once."""
    ledger, now_ms = office.ledger, office.clock.now_ms()
    delivered: Counter[tuple[Any, ...]] = Counter()
    for (body,) in ledger.rows("SELECT body FROM vendor_events WHERE kind = 'delivery' AND at_ms < ?", (now_ms,)):
        line = msgspec.json.decode(body, type=ReceiptLine)
        delivered[line.key, line.order, line.line_no, line.sku, line.warehouse] += line.quantity
    booked: Counter[tuple[Any, ...]] = Counter()
    for *line, units in tx.rows(
        "SELECT r.key, o.number, r.line, r.sku, r.warehouse, r.quantity + r.surplus FROM receipts r"
        " JOIN purchase_orders o ON o.id = r.purchase"
    ):
        booked[tuple(line)] += units
    unloaded = Counter(row[0] for row in ledger.rows("SELECT key FROM vendor_words WHERE kind = 'unloaded'"))
    shelves = Counter({(row[0], row[1]): row[2] for row in ledger.rows("SELECT sku, warehouse, there FROM shelves")})
    moved, pieces = _by_place(tx, _MOVED), _by_place(tx, _PIECES)
    return [
        *_different("delivered and booked", delivered, booked),
        *_different("delivered and unloaded", Counter(one[0] for one in delivered), unloaded),
        *_different("on the shelves and moved in our books", shelves, moved),
        *_different("moved and on receipts", moved, pieces),
    ]


def _transferred(tx: Tx, office: SupplyOffice) -> list[str]:
    """What the warehouses sent is what our transfers say, and all of it has come."""
    sql = "SELECT number, sku, from_warehouse, to_warehouse, pieces FROM transfers WHERE"
    ours = Counter(tuple(row) for row in tx.rows(f"{sql} state NOT IN ('proposed', 'cancelled')"))
    theirs = Counter(tuple(row) for row in office.ledger.rows(f"{sql} because = ''"))
    under_way = tx.rows("SELECT number, state FROM transfers WHERE state IN ('proposed', 'released', 'in_transit')")
    stuck = [f"{number} is still {state}" for number, state in under_way]
    return [*_different("in our books and sent by the warehouses", ours, theirs), *stuck]


def _by_place(tx: Tx, sql: str) -> Counter[Any]:
    return Counter({(row[0], row[1]): int(row[2]) for row in tx.rows(sql)})


def _different(what: str, one: Counter[Any], other: Counter[Any]) -> list[str]:
    return [f"{name}, {what}: {one[name]} ≠ {other[name]}" for name in sorted({*one, *other}) if one[name] != other[name]]
