"""Invoices as UN/CEFACT Cross Industry Invoice, in the terms (BT-…, BG-…) of the European standard EN 16931-1."""

from typing import cast

from facturx import generate_xml  # pyright: ignore[reportUnknownVariableType]  # has no types

from afterclick.domain.invoice import Charge, Invoice, InvoiceLine
from afterclick.domain.money import to_text
from afterclick.domain.order import Address
from afterclick.domain.seller import Seller
from afterclick.domain.text import one_line
from afterclick.orders.billing.text import issued_on, no_tax_reason, percent

Terms = dict[str, object]

_CREDIT_TRANSFER, _ONLINE_PAYMENT = "30", "68"
_SHIPPING_REASON, _DISCOUNT_REASON = "FC", "95"


def cross_industry_invoice(invoice: Invoice, seller: Seller, *, paid: bool) -> bytes:
    """The XML of `afterclick.orders.billing.document.xml`; see there."""
    _demand(invoice, seller)
    terms = {
        **_header(invoice, seller),
        **_payment(invoice, seller, paid=paid),
        **_totals(invoice, paid=paid),
        "BG-20": [_charge(invoice, charge) for charge in invoice.charges if charge.kind == "discount"],
        "BG-21": [_charge(invoice, charge) for charge in invoice.charges if charge.kind == "shipping"],
        "BG-23": [_tax_group(invoice, at, seller) for at in range(len(invoice.groups))],
        "BG-25": [_line(invoice, no, line) for no, line in enumerate(invoice.lines, 1)],
    }
    return cast(bytes, generate_xml(terms, flavor="factur-x", level="en16931", check_xsd=True, check_schematron=""))


def _demand(invoice: Invoice, seller: Seller) -> None:
    """What the standard requires and the order may not have brought along."""
    missing = [
        name for name, value in (("name", seller.name), ("country", seller.country), ("tax_id", seller.tax_id)) if not value
    ]
    if missing:
        raise ValueError(f"{invoice.name}: the seller has no {', '.join(missing)}; complete the seller in the settings")
    if not invoice.buyer.country:
        raise ValueError(f"{invoice.name}: the buyer's address has no country; an electronic invoice requires it")


def _header(invoice: Invoice, seller: Seller) -> Terms:
    """Number, dates and parties (BT-1 to BT-72, BG-3, BG-4, BG-7, BG-13)."""
    contact = {"name": one_line(seller.name), "phone": seller.phone, "email": seller.email}
    deliver_to = _address(invoice.buyer)
    buyer_name = one_line(invoice.buyer.name) or one_line(invoice.customer) or "Customer"
    header: Terms = {
        "BT-1": invoice.name,
        "BT-2": issued_on(invoice.issued_ms),
        "BT-3": "380" if invoice.kind == "invoice" else "381",
        "BT-5": invoice.currency,
        "BT-14": one_line(invoice.external_id),
        "BT-72": issued_on(invoice.issued_ms),
        "BG-4": {
            "name": one_line(seller.name),
            **_address(seller.address),
            "vat_identifier": seller.tax_id,
            "legal_identifier": one_line(seller.registration),
            "contacts": [contact] if seller.phone or seller.email else [],
        },
        "BG-7": {"name": buyer_name, **deliver_to, "vat_identifier": _vat_number(invoice.buyer_tax_id)},
        "BG-13": {"name": buyer_name, **deliver_to},
    }
    if invoice.refers_to:
        header["BG-3"] = [{"BT-25": invoice.refers_to}]
    return header


def _payment(invoice: Invoice, seller: Seller, *, paid: bool) -> Terms:
    """How it was paid, or how it is to be (BT-20, BT-81 to BT-85)."""
    if paid or invoice.kind == "credit_note" or not seller.iban:
        settled = "Paid" if invoice.kind == "invoice" else "Refunded"
        return {"BT-81": _ONLINE_PAYMENT, "BT-82": "Online payment", "BT-20": settled if paid else "Due on receipt"}
    return {
        "BT-20": "Due on receipt",
        "BT-81": _CREDIT_TRANSFER,
        "BT-83": invoice.name,
        "BT-84": seller.iban.replace(" ", ""),
        "BT-85": one_line(seller.name),
    }


def _totals(invoice: Invoice, *, paid: bool) -> Terms:
    """Document totals (BG-22); BT-106 − BT-107 + BT-108 = BT-109, BT-112 = BT-109 + BT-110, BT-115 = BT-112 − BT-113 + BT-114."""
    discounts = -sum(charge.net for charge in invoice.charges if charge.kind == "discount")
    shipping = sum(charge.net for charge in invoice.charges if charge.kind == "shipping")
    amounts = {
        "BT-106": sum(line.net for line in invoice.lines),
        "BT-107": discounts,
        "BT-108": shipping,
        "BT-109": invoice.net,
        "BT-110": invoice.tax,
        "BT-112": invoice.net + invoice.tax,
        "BT-113": invoice.gross if paid else 0,
        "BT-114": invoice.rounding,
        "BT-115": 0 if paid else invoice.gross,
    }
    optional = {"BT-113", "BT-114"}
    return {term: to_text(amount, invoice.currency) for term, amount in amounts.items() if amount or term not in optional}


def _charge(invoice: Invoice, charge: Charge) -> Terms:
    """Shipping or a discount (BG-21, BG-20), with reasons of UNTDID 7161 and 5189."""
    shipping = charge.kind == "shipping"
    return {
        "amount": to_text(abs(charge.net), invoice.currency),
        "reason": "Shipping" if shipping else "Discount",
        "reason_code": _SHIPPING_REASON if shipping else _DISCOUNT_REASON,
        "vat_category_code": charge.tax_category,
        "vat_rate": percent(charge.rate_bp),
    }


def _tax_group(invoice: Invoice, at: int, seller: Seller) -> Terms:
    """One rate of the tax breakdown (BG-23)."""
    group = invoice.groups[at]
    terms: Terms = {
        "BT-116": to_text(group.net, invoice.currency),
        "BT-117": to_text(group.tax, invoice.currency),
        "BT-118": group.tax_category,
        "BT-119": percent(group.rate_bp),
    }
    reason, code = no_tax_reason(group.tax_category, seller.country)
    return terms | {term: text for term, text in (("BT-120", reason), ("BT-121", code)) if text}


def _line(invoice: Invoice, no: int, line: InvoiceLine) -> Terms:
    """One line (BG-25). The price is for one piece where that is exact, otherwise for all of them (BT-149)."""
    each, rest = divmod(line.net, line.quantity)
    terms: Terms = {
        "BT-126": str(no),
        "BT-129": str(line.quantity),
        "BT-130": "H87",  # UN/ECE Recommendation 20: piece
        "BT-131": to_text(line.net, invoice.currency),
        "BT-146": to_text(line.net if rest else each, invoice.currency),
        "BT-151": line.tax_category,
        "BT-152": percent(line.rate_bp),
        "BT-153": one_line(line.name) or one_line(line.sku) or "Item",
        "BT-155": one_line(line.sku),
    }
    if rest:
        terms["BT-149"] = str(line.quantity)
    return terms


def _vat_number(text: str) -> str:
    """A VAT number as the standard takes it (BR-CO-09: with its country prefix), or nothing."""
    number = one_line(text).replace(" ", "")
    return number if number[:2].isalpha() else ""


def _address(address: Address) -> dict[str, str]:
    return {
        "addr_l1": one_line(address.line1),
        "addr_l2": one_line(address.line2),
        "city": one_line(address.city),
        "postcode": one_line(address.postcode),
        "country_subdivision": one_line(address.region),
        "country_code": address.country,
    }
