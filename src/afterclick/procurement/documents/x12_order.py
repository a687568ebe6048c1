"""A purchase order as X12 transaction set 850, version 004010."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from afterclick.domain.money import decimals
from afterclick.domain.order import Address
from afterclick.domain.purchase import PurchaseLine
from afterclick.procurement.documents.parties import Letter, edi_address
from afterclick.procurement.documents.units import for_x12
from afterclick.procurement.documents.values import Unsendable, pieces_of_text, price_text
from afterclick.procurement.documents.x12 import COMPONENT, VERSION, identifier, words, written

Row = tuple[str, ...]
_BASES: Final = {1: "", 100: "HP", 1000: "TP"}
"""Data element 639: price per unit, per hundred, per thousand."""
_FINEST_DECIMALS: Final = 8
LONGEST_NUMBER, LONGEST_SKU = 22, 48
_GTIN_KINDS: Final = {8: "EN", 12: "UP", 13: "EN", 14: "UK"}


def x12_order(letter: Letter) -> bytes:
    """The interchange, ASCII, a segment on a line.

    Raises:
        Unsendable: a number or SKU does not fit, or a unit or a price cannot be said in X12.
    """
    order = letter.order
    body = [*_head(letter), *(row for line in order.lines for row in _line(line, order.currency)), *_foot(letter)]
    at = datetime.fromtimestamp(order.ordered_ms / 1000, UTC)
    own = edi_address(letter.buyer.edi, letter.buyer.gln, letter.buyer.seller.tax_id or "BUYER")
    theirs = edi_address(letter.vendor.endpoint, letter.vendor.gln, letter.vendor.id)
    (own_kind, own_id), (their_kind, their_id) = _party_id(own), _party_id(theirs)
    control = f"{letter.control:09d}"
    isa = (
        "ISA", "00", " " * 10, "00", " " * 10, own_kind, own_id.ljust(15), their_kind, their_id.ljust(15), f"{at:%y%m%d}",
        f"{at:%H%M}", "U", "00401", control, "0", "P", COMPONENT,
    )  # fmt: skip
    group = ("GS", "PO", own_id, their_id, f"{at:%Y%m%d}", f"{at:%H%M}", str(letter.control), "X", VERSION)
    ends = (("SE", str(len(body) + 2), "0001"), ("GE", "1", str(letter.control)), ("IEA", "1", control))
    return written([isa, group, ("ST", "850", "0001"), *body, *ends])


def _head(letter: Letter) -> Iterator[Row]:
    order = letter.order
    number = identifier(order.number, "the order number", longest=LONGEST_NUMBER)
    yield "BEG", "00", "SA", number, "", f"{datetime.fromtimestamp(order.ordered_ms / 1000, UTC):%Y%m%d}"
    yield "CUR", "BY", order.currency
    if order.incoterm:
        yield "FOB", "DF", "", "", "01", words(order.incoterm, longest=3)
    if order.payment_days:
        yield "ITD", "05", "3", "", "", "", "", str(order.payment_days)
    if order.deliver_on:
        yield "DTM", "002", f"{order.deliver_on:%Y%m%d}"
    if order.note:
        yield "N9", "L1", "NOTE"
        for part in pieces_of_text(words(order.note, longest=1000), 250, 4):
            yield "MSG", part
    seller = letter.buyer.seller
    yield from _party("BY", letter.buyer.gln, seller.name, seller.address)
    yield from _party("SU", letter.vendor.gln, letter.vendor.name, letter.vendor.address)
    yield from _party("ST", "", order.deliver_to.name, order.deliver_to)


def _line(line: PurchaseLine, currency: str) -> Iterator[Row]:
    price, basis = _price(line, currency)
    numbers = ["BP", identifier(line.sku, "the SKU", longest=LONGEST_SKU)]
    if line.vendor_sku:
        numbers += ["VN", identifier(line.vendor_sku, "the SKU", longest=LONGEST_SKU)]
    if line.gtin:
        kind = _GTIN_KINDS.get(len(line.gtin), "EN")
        numbers += [kind, identifier(line.gtin, "the GTIN", longest=LONGEST_SKU)]
    yield "PO1", str(line.no), str(line.quantity), for_x12(line.unit), price, basis, *numbers
    yield "PID", "F", "", "", "", words(line.name or line.sku, longest=80)
    if line.deliver_on:
        yield "DTM", "002", f"{line.deliver_on:%Y%m%d}"


def _foot(letter: Letter) -> Iterator[Row]:
    lines = letter.order.lines
    yield "CTT", str(len(lines)), str(sum(line.quantity for line in lines))
    yield "AMT", "TT", price_text(letter.order.net, letter.order.currency)


def _price(line: PurchaseLine, currency: str) -> tuple[str, str]:
    """The price and its basis; for another number of units than 1, 100 or 1,000 as the price of one, where that is exact."""
    if line.price_basis in _BASES:
        return price_text(line.price, currency), _BASES[line.price_basis]
    scaled, rest = divmod(line.price * 10**_FINEST_DECIMALS, line.price_basis)
    if rest:
        raise Unsendable(f"line {line.no}: a price for {line.price_basis} units cannot be said exactly in X12")
    places = _FINEST_DECIMALS + decimals(currency)
    digits = str(scaled).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip("."), "PE"


def _party(role: str, gln: str, name: str, address: Address) -> Iterator[Row]:
    yield "N1", role, words(name, longest=60), *(("UL", identifier(gln, "the GLN", longest=20)) if gln else ())
    streets = [words(text, longest=55) for text in (address.line1, address.line2) if text]
    if streets:
        yield "N3", *streets
    if address.city or address.postcode:
        place = (address.city, 30), (address.region, 2 if len(address.region) == 2 else 30), (address.postcode, 15)
        yield "N4", *(words(text, longest=most) for text, most in place), words(address.country, longest=3)


def _party_id(address: tuple[str, str]) -> tuple[str, str]:
    """Qualifier and id of ISA, which has no word for a GLN: it goes by agreement (ZZ)."""
    kind, number = address
    return ("ZZ" if kind == "14" or len(kind) != 2 else kind), identifier(number, "the EDI address", longest=15)
