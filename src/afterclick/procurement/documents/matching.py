"""Hold a vendor's answer against the order it answers: which line is meant, and what differs."""

from datetime import date
from typing import Final

import msgspec

from afterclick.domain.purchase import AcknowledgedLine, Acknowledgement, Answered, PurchaseLine, PurchaseOrder
from afterclick.procurement.documents.units import canonical

_ONE_FOR_ALL: Final = ("accepted", "refused")


class LineOutcome(msgspec.Struct, frozen=True):
    """What the vendor will do about one of our lines. `quantity`, `price` and `deliver_on` are what now holds; `differs` names
    what is other than ordered: `quantity`, `price`, `date`, `item`. A change that names none of them stays `changed`: somebody
    has to read it."""

    line: PurchaseLine
    answer: Answered
    quantity: int
    price: int
    price_basis: int
    differs: tuple[str, ...] = ()
    because: str = ""
    deliver_on: date | None = None


class Outcome(msgspec.Struct, frozen=True):
    """The answer, line by line of the order; `silent` are lines of which it says nothing, `problems` what a person should see."""

    lines: tuple[LineOutcome, ...]
    silent: tuple[int, ...]
    problems: tuple[str, ...]


def compared(order: PurchaseOrder, answer: Acknowledgement) -> Outcome:
    """What the answer means for the order.

    A line is found by its number where its item agrees, else by our SKU, the vendor's SKU or the GTIN, if only one line has it.
    A change is never taken over here: it is named, and what may pass is for the policy to say.
    """
    problems = [*answer.problems]
    if answer.order.strip() != order.number:
        problems.append(f"the answer is to order {answer.order}, not to {order.number}")
        return Outcome((), tuple(line.no for line in order.lines), tuple(problems))
    if answer.currency and answer.currency != order.currency:
        problems.append(f"the answer is in {answer.currency}, the order in {order.currency}: its prices are not compared")
    told: dict[int, AcknowledgedLine] = {}
    for said in answer.lines:
        line = _meant(order, said)
        if line is None:
            name = said.sku or said.vendor_sku or said.gtin or f"line {said.line_no}"
            problems.append(f"the answer speaks of {name}, which the order does not have")
        elif line.no in told:
            problems.append(f"the answer speaks twice of line {line.no} ({line.sku}): the first counts")
        else:
            told[line.no] = said
    same_money = not answer.currency or answer.currency == order.currency
    outcomes = [_outcome(line, told.get(line.no), answer, priced=same_money) for line in order.lines]
    found = tuple(one for one in outcomes if one is not None)
    silent = tuple(line.no for line, one in zip(order.lines, outcomes, strict=True) if one is None)
    return Outcome(found, silent, tuple(problems))


def _meant(order: PurchaseOrder, said: AcknowledgedLine) -> PurchaseLine | None:
    numbered = [line for line in order.lines if line.no == said.line_no and _agrees(line, said)]
    if numbered:
        return numbered[0]
    alike = [line for line in order.lines if _names(line) & _said_names(said)]
    return alike[0] if len(alike) == 1 else None


def _agrees(line: PurchaseLine, said: AcknowledgedLine) -> bool:
    """Whether the item named is that of the line; an answer that names no item of ours agrees with any."""
    known = (said.sku, line.sku), (said.vendor_sku, line.vendor_sku), (said.gtin, line.gtin)
    named = [(theirs, ours) for theirs, ours in known if theirs and ours]
    return not named or any(theirs.lstrip("0") == ours.lstrip("0") for theirs, ours in named)


def _names(line: PurchaseLine) -> set[tuple[str, str]]:
    return {(kind, name) for kind, name in (("sku", line.sku), ("vendor", line.vendor_sku), ("gtin", line.gtin)) if name}


def _said_names(said: AcknowledgedLine) -> set[tuple[str, str]]:
    return {(kind, name) for kind, name in (("sku", said.sku), ("vendor", said.vendor_sku), ("gtin", said.gtin)) if name}


def _outcome(line: PurchaseLine, said: AcknowledgedLine | None, answer: Acknowledgement, *, priced: bool) -> LineOutcome | None:
    """One line; None where neither the line nor the order as a whole was answered."""
    if said is None:
        if answer.answer not in _ONE_FOR_ALL or answer.lines:
            return None
        said = AcknowledgedLine(line.no, answer.answer)
    if said.answer == "refused":
        return LineOutcome(line, "refused", 0, line.price, line.price_basis, ("quantity",), said.because)
    promised = said.deliver_on or answer.deliver_on
    quantity = line.quantity if said.quantity is None else said.quantity
    price = (line.price, line.price_basis) if said.price is None or not priced else (said.price, said.price_basis)
    other_unit = bool(said.unit) and said.unit != canonical(line.unit)
    differs = [
        name
        for name, other in (
            ("quantity", quantity != line.quantity or other_unit),
            ("price", price[0] * line.price_basis != line.price * price[1]),
            ("date", promised is not None and line.deliver_on is not None and promised > line.deliver_on),
            ("item", bool(said.replaced_by)),
        )
        if other
    ]
    because = said.because or (f"the answer counts in {said.unit}, the order in {line.unit}" if other_unit else "")
    vague = said.answer == "changed" and said.quantity is None and said.price is None and promised is None
    answered: Answered = "changed" if differs or vague else "accepted"
    return LineOutcome(line, answered, quantity, *price, tuple(differs), because, promised)
