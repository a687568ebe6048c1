"""Money in minor units: read and written without loss, divided without losing a cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterclick.domain.money import CURRENCIES, LARGEST_AMOUNT, decimals, share, to_minor, to_text


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("19.99", "EUR", 1_999), ("19.995", "EUR", 2_000), ("-19.995", "EUR", -2_000), ("1e2", "EUR", 10_000),
        ("100", "JPY", 100), ("0.5", "JPY", 1), ("1.234", "KWD", 1_234), ("0", "EUR", 0),
    ],
)  # fmt: skip
def test_amounts_are_read_in_the_currency_s_smallest_coin(text: str, currency: str, minor: int) -> None:
    assert to_minor(text, currency) == to_minor(Decimal(text), currency) == minor


@pytest.mark.parametrize("text", ["", "abc", "NaN", "Infinity", "1e300", "1e16", "1,50"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="amount of money"):
        to_minor(text, "EUR")


@given(st.integers(-LARGEST_AMOUNT, LARGEST_AMOUNT), st.sampled_from(sorted(CURRENCIES)))
def test_what_is_written_is_read_again(minor: int, currency: str) -> None:
    written = to_text(minor, currency)
    assert to_minor(written, currency) == minor
    assert len(written.partition(".")[2]) == decimals(currency)


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_the_parts_sum_to_the_whole_and_are_within_a_cent_of_fair(total: int, weights: list[int]) -> None:
    parts = share(total, weights)
    assert sum(parts) == total
    if whole := sum(weights):
        assert all(abs(part * whole - total * weight) < whole for part, weight in zip(parts, weights, strict=True))


def test_nothing_to_weigh_by() -> None:
    assert share(100, []) == []
    assert share(100, [0, 0]) == [100, 0]
