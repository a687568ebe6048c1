"""A difference is explained by the moves that fit it, the likeliest first, and by nothing that does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterclick.inventory.counts.evidence import nearly
from afterclick.inventory.counts.explaining import Case, Counted, Moved, explain, transposed

DAY = 86_400_000


def received(number: int, pieces: int, *, day: float = 0, warehouse: str = "W1", note: str = "", sku: str = "A") -> Moved:
    return Moved(number, round(day * DAY), sku, warehouse, pieces, "receipt", None, note)


def shipped(number: int, pieces: int, *, order: int = 9, sku: str = "A") -> Moved:
    return Moved(number, 0, sku, "W1", -pieces, "shipment", order)


@pytest.mark.parametrize(
    ("case", "kind", "moves"),
    [
        (Case("A", "W1", 74, 37, (received(1, 37), received(2, 37, day=1))), "booked twice", (1, 2)),
        (Case("A", "W1", 74, 37, (received(1, 37), received(2, 37, day=40))), "shrinkage", ()),
        (Case("A", "W1", 140, 131, (received(1, 21),)), "transposed number", (1,)),
        (Case("A", "W1", 121, 112), "count mistyped", None),
        (Case("A", "W1", 15, 180, (received(1, 15),), packs=(12,)), "packs booked as pieces", (1,)),
        (Case("A", "W1", 200, 35, (received(1, 180),), packs=(12,)), "pieces booked as packs", (1,)),
        (Case("A", "W1", 96, 8, (), packs=(12,)), "packs counted as pieces", ()),
        (Case("A", "W1", 50, 20, (received(1, 30),), (Counted("A", "W2", 30),)), "in another warehouse", (1,)),
        (Case("A", "W1", 20, 50, (), (Counted("A", "W2", -30),)), "in another warehouse", ()),
        (Case("A", "W1", 20, 61, (received(3, 41, warehouse="W2"),)), "in another warehouse", (3,)),
        (Case("A", "W1", 20, 13, (), (), ((7, 7), (8, 1))), "shipment not booked", ()),
        (Case("A", "W1", 20, 15, (shipped(4, 5, sku="B"),), (Counted("B", "W1", 5),)), "another SKU", (4,)),
        (Case("A", "W1", 20, 33, (shipped(5, 13),)), "return not booked", (5,)),
        (Case("A", "W1", 20, 13), "shrinkage", ()),
        (Case("A", "W1", 20, 27), "found", ()),
    ],
)
def test_the_likeliest_explanation_comes_first(case: Case, kind: str, moves: tuple[int, ...] | None) -> None:
    first = explain(case)[0]
    assert first.kind == kind
    assert moves is None or set(first.moves) == set(moves)


def test_a_count_that_agrees_needs_no_explanation() -> None:
    assert explain(Case("A", "W1", 20, 20, (received(1, 20), received(2, 20)))) == []


@given(
    st.integers(0, 500),
    st.integers(0, 500),
    st.lists(
        st.tuples(st.integers(-60, 60).filter(bool), st.sampled_from(["A", "B"]), st.sampled_from(["W1", "W2"])), max_size=8
    ),
)
def test_likelihoods_are_shares_and_evidence_exists(booked: int, counted: int, moved: list[tuple[int, str, str]]) -> None:
    moves = tuple(
        Moved(number, number * DAY, sku, place, pieces, "receipt" if pieces > 0 else "shipment", number)
        for number, (pieces, sku, place) in enumerate(moved, 1)
    )
    found = explain(Case("A", "W1", booked, counted, moves))
    assert bool(found) == (booked != counted)
    assert sum(one.likely for one in found) <= 1.01
    assert [one.likely for one in found] == sorted((one.likely for one in found), reverse=True)
    assert {move for one in found for move in one.moves} <= {one.id for one in moves}


def test_neighbouring_digits_change_places() -> None:
    assert transposed(12) == {21}
    assert transposed(1340) == {3140, 1430, 1304}
    assert transposed(11) == set()


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("MUG-12", "MUG-21", True),
        ("MUG-12", "MUG-13", True),
        ("MUG-1", "MUG-12", True),
        ("MUG-12", "MUG-1", True),
        ("MUG-12", "MUG-34", False),
        ("A", "A", False),
        ("ABCD", "BADC", False),
        ("MUG", "POT", False),
    ],
)
def test_skus_one_slip_apart_are_easily_mistaken(one: str, other: str, near: bool) -> None:
    assert nearly(one, other) is near
