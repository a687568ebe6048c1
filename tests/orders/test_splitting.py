"""A split order is two orders that together cost what the one did, and neither costs less than nothing."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from afterclick.domain.order import Order
from afterclick.orders.splitting import divide
from tests.orders.invoice_examples import order
from tests.orders.test_invoicing import orders


@given(orders(), st.sets(st.integers(1, 8)))
def test_the_two_totals_add_up_and_none_is_negative(placed: Order, going: set[int]) -> None:
    numbers = {line.no for line in placed.lines}
    assume(numbers & going and numbers - going and placed.total >= 0)
    kept, parted = divide(placed, going)
    assert kept.total + parted.total == placed.total
    assert kept.discount + parted.discount == placed.discount
    assert min(kept.total, parted.total) >= 0
    for half in (kept, parted):
        assert half.total == sum(line.quantity * line.unit_price for line in half.lines) + half.shipping - half.discount


def test_a_discount_that_also_pays_the_shipping_takes_no_goods_below_nothing() -> None:
    placed = order(("PEN", 1, 100), ("BOOK", 1, 100))
    placed = replace(placed, shipping=90, discount=280, total=10)
    kept, parted = divide(placed, {2})
    assert (parted.total, kept.total) == (0, 10)


def test_a_split_needs_lines_on_both_sides() -> None:
    placed = order(("PEN", 1, 100), ("BOOK", 1, 100))
    with pytest.raises(ValueError, match="both sides"):
        divide(placed, {1, 2})
