"""Turn the pieces that a plan grants into proposals that say why."""

from collections.abc import Callable
from datetime import date

import numpy as np

from afterclick.procurement.forecasting.panel import Numbers
from afterclick.procurement.replenishing.demand import Demand, unmet
from afterclick.procurement.replenishing.outstanding import need_id
from afterclick.procurement.replenishing.policy import Policy
from afterclick.procurement.replenishing.proposals import Figures, Proposal, reason
from afterclick.procurement.replenishing.situation import Situation


def saved(now: Situation, rules: Policy, position: Numbers, pieces: Numbers) -> Numbers:
    """The margin that so many pieces more are expected to save until the order after this one could be there, per row."""
    start = np.maximum(position, 0)
    return (unmet(rules.until, start) - unmet(rules.until, start + pieces)) * now.margin


def proposed(
    now: Situation, demand: Demand, rules: Policy, pieces: Numbers, missing: Numbers, moved: Numbers, *, day: date, days: float
) -> tuple[Proposal, ...]:
    """A proposal for each row that gets pieces, those that save most for their money first.

    `missing` are the pieces that were wanted besides, `moved` those that another place sends (below 0: takes); per row.
    """
    position = now.position + moved
    price = now.buying.price(pieces[:, None])[:, 0]
    worth = saved(now, rules, position, pieces)
    figures = _figures(now, demand, rules, missing, moved, days)
    order = np.argsort(-worth / np.maximum(pieces * price, 1e-9), kind="stable")
    made: list[Proposal] = []
    for row in (int(one) for one in order if pieces[one] > 0):
        stocked, found, count = now.rows[row], figures(row), int(pieces[row])
        made.append(Proposal(
            need=need_id(day, stocked.sku, stocked.place), sku=stocked.sku, place=stocked.place, pieces=count,
            money=round(count * float(price[row])), worth=round(float(worth[row])),
            cover_days=round(count / max(float(demand.rate[row]), 1e-6) * days) if demand.rate[row] > 1e-3 else 3650,
            within_days=max(0, round(found.cover_days)), most=_most(now, demand, row, float(position[row])),
            item_class=rules.item_classes[row], because=reason(count, found), figures=found,
        ))  # fmt: skip
    return tuple(made)


def _most(now: Situation, demand: Demand, row: int, position: float) -> int:
    """The most pieces that may be bought for room and shelf life; 0 for any number."""
    limits = [now.rows[row].room - position] if now.rows[row].room else []
    if now.buying.shelf_life is not None and np.isfinite(now.buying.shelf_life[row]):
        limits.append(float(demand.rate[row] * now.buying.shelf_life[row]) - position)
    return max(1, int(min(limits))) if limits else 0


def _figures(
    now: Situation, demand: Demand, rules: Policy, missing: Numbers, moved: Numbers, days: float
) -> Callable[[int], Figures]:
    def of_row(row: int) -> Figures:
        stocked, rate = now.rows[row], float(demand.rate[row])
        position = stocked.position + int(moved[row])
        return Figures(
            on_hand=stocked.on_hand, coming=stocked.coming, reserved=stocked.reserved, position=position,
            rate=round(rate * 7 / days, 3), until_days=round(float(rules.span[row]) * days, 1),
            level=round(float(rules.levels.level[row]), 1), ratio=round(float(rules.levels.ratio[row]), 4),
            cover_days=round(min(max(position, 0) / max(rate, 1e-6) * days, 3650.0), 1), usual=int(rules.usual[row]),
            moq=stocked.moq, pack=stocked.pack, underage=round(float(now.margin[row]), 2),
            holding=round(float(rules.levels.holding[row]), 2), obsolescence=round(float(rules.levels.obsolescence[row]), 2),
            moved=max(0, int(moved[row])), cut=int(max(missing[row], 0)),
        )  # fmt: skip

    return of_row
