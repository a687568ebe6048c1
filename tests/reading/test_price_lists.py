"""Price lists and feeds of any format become lines with a price per piece; each bad line is named."""

import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from fpdf import FPDF

from afterclick.reading.price_lists.lines import PriceList
from afterclick.reading.price_lists.read import is_list, read_price_list
from afterclick.reading.prices.texts import NOTHING, Hints
from afterclick.reading.tables.rows import BadFile
from tests.reading.test_tables import cells, excel

GERMAN = """Artikelnummer;EAN;Bezeichnung;Preis (EUR);Preiseinheit;ab 100;ab 500;VE;Mindestbestellmenge;Bestand
A-1;4006381333931;Stift;1.234,50;100;1.100,00;990,00;10;20;45
A-2;4006381333930;Heft;2,99;1;;;1;;0
A-3;;Mappe;gratis?;1;;;1;;
A-4;;Kiste;-12,50;1;;;1;;
A-5;;Dose;12,50;1;13,00;14,00;1;;
A-6;;Glas;1.299;1;;;1;;
"""
FEED = """<?xml version="1.0"?><rss xmlns:g="http://base.google.com/ns/1.0"><channel><title>Shop</title>
<item><g:id>X1</g:id><title>Pen</title><g:price>15.00 USD</g:price><g:sale_price>12.50 USD</g:sale_price>
<g:gtin>4006381333931</g:gtin><g:availability>in_stock</g:availability></item>
<item><g:id>X2</g:id><g:price>oops</g:price></item></channel></rss>"""


def listed(tmp_path: Path, name: str, text: str | bytes, hints: Hints = NOTHING) -> PriceList:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_price_list(path, hints=hints)


def test_a_list_with_breaks_packs_and_price_units_is_read(tmp_path: Path) -> None:
    found = listed(tmp_path, "list.csv", GERMAN)
    first = found.lines[0]
    assert (first.vendor_sku, first.gtin, first.price, first.currency) == ("A-1", "4006381333931", Decimal("1234.50"), "EUR")
    assert (first.pieces, first.pack, first.minimum, first.availability) == (100, 10, 20, "InStock")
    assert first.per_piece == Decimal("12.345")
    assert first.breaks == ((100, Decimal("1100.00")), (500, Decimal("990.00")))


def test_each_bad_line_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    found = listed(tmp_path, "list.csv", GERMAN)
    assert [one.vendor_sku for one in found.lines] == ["A-1", "A-2", "A-6"]
    assert found.rejected == 3
    assert [number for number, _ in found.named] == [4, 5, 6]
    assert "check digit" in found.lines[1].doubt


def test_the_habit_of_the_whole_list_settles_one_line(tmp_path: Path) -> None:
    assert listed(tmp_path, "list.csv", GERMAN).lines[-1].price == 1299
    american = 'SKU,Price (USD)\nB-1,1.25\nB-2,"1,299"\n'
    assert listed(tmp_path, "us.csv", american).lines[-1].price == 1299


def test_a_price_for_a_box_is_a_price_for_its_contents(tmp_path: Path) -> None:
    found = listed(
        tmp_path, "box.csv", "item no,unit price,currency,uom,pack size\nP1,12.00,GBP,box,24\nP2,9.90,GBP,C,\nP3,1,GBP,ea,12\n"
    )
    assert [one.pieces for one in found.lines] == [24, 100, 1]


def test_a_product_feed_gives_its_sale_price(tmp_path: Path) -> None:
    found = listed(tmp_path, "feed.xml", FEED)
    assert [(one.vendor_sku, one.price, one.currency, one.availability) for one in found.lines] == [
        ("X1", Decimal("12.50"), "USD", "InStock")
    ]
    assert found.named == ((2, "'oops' is no price"),)


def test_a_json_feed_is_read_wherever_its_products_lie(tmp_path: Path) -> None:
    text = (
        '{"data": {"products": [{"sku": "J1", "name": "Pen", "price": {"value": "1.50", "currency": "GBP"}, "inStock": true}]}}'
    )
    found = listed(tmp_path, "feed.json", text)
    assert [(one.vendor_sku, one.price, one.currency, one.availability) for one in found.lines] == [
        ("J1", Decimal("1.50"), "GBP", "InStock")
    ]


