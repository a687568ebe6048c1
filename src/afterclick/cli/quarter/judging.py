"""What came of the quarter, worked out from the vendors' own ledger and from single rows, not by the code that it judges."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import replace

from afterclick.cli.check import prove_all
from afterclick.cli.quarter.office import DAY_MS, SupplyOffice
from afterclick.domain.buying_limits import BuyingLimits
from afterclick.domain.purchase import Acknowledgement, Offer, PurchaseOrder
from afterclick.store import transfers
from afterclick.store.transaction import Tx

BOT: Final = "procurement.buy"
PRICE_OFF: Final = 0.15
"""A price further than this from what the vendor really asks is wrong; a rise of a few per cent takes days to be believed."""
CLOSED: Final = ("cancelled", "refused")


class Judged(NamedTuple):
    """The verdict: orders that reached a vendor, of them without a person; and what should be empty, in words."""

    orders: int
    alone: int
    limits: list[str]
    twice: list[str]
    prices: list[str]
    counts: list[str]
    unproven: list[str]


def judged(office: SupplyOffice, true: Mapping[tuple[str, str], Offer]) -> Judged:
    """Look at everything once more. An order that its vendor declined at the door, and was sent again, counts once."""
    placed = [
        msgspec.json.decode(document, type=PurchaseOrder)
        for (document,) in office.ledger.rows(
            "SELECT document FROM purchases WHERE document <> '' AND because = '' ORDER BY purchase"
        )
    ]
    with office.database.reading() as tx:
        kept = {row[0]: row[1:] for row in tx.rows("SELECT id, state, approved_by, approved_ms FROM purchase_orders")}
        categories = dict(tx.rows("SELECT sku, category FROM items"))
        found = Judged(
            len(placed), sum(1 for one in placed if kept[one.id][1] == BOT),
            _limits(
                [one for one in placed if kept[one.id][1] == BOT and kept[one.id][0] not in CLOSED], _confirmed(office),
                {one.id: int(kept[one.id][2]) // DAY_MS for one in placed}, categories, office.policy.buying,
            ),
            [*_needs_twice(office, placed, tx), *_on_order(tx)], _prices(tx, placed, true), _counts(tx), [],
        )  # fmt: skip
    return found._replace(unproven=[f"{one.name}: {one.detail}" for one in prove_all(office) if not one.ok])


def _limits(
    alone: Sequence[PurchaseOrder], confirmed: Mapping[tuple[int, int], int], day: Mapping[int, int],
    category: Mapping[str, str], limits: BuyingLimits,
) -> list[str]:  # fmt: skip
    """Orders that no person saw, against the limits of the policy; all are in euros.

    An order counts as it was sent, a day by what the vendors confirmed of its orders: what one refuses may be spent elsewhere.
    """
    wrong = [f"{one.number}: {one.net}" for one in alone if one.net > limits.order_most]
    wrong += [f"{one.number}: {line.pieces} of {line.sku}" for one in alone for line in one.lines
              if line.pieces > limits.line_pieces_most]  # fmt: skip
    most: dict[str, int] = {"day": limits.day_most, "vendor": limits.vendor_day_most, "category": limits.category_day_most}
    spent: Counter[tuple[str, int, str]] = Counter()
    for sent in alone:
        lines = [
            replace(line, quantity=units) for line in sent.lines if (units := confirmed.get((sent.id, line.no), line.quantity))
        ]
        one = replace(sent, lines=tuple(lines))
        spent["day", day[one.id], ""] += one.net
        spent["vendor", day[one.id], one.vendor] += one.net
        spent["orders", day[one.id], ""] += 1
        for line in one.lines:
            spent["category", day[one.id], category[line.sku]] += line.net
    most["orders"] = limits.orders_per_day
    return wrong + [f"{what} {name} on day {on}: {value}" for (what, on, name), value in spent.items() if value > most[what]]


def _confirmed(office: SupplyOffice) -> dict[tuple[int, int], int]:
    """The units that vendors said, or will say, they deliver: by order and line."""
    found: dict[tuple[int, int], int] = {}
    for purchase, body in office.ledger.rows("SELECT purchase, body FROM vendor_events WHERE kind = 'answer'"):
        for line in msgspec.json.decode(body, type=Acknowledgement).lines:
            found[purchase, line.line_no] = 0 if line.answer == "refused" else line.quantity or 0
    return found


def _needs_twice(office: SupplyOffice, placed: Sequence[PurchaseOrder], tx: Tx) -> list[str]:
    """Needs for which more than one vendor's order has brought or may still bring goods."""
    bringing: defaultdict[str, set[int]] = defaultdict(set)
    brings = {(row[0], row[1].rpartition("/d")[2].partition(".")[0]) for row in office.ledger.rows(
        "SELECT purchase, key FROM vendor_events WHERE kind = 'delivery'"
    )}  # fmt: skip
    for one in placed:
        for line in one.lines:
            if line.need and (one.id, str(line.no)) in brings:
                bringing[line.need].add(one.id)
    wrong = [f"{need} by orders {sorted(orders)}" for need, orders in bringing.items() if len(orders) > 1]
    live = Counter(row[0] for row in tx.rows("SELECT need FROM purchase_lines WHERE live AND need <> ''"))
    return wrong + [f"{need} has {count} live lines" for need, count in live.items() if count > 1]


