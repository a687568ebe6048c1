"""Turn needs into purchase orders: grouped by vendor, and never the same need twice."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

import msgspec
from msgspec.structs import replace

from afterclick.domain.order import Address
from afterclick.domain.purchase import Offer, PurchaseLine, PurchaseOrder, Vendor
from afterclick.procurement.buying import records
from afterclick.procurement.buying.purchases import BUY, LINE_COLUMNS, enqueue, line_row
from afterclick.procurement.buying.records import day_of
from afterclick.procurement.buying.terms import write_terms
from afterclick.procurement.vendors.calendar import expected_on
from afterclick.procurement.vendors.needs import Chosen
from afterclick.store import purchases, tables
from afterclick.store.log import Event
from afterclick.store.stock import Place
from afterclick.store.transaction import Tx

MOST_LINES: Final = 500
"""Lines on one purchase order; more make a second one."""
_ORDER: Final = (
    "id", "number", "vendor", "warehouse", "currency", "net", "state", "because", "since_ms", "revision", "proposed_ms",
    "proposed_by", "terms",
)  # fmt: skip


class Wanted(msgspec.Struct, frozen=True):
    """A need with what was chosen to meet it.

    `need` names the need for good: `replenishment/17`, or `plan/2026-11-20/CUP@W1`. `on_order` and `on_hand` are what the plan
    saw at the place, in pieces; None where no plan looked. Where more is there or coming by now, the plan is out of date, and
    nothing is proposed for it.
    """

    need: str
    warehouse: str
    chosen: Chosen
    on_order: int | None = None
    on_hand: int | None = None

    @property
    def place(self) -> Place:
        return (self.chosen.sku, self.warehouse)

    def since(self, on_order: int, on_hand: int) -> int:
        """How many pieces more are there or coming than the plan saw."""
        if self.on_order is None:
            return 0
        return on_order - self.on_order + (on_hand - self.on_hand if self.on_hand is not None else 0)


class Left(msgspec.Struct, frozen=True):
    """A need for which nothing was proposed, and why."""

    need: str
    because: str


class Proposed(msgspec.Struct, frozen=True):
    """What became of the needs: the purchase orders made, and what was left."""

    purchases: tuple[int, ...]
    left: tuple[Left, ...]


def propose(
    tx: Tx, wanted: Sequence[Wanted], *, by: str, now_ms: int, deliver_to: Mapping[str, Address] | None = None
) -> tuple[Proposed, list[Event]]:
    """Make purchase orders of what is wanted, one for each vendor, warehouse and currency; the events are the caller's to log.

    A need that has a line already, in a proposal, an order or a receipt, gets no second one: only where the whole line was
    cancelled may it be bought anew. `deliver_to` are the warehouses' addresses by id. The orders wait for `procurement.buy`.
    """
    tx.take("purchases.proposed")  # held until commit: nobody else proposes for the same places meanwhile
    fit, left = _fit(tx, wanted)
    vendors = records.vendors(tx, [one.chosen.vendor for one in fit])
    asked = records.offers(tx, skus=[one.chosen.sku for one in fit], vendor_ids=list(vendors))
    offers = {(one.offer.vendor, one.offer.sku): one.offer for one in asked}
    groups = list(_groups(fit))
    first, year = (tx.take("purchases", len(groups)) if groups else 0), day_of(now_ms)[1][:4]
    made = [
        replace(_order(vendors[vendor], warehouse, currency, some, offers, now_ms=now_ms),
                id=first + place, number=f"PO-{year}-{first + place:06d}",
                deliver_to=(deliver_to or {}).get(warehouse, Address()))
        for place, (vendor, warehouse, currency, some) in enumerate(groups)
    ]  # fmt: skip
    _write(tx, made, by=by, now_ms=now_ms)
    enqueue(tx, BUY, [order.id for order in made], now_ms=now_ms)
    events = [
        Event("purchase.proposed", None, f"purchase/{order.id}", "",
              f"{len(order.lines)} line{'s' * (len(order.lines) > 1)} at {order.vendor} for {order.warehouse}:"
              f" {order.lines[0].because}"[:300])
        for order in made
    ]  # fmt: skip
    return Proposed(tuple(order.id for order in made), tuple(left)), events


def _fit(tx: Tx, wanted: Sequence[Wanted]) -> tuple[list[Wanted], list[Left]]:
    """What may be proposed, and what may not, each with its reason."""
    taken = _taken(tx, [one.need for one in wanted])
    vendors = records.vendors(tx, [one.chosen.vendor for one in wanted])
    condition, value = tx.among(sorted({one.chosen.sku for one in wanted}))
    locked = " ORDER BY sku, warehouse FOR UPDATE" if tx.dialect == "postgresql" else ""
    sql = f"SELECT sku, warehouse, on_order, on_hand FROM stock_levels WHERE sku {condition}{locked}"  # noqa: S608
    levels = tx.rows(sql, (value,))
    coming, there = (Counter({(row[0], row[1]): row[column] for row in levels}) for column in (2, 3))
    warehouses = {row[0] for row in tx.rows("SELECT id FROM warehouses")}
    fit: list[Wanted] = []
    left: list[Left] = []
    for one in wanted:
        since = one.since(coming[one.place], there[one.place])
        because = ""
        if one.need in taken:
            because = f"it is on purchase order {taken[one.need]} already"
        elif not one.need or one.chosen.quantity < 1 or one.chosen.pieces < 1:
            because = "it names no need, or nothing is wanted"
        elif one.chosen.vendor not in vendors:
            because = f"there is no vendor {one.chosen.vendor[:40]!r}"
        elif one.warehouse not in warehouses:
            because = f"there is no warehouse {one.warehouse[:40]!r}"
        elif since > 0:
            because = f"{since:,} more pieces are there or coming than the plan saw; the next plan looks again"
        if because:
            left.append(Left(one.need, because))
        else:
            taken[one.need] = "of this very list"
            coming[one.place] += one.chosen.quantity * one.chosen.per_unit
            fit.append(one)
    return fit, left


def _taken(tx: Tx, needs: Sequence[str]) -> dict[str, str]:
    """Needs that have a line which was not wholly cancelled: need → the order's number."""
    condition, value = tx.among(sorted(set(needs)))
    return dict(tx.rows(
        "SELECT l.need, o.number FROM purchase_lines l JOIN purchase_orders o ON o.id = l.purchase"  # noqa: S608
        f" WHERE l.need {condition} AND l.need <> '' AND l.live",
        (value,),
    ))  # fmt: skip