def test_the_tables_of_a_pdf_are_read(tmp_path: Path) -> None:
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("helvetica", size=10)
    with pdf.table() as table:
        for cells in (
            ("Item no", "Description", "Unit price", "Pack size", "UoM"), ("P1", "Pen blue", "GBP 1,234.50", "12", "box"),
            ("P2", "Ink", "GBP 0.99", "1", "ea"), ("P3", "Bad", "call", "1", "ea"),
        ):  # fmt: skip
            row = table.row()
            for cell in cells:
                row.cell(cell)
    found = listed(tmp_path, "list.pdf", bytes(pdf.output()))
    assert [(one.vendor_sku, one.price, one.pieces) for one in found.lines] == [
        ("P1", Decimal("1234.50"), 12),
        ("P2", Decimal("0.99"), 1),
    ]
    assert found.named == ((1004, "'call' is no price"),)


@pytest.mark.parametrize(
    ("text", "prices"),
    [
        ('SKU,Price\nA,12.50\nB,0.95\nC,1.125\nD,"1,299"\n', ["12.50", "0.95", "1.125", "1299"]),
        ("SKU;Preis\nA;12,50\nB;0,95\nC;1,125\nD;1.299\n", ["12.50", "0.95", "1.125", "1299"]),
        ("SKU;Preis\nA;0,375\nB;1,125\n", ["0.375", "1.125"]),
        ("SKU;Preis;ab 100\nA;1,125;0,99\n", ["1.125"]),
    ],
)
def test_the_mark_that_parts_decimals_in_a_list_does_so_on_every_line(tmp_path: Path, text: str, prices: list[str]) -> None:
    found = listed(tmp_path, "list.csv", text)
    assert [str(one.price) for one in found.lines] == prices
    assert not any(one.doubt for one in found.lines)


def test_a_list_that_shows_both_marks_or_none_leaves_three_decimals_in_doubt(tmp_path: Path) -> None:
    both = listed(tmp_path, "both.csv", "SKU;Price\nA;12.50\nB;9,95\nC;1.125\n")
    assert [bool(one.doubt) for one in both.lines] == [False, False, True]
    assert listed(tmp_path, "none.csv", "SKU;Price\nA;1.125\n").lines[0].doubt


@pytest.mark.parametrize("kind", ["xlsx", "parquet", "json"])
def test_a_cell_that_holds_a_number_is_never_a_thousandfold(tmp_path: Path, kind: str) -> None:
    prices = [1.125, 12.5, 0.00005, 1234.5, 1250.0]
    path = tmp_path / f"list.{kind}"
    if kind == "xlsx":
        texts = [("T1", "12,50"), ("T2", "1,125")]
        lines = [("SKU", "Preis"), *[(f"A{at}", price) for at, price in enumerate(prices)], *texts]
        excel(path, "".join(cells(number, [*line]) for number, line in enumerate(lines, 1)))
    elif kind == "parquet":
        pl.DataFrame({"SKU": [f"A{at}" for at in range(5)], "Preis": prices}).write_parquet(path)
    else:
        path.write_text(json.dumps([{"sku": f"A{at}", "price": price} for at, price in enumerate(prices)]))
    found = read_price_list(path, hints=Hints(currency="EUR", country="DE"))
    assert [one.price for one in found.lines[:5]] == [Decimal(text) for text in ("1.125", "12.5", "0.00005", "1234.5", "1250")]
    assert {(one.currency, one.doubt) for one in found.lines} == {("EUR", "")}
    assert [str(one.price) for one in found.lines[5:]] == (["12.50", "1.125"] if kind == "xlsx" else [])


