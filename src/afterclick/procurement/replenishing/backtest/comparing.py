"""Replay one season under every policy and knob, and say how they compare."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from afterclick.procurement.replenishing.backtest.bound import clairvoyant
from afterclick.procurement.replenishing.backtest.ours import Learn, forecasts, learnt, ours
from afterclick.procurement.replenishing.backtest.rivals import min_max, textbook
from afterclick.procurement.replenishing.backtest.season import Season
from afterclick.procurement.replenishing.backtest.world import Outcome, Policy, Supply, replay
from afterclick.procurement.replenishing.costs import Costs

KNOBS: Final[dict[str, tuple[float, ...]]] = {
    "static min/max": (1.0, 1.5, 2.0, 3.0),
    "weekly min/max": (1.0, 1.5, 2.0, 3.0),
    "textbook (s,S)": (0.4, 0.6, 0.8, 1.0, 1.2),
    "textbook (s,S), write-off as holding": (0.4, 0.6, 0.8, 1.0, 1.2),
    "ours, review day not known": (0.5, 1.0, 1.5, 2.0, 3.0, 4.0),
    "ours": (0.5, 1.0, 1.5, 2.0, 3.0, 4.0),
}
"""Policies with the values of their safety knob; 1 is what each has without tuning. More is safer, but for ours, where it is
the other way round: it multiplies the cost of a piece too many."""
OURS: Final = "ours"
STATIC: Final = "static min/max"
TEXTBOOK: Final = "textbook (s,S)"


class Scored(msgspec.Struct, frozen=True):
    """One policy with one knob, in the money of the file's prices; `obsolete` is what a stock review found too many, at cost."""

    policy: str
    knob: float
    cost: float
    ordering: float
    holding: float
    lost_margin: float
    written_off: float
    fill: float
    turns: float
    obsolete: float
    lines: int
    mean_stock: float
    gap_closed: float
    """(static min/max − this) / (static min/max − bound)."""


class Comparison(msgspec.Struct, frozen=True):
    """All policies over one season. `at_equal_fill` is each policy's cost where its curve over the knob reaches the fill of ours;
    None where it never does."""

    items: int
    periods: int
    first: str
    last: str
    bound: float
    scored: tuple[Scored, ...]
    at_equal_fill: dict[str, float | None]

    def of(self, policy: str, knob: float = 1.0) -> Scored:
        return next(one for one in self.scored if one.policy == policy and one.knob == knob)


def compare(
    season: Season, costs: Costs, supply: Supply, *, trainings: int, learn: Learn = learnt,
    told: Callable[[str], None] = lambda _: None,
) -> Comparison:  # fmt: skip
    """Replay the season under all policies of `KNOBS`; `told` hears what is being done."""
    told(f"{len(season.panel.items):,} items, {season.periods} periods: learning {trainings} times, forecasting each period")
    made = forecasts(season, supply, trainings=trainings, learn=learn)
    # The write-off at a review twice a year, spread over the year, for a textbook that knows of it.
    review = costs.holding + costs.written_off * costs.year / season.periods
    policies: dict[str, Callable[[float], Policy]] = {
        "static min/max": lambda knob: min_max(season, supply, knob=knob),
        "weekly min/max": lambda knob: min_max(season, supply, knob=knob, recomputed=True),
        "textbook (s,S)": lambda knob: textbook(season, supply, costs, knob=knob),
        "textbook (s,S), write-off as holding": lambda knob: textbook(season, supply, costs, knob=knob, holding=review),
        "ours, review day not known": lambda knob: ours(season, supply, costs, made, knob=knob, review_known=False),
        "ours": lambda knob: ours(season, supply, costs, made, knob=knob),
    }
    least = clairvoyant(season, costs, supply)
    outcomes: list[tuple[str, float, Outcome]] = []
    for name, knobs in KNOBS.items():
        told(f"replaying {name}")
        outcomes += [(name, knob, replay(season, policies[name](knob), costs, supply)) for knob in knobs]
    static = next(one for name, knob, one in outcomes if name == STATIC and knob == 1.0).cost
    scored = tuple(_scored(*one, static=static, least=least) for one in outcomes)
    fill = next(one.fill for one in scored if one.policy == OURS and one.knob == 1.0)
    starts = season.panel.starts
    return Comparison(
        len(season.panel.items), season.periods, f"{starts[season.first]}", f"{starts[-1]}", least, scored,
        {name: at_fill([one for one in scored if one.policy == name], fill) for name in KNOBS},
    )  # fmt: skip


def at_fill(curve: Sequence[Scored], fill: float) -> float | None:
    """The cost at which a policy reaches a fill rate, on straight lines between its knobs; None where no knob reaches it."""
    points = sorted((one.fill, one.cost) for one in curve)
    for (low, below), (high, above) in pairwise(points):
        if low <= fill <= high:
            share = (fill - low) / max(high - low, 1e-12)
            return round(below + (above - below) * share, 2)
    return None


def _scored(name: str, knob: float, out: Outcome, *, static: float, least: float) -> Scored:
    gap = (static - out.cost) / (static - least) if static != least else 0.0
    money = [round(one, 2) for one in (out.cost, out.ordering, out.holding, out.lost, out.written_off)]
    return Scored(
        name, knob, *money, fill=round(out.fill, 4), turns=round(out.turns, 2), obsolete=round(out.obsolete, 2), lines=out.lines,
        mean_stock=round(out.stock, 2), gap_closed=round(gap, 4),
    )  # fmt: skip
