"""A budget, rooms, classes and transfers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from afterclick.procurement.replenishing.classes import classes, due, reviews
from afterclick.procurement.replenishing.sharing import share
from afterclick.procurement.replenishing.transfers import Moving, moves


@given(
    wanted=some.lists(some.integers(0, 20), min_size=1, max_size=8), budget=some.integers(0, 3_000), room=some.integers(0, 100),
    data=some.data(),
)  # fmt: skip
def test_neither_budget_nor_room_is_ever_overdrawn(wanted: list[int], budget: int, room: int, data: some.DataObject) -> None:
    count = len(wanted)
    pack = np.array(data.draw(some.lists(some.integers(1, 6), min_size=count, max_size=count)), dtype=float)
    price = np.array(data.draw(some.lists(some.integers(1, 50), min_size=count, max_size=count)), dtype=float)
    asked = np.array(wanted) * pack
    found = share(
        asked, np.floor(np.array(wanted) / 2) * pack, price, benefit=price * 3, further=price, moq=pack, pack=pack,
        places=["W1", "W2"] * count, budget=budget, room={"W1": room},
    )  # fmt: skip
    assert (found.pieces * price).sum() <= budget + 1e-6
    assert found.pieces[::2].sum() <= room
    assert (found.pieces <= asked).all()
    assert (found.pieces % pack == 0).all()


def test_without_bounds_all_is_granted() -> None:
    wanted = np.array([12.0, 0.0, 30.0])
    found = share(
        wanted, wanted, np.ones(3), benefit=np.ones(3), further=np.zeros(3), moq=np.ones(3), pack=np.ones(3), places=["W1"] * 3
    )  # fmt: skip
    assert found.pieces.tolist() == [12, 0, 30]
    assert set(found.bound) == {""}


def test_the_rest_of_an_order_comes_with_what_is_urgent_of_it() -> None:
    found = share(
        np.array([30.0]), np.array([24.0]), np.ones(1), benefit=np.array([1.0]), further=np.array([100.0]), moq=np.array([12.0]),
        pack=np.ones(1), places=["W1"],
    )  # fmt: skip
    assert (found.pieces.tolist(), found.bound) == ([30], ("",))


def test_items_are_classed_by_money_and_steadiness() -> None:
    found = classes(np.array([800.0, 150.0, 40.0, 10.0]), np.array([10.0, 10.0, 10.0, 0.0]), np.array([2.0, 8.0, 30.0, 0.0]))
    assert found == ("AX", "BY", "CZ", "CZ")
    assert reviews(found).tolist() == [1, 1, 2, 2]
    assert due(found, 3).tolist() == [True, True, False, False]


def test_of_several_places_the_one_with_most_gives_first() -> None:
    found = moves(
        ["A", "A", "A", "B"], np.array([50.0, 200.0, 0.0, 900.0]), np.array([0.0, 0.0, 220.0, 0.0]), worth=np.full(4, 3.0),
        unit_cost=np.full(4, 10.0), order_line=3.0, moving=Moving(5.0, 0.5),
    )  # fmt: skip
    assert [(one.start, one.end, one.pieces) for one in found] == [(1, 2, 200), (0, 2, 20)]