@pytest.mark.parametrize(
    ("unit", "pieces", "pack"),
    [
        ("", 1, 1), ("Stk", 1, 1), ("Flasche", 1, 1), ("C", 100, 1), ("100 St", 100, 1), ("1.000 St", 1000, 1), ("MIL", 1000, 1),
        ("Dutzend", 12, 12), ("Gros", 144, 144), ("Paar", 2, 2), ("2er-Pack", 2, 2), ("VE 10", 10, 10), ("Pack of 12", 12, 12),
        ("Karton à 6 Stück", 6, 6), ("box", 1, 1),
    ],
)  # fmt: skip
def test_a_unit_is_so_many_pieces(tmp_path: Path, unit: str, pieces: int, pack: int) -> None:
    (line,) = listed(tmp_path, "list.csv", f"SKU;Preis;Einheit\nA;12,50;{unit}\n").lines
    assert (line.pieces, line.pack, line.doubt) == (pieces, pack, "")


@pytest.mark.parametrize("unit", ["m", "m2", "m²", "0,75 l", "500 g", "kg", "lfm", "Rolle 50m", "je m"])
def test_a_measure_is_no_count_of_pieces(tmp_path: Path, unit: str) -> None:
    found = listed(tmp_path, "list.csv", f"SKU;Preis;Einheit\nA;12,50;{unit}\n")
    assert found.lines == ()
    assert "not for pieces" in found.named[0][1]


@pytest.mark.parametrize("unit", ["A4", "Set 3-tlg", "1/2 Dutzend", "% St", "250"])
def test_a_number_in_a_unit_that_counts_nothing_known_is_doubted(tmp_path: Path, unit: str) -> None:
    (line,) = listed(tmp_path, "list.csv", f"SKU;Preis;Einheit\nA;12,50;{unit}\n").lines
    assert (line.pieces, line.doubt) == (1, f"the unit {unit!r} is not understood")


@pytest.mark.parametrize(
    ("price", "count", "expected"),
    [
        ("12,50", "1.000", 1000), ("12,50", "2.500", 2500), ("12,50", "1 000", 1000), ("12,50", "1'000", 1000), ("12,50", "", 1),
        ("12,50", "10,00", 10), ("12.50", '"1,000"', 1000), ("12,50", "min. 25 Stk", 25), ("12,50", "1.000.000", 10**6),
        ("12,50", "1,000", None), ("12.50", "1.000", None), ("12,50", "2,5", None), ("12,50", "10 x 5", None),
        ("9", "5 kg", None), ("12,50", "2.000.000", None), ("12,50", "-5", None), ("12,50", "12.34", None),
    ],
)  # fmt: skip
def test_a_count_has_its_thousands_or_the_line_is_named(tmp_path: Path, price: str, count: str, expected: int | None) -> None:
    for field in ("minimum", "price per"):
        found = listed(tmp_path, "list.csv", f"SKU;price;{field}\nA;{price};{count}\n")
        assert [one.minimum if field == "minimum" else one.pieces for one in found.lines] == ([expected] if expected else [])
        assert found.rejected == (not expected)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("SKU;Preis (pro 100 Stück)\nA;12,50", 100), ("SKU;Price (per 1000)\nA;12,50", 1000),
        ("SKU;Preis [EUR/100 St]\nA;12,50", 100), ("SKU;Preis (EUR/1.000 St)\nA;12,50", 1000),
        ("SKU;Preis (Staffel 1-9 Stk)\nA;12,50", 1), ("SKU;Preis\nA;12,50 EUR / 1.000 St", 1000),
        ("SKU;Preis\nA;12,50 je 100", 100), ("SKU;Preis\nA;12,50 per gross", 144),
        ("SKU;Preis;Preiseinheit\nA;12,50 / 100 St;100", 100), ("SKU;Preis;Einheit;Preiseinheit\nA;12,50;100 St;100", 100),
        ("SKU;Preis (je 100);Einheit;Preiseinheit\nA;12,50;C;100", 100), ("SKU;Preis;Einheit;Inhalt\nA;9;Karton;24", 24),
        ("SKU;Price each;Unit;Contents\nA;1.20;box;24", None), ("SKU;Preis (pro Stück);Preiseinheit\nA;1,20;100", None),
        ("SKU;Price per unit;Unit;Contents\nA;24.00;box;24", 24), ("SKU;Preis;ab 10\nA;12,50;11,00 / 100 St", None),
        ("SKU;Preis;ab 10\nA;12,50 / 100 St;11,00", 100),
        ("SKU;Preis (pro kg)\nA;12,50", None), ("SKU;Preis;Preiseinheit\nA;12,50 / 100 St;1000", None),
        ("SKU;Preis;Einheit;Preiseinheit\nA;9;100 St;10", None), ("SKU;Preis;Einheit;Inhalt\nA;9 / Stk;Karton;24", None),
    ],
)  # fmt: skip
def test_what_is_said_twice_of_a_price_counts_once_and_two_things_are_refused(
    tmp_path: Path, text: str, pieces: int | None
) -> None:
    found = listed(tmp_path, "list.csv", text + "\n")
    assert [one.pieces for one in found.lines] == ([pieces] if pieces else [])
    assert found.rejected == (not pieces)


