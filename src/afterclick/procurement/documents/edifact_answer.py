"""A vendor's answer as EDIFACT message ORDRSP, directories D.93A to D.10A."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from afterclick.domain.purchase import AcknowledgedLine, Acknowledgement, Answered
from afterclick.procurement.documents.edifact import Segment
from afterclick.procurement.documents.reading import Reading
from afterclick.procurement.documents.units import canonical
from afterclick.procurement.documents.values import Unreadable, day, quantity

_BY_FUNCTION: Final[dict[str, Answered]] = {"27": "refused", "29": "accepted", "44": "accepted", "4": "changed", "45": "changed"}
"""UNTDID 1225 of the message."""
_BY_RESPONSE: Final[dict[str, Answered]] = {
    "AC": "changed", "AD": "accepted", "AE": "changed", "AI": "changed", "AP": "accepted", "CA": "changed", "RE": "refused",
    "AB": "noted", "RD": "refused", "RF": "refused", "RJ": "refused",
}  # fmt: skip
"""UNTDID 4343."""
_BY_LINE: Final[dict[str, Answered]] = {
    "": "accepted", "4": "accepted", "5": "accepted", "11": "accepted", "1": "changed", "3": "changed", "6": "changed",
    "9": "changed", "2": "refused", "7": "refused", "10": "refused",
}  # fmt: skip
"""UNTDID 1229 of the line; without it, quantities and prices tell."""
_CONFIRMED: Final = ("113", "12", "194", "21")
"""UNTDID 6063, in order of preference: to be delivered, despatched, accepted, ordered."""
_BACK_ORDER: Final = "83"
_PROMISED: Final = ("69", "67", "17", "2", "63", "358")
"""UNTDID 2005: promised, scheduled, estimated, requested, latest."""
_NET_PRICE: Final = ("AAA", "INV", "CAL")
_DAYS: Final = ("", "101", "102", "203", "204")
"""UNTDID 2379: formats that begin with a day of six or eight digits."""


@dataclass
class _Line:
    """A LIN segment and what followed it."""

    start: Segment
    rest: list[Segment] = field(default_factory=list[Segment])


def edifact_answers(segments: Iterable[Segment], *, currency: str) -> tuple[list[Acknowledgement], list[str]]:
    """The answers of an interchange, and what was wrong around them; other messages in it are named and left out."""
    answers: list[Acknowledgement] = []
    problems: list[str] = []
    for message in _messages(segments, problems):
        head = message[0]
        if head.part(1) != "ORDRSP":
            problems.append(f"segment {head.at}: message {head.part(0)} is {head.part(1)}, not ORDRSP: it is left out")
            continue
        try:
            answers.append(_answer(message, currency))
        except Unreadable as error:
            problems.append(str(error))
    return answers, problems


def _messages(segments: Iterable[Segment], problems: list[str]) -> Iterator[list[Segment]]:
    """The segments from UNH to UNT of each message; one that is cut off is read as far as it goes."""
    current: list[Segment] = []
    count = 0
    for one in segments:
        if one.tag == "UNH":
            if current:
                problems.append(f"segment {one.at}: a message begins before the one of segment {current[0].at} has ended")
                yield current
            current, count = [one], count + 1
        elif one.tag == "UNT" and current:
            if one.part(0) != str(len(current) + 1):
                found = f"there are {len(current) + 1}: some may be missing"
                problems.append(f"segment {one.at}: UNT counts {one.part(0) or 'no'} segments, {found}")
            if one.part(1) != current[0].part(0):
                problems.append(f"segment {one.at}: UNT ends message {one.part(1)}, begun was {current[0].part(0)}")
            yield current
            current = []
        elif one.tag == "UNZ" and one.part(0) != str(count):
            problems.append(f"segment {one.at}: UNZ counts {one.part(0) or 'no'} messages, there are {count}")
        elif current:
            current.append(one)
    if current:
        problems.append(f"segment {current[0].at}: the message does not end (UNT is missing): some of it may be missing")
        yield current


def _answer(message: list[Segment], currency: str) -> Acknowledgement:
    head, lines = _parted(message)
    begin = next((one for one in head if one.tag == "BGM"), None)
    order = _reference(head, "ON")
    if begin is None or not order:
        raise Unreadable(f"segment {message[0].at}: the answer names no order (RFF+ON is missing)")
    named = next((one.part(0, 1) for one in head if one.tag == "CUX" and one.part(0, 1)), currency)
    reading = _Reading(named)
    read = [reading.line(line, order) for line in lines]
    answer = _BY_RESPONSE.get(begin.part(3)) or _BY_FUNCTION.get(begin.part(2))
    if answer is None:
        answer = "accepted" if read and all(line.answer == "accepted" for line in read) else "changed"
    if read and answer == "refused" and any(line.answer != "refused" for line in read):
        reading.amiss(begin, "the order is refused as a whole, yet lines are accepted: the lines count")
        answer = "changed"
    issued = [one for one in head if one.tag == "DTM" and one.part(0) == "137"]
    return Acknowledgement(
        order=order,
        answer=answer,
        lines=tuple(read),
        vendor_reference=_reference(head, "VN"),
        vendor=_party(head, "SU") or _party(head, "SE") or _party(head, "MS"),
        buyer=_party(head, "BY") or _party(head, "MR"),
        currency=named,
        answered_on=reading.day(issued[0]) if issued else None,
        deliver_on=reading.promised(head),
        document=begin.part(1),
        note=_texts(head),
        problems=reading.problems,
    )


def _parted(message: list[Segment]) -> tuple[list[Segment], list[_Line]]:
    """What stands before the lines, and the lines; what follows them is totals."""
    head: list[Segment] = []
    lines: list[_Line] = []
    for one in message:
        if one.tag == "UNS":
            break
        if one.tag == "LIN":
            lines.append(_Line(one))
        else:
            (lines[-1].rest if lines else head).append(one)
    return head, lines


def _reference(segments: Iterable[Segment], qualifier: str) -> str:
    return next((one.part(0, 1) for one in segments if one.tag == "RFF" and one.part(0) == qualifier), "")


def _party(segments: Iterable[Segment], role: str) -> str:
    return next((one.part(1) for one in segments if one.tag == "NAD" and one.part(0) == role), "")


def _texts(segments: Iterable[Segment]) -> str:
    said = (part for one in segments if one.tag == "FTX" and len(one.elements) > 3 for part in one.elements[3])
    return " ".join(" ".join(said).split())[:1000]


def _place(segment: Segment) -> str:
    return f"segment {segment.at} ({segment.tag})"


class _Reading(Reading):
    """Reads segments; places are their numbers in the file."""

    def amiss(self, segment: Segment, said: str) -> None:
        self.problem(_place(segment), said)

    def day(self, segment: Segment) -> date | None:
        if segment.part(0, 2) not in _DAYS:
            self.amiss(segment, f"the date format {segment.part(0, 2)} is not read: ask for 102 (20261130)")
            return None
        return self.value(_place(segment), day, segment.part(0, 1))

    def promised(self, segments: Iterable[Segment]) -> date | None:
        dates = {one.part(0): one for one in reversed([one for one in segments if one.tag == "DTM"])}
        for qualifier in _PROMISED:
            if qualifier in dates:
                return self.day(dates[qualifier])
        return None

    def line(self, line: _Line, order: str) -> AcknowledgedLine:
        start, rest = line.start, line.rest
        action = start.part(1)
        if action not in _BY_LINE:
            self.amiss(start, f"the line action {action[:10]!r} is not known: the line is taken as changed")
        items = self._items(line)
        units, unit = self._quantity(rest)
        amount, basis = self._price(rest)
        ours = next((one for one in rest if one.tag == "RFF" and one.part(0) in ("LI", "ON") and one.part(0, 2)), None)
        where, number = (ours, ours.part(0, 2)) if ours and ours.part(0, 1) in ("", order) else (start, start.part(0))
        back = next((one.part(0, 1) for one in rest if one.tag == "QTY" and one.part(0) == _BACK_ORDER), "")
        said = [f"{back} on back order" if back else "", _texts(rest)]
        return AcknowledgedLine(
            line_no=self.value(_place(where), quantity, number) or 0,
            answer=_BY_LINE.get(action, "changed"),
            quantity=units,
            price=amount,
            price_basis=basis,
            deliver_on=self.promised(rest),
            sku=items.get("IN", ""),
            vendor_sku=items.get("SA", ""),
            gtin=items.get("EN", "") or items.get("SRV", "") or items.get("UP", ""),
            unit=unit,
            replaced_by=items.get("replaced by", ""),
            because="; ".join(part for part in said if part),
        )

    def _items(self, line: _Line) -> dict[str, str]:
        """Item numbers by their kind (UNTDID 7143): of the line itself, and from PIA; PIA+3 names a substitute."""
        found = {line.start.part(2, 1): line.start.part(2)} if line.start.part(2) else {}
        for one in line.rest:
            if one.tag == "PIA":
                for at in range(1, len(one.elements)):
                    kind = "replaced by" if one.part(0) == "3" else one.part(at, 1)
                    found.setdefault(kind, one.part(at))
        return found

    def _quantity(self, rest: Iterable[Segment]) -> tuple[int | None, str]:
        """Units that will come, those on back order included."""
        told = {one.part(0): one for one in reversed([one for one in rest if one.tag == "QTY"])}
        for qualifier in _CONFIRMED:
            if qualifier in told:
                units = self.value(_place(told[qualifier]), quantity, told[qualifier].part(0, 1))
                later = (
                    self.value(_place(told[_BACK_ORDER]), quantity, told[_BACK_ORDER].part(0, 1)) if _BACK_ORDER in told else 0
                )
                unit = told[qualifier].part(0, 2)
                whole = None if units is None else units + (later or 0 if qualifier != "21" else 0)
                return whole, canonical(unit) if unit else ""
        return None, ""

    def _price(self, rest: Iterable[Segment]) -> tuple[int | None, int]:
        """The net price; a gross one would need allowances to compare."""
        for one in rest:
            if one.tag == "PRI" and one.part(0) in _NET_PRICE:
                return self.price(_place(one), one.part(0, 1), one.part(0, 4), comma=True)
        return None, 1
