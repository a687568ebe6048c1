"""How much to order: against the economic quantity and a textbook's price breaks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from afterclick.procurement.replenishing.costs import Costs
from afterclick.procurement.replenishing.quantities import Buying, best_quantity, economic_quantity, packed, to_order
from tests.procurement.replenishing.shop import demand

KEEPS = Costs(order_line=12.0, holding=0.2, written_off=0.0)


def buying(**known: object) -> Buying:
    usual: dict[str, object] = {"unit_cost": np.array([20.0]), "moq": np.array([1.0]), "pack": np.array([1.0])}
    return Buying(**{**usual, **known})  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("yearly", "order", "holding", "expected"),
    [(9_600, 75, 16, 300), (816, 12, 4, 69.97), (1_000, 10, 0.5, 200), (0, 10, 1, 0)],
)
def test_the_economic_quantity_is_harriss(yearly: float, order: float, holding: float, expected: float) -> None:
    assert economic_quantity(np.array([yearly]), order, np.array([holding]))[0] == pytest.approx(expected, rel=1e-3)


def test_the_usual_order_costs_hardly_more_than_the_economic_one() -> None:
    rate = 816 / 52
    found = best_quantity(demand([rate]), np.zeros(1), buying(), KEEPS)[0]

    def yearly(quantity: float) -> float:
        return 816 / quantity * 12 + quantity / 2 * 4

    assert yearly(found) <= 1.02 * yearly(69.97)


def test_a_price_break_is_taken_where_the_total_falls() -> None:
    # Stevenson, Operations Management, quantity discounts: 816 cases a year, 12 an order; 50 at 18, 80 at 17, 100 at 16: buy 100.
    breaks = np.array([[[50, 18.0], [80, 17.0], [100, 16.0]]])
    assert best_quantity(demand([816 / 52]), np.zeros(1), buying(breaks=breaks), KEEPS)[0] == 100


def test_a_price_break_that_lasts_for_years_is_left() -> None:
    breaks = np.array([[[50_000, 19.9]]])
    assert best_quantity(demand([816 / 52]), np.zeros(1), buying(breaks=breaks), KEEPS)[0] < 200


def test_goods_that_may_be_written_off_are_bought_in_smaller_lots() -> None:
    soon = Costs(order_line=12.0, holding=0.2, written_off=0.5, cleared=0.0, review_in=4)
    base = np.array([30.0])
    assert (
        best_quantity(demand([816 / 52]), base, buying(), soon)[0] < best_quantity(demand([816 / 52]), base, buying(), KEEPS)[0]
    )


def test_shelf_life_and_room_bound_the_order() -> None:
    known, level = demand([10.0]), np.array([30.0])
    for bounded in (buying(shelf_life=np.array([4.0])), buying(room=np.array([40.0]))):
        assert to_order(np.array([5.0]), level, np.array([500.0]), bounded, known, 1.0)[0] == 35
    full = buying(room=np.array([5.0]))
    assert to_order(np.array([5.0]), level, np.array([500.0]), full, known, 1.0)[0] == 0


def test_what_nobody_wants_and_never_grows_old_is_not_bounded_by_its_age() -> None:
    nobody, keeps = demand([0.0]), buying(shelf_life=np.array([np.inf]))
    assert to_order(np.array([5.0]), np.array([30.0]), np.array([500.0]), keeps, nobody, 1.0)[0] > 0


@given(
    pieces=some.floats(0, 1e6), moq=some.integers(1, 500), pack=some.integers(1, 144)
)  # fmt: skip
def test_packed_pieces_are_whole_packs_that_suffice(pieces: float, moq: int, pack: int) -> None:
    found = packed(np.array([pieces]), np.array([float(moq)]), np.array([float(pack)]))[0]
    assert found % pack == 0
    if pieces == 0:
        assert found == 0
    else:
        assert found >= max(pieces, moq) - 1e-3
        assert found - pack < max(pieces, moq)


@given(position=some.floats(-50, 200), level=some.floats(0, 150), quantity=some.integers(1, 300))
def test_nothing_is_ordered_at_the_level_and_below_it_at_least_up_to_it(position: float, level: float, quantity: int) -> None:
    found = to_order(np.array([position]), np.array([level]), np.array([float(quantity)]), buying(), demand([10.0]), 1.0)[0]
    if position >= level:
        assert found == 0
    else:
        assert position + found >= level - 1e-3
