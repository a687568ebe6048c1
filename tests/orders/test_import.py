"""Importing order files: each line in one class, every penny accounted for, and nothing twice."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterclick.orders.files import arranging, reading
from afterclick.orders.files.classify import classify
from afterclick.orders.files.countries import country_code
from afterclick.orders.files.importing import Written, import_orders
from afterclick.orders.files.report import ImportReport, decimal
from afterclick.orders.files.values import SCALE, Habits, Unfit, habits, instant, price, quantity
from afterclick.store.database import Database
from afterclick.store.tables import metadata
from afterclick.store.transaction import Tx

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
Transactions = Callable[[], AbstractContextManager[Tx]]


@pytest.fixture
def transactions(database_url: str) -> Iterator[Transactions]:
    database = Database(database_url)
    with database.transaction() as tx:
        metadata.create_all(tx.connection)
    yield database.transaction
    database.dispose()


def imported(transactions: Transactions, tmp_path: Path, *lines: str, header: str = HEADER, **options: Any) -> ImportReport:
    path = tmp_path / "orders.csv"
    path.write_text("\n".join([header, *lines]), encoding="utf-8")
    return import_orders(transactions, path, source="file:test", currency="GBP", now_ms=7, **options)


def line(number: str = "536365", sku: str = "85123A", pieces: str = "6", cost: str = "2.55", *, day: str = "2010-12-01 08:26",
         customer: str = "17850", country: str = "United Kingdom", text: str = "HOLDER") -> str:  # fmt: skip
    return f"{number},{sku},{text},{pieces},{day},{cost},{customer},{country}"


def classes(report: ImportReport) -> tuple[int, int, int, int, int]:
    return (
        report.order_lines, report.cancellation_lines, report.adjustment_lines, report.rejected_lines, report.already_known_lines,
    )  # fmt: skip


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


def test_lines_of_one_number_become_one_order_with_postage_as_shipping(transactions: Transactions, tmp_path: Path) -> None:
    report = imported(transactions, tmp_path, line(), line("536366", "22423", "1", "12.75"), line("536365", "POST", "1", "18.00"),
                      line(sku="85123a", pieces="1"))  # fmt: skip
    assert (classes(report), report.orders, report.items_created) == ((4, 0, 0, 0, 0), 2, 2)
    with transactions() as tx:
        assert tx.rows(
            "SELECT external_id, store, total, shipping, customer, currency, country, placed_ms FROM orders ORDER BY id"
        ) == [
            ("536365", "file:test", 3585, 1800, "17850", "GBP", "GB", 1_291_191_960_000),
            ("536366", "file:test", 1275, 0, "17850", "GBP", "GB", 1_291_191_960_000),
        ]
        assert tx.rows("SELECT no, sku, quantity, unit_price FROM order_lines WHERE order_id = 1 ORDER BY no") == [
            (1, "85123A", 6, 255),
            (2, "85123A", 1, 255),
        ]
        assert tx.rows("SELECT sku, name, price, currency FROM items ORDER BY sku")[1] == ("85123A", "HOLDER", 0, "GBP")
        particulars = tx.value("SELECT particulars FROM orders WHERE id = 1")
        assert '"line1"' in particulars
        assert '"problems"' not in particulars


def test_every_line_is_accounted_for_to_the_last_decimal(transactions: Transactions, tmp_path: Path) -> None:
    report = imported(
        transactions, tmp_path, line(), line("C536370", pieces="-6", day="2010-12-02"), line("536371", "PADS", "1", "0.001"),
        line("536372", pieces="x"), line("536373", sku="=cmd|' /C calc'!A0"), line("536374", "POST", "1", "18.00"),
    )  # fmt: skip
    assert (classes(report), report.lines_read) == ((1, 1, 2, 2, 0), 6)
    assert report.value == {
        "order_lines": "15.30", "cancellation_lines": "-15.30", "adjustment_lines": "18.001", "rejected_lines": "15.30",
        "already_known_lines": "0.00",
    }  # fmt: skip
    assert report.total == "33.301"
    assert sum(report.reasons.values()) == 6
    assert report.reasons["postage without goods"] == 1
    assert [(named.line, named.reason) for named in report.named] == [
        (5, "the quantity is not a whole number"),
        (6, "the SKU starts like a formula of a spreadsheet"),
    ]


def test_the_same_file_again_adds_nothing(transactions: Transactions, tmp_path: Path) -> None:
    lines = (line(), line(), line("C536370", pieces="-6", day="2010-12-02"), line("", "A"), "broken")
    first = imported(transactions, tmp_path, *lines)
    again = imported(transactions, tmp_path, *lines)
    assert classes(first) == (2, 1, 0, 2, 0)
    assert (classes(again), again.orders, again.total) == ((0, 0, 0, 0, 5), 0, first.total)


def test_a_later_file_that_overlaps_adds_only_what_is_new(transactions: Transactions, tmp_path: Path) -> None:
    imported(transactions, tmp_path, line(), line("536366"))
    report = imported(transactions, tmp_path, line("536366"), line("536367"), line("536366", "NEW"))
    assert classes(report) == (1, 0, 0, 1, 1)
    assert report.named[0].reason == "the order came in earlier without this line"


def test_killed_between_two_transactions_the_import_goes_on_without_doubling(
    transactions: Transactions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arranging, "CHUNK", 3)
    lines = [line(str(number), day=f"2010-12-{day:02} 10:00") for day, number in enumerate(range(500, 510), 1) for _ in range(2)]
    done: list[Written] = []

    def killed(tx: Tx, written: Written) -> None:
        done.append(written)
        if len(done) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        imported(transactions, tmp_path, *lines, also_write=killed)
    report = imported(transactions, tmp_path, *lines)
    assert (report.already_known_lines, report.order_lines, report.orders) == (8, 12, 6)
    with transactions() as tx:
        assert tx.rows("SELECT COUNT(*), COUNT(DISTINCT external_id), MAX(id) FROM orders") == [(10, 10, 10)]
        assert tx.value("SELECT COUNT(*) FROM order_lines") == 20


def test_lines_of_an_order_are_found_wherever_they_stand(
    transactions: Transactions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "CHUNK", 2)
    monkeypatch.setattr(arranging, "CHUNK", 2)
    report = imported(transactions, tmp_path, *[line(str(500 + i % 3), f"SKU{i}") for i in range(12)])
    assert (report.orders, report.order_lines) == (3, 12)


def test_a_credit_note_finds_the_latest_order_that_it_can_cancel(transactions: Transactions, tmp_path: Path) -> None:
    report = imported(
        transactions, tmp_path, line("501", day="2010-12-01"), line("502", day="2010-12-02"), line("503", day="2010-12-09"),
        line("C601", pieces="-6", day="2010-12-03"), line("C602", pieces="-4", day="2010-12-04"),
        line("C603", pieces="-4", day="2010-12-05"), line("C604", pieces="-1", day="2010-12-06", customer="1"),
        line("C605", pieces="-1", day="2010-12-06", customer=""),
    )  # fmt: skip
    assert [found.external_id for found in report.cancellations] == ["502", "501", "", "", ""]
    assert report.reasons["cancels an earlier order"] == 2
    again = imported(
        transactions, tmp_path, line("C606", pieces="-2", day="2010-12-07"), line("C607", pieces="-1", day="2010-12-07")
    )
    assert [found.external_id for found in again.cancellations] == ["501", ""]


@pytest.mark.parametrize(
    ("pieces", "day", "whole"), [("-6", "2010-12-01 09:00", True), ("-5", "2010-12-01 09:00", False), ("-6", "2010-12-03", False)]
)
def test_an_order_cancelled_whole_and_soon_is_handed_out_to_be_stopped(
    transactions: Transactions, tmp_path: Path, pieces: str, day: str, whole: bool
) -> None:
    told: list[tuple[int, ...]] = []

    def tell(_: Tx, written: Written) -> None:
        told.append(written.cancelled_orders)

    report = imported(transactions, tmp_path, line(), line("C536370", pieces=pieces, day=day), also_write=tell)
    assert report.cancelled_orders == ((1,) if whole else ())
    assert told == [report.cancelled_orders]


def test_what_cannot_be_a_fact_is_a_problem_of_its_order(transactions: Transactions, tmp_path: Path) -> None:
    imported(
        transactions,
        tmp_path,
        line(country="Unspecified"),
        line("536366", cost="0.125"),
        line("536367"),
        line("536367", customer="9"),
    )
    with transactions() as tx:
        problems = [row[0] for row in tx.rows("SELECT particulars FROM orders ORDER BY id")]
    assert "country 'Unspecified' is no country that is known here" in problems[0]
    assert "the price 0.125 of 85123A (line 3 of the file) is finer than GBP goes; it was rounded" in problems[1]
    assert "the order's lines differ in customer: 17850, 9" in problems[2]


def test_a_formula_in_a_description_is_kept_as_harmless_text_and_named(transactions: Transactions, tmp_path: Path) -> None:
    report = imported(transactions, tmp_path, line(text="=cmd|' /C calc'!A0"))
    assert report.notes[0].startswith("texts of 1 lines start like a formula of a spreadsheet (the first: 2)")
    with transactions() as tx:
        assert tx.value("SELECT name FROM items") == "'=cmd|' /C calc'!A0"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line("9", pieces="1" + "0" * 18), "the quantity is beyond 1,000,000,000"),
        (line("9", day="0000-01-01"), "the date is not one"),
        (line("9", pieces=str(10**9), cost="999999999"), "the value is beyond 10,000,000,000,000"),
        (line("@SUM(1)"), "the order number starts like a formula of a spreadsheet"),
        (line("9", customer="-1+1"), "the customer starts like a formula of a spreadsheet"),
        (line("9" * 301), "the order number has more than 300 characters"),
    ],
)
def test_hostile_lines_are_named_and_the_good_ones_go_on(
    transactions: Transactions, tmp_path: Path, bad: str, reason: str
) -> None:
    report = imported(transactions, tmp_path, line(), bad)
    assert (classes(report), report.named[0].line, report.named[0].reason) == ((1, 0, 0, 1, 0), 3, reason)


def test_an_unknown_currency_and_a_currency_column(transactions: Transactions, tmp_path: Path) -> None:
    header = "order,sku,qty,date,price,currency"
    report = imported(transactions, tmp_path, "1,A,1,2025-01-01,100,JPY", "2,A,1,2025-01-01,100,XXX", header=header)
    assert report.reasons == {"goods that were ordered": 1, "the currency is not known": 1}
    with transactions() as tx:
        assert tx.rows("SELECT currency, total FROM orders") == [("JPY", 100)]


def test_an_order_of_too_many_lines_is_rejected(transactions: Transactions, tmp_path: Path) -> None:
    report = imported(transactions, tmp_path, *[line(sku=f"S{i}") for i in range(2_001)], line("2"))
    assert report.reasons == {"the order has more than 2,000 lines": 2_001, "goods that were ordered": 1}
    assert len(report.named) == 100


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_years_of_a_real_shop_land_in_the_tables_to_the_penny(transactions: Transactions, shared_data: Path) -> None:
    files = sorted((shared_data / "online_retail").glob("*.parquet"))
    stopped: list[int] = []
    for path in files:
        frame = pl.read_parquet(path, columns=["Quantity", "UnitPrice"]).with_columns(pl.col("UnitPrice").cast(pl.String))
        signed = sum(Decimal(amount) * pieces for pieces, amount in frame.rows())
        report = import_orders(transactions, path, source="file:online_retail", currency="GBP", now_ms=1)
        assert sum(classes(report)) == sum(report.reasons.values()) == report.lines_read == frame.height
        assert sum(map(Decimal, report.value.values())) == Decimal(report.total) == signed
        assert report.rejected_lines == 0
        stopped += report.cancelled_orders
    with transactions() as tx:
        assert tx.value("SELECT COUNT(*) FROM imported_lines") == 823_643
        giant = tx.value("SELECT id FROM orders WHERE external_id = '541431'")
        uneven = tx.value(
            "SELECT COUNT(*) FROM orders o WHERE total <> shipping + "
            "(SELECT SUM(quantity * unit_price) FROM order_lines WHERE order_id = o.id)"
        )
    assert giant in stopped
    assert uneven == 0
    again = import_orders(transactions, files[1], source="file:online_retail", currency="GBP", now_ms=2)
    assert (again.already_known_lines, again.orders) == (again.lines_read, 0)
