"""What is believed follows from the set of readings alone: their order and repeats change nothing, and noise is no drift."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afterclick.domain.stock_limits import SensingLimits
from afterclick.inventory.sensing.belief import Belief, Standing, believe, is_drift
from afterclick.inventory.sensing.tracks import Scale, Seen, distinct, passed

LIMITS = SensingLimits()
MINUTE = 60_000
NOW = 1_000 * MINUTE
SCALE = {"s": Scale("s", 500, 20)}


def weighed(*pieces: float, sensor: str = "s", ago: int = 0) -> list[Seen]:
    """One reading a minute, the last `ago` minutes ago, of pieces of 100 g."""
    first = NOW - (ago + len(pieces) - 1) * MINUTE
    return [
        Seen(first + at * MINUTE, f"{sensor}{at}", 0, sensor, "weight", "", "", 0, 500 + 100 * one)
        for at, one in enumerate(pieces)
    ]


def passes(*ways: str, tag: str = "t", apart_s: int = 300) -> list[Seen]:
    first = NOW - len(ways) * apart_s * 1000
    return [Seen(first + at * apart_s * 1000, f"{tag}{at}", 0, "g", way, "x", tag, 1, 0) for at, way in enumerate(ways)]


def think(readings: list[Seen], *, booked: int = 20, reserved: int = 0, base: int = 1, bias: float = 0.0) -> Belief:
    standing = Standing(booked, reserved, base, booked, 100, bias)
    return believe(standing, readings, SCALE, LIMITS, now_ms=NOW)


@pytest.mark.parametrize(
    ("readings", "reserved", "booked", "drifts"),
    [
        (weighed(20, 20, 20, 20, 20), 0, 20, False),
        (weighed(17, 17, 17, 17, 17), 0, 20, True),
        (weighed(23, 23, 23, 23, 23), 0, 20, True),
        (weighed(20, 20, 20, 2, 20), 0, 20, False),  # a spike
        (weighed(20, 20, 45, 2, 20), 0, 20, False),  # two of them
        (weighed(20.4, 19.7, 20.2, 19.8, 20.1), 0, 20, False),  # noise
        (weighed(17, 17, 17, 17, 17), 3, 20, False),  # picked for an order, and not booked yet
        (weighed(16, 16, 16, 16, 16), 3, 20, True),
        (weighed(300, 300, 300, 300, 300), 0, 301, False),  # within what the weight of a piece may be off
        (weighed(17, ago=3_000), 0, 20, False),  # too old to say anything
        ([], 0, 20, False),
    ],
)
def test_a_scale_that_stays_away_from_the_books_is_a_drift_and_noise_is_none(
    readings: list[Seen], reserved: int, booked: int, drifts: bool
) -> None:
    assert is_drift(think(readings, reserved=reserved, booked=booked), booked, LIMITS) is drifts


def test_belief_lies_between_record_and_sensor_and_is_surer_than_either() -> None:
    found = think(weighed(14, 14, 14, 14, 14))
    assert 14 <= found.pieces < 20
    assert 0 < found.sd < 1
    assert found.sensors == ("s",)
    assert think([]).pieces == 20
    assert found.confidence > think([]).confidence


def test_an_old_reading_says_less_than_a_fresh_one() -> None:
    fresh, old = think(weighed(15, 15, 15)), think(weighed(15, 15, 15, ago=900))
    assert fresh.drift == pytest.approx(old.drift)
    assert fresh.drift_sd < old.drift_sd
    assert abs(fresh.pieces - 15) < abs(old.pieces - 15)


def test_sensors_that_contradict_each_other_are_believed_less() -> None:
    counted = [Seen(NOW, "c", 0, "h", "count", "x", "", 20, 0)]
    agree = [Seen(NOW, "c", 0, "h", "count", "x", "", 14, 0)]
    apart, together = think(weighed(14, 14, 14) + counted), think(weighed(14, 14, 14) + agree)
    assert apart.drift_sd > together.drift_sd


def test_what_a_scale_is_known_to_be_off_by_is_no_drift() -> None:
    assert think(weighed(17, 17, 17), bias=-3.0).drift == pytest.approx(0)


@pytest.mark.parametrize(
    ("reads", "net", "passages"),
    [
        (passes("in"), 1, 1),
        (passes("out"), -1, 1),
        (passes("in", "in"), 1, 1),
        (passes("in", "out"), 0, 2),
        (passes("out", "in"), 0, 2),
        (passes("in", "out", "in"), 1, 3),
        (passes("in", "in", "in", apart_s=2), 1, 1),  # the same tag read again and again
        (passes("in", "out", apart_s=2), 0, 0),  # it stood in the gate and went back
        (passes("in", "out", "in", apart_s=2), 1, 1),
        (passes("in") + passes("in", tag="u"), 2, 2),
        ([one._replace(serial="", pieces=5) for one in passes("in", "out", "in")], 5, 3),  # pieces without serials
    ],
)
def test_flicker_and_repeats_at_a_gate_are_one_passage(reads: list[Seen], net: int, passages: int) -> None:
    found = passed(distinct(reads), after_ms=0, limits=LIMITS)
    assert (found.net, found.passages) == (net, passages)


def test_a_gate_that_saw_more_leave_than_was_booked_is_a_drift_from_its_base_on() -> None:
    gone = [one for tag in "abc" for one in passes("out", tag=tag)]
    assert think(gone).drift == pytest.approx(-3)
    assert think(gone, base=NOW).drift == 0
    assert think(gone, base=0).drift == 0  # nobody knows from where to add up


READINGS = st.lists(
    st.builds(
        Seen,
        st.integers(NOW - 100 * MINUTE, NOW),
        st.sampled_from("abcdefghijklmnop"),
        st.integers(0, 2),
        st.sampled_from("sgh"),
        st.sampled_from(["weight", "in", "out", "count"]),
        st.just("x"),
        st.sampled_from(["", "t", "u"]),
        st.integers(0, 40).map(float),
        st.integers(0, 5_000).map(float),
    ),
    max_size=25,
    unique_by=lambda one: (one.key, one.line),
)


@given(READINGS, st.integers(0, 60), st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_order_and_repeats_change_nothing(readings: list[Seen], booked: int, chance: random.Random) -> None:
    again = [*readings, *chance.choices(readings, k=5)] if readings else []
    chance.shuffle(again)
    assert think(again, booked=booked) == think(readings, booked=booked)


@given(READINGS, st.integers(0, 60))
@settings(max_examples=100, deadline=None)
def test_every_belief_is_possible(readings: list[Seen], booked: int) -> None:
    found = think(readings, booked=booked)
    assert 0 <= found.confidence <= 1
    assert 0 <= found.drift_chance <= 1
    assert found.sd > 0
    low, high = sorted((booked, booked + found.drift))
    assert low - 1e-6 <= found.pieces <= high + 1e-6
