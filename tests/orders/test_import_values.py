"""The cells of an order file: each line's class, and prices, quantities, dates and countries read exactly or not at all."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterclick.orders.files.classify import classify
from afterclick.orders.files.countries import country_code
from afterclick.orders.files.report import decimal
from afterclick.orders.files.values import SCALE, Habits, Unfit, habits, instant, price, quantity


@pytest.mark.parametrize(
    ("number", "sku", "pieces", "amount", "kind", "reason"),
    [
        ("536365", "85123A", 6, 25_500, "order_lines", "goods that were ordered"),
        ("S-1001", "85123A", 6, 25_500, "order_lines", "goods that were ordered"),
        ("C-level", "85123A", 6, 25_500, "order_lines", "goods that were ordered"),
        ("536365", "POST", 1, 180_000, "order_lines", "postage charged on an order"),
        ("C536365", "85123A", -6, 25_500, "cancellation_lines", "goods that were cancelled"),
        ("C536365", "POST", -1, 180_000, "cancellation_lines", "postage that was given back"),
        ("C536365", "85123A", 6, 25_500, "adjustment_lines", "credit note that gives nothing back"),
        ("C536365", "M", -1, 25_500, "adjustment_lines", "manual entry"),
        ("A563186", "B", 1, -110_620_600, "adjustment_lines", "bad debt"),
        ("A563186", "85123A", 1, 10_000, "adjustment_lines", "adjustment of the books"),
        ("536365", "85123A", -6, 0, "adjustment_lines", "negative quantity without a credit note"),
        ("536365", "85123A", 6, 0, "adjustment_lines", "the price is zero"),
        ("536365", "85123A", 6, -1, "adjustment_lines", "the price is below zero"),
        ("536365", "PADS", 1, 10, "adjustment_lines", "the price is below the currency's smallest coin"),
        ("536365", "GIFT_0001_20", 1, 173_900, "adjustment_lines", "gift voucher"),
        ("536365", "ADJUST2", 1, 10_000, "adjustment_lines", "adjustment of the books"),
        ("536365", "ADJUSTABLE-LAMP", 1, 10_000, "order_lines", "goods that were ordered"),
        ("536365", "BANK CHARGES", 1, 150_000, "adjustment_lines", "bank charges"),
    ],
)
def test_each_line_has_one_class_and_a_reason(number: str, sku: str, pieces: int, amount: int, kind: str, reason: str) -> None:
    found = classify(number, sku, pieces, amount, "GBP")
    assert (found.kind, found.reason) == (kind, reason)


@pytest.mark.parametrize(
    ("text", "amount"),
    [("2.55", 25_500), ("0.001", 10), ("12.239999999999998", 122_400), ("1,234.50", 12_345_000), ("£3", 30_000), ("-5", -50_000),
     ("1e-3", 10), ("0.00001", "four decimals"), ("", "missing"), ("abc", "not an amount"), ("NaN", "not an amount"),
     ("1e300", "not an amount"), ("1" * 12, "beyond"), ("1,23", "not an amount"), ("=1+1", "not an amount")],
)  # fmt: skip
def test_prices_are_read_exactly_or_not_at_all(text: str, amount: int | str) -> None:
    if isinstance(amount, int):
        assert price(text, Habits()) == amount
    else:
        with pytest.raises(Unfit, match=amount):
            price(text, Habits())


def test_a_file_with_decimal_commas_is_read_so_throughout() -> None:
    way = habits(["2,55", "1.234,5"], [])
    assert [price(text, way) for text in ("2,55", "1.234,5", "3")] == [25_500, 12_345_000, 30_000]
    with pytest.raises(Unfit):
        price("2.55", way)


@pytest.mark.parametrize(
    ("text", "found"),
    [("6", 6), ("-6", -6), ("6.0", 6), ("1000000000", 10**9), ("0", "zero"), ("", "missing"), ("1.5", "not a whole"),
     ("1" + "0" * 18, "beyond"), ("9" * 5_000, "not a whole"), ("six", "not a whole")],
)  # fmt: skip
def test_quantities_are_whole_numbers_in_range(text: str, found: int | str) -> None:
    if isinstance(found, int):
        assert quantity(text) == found
    else:
        with pytest.raises(Unfit, match=found):
            quantity(text)


@pytest.mark.parametrize(
    ("dates", "text", "found"),
    [
        ([], "2010-12-01 08:26:00", 1_291_191_960_000),
        ([], "2010-12-01T09:26:00+01:00", 1_291_191_960_000),
        ([], "01.12.2010 08:26", 1_291_191_960_000),
        (["12/31/2010"], "12/1/2010 8:26", 1_291_191_960_000),
        (["31/12/2010"], "1/12/2010 8:26", 1_291_191_960_000),
        ([], "1/12/2010 8:26", "cannot be told apart"),
        (["31/12/2010", "12/31/2010"], "1/12/2010 8:26", "cannot be told apart"),
        ([], "0000-01-01", "not one"),
        ([], "0001-01-01", "not between the years 2000 and 2100"),
        ([], "31.02.2010", "not one"),
        ([], "", "missing"),
    ],
)
def test_dates_with_two_meanings_are_refused(dates: list[str], text: str, found: int | str) -> None:
    way = habits([], dates)
    if isinstance(found, int):
        assert instant(text, way) == found
    else:
        with pytest.raises(Unfit, match=found):
            instant(text, way)


@given(st.integers(-(10**17), 10**17))
def test_values_are_written_exactly(value: int) -> None:
    assert Decimal(decimal(value)) * SCALE == value


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("United Kingdom", "GB"),
        ("EIRE", "IE"),
        ("DE", "DE"),
        ("uk", "GB"),
        ("Österreich", "AT"),
        ("RSA", "ZA"),
        ("Unspecified", ""),
        ("European Community", ""),
    ],
)
def test_country_names_become_codes(name: str, code: str) -> None:
    assert country_code(name) == code
