"""Plan what to buy of what is forecast to sell, and propose it to the vendors that cost least in all."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from afterclick.domain.planning_limits import PlanningLimits
from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.engine.items import NoItems
from afterclick.governance.cards import Card, Cron, Manual
from afterclick.procurement.buying.desk import BuyingDesk
from afterclick.procurement.buying.proposing import Wanted, propose
from afterclick.procurement.planning import kept
from afterclick.procurement.planning.demand import expected
from afterclick.procurement.planning.drafting import Drafted, draft
from afterclick.procurement.transferring import proposing as transferring
from afterclick.procurement.transferring.proposing import Moved
from afterclick.store.log import Event
from afterclick.store.stock import Place
from afterclick.store.transaction import Tx

CARD: Final = Card(
    id="procurement.replenish",
    does="Plans each night what to buy of every SKU for every warehouse, and proposes purchase orders",
    owner="purchasing",
    works_on="plan",
    starts_on=(Cron("50 2 * * *"),),
    replaces=Manual(minutes=45.0, per="plan", source="assumption, see docs/roi.md"),
    purpose="So that each piece is ordered when the sale that it saves is worth more than keeping it",
    handles=frozenset({"stock", "catalogue"}),
    limits="planning and buying in policy.toml",
)
RUNS: Final = 100
"""Simulations from which the fan of a plan is drawn."""


class Planned(NamedTuple):
    """A plan, where it leads, and the forecasts that it rests on."""

    drafted: Drafted
    fan: kept.Fanned
    forecast: int


def work_out(plan: Batch[None]) -> Planned | str:
    """Draw the plan up and simulate it; a text says why there is none."""
    desk = plan.use(BuyingDesk)
    return planned(plan.tx, plan.policy.planning, currency=desk.buyer.seller.currency, now_ms=plan.now_ms)


@stage(calls=work_out)
def put_down(plan: Batch[None], found: Planned | str) -> None:
    """Write the plan down, propose what it buys, and set the reorder points by it."""
    if isinstance(found, str):
        plan.record(Event("plan.made", None, "plan/none", "Wait", found))
        return
    for event in put(plan.tx, found, plan.use(BuyingDesk), by=plan.card.id, now_ms=plan.now_ms):
        plan.record(event)


@bot(CARD, over=NoItems())
def replenish(plan: Batch[None]) -> None:
    put_down(plan)


def planned(tx: Tx, limits: PlanningLimits, *, currency: str, now_ms: int, seed: int = 0) -> Planned | str:
    """The plan of the whole office with its simulation."""
    from afterclick.procurement.replenishing.fan import fan

    found = expected(tx)
    if found is None:
        return "nothing is forecast yet, so that nothing can be planned"
    drafted = draft(tx, found, limits, currency=currency, now_ms=now_ms)
    if drafted is None:
        return (
            f"no vendor on the list offers anything that is forecast, in {currency}: import vendors and their price lists,"
            ' and allow them with `afterclick vendors allow ACME --because "…"`'
        )
    simulated = fan(drafted.plan, drafted.now, drafted.prediction, drafted.costs, runs=RUNS, seed=seed)
    return Planned(drafted, kept.fanned(simulated), found.run.id)


def put(tx: Tx, found: Planned, desk: BuyingDesk, *, by: str, now_ms: int) -> list[Event]:
    """Write a plan down with the purchase orders that it proposes; returns the events, for the caller to log."""
    drafted = found.drafted
    moved, moving = transferring.propose(tx, moves(drafted), by=by, now_ms=now_ms)
    wanted = _beside(drafted.wanted.values(), moved.coming())
    made, events = propose(tx, wanted, by=by, now_ms=now_ms, deliver_to=desk.deliver_to(tx))
    number = kept.keep(
        tx, drafted, found.fan, _purchases(tx, wanted, made.purchases), moved, run=found.forecast,
        currency=desk.buyer.seller.currency, by=by, now_ms=now_ms,
    )  # fmt: skip
    _set_reorder_points(tx, drafted)
    lines, worth = len(drafted.plan.proposals), drafted.plan.money
    because = f"{len(drafted.now.rows):,} places, {lines:,} to buy for {worth / 100:,.2f} {desk.buyer.seller.currency}"
    if moved.transfers:
        because += f", {len(moved.transfers):,} to move"
    return [Event("plan.made", None, f"plan/{number}", "Done", because), *moving, *events]


def moves(drafted: Drafted) -> list[Moved]:
    """What a plan moves, with what it saw."""
    there = {(row.sku, row.place): row.on_hand + row.coming for row in drafted.now.rows}
    return [
        Moved(one.sku, one.start, one.end, one.pieces, one.because, there[one.sku, one.end]) for one in drafted.plan.transfers
    ]


def _beside(wanted: Iterable[Wanted], moved: Mapping[Place, int]) -> list[Wanted]:
    """What is bought, told of what the same plan moves there: only what came about otherwise makes the plan out of date."""
    return [
        replace(one, on_order=one.on_order + moved[one.place]) if one.on_order is not None and one.place in moved else one
        for one in wanted
    ]


def _purchases(tx: Tx, wanted: Sequence[Wanted], purchases: Sequence[int]) -> dict[str, int]:
    """The purchase order of each need for which one was made now."""
    condition, value = tx.among(sorted(purchases))
    rows = tx.rows(f"SELECT need, purchase FROM purchase_lines WHERE live AND purchase {condition}", (value,))  # noqa: S608
    asked = {one.need for one in wanted}
    return {need: purchase for need, purchase in rows if need in asked}


def _set_reorder_points(tx: Tx, drafted: Drafted) -> None:
    """Between two plans a place is replenished when what is left would not last until a delivery ordered today."""
    points: dict[Place, int] = dict(drafted.reorder_points)
    tx.run_many(
        "UPDATE stock_levels SET reorder_point = ? WHERE sku = ? AND warehouse = ? AND reorder_point <> ?",
        [(point, sku, warehouse, point) for (sku, warehouse), point in sorted(points.items())],
    )
