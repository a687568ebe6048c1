"""Price texts of many countries mean one amount in one currency, and say so where they may mean two."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterclick.reading.prices.amounts import decimals_in, read_amount
from afterclick.reading.prices.texts import Hints, read_price, read_prices, read_sign
from afterclick.reading.prices.units import read_pack, read_per


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("1.234,56 €", "1234.56", "EUR"), ("1,234.56 USD", "1234.56", "USD"), ("CHF 1'234.50", "1234.50", "CHF"),
        ("US$ 1,299", "1299", "USD"), ("£2.99 each", "2.99", "GBP"), ("1 234,50 Kč", "1234.50", "CZK"),
        ("R$ 1.234,56", "1234.56", "BRL"), ("1,23,456.78 ₹", "123456.78", "INR"), ("٣٬٤٣٩٫٠٠ درهم", "3439.00", "AED"),
        ("12,000원", "12000", "KRW"), ("12,-- €", "12", "EUR"), ("35€ 99", "35.99", "EUR"), (".75 €", "0.75", "EUR"),
        ("0,123 €", "0.123", "EUR"), ("1.250 KWD", "1.250", "KWD"), ("99¢", "0.99", "USD"), ("NZD $123", "123", "NZD"),
        ("$ 8. 94", "8.94", "USD"), ("€1'049,95", "1049.95", "EUR"), ("1 234 567,8 zł", "1234567.8", "PLN"),
    ],
)  # fmt: skip
def test_the_number_formats_of_many_countries_are_read(text: str, amount: str, currency: str) -> None:
    price = read_price(text)
    assert price is not None
    assert (price.amount, price.currency) == (Decimal(amount), currency)


@pytest.mark.parametrize(
    ("text", "hints", "amount", "currency"),
    [
        ("kr 1 234", Hints(country="NO"), "1234", "NOK"), ("49:90 kr", Hints(country="SE"), "49.90", "SEK"),
        ("$24.990", Hints(country="CL"), "24990", "CLP"), ("$12.50", Hints(currency="CAD"), "12.50", "CAD"),
        ("12.345 €", Hints(known=Decimal("12.5")), "12.345", "EUR"), ("12.345 €", Hints(known=Decimal(11000)), "12345", "EUR"),
        ("5,50", Hints(currency="EUR"), "5.50", "EUR"), ("1 234", Hints(), "1234", ""),
        ("¥1,980", Hints(country="CN"), "1980", "CNY"),
    ],
)  # fmt: skip
def test_what_is_known_of_the_page_settles_what_a_text_leaves_open(text: str, hints: Hints, amount: str, currency: str) -> None:
    price = read_price(text, hints=hints)
    assert price is not None
    assert (price.amount, price.currency) == (Decimal(amount), currency)


def test_a_text_with_two_meanings_names_both() -> None:
    price = read_price("12.345")
    assert price is not None
    assert (price.amount, price.other) == (Decimal(12345), Decimal("12.345"))
    assert "12345" in price.doubt


@pytest.mark.parametrize(
    ("text", "amount", "kind"),
    [
        ("Was £20.00 Now £15.00", "15.00", "is"), ("statt 29,99 € nur 19,99 €", "19.99", "is"), ("ab 12,99 €", "12.99", "from"),
        ("Save £5.00 £15.00", "15.00", "is"), ("RRP £20.00", "20.00", "was"), ("10 x 4,50 €", "4.50", "is"),
        ("12,99 € inkl. 19% MwSt.", "12.99", "is"), ("£12.00 - £15.00", "12.00", "is"),
    ],
)  # fmt: skip
def test_former_prices_and_savings_are_not_the_price(text: str, amount: str, kind: str) -> None:
    price = read_price(text)
    assert price is not None
    assert (price.amount, price.kind) == (Decimal(amount), kind)


@pytest.mark.parametrize(
    ("text", "count", "unit"),
    [
        ("12,30 € pro 100 Stück", "100", "piece"), ("$1.20/ea", "1", "piece"), ("EUR 12.50/100 pcs", "100", "piece"),
        ("1,99 € / 100 g", "0.1", "kg"), ("£3 per kg", "1", "kg"), ("12,99 € / VE (10 Stück)", "10", "piece"),
        ("2 for $5", "2", "piece"), ("Pack of 12 £6.00", "12", "piece"), ("1.234,50 € je 1000", "1000", "piece"),
    ],
)  # fmt: skip
def test_a_price_says_for_how_many_of_what_it_is(text: str, count: str, unit: str) -> None:
    price = read_price(text)
    assert price is not None
    assert (price.per.count, price.per.unit) == (Decimal(count), unit)


@pytest.mark.parametrize("text", ["", "July, 2004", "16.00 ft", "25-09", "50% off", "call us", "Free Shipping on Orders $49+."])
def test_what_is_no_price_is_none(text: str) -> None:
    assert read_price(text) is None


def test_a_sign_near_by_counts_where_the_amount_stands_alone() -> None:
    price = read_price("28", beside="$")
    assert price is not None
    assert (price.amount, price.sign) == (28, "$")
    assert read_sign("SKU", beside="CHF 9") == "CHF"


def test_hostile_texts_are_read_no_further_than_they_are_useful() -> None:
    assert read_price("1" * 100_000) is None
    assert read_prices("9 € " * 50_000)
    assert read_amount("1,2.3,4.5") is None


@given(st.decimals(min_value="0.01", max_value="999999", places=2), st.sampled_from([",", "."]), st.booleans())
def test_a_written_amount_comes_back_in_either_habit(value: Decimal, mark: str, grouped: bool) -> None:
    text = f"{value:,.2f}" if grouped else f"{value:.2f}"
    written = text.translate(str.maketrans({",": ".", ".": ","})) if mark == "," else text
    price = read_price(f"{written} €")
    assert price is not None
    assert price.amount == value
    assert decimals_in(written) == mark


@given(st.text(max_size=80))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert all(price.amount >= 0 for price in read_prices(text))
    assert read_per(text).count >= 0
    assert read_pack(text).count > 0


@pytest.mark.realdata
def test_price_texts_of_the_wild_are_read_exactly(shared_data: Path) -> None:
    with (shared_data / "price_strings" / "price_strings_half_a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    right = 0
    for row in rows:
        price = read_price(row["price_raw"], beside=row["currency_raw"])
        wanted = Decimal(row["amount"]) if row["amount"] else None
        sign = price.sign if price else read_sign(row["price_raw"], beside=row["currency_raw"])
        right += (price.amount if price else None) == wanted and sign == row["currency"]
        if price and wanted:
            assert max(price.amount, wanted) < 999 * min(price.amount, wanted) or not price.amount
    assert right / len(rows) >= 0.97
