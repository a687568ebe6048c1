"""A vendor's answer to an order that may have come in part: what of it is still to come, on which terms."""

from datetime import date
from typing import NamedTuple

from afterclick.domain.purchase import Acknowledgement, Answered, PurchaseLine, PurchaseOrder
from afterclick.procurement.documents.matching import LineOutcome, compared


class Answer(NamedTuple):
    """What a vendor says to one line: `confirmed` units beside those that have come, a `price` for the line's own price
    basis (rounded up to a minor unit, so that no rise is rounded away), and the day, None where nothing is said."""

    line: PurchaseLine
    answer: Answered
    confirmed: int
    price: int
    deliver_on: date | None
    replaced: bool
    because: str


class Matched(NamedTuple):
    """The answers by line, and what in the document cannot be relied upon."""

    lines: tuple[Answer, ...]
    problems: tuple[str, ...]


def matched(order: PurchaseOrder, answer: Acknowledgement) -> Matched:
    """Hold an answer against the lines of its order that are still open. What names no line of ours is a problem."""
    found = compared(order, answer)
    problems = list(found.problems)
    lines: list[Answer] = []
    for one in found.lines:
        if one.line.due:
            if "quantity" in one.differs and one.answer != "refused" and one.quantity == one.line.quantity:
                problems.append(f"line {one.line.no}: {one.because or 'the quantity is in another unit'}")
            if one.answer == "changed" and not one.differs:
                problems.append(f"line {one.line.no} is changed in words only: {one.because or 'it does not say how'}")
            lines.append(_answer(one))
    return Matched(tuple(lines), tuple(problems))


def _answer(one: LineOutcome) -> Answer:
    line = one.line
    still = line.due if one.quantity == line.quantity else max(0, one.quantity - line.received)
    price = -(-one.price * line.price_basis // max(1, one.price_basis))
    confirmed = 0 if one.answer == "refused" else still
    return Answer(line, one.answer, confirmed, price, one.deliver_on, "item" in one.differs, one.because[:200])
