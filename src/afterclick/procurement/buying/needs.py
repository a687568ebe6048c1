"""What waits to be bought: open replenishments, chosen for by price, and what a person asks for."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from afterclick.procurement.bundles import contents
from afterclick.procurement.buying import records
from afterclick.procurement.buying.proposing import Left, Wanted
from afterclick.procurement.vendors.choice import choose
from afterclick.procurement.vendors.needs import Need, Terms
from afterclick.procurement.vendors.reliability import Reliability
from afterclick.store.stock import Place
from afterclick.store.transaction import Tx

BY_HAND: Final = "hand/"
WANTED_ANYWAY: Final = 10**12
"""Minor units."""
_WAITING: Final = (
    "SELECT l.sku, CAST(SUM(l.quantity) AS BIGINT) FROM orders o JOIN order_lines l ON l.order_id = o.id"
    " WHERE o.state IN ('waiting', 'inbox', 'held') AND o.state = 'waiting' AND o.waiting_for = 'stock' GROUP BY l.sku"
)


class Lacking(NamedTuple):
    """Pieces wanted at a place; `need` names the need for good, `on_order` is what is on order there already."""

    need: str
    sku: str
    warehouse: str
    pieces: int
    because: str
    on_order: int


def replenishments(tx: Tx) -> list[Lacking]:
    """Open replenishments that what is on order does not cover: the pieces that are still missing.

    A request is as large as the order that asked first needed it; orders that wait by now want more.
    """
    wanted = waiting(tx)
    free = dict(tx.rows("SELECT sku, CAST(SUM(on_hand - reserved) AS BIGINT) FROM stock_levels GROUP BY sku")) if wanted else {}
    found: list[Lacking] = []
    for number, sku, warehouse, asked, because, on_order in tx.rows(
        "SELECT r.id, r.sku, r.warehouse, r.quantity, r.because, s.on_order FROM replenishments r"
        " JOIN stock_levels s ON s.sku = r.sku AND s.warehouse = r.warehouse WHERE r.state = 'open' ORDER BY r.asked_ms, r.id"
    ):
        lacking = max(asked, wanted.get((sku, warehouse), 0) - max(0, free.get(sku, 0)))
        if lacking > on_order:
            found.append(Lacking(f"replenishment/{number}", sku, warehouse, lacking - on_order, because, on_order))
    return found


def waiting(tx: Tx) -> dict[Place, int]:
    """Pieces that orders wait for, bundles taken apart, at the place for which they were asked; of several, at the first."""
    bundles, pieces = contents(tx), Counter[str]()
    for sku, count in tx.rows(_WAITING):
        for part, each in bundles.get(sku, {sku: 1}).items():
            pieces[part] += int(count) * each
    asked: dict[str, str] = {}
    for sku, warehouse in tx.rows("SELECT sku, warehouse FROM replenishments WHERE state = 'open' ORDER BY sku, asked_ms, id"):
        asked.setdefault(sku, warehouse)
    return {(sku, asked[sku]): count for sku, count in pieces.items() if sku in asked}


def by_hand(tx: Tx, *, sku: str, warehouse: str, pieces: int, because: str, by: str) -> Lacking:
    """Pieces that a person wants bought, whatever the plan says: a need of its own each time."""
    coming = tx.value("SELECT on_order FROM stock_levels WHERE sku = ? AND warehouse = ?", (sku, warehouse)) or 0
    return Lacking(f"{BY_HAND}{tx.take('purchases.by_hand')}", sku, warehouse, pieces, because or f"asked for by {by}", coming)


def chosen(
    tx: Tx, lacking: Sequence[Lacking], *, currency: str, now_ms: int, vendor: str = "",
    reliability: Mapping[str, Reliability] | None = None,
) -> tuple[list[Wanted], list[Left]]:  # fmt: skip
    """For each need the vendor that costs least in all, from the offers on record; of vendors on the list, unless one is named.

    Warehouses are chosen for one by one, since a delivery goes to one.
    """
    names = [vendor] if vendor else None
    vendors = [one for one in records.vendors(tx, names).values() if vendor or one.allowed]
    offers = [one.offer for one in records.offers(tx, skus={one.sku for one in lacking}, vendor_ids=[one.id for one in vendors])]
    today = datetime.fromtimestamp(now_ms / 1000, UTC).date()
    condition, value = tx.among(sorted({one.sku for one in lacking}))
    prices = dict(tx.rows(f"SELECT sku, price FROM items WHERE sku {condition}", (value,)))  # noqa: S608
    rates = {one.currency: 1.0 for one in offers if vendor}  # one vendor's own currency needs no rate: nothing is compared
    wanted: list[Wanted] = []
    left: list[Left] = []
    for warehouse in sorted({one.warehouse for one in lacking}):
        here = {one.sku: one for one in lacking if one.warehouse == warehouse}
        needs = [Need(one.sku, one.pieces, worth=_worth(one, prices)) for one in here.values()]
        plan = choose(needs, offers, vendors, Terms(currency, rates, today=today), reliability)
        for line in plan.lines:
            need = here[line.sku]
            wanted.append(Wanted(need.need, warehouse, line, need.on_order))
        left += [Left(here[one.sku].need, one.because) for one in plan.skipped]
    return wanted, left


def _worth(one: Lacking, prices: Mapping[str, int]) -> int:
    """What is lost where it is not bought: its sales; what a person asks for is bought whatever it costs."""
    return WANTED_ANYWAY if one.need.startswith(BY_HAND) else one.pieces * prices.get(one.sku, 0)