def test_breaks_without_a_price_for_fewer_begin_at_the_first(tmp_path: Path) -> None:
    one, other = listed(tmp_path, "list.csv", "SKU,10+,100+\nA,9.00,8.00\nB,,7.00\n").lines
    assert (one.price, one.minimum, one.breaks) == (9, 10, ((10, Decimal(9)), (100, Decimal(8))))
    assert (other.price, other.minimum) == (7, 100)
    (line,) = listed(tmp_path, "from.csv", "SKU;Preis (ab 10 St)\nA;9,00\n").lines
    assert (line.minimum, line.pieces) == (10, 1)


def test_a_year_in_a_heading_is_no_break_and_a_net_price_goes_before_a_price(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no column was recognised for a price: the columns are 'SKU', 'Preis 2024', 'Preis 2025'"):
        listed(tmp_path, "years.csv", "SKU;Preis 2024;Preis 2025\nA;10,00;9,00\n")
    assert listed(tmp_path, "year.csv", "SKU;Preis;2025\nA;10,00;9,00\n").lines[0].breaks == ()
    net = listed(tmp_path, "net.csv", "SKU;Price;Discount;Net price\nA;10,00;40%;6,00\n")
    assert net.lines[0].price == 6


@pytest.mark.parametrize(
    ("text", "because"),
    [("A,5.00E+02,", "written with a power of ten"), ("A,9.00,12.00", "the price rises from 10 on"), ("A,1,oops", "from 10 on")],
)
def test_a_line_with_no_plain_price_or_a_dearer_break_is_named(tmp_path: Path, text: str, because: str) -> None:
    found = listed(tmp_path, "list.csv", f"SKU,Price,10+\n{text}\n")
    assert found.lines == ()
    assert because in found.named[0][1]


@pytest.mark.parametrize(
    ("name", "text", "because"),
    [
        ("a.csv", "colour,size\nred,5\n", "no column was recognised for a price"),
        ("a.xml", "<a><b></a>", "no good XML"),
        ("b.xml", "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "declares entities"),
        ("a.json", "[1, 2", "no good JSON"),
        ("b.json", '{"a": 1}', "no list of products"),
        ("a.pdf", "%PDF-1.4 nothing", "PDF"),
    ],
)
def test_a_list_that_cannot_be_read_says_why(tmp_path: Path, name: str, text: str, because: str) -> None:
    with pytest.raises(BadFile, match=because):
        listed(tmp_path, name, text)


@pytest.mark.parametrize(
    ("body", "kind", "expected"),
    [
        (b"<!doctype html><html></html>", "text/html", False), (b"<html>", "", False), (b"%PDF-1.7", "application/pdf", True),
        (b"sku,price", "text/csv", True), (b"<rss></rss>", "application/xml", True), (b'{"a":1}', "application/json", True),
    ],
)  # fmt: skip
def test_a_list_is_told_from_a_page_by_its_content(body: bytes, kind: str, expected: bool) -> None:
    assert is_list(body, kind) is expected
