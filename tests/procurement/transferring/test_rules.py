"""Which transfers begin: facts and verdicts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from afterclick.domain.planning_limits import PlanningLimits
from afterclick.domain.transfer import TransferFacts
from afterclick.domain.verdict import Pass, Refuse
from afterclick.procurement.transferring.rules import may_move

LIMITS = PlanningLimits(transfer_most=100, transfer_day_most=150)
GOOD = TransferFacts(1, "TO-2026-000001", "CUP", "W1", "W2", pieces=40, free=40, today=0)


@pytest.mark.parametrize(("changes", "because"), [
    ({}, ""),
    ({"pieces": 100, "free": 100, "today": 50}, ""),
    ({"free": 39}, "W1 has 39 of CUP to spare by now, not 40"),
    ({"free": -5}, "W1 has 0 of CUP to spare by now, not 40"),
    ({"pieces": 101, "free": 500}, "101 pieces are over the limit of 100 for one transfer"),
    ({"today": 111}, "with it 151 pieces would be moved today, over the limit of 150"),
])  # fmt: skip
def test_what_is_free_and_within_limits_moves(changes: dict[str, Any], because: str) -> None:
    verdict = may_move(replace(GOOD, **changes), LIMITS)
    assert verdict == (Refuse(because) if because else Pass(f"{changes.get('free', 40)} are free at W1"))


@given(st.integers(1, 500), st.integers(-50, 500), st.integers(0, 500))
def test_nothing_moves_that_is_not_there_or_over_a_limit(pieces: int, free: int, today: int) -> None:
    verdict = may_move(replace(GOOD, pieces=pieces, free=free, today=today), LIMITS)
    assert isinstance(verdict, Pass) == (pieces <= min(free, 100) and today + pieces <= 150)
