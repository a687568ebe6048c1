"""The purchase orders that we send, read back by readers that share no code with the writers."""

import re
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings

from afterclick.domain.purchase import PurchaseLine
from afterclick.procurement.documents.parties import Letter
from afterclick.procurement.documents.values import Unsendable
from afterclick.procurement.documents.writing import written
from tests.procurement.documents import peppol
from tests.procurement.documents.letters import (
    BUYER,
    VENDOR,
    as_rows,
    letter,
    letters,
    order,
    read_edifact,
    read_ubl,
    read_x12,
)

READERS = {"ubl": read_ubl, "edifact": read_edifact, "x12": read_x12}


@pytest.mark.parametrize("form", READERS)
@settings(max_examples=60, deadline=None)
@given(sent=letters())
def test_an_order_read_back_is_the_order_that_was_written(form, sent: Letter) -> None:
    try:
        document = written(sent, form)
    except Unsendable:
        assert form == "x12"  # which has no way to say a SKU with one of its separators in it
        assert any(re.search(r"[*~>]|[^ -~]", line.sku + line.vendor_sku) for line in sent.order.lines)
        return
    assert READERS[form](document.content) == as_rows(sent)


@pytest.mark.parametrize(("form", "ending"), [("pdf", "pdf"), ("ubl", "xml"), ("edifact", "edi"), ("x12", "x12")])
def test_a_document_is_named_after_its_order_and_the_same_every_time(form, ending: str) -> None:
    first = written(letter(), form)
    assert first.name == f"PO-2026-000042.{ending}"
    assert written(letter(), form) == first


def test_the_vendors_own_format_is_taken_unless_another_is_asked_for() -> None:
    to_edi = Letter(order(), msgspec.structs.replace(VENDOR, document="edifact"), BUYER, 17)
    assert written(to_edi).media_type == "application/edifact"
    assert written(to_edi, "ubl").media_type == "application/xml"


def test_an_edifact_interchange_counts_what_it_holds() -> None:
    text = written(letter(), "edifact").content.decode("latin-1")
    rows = [row for row in text.replace("\n", "").split("'") if row]
    first, last = (next(i for i, row in enumerate(rows) if row.startswith(tag)) for tag in ("UNH", "UNT"))
    assert rows[last] == f"UNT+{last - first + 1}+1"
    assert rows[-1] == "UNZ+1+17"
    assert "CNT+2:3" in rows
    assert rows[1].startswith("UNB+UNOC:3+4012345000009:14+3012345678900:14+261122:1250+17")


def test_letters_beyond_latin_make_it_utf8() -> None:
    content = written(letter(PurchaseLine(1, "K-1", 6, 9900, name="厨房刀")), "edifact").content
    assert b"UNB+UNOY:4" in content
    assert "厨房刀" in content.decode("utf-8")


def test_an_x12_interchange_counts_what_it_holds() -> None:
    rows = written(letter(), "x12").content.decode("ascii").split("~\n")[:-1]
    assert len(rows[0]) == 105  # with its terminator 106 characters, as the standard has it
    assert rows[0].split("*")[13] == rows[-1].split("*")[2] == "000000017"
    at = next(i for i, row in enumerate(rows) if row.startswith("SE*"))
    assert rows[at] == f"SE*{at - 2 + 1}*0001"
    assert rows[at - 2] == "CTT*3*302"


def test_an_order_in_ubl_keeps_the_rules_of_peppol() -> None:
    assert peppol.broken(written(letter(), "ubl").content) == set()


@pytest.mark.realdata
@pytest.mark.parametrize("rule", sorted(peppol.RULES))
def test_our_reading_of_peppols_rules_agrees_with_its_own_tests(rule: str, shared_data: Path) -> None:
    for document, breaks in peppol.cases(shared_data / "einvoices" / "peppol_orders_unit.zip", "unit-order", rule):
        assert (rule in peppol.broken(document)) == breaks


