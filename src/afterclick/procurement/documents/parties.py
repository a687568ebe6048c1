"""Who writes to whom: the shop as a buyer, and the addresses by which electronic documents travel."""

import msgspec

from afterclick.domain.purchase import PurchaseOrder, Vendor
from afterclick.domain.seller import Seller
from afterclick.procurement.documents.values import Unsendable

GLN_SCHEME = "0088"
"""ISO 6523 code of GS1's location number; Peppol's electronic addresses begin with such a scheme."""
MAIL_SCHEME = "EM"


class Buyer(msgspec.Struct, frozen=True):
    """The shop as it orders: `endpoint` is its Peppol address (`scheme:id`), `edi` its mailbox id in EDIFACT and X12
    (`qualifier:id` or an id); where they are empty, the GLN stands for them."""

    seller: Seller
    gln: str = ""
    endpoint: str = ""
    edi: str = ""


class Letter(msgspec.Struct, frozen=True):
    """An order with both parties: all that a document needs. `control` numbers the interchange, 1 to 999,999,999."""

    order: PurchaseOrder
    vendor: Vendor
    buyer: Buyer
    control: int = 1

    def __post_init__(self) -> None:
        order = self.order
        if order.vendor != self.vendor.id:
            raise Unsendable(f"{order.number} is for vendor {order.vendor}, not for {self.vendor.id}")
        if not order.lines:
            raise Unsendable(f"{order.number} has no lines: there is nothing to order")
        if len({line.no for line in order.lines}) < len(order.lines):
            raise Unsendable(f"{order.number} numbers two lines alike: a vendor could not answer to one of them")
        if not 1 <= self.control <= 999_999_999:
            raise Unsendable(f"{order.number}: the control number {self.control} is not between 1 and 999,999,999")


def buyer_endpoint(buyer: Buyer) -> tuple[str, str]:
    """Scheme and id of the buyer's electronic address."""
    return _endpoint(buyer.endpoint, buyer.gln, buyer.seller.email, "the buyer", "complete the seller in the settings")


def vendor_endpoint(vendor: Vendor) -> tuple[str, str]:
    """Scheme and id of the vendor's electronic address."""
    return _endpoint(vendor.endpoint, vendor.gln, vendor.mailbox, vendor.name, "add one, or send this vendor a PDF")


def edi_address(given: str, gln: str, otherwise: str) -> tuple[str, str]:
    """Qualifier and id of a party of an interchange: as given (`qualifier:id`), by GLN (14 = GS1), or agreed upon (ZZ)."""
    scheme, colon, name = given.partition(":")
    if given:
        return ("14" if scheme == GLN_SCHEME else scheme, name) if colon else ("ZZ", given)
    return ("14", gln) if gln else ("ZZ", otherwise)


def _endpoint(given: str, gln: str, mail: str, who: str, what_to_do: str) -> tuple[str, str]:
    scheme, colon, name = given.partition(":")
    if colon and scheme and name:
        return scheme, name
    if gln:
        return GLN_SCHEME, gln
    if mail:
        return MAIL_SCHEME, mail
    raise Unsendable(f"{who} has no electronic address, GLN or mail address: {what_to_do}")
