"""No need is counted or bought twice, whatever happens to its orders."""

from datetime import date, timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from afterclick.procurement.replenishing.costs import Costs
from afterclick.procurement.replenishing.outstanding import Coming, State, need_id, outstanding
from afterclick.procurement.replenishing.plan import plan
from afterclick.procurement.replenishing.situation import coming_into, situation
from tests.procurement.replenishing.shop import DAY, demand, stocked

CUP = ("CUP", "W1")


def record(state: State, pieces: int = 100, need: str = "n1", part: str = "", **known: int) -> Coming:
    return Coming(need, *CUP, state, pieces, part=part, **known)


@pytest.mark.parametrize(
    ("records", "left"),
    [
        ([], 0),
        ([record("proposed")], 100),
        ([record("proposed"), record("ordered", 96), record("confirmed", 96)], 96),
        ([record("confirmed", 96), record("ordered", 96), record("proposed")], 96),
        ([record("confirmed", received=40)], 60),
        ([record("confirmed"), record("confirmed", received=40), record("confirmed", received=70)], 30),
        ([record("in transit"), record("confirmed", cancelled=42)], 58),
        ([record("confirmed", received=110)], 0),
        ([record("confirmed", received=40, cancelled=60)], 0),
        ([record("proposed"), record("refused")], 0),
        ([record("proposed"), record("ordered"), record("cancelled")], 0),
        ([record("in transit", 60, part="1"), record("back-ordered", 40, part="2")], 100),
        ([record("received", 60, part="1"), record("back-ordered", 40, part="2")], 40),
        ([record("ordered"), record("ordered", 50, "n2")], 150),
        ([record("ordered", received=130), record("ordered", 50, "n2")], 50),
    ],
)
def test_each_need_counts_once_at_its_furthest_state(records: list[Coming], left: int) -> None:
    assert outstanding(records).get(CUP, 0) == left


def test_a_plan_that_runs_twice_a_day_finds_the_same_need() -> None:
    assert need_id(DAY, *CUP) == need_id(DAY, *CUP) == "plan/2026-11-20/CUP@W1"


DEMANDS = {mean: demand([mean], spans=(3, 13)) for mean in (20.0, 10.0, 12.0)}


class Office(RuleBasedStateMachine):
    """An office that plans again and again while its orders are late, short, too large, split or cancelled."""

    def __init__(self) -> None:
        super().__init__()
        self.day = DAY
        self.on_hand = 0
        self.records: dict[str, Coming] = {}
        self.history: list[Coming] = []
        self.extra = 0
        self.highest = 0.0

    def _put(self, changed: Coming) -> None:
        self.history.append(changed)  # the log keeps every earlier state: the position must not count them
        self.records[changed.need + changed.part] = changed

    def _open(self) -> list[Coming]:
        return [one for one in self.records.values() if one.state in ("ordered", "confirmed", "in transit", "back-ordered")]

    @rule(means=some.sampled_from(sorted(DEMANDS)))
    def plans(self, means: float) -> None:
        """The plan runs; what it finds is proposed unless this need is already on record."""
        row = stocked(on_hand=self.on_hand, pack=6, moq=12)
        now = situation(coming_into([row], outstanding(self.history)))
        made = plan(now, DEMANDS[means], Costs(order_line=300, review_in=26), day=self.day)
        level, usual = float(made.policy.levels.level[0]), float(made.policy.usual[0])
        self.highest = max(self.highest, level + max(usual, 12) + 6)
        for one in made.proposals:
            if one.need not in self.records:
                self._put(Coming(one.need, one.sku, one.place, "proposed", one.pieces))

    @rule(days=some.integers(1, 12))
    def time_passes(self, days: int) -> None:
        self.day += timedelta(days)

    @rule(pieces=some.integers(1, 60))
    def sells(self, pieces: int) -> None:
        self.on_hand = max(0, self.on_hand - pieces)

    @rule(which=some.integers(0, 9), state=some.sampled_from(["ordered", "refused"]))
    def decides(self, which: int, state: State) -> None:
        waiting = [one for one in self.records.values() if one.state == "proposed"]
        if waiting:
            self._put(msgspec.structs.replace(waiting[which % len(waiting)], state=state))

    @precondition(lambda self: self._open())
    @rule(which=some.integers(0, 9), state=some.sampled_from(["confirmed", "in transit", "back-ordered"]))
    def moves_on(self, which: int, state: State) -> None:
        chosen = self._open()[which % len(self._open())]
        self._put(msgspec.structs.replace(chosen, state=state))

    @precondition(lambda self: self._open())
    @rule(which=some.integers(0, 9), share=some.floats(0.1, 1.5))
    def receives(self, which: int, share: float) -> None:
        """Part of an order comes, or all, or more than was ordered."""
        chosen = self._open()[which % len(self._open())]
        left = chosen.pieces - chosen.received - chosen.cancelled
        came = max(1, round(left * share))
        self.on_hand += came
        self.extra += max(0, came - left)
        done = came >= left
        self._put(msgspec.structs.replace(
            chosen, received=chosen.received + came, state="received" if done else chosen.state
        ))  # fmt: skip

    @precondition(lambda self: self._open())
    @rule(which=some.integers(0, 9), whole=some.booleans())
    def cancels(self, which: int, whole: bool) -> None:
        chosen = self._open()[which % len(self._open())]
        left = chosen.pieces - chosen.received - chosen.cancelled
        gone = left if whole else left // 2
        self._put(msgspec.structs.replace(
            chosen, cancelled=chosen.cancelled + gone, state="cancelled" if whole else chosen.state
        ))  # fmt: skip

    @invariant()
    def what_is_there_and_to_come_never_exceeds_what_was_ever_planned_for(self) -> None:
        coming = outstanding(self.history).get(CUP, 0)
        # Goods beyond an order are the vendor's doing, and they stay until they are sold.
        assert self.on_hand + coming <= self.highest + self.extra + 1e-6

    @invariant()
    def what_is_to_come_is_what_the_open_orders_will_still_bring(self) -> None:
        alive = [one for one in self.records.values() if one.state not in ("received", "cancelled", "refused")]
        assert outstanding(self.history).get(CUP, 0) == sum(max(0, one.pieces - one.received - one.cancelled) for one in alive)


Office.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestOffice = Office.TestCase


def test_running_the_plan_again_with_its_proposals_counted_orders_nothing() -> None:
    rows = [stocked(f"S{at}", on_hand=at % 40) for at in range(60)]
    known = demand(np.linspace(1, 30, 60).tolist())
    first = plan(situation(rows), known, Costs(order_line=300), day=DAY)
    assert first.proposals
    proposed = [Coming(one.need, one.sku, one.place, "proposed", one.pieces) for one in first.proposals]
    again = plan(situation(coming_into(rows, outstanding(proposed))), known, Costs(order_line=300), day=date(2026, 11, 21))
    assert not again.proposals