def _groups(fit: Sequence[Wanted]) -> Iterator[tuple[str, str, str, list[Wanted]]]:
    """What goes on one order: (vendor, warehouse, currency, needs)."""

    def key(one: Wanted) -> tuple[str, str, str]:
        return one.chosen.vendor, one.warehouse, one.chosen.currency

    for (vendor, warehouse, currency), some in groupby(sorted(fit, key=lambda one: (*key(one), one.chosen.sku, one.need)), key):
        listed = list(some)
        for start in range(0, len(listed), MOST_LINES):
            yield vendor, warehouse, currency, listed[start : start + MOST_LINES]


def _order(
    vendor: Vendor, warehouse: str, currency: str, some: Sequence[Wanted], offers: Mapping[tuple[str, str], Offer], *,
    now_ms: int,
) -> PurchaseOrder:  # fmt: skip
    lines: list[PurchaseLine] = []
    for no, one in enumerate(some, 1):
        chosen, offer = one.chosen, offers.get((vendor.id, one.chosen.sku))
        lines.append(PurchaseLine(
            no, chosen.sku, chosen.quantity, chosen.price, chosen.price_basis, chosen.unit, chosen.per_unit, chosen.vendor_sku,
            offer.gtin if offer is not None else "", offer.name if offer is not None else "",
            because=chosen.because[:300], need=one.need,
        ))  # fmt: skip
    day = expected_on(vendor, now_ms, lead_days=max(one.chosen.lead_days for one in some))
    return PurchaseOrder(
        "", vendor.id, currency, tuple(lines), 0, "proposed", warehouse, deliver_on=day, incoterm=vendor.incoterm,
        payment_days=vendor.payment_days,
    )  # fmt: skip


def _write(tx: Tx, made: Sequence[PurchaseOrder], *, by: str, now_ms: int) -> None:
    tx.insert(
        tables.purchase_orders, _ORDER,
        [
            (order.id, order.number, order.vendor, order.warehouse, order.currency, order.net, "proposed", order.lines[0].because,
             now_ms, 0, now_ms, by, write_terms(order))
            for order in made
        ],
    )  # fmt: skip
    lines = [(order, line) for order in made for line in order.lines]
    tx.insert(tables.purchase_lines, LINE_COLUMNS, [line_row(order.id, line) for order, line in lines])
    change: dict[Place, int] = {}
    for order, line in lines:
        place = (line.sku, order.warehouse)
        change[place] = change.get(place, 0) + line.pieces
    purchases.on_order(tx, change)
