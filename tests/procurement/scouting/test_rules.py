"""One wrong page never moves an order: which readings count, in tables and for every price."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from afterclick.domain.scouting import HOUR_MS, Judged, Reading, ReadingFacts
from afterclick.domain.scouting_limits import ScoutingLimits
from afterclick.procurement.scouting.rules import believe, independent, large, same_price, suspicious

LIMITS = ScoutingLimits()
NOW = 1_795_132_800_000
ONE = Reading(party="acme", sku="CUP", at_ms=NOW, amount=1000, currency="EUR", site="acme.example", confidence=0.9)


def at(amount: int, *, hours: float = 0, **more: Any) -> Reading:
    return replace(ONE, amount=amount, at_ms=NOW + round(hours * HOUR_MS), **more)


LAST = at(1000, hours=-48)


@pytest.mark.parametrize(
    ("facts", "verdict", "counts"),
    [
        (ReadingFacts(at(1000), LAST), "accepted", True),
        (ReadingFacts(at(1004), LAST), "accepted", True),
        (ReadingFacts(at(1000)), "doubtful", False),
        (ReadingFacts(at(1000), None, (at(1000, hours=-7),)), "accepted", True),
        (ReadingFacts(at(1000), None, (at(1000, hours=-1),)), "doubtful", False),
        (ReadingFacts(at(1000), None, (at(1000, hours=-1, site="other.example"),)), "accepted", True),
        (ReadingFacts(at(1000), None, (at(1500, hours=-7),)), "doubtful", False),
        (ReadingFacts(at(1100), LAST), "doubtful", False),
        (ReadingFacts(at(1100), LAST, (at(1100, hours=-7),)), "accepted", True),
        (ReadingFacts(at(1400), LAST, (at(1400, hours=-7),)), "doubtful", False),
        (ReadingFacts(at(1400), LAST, (at(1400, hours=-14), at(1400, hours=-7))), "accepted", True),
        (ReadingFacts(at(1100, confidence=0.3), LAST, (at(1100, hours=-7),)), "doubtful", False),
        (ReadingFacts(at(1100, doubt="two meanings"), LAST, (at(1100, hours=-7),)), "doubtful", False),
        (ReadingFacts(at(0), LAST), "rejected", False),
        (ReadingFacts(at(1000, currency=""), LAST), "rejected", False),
        (ReadingFacts(at(1100, vouched=True), LAST), "accepted", True),
        (ReadingFacts(at(100_000, vouched=True), LAST), "doubtful", False),
    ],
)  # fmt: skip
def test_a_price_counts_when_independent_readings_agree(facts: ReadingFacts, verdict: str, counts: bool) -> None:
    judged = believe(facts, LIMITS)
    assert (judged.verdict, judged.counts) == (verdict, counts), judged.because


@pytest.mark.parametrize(
    ("reading", "market", "because"),
    [
        (at(10_000), (), "slipped decimal mark"), (at(100), (), "slipped decimal mark"), (at(1), (), "slipped decimal mark"),
        (at(1_000_000), (), "slipped decimal mark"), (at(1000, currency="USD"), (), "currency was EUR"),
        (at(3000), (900.0, 1000.0, 1100.0), "times the middle"), (at(3000), (900.0, 1000.0), ""),
        (at(1200), (900.0, 1000.0, 1100.0), ""),
        (at(2), (), "times what it was"), (at(190), (), "times what it was"), (at(5_500), (), "times what it was"),
        (at(210), (), ""), (at(4_900), (), ""),
        (at(1000, pieces=100), (), "slipped decimal mark"), (at(100_000, pieces=100), (), ""),
    ],
)  # fmt: skip
def test_what_no_repetition_makes_right_waits_for_a_person(reading: Reading, market: tuple[float, ...], because: str) -> None:
    again = tuple(replace(reading, at_ms=NOW - hours * HOUR_MS) for hours in (28, 21, 14, 7))
    facts = ReadingFacts(reading, LAST, again, market)
    assert because in suspicious(facts, LIMITS)
    assert bool(suspicious(facts, LIMITS)) == bool(because)
    if because:
        judged = believe(facts, LIMITS)
        assert not judged.counts
        assert judged.alarm


def test_a_price_that_comes_back_to_the_market_is_not_held_up() -> None:
    outlier = ReadingFacts(at(1_700), at(2_600, hours=-48), (), (900.0, 1000.0, 1100.0))
    assert not suspicious(outlier, LIMITS)


def test_sources_of_one_page_and_visits_close_by_are_one_witness() -> None:
    pending = (at(1100, hours=-5), at(1100, hours=-4.9, source="visible"), at(1100, hours=-0.1))
    assert independent(ReadingFacts(at(1100), LAST, pending), LIMITS) == 1
    assert independent(ReadingFacts(at(1100), LAST, (at(1100, hours=-24 * 40),)), LIMITS) == 1


def test_a_large_change_is_told() -> None:
    assert large(at(1300), LAST, LIMITS)
    assert not large(at(1100), LAST, LIMITS)
    assert "rose by 30.0%" in believe(ReadingFacts(at(1300), LAST), LIMITS).alarm
    assert not believe(ReadingFacts(at(1100), LAST), LIMITS).alarm


def test_prices_are_compared_by_the_piece() -> None:
    assert same_price(at(1230, pieces=100), at(123, pieces=10), 0.0)
    assert not same_price(at(1000), at(1000, currency="USD"), 1.0)


@given(st.integers(1, 10**9), st.integers(1, 1000), st.integers(1, 10**9), st.floats(0, 1), st.sampled_from(["EUR", "USD"]))
def test_no_single_page_ever_makes_another_price_count(amount: int, pieces: int, before: int, sure: float, currency: str) -> None:
    reading = at(amount, pieces=pieces, confidence=sure, currency=currency)
    judged = believe(ReadingFacts(reading, at(before, hours=-48)), LIMITS)
    assert isinstance(judged, Judged)
    if judged.counts:
        assert same_price(reading, at(before), LIMITS.change_ignored)