@pytest.mark.parametrize(
    ("form", "line", "said"),
    [
        ("edifact", PurchaseLine(1, "S" * 40, 1, 1), "does not fit an EDIFACT field of 35"),
        ("x12", PurchaseLine(1, "A*B", 1, 1), "does not fit X12"),
        ("x12", PurchaseLine(1, "刀", 1, 1), "does not fit X12"),
        ("x12", PurchaseLine(1, "S", 1, 1, price_basis=3), "line 1: a price for 3 units cannot be said exactly"),
        ("x12", PurchaseLine(1, "S", 1, 1, unit="XYZ"), "the unit XYZ has no code in X12"),
    ],
)
def test_what_a_format_cannot_say_is_refused_and_not_bent(form, line: PurchaseLine, said: str) -> None:
    with pytest.raises(Unsendable, match=re.escape(said)):
        written(letter(line), form)


def test_a_price_for_ten_becomes_a_price_for_one_in_x12() -> None:
    assert b"PO1*1*5*EA*0.045*PE*" in written(letter(PurchaseLine(1, "S", 5, 45, price_basis=10)), "x12").content


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"vendor": "V2"}, "is for vendor V2, not for V1"),
        ({"lines": ()}, "has no lines"),
        ({"lines": (PurchaseLine(1, "A", 1, 1), PurchaseLine(1, "B", 1, 1))}, "numbers two lines alike"),
    ],
)
def test_an_order_that_no_vendor_could_answer_is_not_written(changed, said: str) -> None:
    with pytest.raises(Unsendable, match=said):
        Letter(msgspec.structs.replace(order(), **changed), VENDOR, BUYER)


def test_ubl_needs_an_electronic_address_and_says_whose() -> None:
    nowhere = msgspec.structs.replace(VENDOR, gln="", mailbox="")
    with pytest.raises(Unsendable, match=r"Fonderie du Creuset .* has no electronic address"):
        written(Letter(order(), nowhere, BUYER), "ubl")


def test_text_in_an_order_is_text_and_no_markup() -> None:
    hostile = PurchaseLine(1, "A", 1, 1, name='<script>&"]]>\x00\u202e')
    content = written(letter(hostile), "ubl").content
    assert b"&lt;script&gt;&amp;" in content
    assert "\u202e".encode() not in content
    assert (
        b"IMD+F++:::A ?' NAD?+BY?+evil'" in written(letter(PurchaseLine(1, "A", 1, 1, name="A ' NAD+BY+evil")), "edifact").content
    )


def test_the_printed_order_says_what_the_vendor_must_know() -> None:
    import io

    import pdfplumber

    many = [PurchaseLine(no, f"SKU-{no}", no, 1250, name=f"Garden tool {no}") for no in range(1, 40)]
    content = written(letter(*many, note="Please deliver on Euro pallets."), "pdf").content
    with pdfplumber.open(io.BytesIO(content)) as pages:
        texts = [page.extract_text() for page in pages.pages]
    text = "\n".join(texts)
    assert len(texts) == 3
    for wanted in ("PO-2026-000042", "Fonderie du Creuset", "Lindenhof Lager Süd", "4 December 2026", "DAP", "30 days net",
                   "SKU-39", "EUR 9,750.00", "Euro pallets", "page 3"):  # fmt: skip
        assert wanted in text


def test_a_printed_order_names_boxes_prices_for_a_hundred_and_other_days() -> None:
    import io

    import pdfplumber

    with pdfplumber.open(io.BytesIO(written(letter(), "pdf").content)) as pages:
        text = pages.pages[0].extract_text()
    for wanted in ("12 boxes", "of 24 pieces", "for 100 pieces", "by 15 December 2026", "your no. FA-2801", "GTIN 4006381333931"):
        assert wanted in text


def test_a_day_that_all_lines_share_is_said_once() -> None:
    same = PurchaseLine(1, "A", 1, 1, deliver_on=date(2026, 12, 4))
    assert written(letter(same), "edifact").content.count(b"DTM+2:20261204:102") == 2
