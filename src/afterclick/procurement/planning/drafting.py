"""Draw up the office's plan: what each warehouse should buy now, from whom, and why."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from afterclick.domain.planning_limits import PlanningLimits
from afterclick.domain.purchase import Offer, Vendor
from afterclick.procurement.buying import records
from afterclick.procurement.buying.experience import deliveries
from afterclick.procurement.buying.needs import waiting
from afterclick.procurement.buying.proposing import Wanted
from afterclick.procurement.buying.times import day_at
from afterclick.procurement.forecasting.panel import Prediction
from afterclick.procurement.planning.demand import Expected, at_places, shares
from afterclick.procurement.replenishing.costs import Costs
from afterclick.procurement.replenishing.demand import Demand, of, quantile, steadied
from afterclick.procurement.replenishing.plan import Bounds, Plan, plan
from afterclick.procurement.replenishing.proposals import Proposal
from afterclick.procurement.replenishing.situation import Situation, Stocked, situation
from afterclick.procurement.replenishing.transfers import Moving
from afterclick.procurement.vendors.choice import choose
from afterclick.procurement.vendors.needs import Need, Terms
from afterclick.procurement.vendors.reliability import UNKNOWN, Reliability, learn
from afterclick.store import transfers
from afterclick.store.stock import Place
from afterclick.store.transaction import Tx

REVIEW_DAYS: Final = 2.0
"""Every place is looked at each night; and for want of vendors who work at weekends, goods come about a day later on average."""
MOVES_AGAIN_MS: Final = 7 * 86_400_000
"""So long after a transfer was cancelled nothing moves between the same places: its reason is seldom gone by the next night."""
USUAL_WEEKS: Final = 4
"""An order is usually for the demand of so long."""
LEAD_LEVELS: Final = (0.1, 0.3, 0.5, 0.7, 0.9)
"""The lead times that stand for a vendor's record."""
_LEVELS: Final = (
    "SELECT s.sku, s.warehouse, s.on_hand, s.reserved, s.on_order, i.price FROM stock_levels s JOIN items i ON i.sku = s.sku"
    " WHERE i.active AND i.components IS NULL ORDER BY s.sku, s.warehouse"
)


class Stays(NamedTuple):
    """A place for which nothing can be planned, and why."""

    place: Place
    because: str


class Drafted(NamedTuple):
    """A plan with all that it was made from, rows alike; `wanted` are the proposals with a vendor, `stays` what has none."""

    plan: Plan
    now: Situation
    prediction: Prediction
    costs: Costs
    reorder_points: Mapping[Place, int]
    wanted: Mapping[str, Wanted]
    stays: Sequence[Stays]


def draft(
    tx: Tx, found: Expected, limits: PlanningLimits, *, currency: str, now_ms: int, only: frozenset[Place] | None = None
) -> Drafted | None:
    """The plan of every place whose SKU is forecast and offered by a vendor on the list; None where there is no such place.

    With `only`, just these places are looked at.
    """
    today = day_at(now_ms)
    vendors = {one.id: one for one in records.vendors(tx).values() if one.allowed}
    offers = [one.offer for one in records.offers(tx, vendor_ids=list(vendors)) if one.offer.valid_on(today)]
    best = _cheapest(offers, {sku: sum(one.mean[:USUAL_WEEKS]) for sku, one in found.weekly[0].items()}, currency)
    record = learn(deliveries(tx), today=today)
    rows, stays = _rows(tx, found, best, vendors, record, only)
    if not rows:
        return None
    now = situation(rows)
    share = shares(tx, [(row.sku, row.place) for row in rows], now_ms=now_ms)
    latest = at_places(found.run, [found.weekly[0][row.sku] for row in rows], share)
    demand = steadied([of(latest), *_earlier(found, rows, share)])
    costs = Costs(limits.order_line, limits.holding, limits.written_off)
    bounds = Bounds(limits.budget or None)
    moving = _moving(tx, limits, now_ms)
    made = plan(now, demand, costs, day=today, bounds=bounds, moving=moving, review_days=REVIEW_DAYS)
    points = quantile(demand.over(now.lead), made.policy.levels.ratio)
    terms = Terms(currency, today=today, holding=limits.holding, budget=limits.budget or None, seconds=limits.seconds)
    wanted, unmet = _vendors_of(made.proposals, offers, list(vendors.values()), terms, record, now)
    places = [(row.sku, row.place) for row in rows]
    return Drafted(
        made, now, latest, costs, dict(zip(places, np.ceil(points).astype(int).tolist(), strict=True)), wanted, [*stays, *unmet]
    )


