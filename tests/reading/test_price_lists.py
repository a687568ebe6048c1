"""Price lists and feeds of any format become lines with a price per piece; each bad line is named."""

from decimal import Decimal
from pathlib import Path

import pytest
from fpdf import FPDF

from afterclick.reading.price_lists.lines import PriceList
from afterclick.reading.price_lists.read import is_list, read_price_list
from afterclick.reading.prices.texts import NOTHING, Hints
from afterclick.reading.tables.rows import BadFile

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
