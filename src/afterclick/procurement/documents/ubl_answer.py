"""A vendor's answer as UBL: OrderResponse (2.0 to 2.3, Peppol T76 and T116) and OrderResponseSimple."""

from collections.abc import Callable
from datetime import date
from typing import Final, TypeVar

from afterclick.domain.purchase import AcknowledgedLine, Acknowledgement, Answered
from afterclick.procurement.documents.reading import Reading
from afterclick.procurement.documents.units import canonical
from afterclick.procurement.documents.values import Unreadable, day, quantity
from afterclick.procurement.documents.xml_tree import Element

Value = TypeVar("Value")

ROOTS: Final = ("OrderResponse", "OrderResponseSimple")
_WHOLE: Final[dict[str, Answered]] = {"AP": "accepted", "CA": "changed", "RE": "refused", "AB": "noted"}
"""UNTDID 4343, the part that Peppol allows."""
_BY_LINE: Final[dict[str, Answered]] = {
    "1": "changed", "3": "changed", "5": "accepted", "7": "refused", "42": "accepted",
}  # fmt: skip
"""UNTDID 1229: added, changed, accepted without amendment, not accepted, already delivered."""


def ubl_answer(root: Element, *, currency: str) -> Acknowledgement:
    """The answer of one document; `currency` is assumed where the document names none.

    What cannot be read of a line becomes a problem with its line in the file, and that part of the line stays unsaid.

    Raises:
        Unreadable: another document, or one that names no order.
    """
    if root.name not in ROOTS:
        raise Unreadable(f"line {root.line}: this is a {root.name}, not an order response")
    order = root.said("OrderReference", "ID")
    if not order:
        raise Unreadable(f"line {root.line}: the order response names no order (OrderReference/ID is missing)")
    reading = _Reading(root.said("DocumentCurrencyCode") or currency)
    answer = _answer(root, reading)
    lines = [reading.line(line) for line in root.all("OrderLine")]
    if lines and answer in ("accepted", "refused"):
        reading.amiss(root, f"the order is {answer} as a whole, yet {len(lines)} lines follow: the lines count")
        answer = "changed"
    return Acknowledgement(
        order=order,
        answer=answer,
        lines=tuple(lines),
        vendor_reference=root.said("SalesOrderID") or root.said("OrderReference", "SalesOrderID"),
        vendor=_party(root, "SellerSupplierParty"),
        buyer=_party(root, "BuyerCustomerParty"),
        currency=reading.currency,
        answered_on=reading.at(root, day, "IssueDate"),
        deliver_on=reading.promised(root),
        document=root.said("ID"),
        note=root.said("Note"),
        problems=reading.problems,
    )


def _answer(root: Element, reading: "_Reading") -> Answered:
    """What is said of the order as a whole; without a code, the lines say it."""
    if root.name == "OrderResponseSimple":
        said = root.said("AcceptedIndicator").lower()
        if said not in ("true", "false", "1", "0"):
            reading.amiss(root, "AcceptedIndicator is neither true nor false: the answer is taken as a change to look at")
            return "changed"
        return "accepted" if said in ("true", "1") else "refused"
    code = root.said("OrderResponseCode")
    if code in _WHOLE:
        return _WHOLE[code]
    if code:
        reading.amiss(root, f"the response code {code[:20]!r} is not known: the answer is taken as a change to look at")
    return "changed"


def _party(root: Element, role: str) -> str:
    party = root.first(role, "Party")
    if party is None:
        return ""
    return party.said("EndpointID") or party.said("PartyIdentification", "ID") or party.said("PartyTaxScheme", "CompanyID")


class _Reading(Reading):
    """Reads elements; places are lines of the file."""

    def amiss(self, element: Element, said: str) -> None:
        self.problem(f"line {element.line}", said)

    def at(self, element: Element, read: Callable[[str], Value], *path: str) -> Value | None:
        """What stands at the end of a path."""
        found = element.first(*path)
        return self.value(f"line {found.line}: {found.name}", read, found.text) if found else None

    def promised(self, element: Element) -> date | None:
        """The last day of the promised delivery, at the element itself or in its delivery."""
        for period in (*element.all("Delivery", "PromisedDeliveryPeriod"), *element.all("PromisedDeliveryPeriod")):
            first, last = self.at(period, day, "StartDate"), self.at(period, day, "EndDate")
            if first and last and last < first:
                self.amiss(period, f"the promised delivery ends on {last}, before it starts on {first}: it is left out")
                continue
            return last or first
        return None

    def line(self, element: Element) -> AcknowledgedLine:
        item = element.first("LineItem") or element
        no = self.at(element, quantity, "OrderLineReference", "LineID")
        if no is None:
            no = self.at(item, quantity, "ID")
        status = item.said("LineStatusCode")
        if status and status not in _BY_LINE:
            self.amiss(item, f"the line status {status[:20]!r} is not known: the line is taken as changed")
        units = item.first("Quantity")
        amount, basis = self._price(item)
        goods = item.first("Item") or item
        substitute = element.first("SellerSubstitutedLineItem", "Item", "SellersItemIdentification")
        return AcknowledgedLine(
            line_no=no or 0,
            answer=_BY_LINE.get(status, "changed"),
            quantity=self.at(item, quantity, "Quantity"),
            price=amount,
            price_basis=basis,
            deliver_on=self.promised(item),
            sku=goods.said("BuyersItemIdentification", "ID"),
            vendor_sku=goods.said("SellersItemIdentification", "ID"),
            gtin=goods.said("StandardItemIdentification", "ID"),
            unit=canonical(units.attributes.get("unitCode", "")) if units else "",
            replaced_by=substitute.said("ID") if substitute else "",
            because=item.said("Note") or element.said("Note"),
        )

    def _price(self, item: Element) -> tuple[int | None, int]:
        found = item.first("Price", "PriceAmount")
        if found is None:
            return None, 1
        named = found.attributes.get("currencyID", self.currency)
        if named != self.currency:
            self.amiss(found, f"the price is in {named[:10]}, the document in {self.currency}: the price is left out")
            return None, 1
        return self.price(f"line {found.line}: PriceAmount", found.text, item.said("Price", "BaseQuantity"))
