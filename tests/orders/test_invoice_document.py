"""Invoices as EN 16931 XML and as PDF with that XML inside."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from facturx import get_xml_from_pdf, xml_check_xsd
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree  # pyright: ignore[reportAttributeAccessIssue]  # has no types

import afterclick
from afterclick.domain.invoice import Invoice
from afterclick.domain.money import to_minor
from afterclick.domain.order import Address
from afterclick.orders.billing.crediting import credit_note
from afterclick.orders.billing.document import pdf, xml
from tests.orders.invoice_examples import ISSUED_MS, SELLER, invoiced, order

MIXED = invoiced(order(("PEN", 3, 1_299), ("HONEY", 2, 695), shipping=490, discount=500))
CREDIT = credit_note(MIXED, number=7, series="CN-2026", issued_ms=ISSUED_MS, returned=[("PEN", 2)])
DOCUMENTS = {
    "mixed rates": MIXED,
    "credit note": CREDIT,
    "full credit note": credit_note(MIXED, number=8, series="CN-2026", issued_ms=ISSUED_MS),
    "rounding": invoiced(order(("PEN", 1, 3))),
    "zero rated": invoiced(order(("STAMP", 3, 95), ("PEN", 1, 100))),
    "one stop shop": invoiced(order(("NOVEL", 3, 333), country="FI")),
    "export": invoiced(order(("PEN", 7, 1_001), country="US", shipping=990)),
    "intra-community": invoiced(order(("PEN", 1, 1_999), country="FR", tax_id="FR 40303265045")),
    "no decimals": invoiced(order(("PEN", 3, 1_190), currency="JPY", shipping=500)),
    "given away": invoiced(order(("PEN", 1, 1_000), discount=1_000)),
}
HOSTILE = [
    "<b>**bold**</b> & ]]>",
    "W" * 3_000,
    "דפתר A5",
    "دفتر أحمر",
    "🎁 gift 日本",
    "a\x00b\u202ec\ud800d\ufffe",
    "{nb} %s {0}",
    " ",
]


def amount(root: etree._Element, path: str, currency: str) -> int:
    """The sum of all amounts at a path, in minor units."""
    found = root.findall(f".//{{*}}{path}")
    return sum(to_minor(Decimal(element.text or ""), currency) for element in found)


@pytest.mark.parametrize("paid", [True, False])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_xml_obeys_the_arithmetic_rules_of_the_standard(name: str, paid: bool) -> None:
    document = DOCUMENTS[name]
    root = etree.fromstring(xml(document, SELLER, paid=paid))
    assert xml_check_xsd(root)
    summation = root.find(".//{*}SpecifiedTradeSettlementHeaderMonetarySummation")

    def total(tag: str) -> int:
        return amount(summation, tag, document.currency)

    lines = amount(root, "SpecifiedTradeSettlementLineMonetarySummation/{*}LineTotalAmount", document.currency)
    assert total("LineTotalAmount") == lines  # BR-CO-10
    charged = {"true": 0, "false": 0}
    for charge in root.findall(".//{*}SpecifiedTradeAllowanceCharge"):
        charged[charge.findtext(".//{*}Indicator")] += amount(charge, "ActualAmount", document.currency)
    assert total("AllowanceTotalAmount") == charged["false"]  # BR-CO-11
    assert total("ChargeTotalAmount") == charged["true"]  # BR-CO-12
    assert total("TaxBasisTotalAmount") == lines - charged["false"] + charged["true"] == document.net  # BR-CO-13
    taxes = root.findall(".//{*}ApplicableHeaderTradeSettlement/{*}ApplicableTradeTax")
    assert total("TaxTotalAmount") == sum(amount(tax, "CalculatedAmount", document.currency) for tax in taxes)  # BR-CO-14
    assert total("GrandTotalAmount") == total("TaxBasisTotalAmount") + total("TaxTotalAmount")  # BR-CO-15
    due = total("GrandTotalAmount") - total("TotalPrepaidAmount") + total("RoundingAmount")
    assert total("DuePayableAmount") == due == (0 if paid else document.gross)  # BR-CO-16
    for tax in taxes:  # BR-CO-17
        basis, rate = amount(tax, "BasisAmount", document.currency), Decimal(tax.findtext("{*}RateApplicablePercent"))
        assert amount(tax, "CalculatedAmount", document.currency) == int(basis * rate / 100 + Decimal("0.5"))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_price_times_quantity_is_the_net_of_each_line(name: str) -> None:
    root = etree.fromstring(xml(DOCUMENTS[name], SELLER))
    for line in root.findall(".//{*}IncludedSupplyChainTradeLineItem"):
        price = Decimal(line.findtext(".//{*}NetPriceProductTradePrice/{*}ChargeAmount"))
        per = Decimal(line.findtext(".//{*}NetPriceProductTradePrice/{*}BasisQuantity") or 1)
        assert price * Decimal(line.findtext(".//{*}BilledQuantity")) / per == Decimal(line.findtext(".//{*}LineTotalAmount"))


def test_a_credit_note_names_its_type_and_the_invoice_it_corrects() -> None:
    root = etree.fromstring(xml(CREDIT, SELLER))
    assert root.findtext(".//{*}ExchangedDocument/{*}TypeCode") == "381"
    assert root.findtext(".//{*}InvoiceReferencedDocument/{*}IssuerAssignedID") == "INV-2026-000042"


@pytest.mark.parametrize(("name", "code"), [("export", "VATEX-EU-G"), ("intra-community", "VATEX-EU-IC"), ("mixed rates", None)])
def test_the_reason_for_charging_no_tax_is_stated(name: str, code: str | None) -> None:
    assert etree.fromstring(xml(DOCUMENTS[name], SELLER)).findtext(".//{*}ExemptionReasonCode") == code


@pytest.mark.parametrize("name", ["mixed rates", "credit note", "intra-community"])
def test_the_pdf_carries_the_xml_it_shows(name: str) -> None:
    document = DOCUMENTS[name]
    printed = pdf(document, SELLER)
    file_name, inside = get_xml_from_pdf(printed)
    assert printed.startswith(b"%PDF-1.7")
    assert (file_name, inside) == ("factur-x.xml", xml(document, SELLER))


def hostile_invoice(texts: list[str]) -> Invoice:
    lines = tuple(msgspec.structs.replace(MIXED.lines[0], name=text, sku=text[:50]) for text in texts)
    address = Address(name=texts[0], line1=texts[-1], city=texts[0], postcode=texts[-1], region=texts[0], country="DE")
    return msgspec.structs.replace(
        MIXED, lines=lines, buyer=address, external_id=texts[0], customer=texts[-1], buyer_tax_id=texts[0]
    )


def test_hostile_names_break_neither_the_xml_nor_the_page() -> None:
    document = hostile_invoice(HOSTILE * 8)
    assert get_xml_from_pdf(pdf(document, SELLER))[0] == "factur-x.xml"
    names = [item.text for item in etree.fromstring(xml(document, SELLER)).findall(".//{*}SpecifiedTradeProduct/{*}Name")]
    assert names[:2] == ["<b>**bold**</b> & ]]>", "W" * 1_000]
    assert names[5:8] == ["abcd", "{nb} %s {0}", "Item"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(st.characters(codec=None), max_size=80), min_size=1, max_size=3))
def test_any_text_whatever_fits_into_valid_xml(texts: list[str]) -> None:
    assert xml_check_xsd(xml(hostile_invoice(texts), SELLER))


def test_an_incomplete_seller_or_buyer_is_named() -> None:
    with pytest.raises(ValueError, match="the seller has no tax_id; complete the seller"):
        xml(MIXED, msgspec.structs.replace(SELLER, tax_id=""))
    with pytest.raises(ValueError, match="address has no country"):
        xml(msgspec.structs.replace(MIXED, buyer=Address(name="A")), SELLER)


def test_without_the_extra_the_error_names_what_to_install() -> None:
    program = (
        "import sys; sys.modules['facturx'] = None\n"
        "from afterclick.orders.billing.document import xml\n"
        "try: xml(None, None)\n"
        "except RuntimeError as error: print(error)"
    )
    source = str(Path(afterclick.__file__).parents[1])
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONPATH": source}
    )
    assert shown.stdout.strip() == "cannot write invoice documents: facturx is not installed; install afterclick[documents]"