def _on_order(tx: Tx) -> list[str]:
    """What is on order against what open lines and transfers still owe."""
    owed: Counter[tuple[str, str]] = Counter()
    for sku, warehouse, state, due, each in tx.rows(
        "SELECT l.sku, o.warehouse, o.state, l.quantity - l.received - l.cancelled, l.per_unit FROM purchase_lines l"
        " JOIN purchase_orders o ON o.id = l.purchase"
    ):
        if state not in (*CLOSED, "received"):
            owed[sku, warehouse] += max(0, due) * each
    under_way = f"SELECT sku, to_warehouse, pieces - received - lost FROM transfers WHERE {transfers.IS_OPEN}"  # noqa: S608
    for sku, warehouse, due in tx.rows(under_way):
        owed[sku, warehouse] += due
    return [
        f"{sku}@{warehouse}: on order {coming}, owed {owed[sku, warehouse]}"
        for sku, warehouse, coming in tx.rows("SELECT sku, warehouse, on_order FROM stock_levels")
        if coming != owed[sku, warehouse]
    ]  # fmt: skip


def _prices(tx: Tx, placed: Sequence[PurchaseOrder], true: Mapping[tuple[str, str], Offer]) -> list[str]:
    """Ordered or believed prices that no vendor asks."""
    wrong = [
        f"{one.number}: {line.sku} at {line.price}"
        for one in placed for line in one.lines if _off(line.price / line.per_unit, true.get((one.vendor, line.sku)))
    ]  # fmt: skip
    for text, in tx.rows("SELECT terms FROM offers"):  # fmt: skip
        offer = msgspec.json.decode(text, type=Offer)
        if _off(offer.price_at(1) / offer.price_basis / offer.per_unit, true.get((offer.vendor, offer.sku))):
            wrong.append(f"{offer.vendor} is believed to ask {offer.price_at(1)} for {offer.sku}")
    return wrong


def _off(price: float, offer: Offer | None) -> bool:
    if offer is None:
        return True
    asked = [one.price / offer.per_unit for one in offer.breaks]
    return not min(asked) * (1 - PRICE_OFF) <= price <= max(asked) * (1 + PRICE_OFF)


def _counts(tx: Tx) -> list[str]:
    """Changes of stock that are neither trade nor a count by a person: sensors must have made none."""
    counted: Counter[tuple[Any, ...]] = Counter()
    for sku, warehouse, booked, found in tx.rows("SELECT sku, warehouse, booked, counted FROM stock_counts"):
        counted[sku, warehouse] += found - booked
    moved = Counter({(row[0], row[1]): int(row[2]) for row in tx.rows(
        "SELECT sku, warehouse, SUM(quantity) FROM stock_moves WHERE reason IN ('count', 'adjustment') GROUP BY sku, warehouse"
    )})  # fmt: skip
    return [
        f"{place}: moved {moved[place]}, counted {counted[place]}"
        for place in {*counted, *moved}
        if moved[place] != counted[place]
    ]
