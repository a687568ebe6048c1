"""Importing order files: each line in one class, every penny accounted for, and nothing twice."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from afterclick.orders.files import arranging
from afterclick.orders.files.importing import Written, import_orders
from afterclick.orders.files.report import ImportReport
from afterclick.reading.tables import rows
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
    monkeypatch.setattr(rows, "CHUNK", 2)
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
@pytest.mark.postgres_only  # on SQLite the journey of the real shop begins with this import
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