def _moving(tx: Tx, limits: PlanningLimits, now_ms: int) -> Moving | None:
    """What moving costs; where a transfer was cancelled lately the goods are bought, since it would be cancelled again."""
    if not limits.transfer_piece:
        return None
    barred = transfers.cancelled_since(tx, now_ms - MOVES_AGAIN_MS)
    return Moving(limits.transfer_fixed, limits.transfer_piece, limits.transfer_most, barred)


def _cheapest(offers: Sequence[Offer], usual: Mapping[str, float], currency: str) -> dict[str, Offer]:
    """The offer of each SKU at which the `usual` pieces cost least, of those in the plan's own currency.

    What has to be bought with them counts: a price that is a cent lower makes nobody buy two years' worth.
    """
    best: dict[str, tuple[float, float, Offer]] = {}
    for one in offers:
        units = -(-max(1.0, usual.get(one.sku, 1.0)) // one.per_unit)
        quantity = max(one.minimum, int(-(-units // one.pack) * one.pack))
        piece = _piece(one, quantity)
        rank = (piece * quantity * one.per_unit, piece, one)
        if one.currency == currency and (one.sku not in best or rank[:2] < best[one.sku][:2]):
            best[one.sku] = rank
    return {sku: offer for sku, (_, _, offer) in best.items()}


def _piece(offer: Offer, quantity: int) -> float:
    """What a piece costs at a quantity of the vendor's units, in minor units."""
    return offer.price_at(quantity) / offer.price_basis / offer.per_unit


def _rows(
    tx: Tx, found: Expected, best: Mapping[str, Offer], vendors: Mapping[str, Vendor], record: Mapping[str, Reliability],
    only: frozenset[Place] | None,
) -> tuple[list[Stocked], list[Stays]]:  # fmt: skip
    """What there is to plan, with what waiting orders want counted as promised; and the places left out."""
    promised_to_orders = waiting(tx)
    rows: list[Stocked] = []
    stays: list[Stays] = []
    for sku, warehouse, on_hand, reserved, on_order, price in tx.rows(_LEVELS):
        place = (sku, warehouse)
        if sku not in found.weekly[0] or (only is not None and place not in only):
            continue
        offer = best.get(sku)
        if offer is None:
            stays.append(Stays(place, "no vendor on the list offers it at a price that holds today"))
            continue
        vendor = vendors[offer.vendor]
        promised = vendor.lead_days if offer.lead_days is None else offer.lead_days
        reliable = record.get(vendor.id, record.get("", UNKNOWN))
        rows.append(Stocked(
            sku, warehouse, on_hand, reserved + promised_to_orders.get(place, 0), on_order, _piece(offer, offer.minimum),
            price, tuple(sorted(reliable.lead_days(promised, level) for level in LEAD_LEVELS)),
            moq=offer.minimum * offer.per_unit, pack=offer.pack * offer.per_unit,
            breaks=tuple((each.quantity * offer.per_unit, _piece(offer, each.quantity)) for each in offer.breaks),
        ))  # fmt: skip
    return rows, stays


def _earlier(found: Expected, rows: Sequence[Stocked], share: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[Demand]:
    """The demand as it was forecast in the weeks before; a SKU that was not forecast then counts as it is now."""
    newest = found.weekly[0]
    return [of(at_places(found.run, [week.get(row.sku) or newest[row.sku] for row in rows], share)) for week in found.weekly[1:]]


def _vendors_of(
    proposals: Sequence[Proposal], offers: Sequence[Offer], vendors: Sequence[Vendor], terms: Terms,
    record: Mapping[str, Reliability], now: Situation,
) -> tuple[dict[str, Wanted], list[Stays]]:  # fmt: skip
    """The vendor of each proposal, by need; a delivery goes to one warehouse, so each warehouse chooses for itself."""
    seen = {(row.sku, row.place): row for row in now.rows}
    wanted: dict[str, Wanted] = {}
    stays: list[Stays] = []
    for warehouse in sorted({one.place for one in proposals}):
        here = {one.sku: one for one in proposals if one.place == warehouse}
        needs = [
            # What is lost without it is weighed against all that buying costs, the goods among it.
            Need(one.sku, one.pieces, one.worth + one.money, one.cover_days, one.within_days, one.most, margin=one.worth)
            for one in here.values()
        ]
        choice = choose(needs, offers, vendors, terms, record)
        for line in choice.lines:
            one = here[line.sku]
            row = seen[one.sku, warehouse]
            wanted[one.need] = Wanted(one.need, warehouse, line, row.coming, row.on_hand)
        stays += [Stays((one.sku, warehouse), one.because) for one in choice.skipped]
    return wanted, stays
