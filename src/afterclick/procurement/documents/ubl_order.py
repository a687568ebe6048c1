"""A purchase order as UBL 2.1 in the profile Peppol BIS Ordering 3 (transaction T01)."""

from collections.abc import Sequence
from typing import Final, TypeAlias
from xml.sax.saxutils import escape, quoteattr

from afterclick.domain.order import Address
from afterclick.domain.purchase import PurchaseLine
from afterclick.domain.text import one_line
from afterclick.procurement.documents.parties import GLN_SCHEME, Letter, buyer_endpoint, vendor_endpoint
from afterclick.procurement.documents.values import day_of, price_text

CUSTOMIZATION: Final = "urn:fdc:peppol.eu:poacc:trns:order:3"
PROFILE: Final = "urn:fdc:peppol.eu:poacc:bis:ordering:3"
GTIN_SCHEME: Final = "0160"
PURCHASE_ORDER: Final = "220"
"""UNTDID 1001."""
_NAMESPACES: Final = (
    'xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2" '
    'xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" '
    'xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"'
)

Part: TypeAlias = "str | Sequence[Part]"
"""Finished XML, or parts of it; an empty text is left out."""


def ubl_order(letter: Letter) -> bytes:
    """The XML, UTF-8. The order of elements is that of the UBL schema, which requires it.

    Raises:
        Unsendable: a party has no electronic address.
    """
    order = letter.order
    parts: Part = [
        _leaf("CustomizationID", CUSTOMIZATION), _leaf("ProfileID", PROFILE), _leaf("ID", order.number),
        _leaf("IssueDate", day_of(order.ordered_ms).isoformat()), _leaf("OrderTypeCode", PURCHASE_ORDER),
        _leaf("Note", order.note), _leaf("DocumentCurrencyCode", order.currency),
        _group("BuyerCustomerParty", _buyer(letter)), _group("SellerSupplierParty", _seller(letter)), _delivery(letter),
        _group("DeliveryTerms", [_leaf("ID", order.incoterm)]), _group("PaymentTerms", [_leaf("Note", _payment(letter))]),
        _group(
            "AnticipatedMonetaryTotal",
            [_money("LineExtensionAmount", order.net, order.currency), _money("PayableAmount", order.net, order.currency)],
        ),
        [_line(line, order.currency) for line in order.lines],
    ]  # fmt: skip
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Order {_NAMESPACES}>{_joined(parts)}</Order>\n'.encode()


def _buyer(letter: Letter) -> Part:
    seller = letter.buyer.seller
    contact = _group("Contact", [_leaf("Telephone", seller.phone), _leaf("ElectronicMail", seller.email)])
    return _party(buyer_endpoint(letter.buyer), seller.name, seller.address, seller.tax_id, letter.buyer.gln, contact)


def _seller(letter: Letter) -> Part:
    vendor = letter.vendor
    return _party(vendor_endpoint(vendor), vendor.name, vendor.address, "", vendor.gln, "")


def _party(endpoint: tuple[str, str], name: str, address: Address, tax_id: str, gln: str, contact: Part) -> Part:
    scheme, number = endpoint
    registration = _group(
        "RegistrationAddress",
        [_leaf("CityName", address.city), _group("Country", [_leaf("IdentificationCode", address.country)])],
    )
    tax = [_leaf("CompanyID", tax_id), _group("TaxScheme", [_leaf("ID", "VAT")])]
    return _group(
        "Party",
        [
            _leaf("EndpointID", number, schemeID=scheme),
            _group("PartyIdentification", [_leaf("ID", gln, schemeID=GLN_SCHEME)]),
            _group("PartyName", [_leaf("Name", name)]), _group("PostalAddress", _address(address)),
            _group("PartyTaxScheme", tax) if tax_id else "",
            _group("PartyLegalEntity", [_leaf("RegistrationName", name), registration]), contact,
        ],
    )  # fmt: skip


def _address(address: Address) -> Part:
    return [
        _leaf("StreetName", address.line1), _leaf("AdditionalStreetName", address.line2), _leaf("CityName", address.city),
        _leaf("PostalZone", address.postcode), _leaf("CountrySubentity", address.region),
        _group("Country", [_leaf("IdentificationCode", address.country)]),
    ]  # fmt: skip


def _delivery(letter: Letter) -> Part:
    order = letter.order
    name = _group("PartyName", [_leaf("Name", order.deliver_to.name)])
    return _group(
        "Delivery",
        [
            _group("DeliveryLocation", [_group("Address", _address(order.deliver_to))]),
            _group("RequestedDeliveryPeriod", [_leaf("EndDate", order.deliver_on.isoformat() if order.deliver_on else "")]),
            _group("DeliveryParty", [name]),
        ],
    )


def _payment(letter: Letter) -> str:
    days = letter.order.payment_days
    return f"{days} days net from the date of the invoice" if days else "Due on receipt of the invoice"


def _line(line: PurchaseLine, currency: str) -> Part:
    wanted = line.deliver_on.isoformat() if line.deliver_on else ""
    price = [
        _money("PriceAmount", line.price, currency),
        _leaf("BaseQuantity", str(line.price_basis), unitCode=line.unit),
    ]
    item = [
        _leaf("Name", line.name or line.sku), _group("BuyersItemIdentification", [_leaf("ID", line.sku)]),
        _group("SellersItemIdentification", [_leaf("ID", line.vendor_sku)]),
        _group("StandardItemIdentification", [_leaf("ID", line.gtin, schemeID=GTIN_SCHEME)]),
    ]  # fmt: skip
    parts = [
        _leaf("ID", str(line.no)), _leaf("Quantity", str(line.quantity), unitCode=line.unit),
        _money("LineExtensionAmount", line.net, currency),
        _group("Delivery", [_group("RequestedDeliveryPeriod", [_leaf("EndDate", wanted)])]),
        _group("Price", price), _group("Item", item),
    ]  # fmt: skip
    return _group("OrderLine", [_group("LineItem", parts)])


def _money(name: str, amount: int, currency: str) -> str:
    return _leaf(name, price_text(amount, currency), currencyID=currency)


def _leaf(name: str, text: str, **attributes: str) -> str:
    """A basic component; an empty one is left out, as UBL forbids empty elements."""
    shown = one_line(text)
    marks = "".join(f" {key}={quoteattr(one_line(value))}" for key, value in attributes.items())
    return f"<cbc:{name}{marks}>{escape(shown)}</cbc:{name}>" if shown else ""


def _group(name: str, parts: Part) -> str:
    """An aggregate component; without content it is left out."""
    inside = _joined(parts)
    return f"<cac:{name}>{inside}</cac:{name}>" if inside else ""


def _joined(parts: Part) -> str:
    return parts if isinstance(parts, str) else "".join(_joined(part) for part in parts)
