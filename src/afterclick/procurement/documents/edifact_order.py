"""A purchase order as EDIFACT message ORDERS, directory D.96A, in the manner of EANCOM."""

from collections.abc import Iterator
from datetime import UTC, datetime

from afterclick.domain.order import Address
from afterclick.domain.purchase import PurchaseLine
from afterclick.domain.text import one_line
from afterclick.procurement.documents.edifact import released, written
from afterclick.procurement.documents.parties import Letter, edi_address
from afterclick.procurement.documents.units import for_edifact
from afterclick.procurement.documents.values import Unsendable, pieces_of_text, price_text

Row = tuple[str, ...]
PRICE_NET, DAY, REQUESTED, ISSUED = "AAA", "102", "2", "137"
GS1 = "9"
"""UNTDID 3055: the agency that gives out GLN and GTIN."""
LONGEST_IDENTIFIER = 35


def edifact_order(letter: Letter) -> bytes:
    """The interchange: Latin letters in UNOC (syntax 3), others in UNOY, which is UTF-8 (syntax 4).

    Raises:
        Unsendable: a number or SKU is longer than the 35 letters that the message has for it.
    """
    rows = [*_head(letter), *(row for line in letter.order.lines for row in _line(line, letter.order.currency)), *_foot(letter)]
    latin = _encodable("".join(part for row in rows for part in row))
    at = datetime.fromtimestamp(letter.order.ordered_ms / 1000, UTC)
    own = edi_address(letter.buyer.edi, letter.buyer.gln, letter.buyer.seller.tax_id or "BUYER")
    theirs = edi_address(letter.vendor.endpoint, letter.vendor.gln, letter.vendor.id)
    syntax, when = ("UNOC:3", f"{at:%y%m%d:%H%M}") if latin else ("UNOY:4", f"{at:%Y%m%d:%H%M}")
    unb = ("UNB", syntax, _address_id(own), _address_id(theirs), when, str(letter.control))
    return written([unb, *rows], control=letter.control, encoding="latin-1" if latin else "utf-8")


def _head(letter: Letter) -> Iterator[Row]:
    order = letter.order
    yield "UNH", "1", "ORDERS:D:96A:UN:EAN008"
    yield "BGM", "220", identifier(order.number, "the order number"), "9"
    yield "DTM", f"{ISSUED}:{datetime.fromtimestamp(order.ordered_ms / 1000, UTC):%Y%m%d}:{DAY}"
    if order.deliver_on:
        yield "DTM", f"{REQUESTED}:{order.deliver_on:%Y%m%d}:{DAY}"
    if order.note:
        yield "FTX", "PUR", "", "", ":".join(released(part, longest=70) for part in pieces_of_text(order.note, 70, 5))
    seller = letter.buyer.seller
    yield _party("BY", letter.buyer.gln, seller.name, seller.address)
    if seller.tax_id:
        yield "RFF", f"VA:{released(seller.tax_id, longest=35)}"
    yield _party("SU", letter.vendor.gln, letter.vendor.name, letter.vendor.address)
    yield _party("DP", "", order.deliver_to.name, order.deliver_to)
    yield "CUX", f"2:{order.currency}:9"
    if order.payment_days:
        yield "PAT", "1", "", f"5:3:D:{order.payment_days}"
    if order.incoterm:
        yield "TOD", "3", "", released(order.incoterm, longest=3)


def _line(line: PurchaseLine, currency: str) -> Iterator[Row]:
    yield "LIN", str(line.no), "", f"{identifier(line.gtin, 'the GTIN')}:EN" if line.gtin else ""
    own = f"{identifier(line.sku, 'the SKU')}:IN"
    theirs = [f"{identifier(line.vendor_sku, 'the SKU')}:SA"] if line.vendor_sku else []
    yield "PIA", "5", *theirs, own
    yield "IMD", "F", "", ":::" + ":".join(released(part, longest=35) for part in pieces_of_text(line.name or line.sku, 35, 2))
    unit = for_edifact(line.unit)
    yield "QTY", f"21:{line.quantity}:{unit}"
    if line.deliver_on:
        yield "DTM", f"{REQUESTED}:{line.deliver_on:%Y%m%d}:{DAY}"
    yield "MOA", f"203:{price_text(line.net, currency)}"
    basis = "" if line.price_basis == 1 else f":::{line.price_basis}:{unit}"
    yield "PRI", f"{PRICE_NET}:{price_text(line.price, currency)}{basis}"


def _foot(letter: Letter) -> Iterator[Row]:
    yield "UNS", "S"
    yield "MOA", f"79:{price_text(letter.order.net, letter.order.currency)}"
    yield "CNT", f"2:{len(letter.order.lines)}"


def _party(role: str, gln: str, name: str, address: Address) -> Row:
    names = ":".join(released(part, longest=35) for part in pieces_of_text(name, 35, 5))
    streets = [released(part, longest=35) for text in (address.line1, address.line2) for part in pieces_of_text(text, 35, 2)]
    place = (address.city, 35), (address.region, 9), (address.postcode, 9), (address.country, 3)
    numbered = f"{identifier(gln, 'the GLN')}::{GS1}" if gln else ""
    return ("NAD", role, numbered, "", names, ":".join(streets[:3]), *(released(text, longest=most) for text, most in place))


def identifier(text: str, what: str) -> str:
    """A number or SKU, which must come through whole or not at all."""
    plain = one_line(text)
    if plain != text or not text or len(text) > LONGEST_IDENTIFIER:
        raise Unsendable(f"{what} {one_line(text, longest=50)!r} does not fit an EDIFACT field of {LONGEST_IDENTIFIER} letters")
    return released(plain, longest=LONGEST_IDENTIFIER)


def _address_id(address: tuple[str, str]) -> str:
    qualifier, name = address
    return f"{released(name, longest=35)}:{released(qualifier, longest=4)}"


def _encodable(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
