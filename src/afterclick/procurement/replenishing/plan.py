"""Plan an office's replenishment: what to move, what to buy, why, and what it costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from afterclick.procurement.forecasting.panel import Numbers
from afterclick.procurement.replenishing.costs import Costs
from afterclick.procurement.replenishing.demand import Demand, chance
from afterclick.procurement.replenishing.policy import Policy, policy
from afterclick.procurement.replenishing.proposals import Proposal, Transfer
from afterclick.procurement.replenishing.proposing import proposed, saved
from afterclick.procurement.replenishing.quantities import packed, to_order
from afterclick.procurement.replenishing.sharing import share
from afterclick.procurement.replenishing.situation import Situation
from afterclick.procurement.replenishing.transfers import Move, Moving, moves


@dataclass(frozen=True)
class Bounds:
    """What all proposals share: `budget` in minor units, `room` in pieces by place; None and absent mean no limit."""

    budget: int | None = None
    room: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Plan:
    """Proposals by urgency (what saves most for its money first), the transfers before them, and all money together."""

    day: date
    proposals: tuple[Proposal, ...]
    transfers: tuple[Transfer, ...]
    money: int
    policy: Policy


def plan(
    now: Situation, demand: Demand, costs: Costs, *, day: date, bounds: Bounds = Bounds(), moving: Moving | None = None,
    days: float = 7.0, due: npt.NDArray[np.bool_] | None = None, review_days: float | None = None,
) -> Plan:  # fmt: skip
    """What to move and to buy now.

    Args:
        now: the rows, see `situation`; their `coming` must count every outstanding need once (`outstanding`).
        demand: of the same rows in the same order, best `steadied` over the last four forecasts.
        costs: in minor units (`order_line`) and shares.
        day: today; it names the needs, so that running the plan again today finds the same ones.
        bounds: budget and room that all share.
        moving: cost of transfers between places; None plans none.
        days: length of a forecast period.
        due: rows whose turn it is, see `classes.due`; None looks at all.
        review_days: days until the next look at every row; None where each class has its own weeks.
    """
    rules = policy(now, demand, costs, days=days, review_days=review_days)
    wanted = _wanted(now, demand, rules, now.position, due)
    sent = [] if moving is None else _moves(now, demand, rules, wanted, costs, moving)
    moved = np.zeros(len(now.rows))
    for one in sent:
        moved[one.end] += one.pieces
        moved[one.start] -= one.pieces
    wanted = np.where(moved > 0, _wanted(now, demand, rules, now.position + moved, due), wanted)
    granted = _granted(now, rules, wanted, moved, bounds, costs)
    proposals = proposed(now, demand, rules, granted.astype(float), wanted - granted.astype(float), moved, day=day, days=days)
    return Plan(day, proposals, _transfers(now, sent), sum(one.money for one in proposals), rules)


def _wanted(now: Situation, demand: Demand, rules: Policy, position: Numbers, due: npt.NDArray[np.bool_] | None) -> Numbers:
    """Pieces each row would buy at these positions."""
    found = to_order(position, rules.levels.level, rules.usual, now.buying, demand, rules.review)
    return found if due is None else np.where(due, found, 0.0)


def _moves(now: Situation, demand: Demand, rules: Policy, wanted: Numbers, costs: Costs, moving: Moving) -> list[Move]:
    """Transfers from rows that have more than a full cycle needs."""
    free = np.array([float(row.on_hand - row.reserved) for row in now.rows])
    spare = np.floor(np.minimum(free, now.position) - rules.levels.level - rules.usual)
    rate = np.maximum(demand.rate, 1e-6)
    extra = np.minimum(np.maximum(spare, 0) / 2 / rate + rules.usual / rate, 2 * costs.year)
    start = now.position - np.maximum(spare, 0) / 2
    moments = costs.reviews(len(rate), now.life)
    left = np.mean([chance(demand.grid(at), start - spared * rate) for at, spared in moments], axis=0)
    worth = now.buying.unit_cost * (costs.held * extra + costs.written_off * left)
    return moves(
        [row.sku for row in now.rows], np.maximum(spare, 0), wanted, worth=worth, unit_cost=now.buying.unit_cost,
        order_line=costs.order_line, moving=moving, places=[row.place for row in now.rows],
    )  # fmt: skip


def _granted(
    now: Situation, rules: Policy, wanted: Numbers, moved: Numbers, bounds: Bounds, costs: Costs
) -> npt.NDArray[np.int64]:
    """The pieces that budget and room leave: first those up to the reorder level, by the sales that they save for their money."""
    position = now.position + moved
    urgent = np.minimum(packed(np.maximum(rules.levels.level - position, 0), now.buying.moq, now.buying.pack), wanted)
    first = saved(now, rules, position, urgent)
    further = saved(now, rules, position, wanted) - first + costs.order_line * (wanted > urgent)
    return share(
        wanted, urgent, now.buying.price(wanted[:, None])[:, 0], benefit=first, further=further, moq=now.buying.moq,
        pack=now.buying.pack, places=[row.place for row in now.rows], budget=bounds.budget, room=bounds.room,
    ).pieces  # fmt: skip


def _transfers(now: Situation, sent: Sequence[Move]) -> tuple[Transfer, ...]:
    """The moves in words."""
    made: list[Transfer] = []
    for one in sent:
        start, end = now.rows[one.start], now.rows[one.end]
        because = (
            f"move {one.pieces:,} from {start.place} to {end.place}: {start.place} has more than its next order will need, "
            f"{end.place} would buy; this saves {one.saves / 100:,.2f}"
        )
        made.append(Transfer(start.sku, start.place, end.place, one.pieces, round(one.saves), because))
    return tuple(made)
