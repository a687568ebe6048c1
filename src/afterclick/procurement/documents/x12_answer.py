"""A vendor's answer as X12 transaction set 855, versions 003010 and later."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from afterclick.domain.purchase import AcknowledgedLine, Acknowledgement, Answered
from afterclick.procurement.documents.edifact import Segment
from afterclick.procurement.documents.reading import Reading
from afterclick.procurement.documents.units import canonical
from afterclick.procurement.documents.values import Unreadable, day, quantity

_WHOLE: Final[dict[str, Answered]] = {
    "AD": "accepted", "AK": "accepted", "AP": "accepted", "AT": "accepted", "AC": "changed", "AE": "changed", "AH": "noted",
    "RD": "refused", "RF": "refused", "RJ": "refused", "RO": "changed", "NA": "noted",
}  # fmt: skip
"""Data element 587 of BAK."""
_WILL_COME: Final[dict[str, Answered]] = {
    "IA": "accepted", "AR": "accepted", "AC": "accepted", "IE": "accepted", "IC": "changed", "IP": "changed", "IQ": "changed",
    "IS": "changed", "DR": "changed", "IB": "changed", "BP": "changed", "SP": "changed", "IH": "changed", "IF": "changed",
    "AA": "changed",
}  # fmt: skip
"""Data element 668 of ACK, for units that will come: as ordered, or otherwise (price, quantity, date, substitute, later)."""
_WILL_NOT: Final = ("IR", "ID", "IW", "R1", "R2", "R3", "R4", "R5", "R6", "R7", "R8")
_LATER: Final = ("IB", "BP")
_PROMISED: Final = ("067", "017", "002", "068", "010", "063")
"""Data element 374: scheduled, estimated, requested, and the same of the shipment."""
_OURS, _THEIRS, _GTIN = ("BP", "IN", "SK", "PO"), ("VN", "VP", "VC", "VA"), ("UP", "EN", "UK", "UI", "UA", "EO")
_PER: Final = {"HP": "100", "TP": "1000"}


@dataclass
class _Line:
    """A PO1 segment and what followed it."""

    start: Segment
    rest: list[Segment] = field(default_factory=list[Segment])


def x12_answers(segments: Iterable[Segment], *, currency: str) -> tuple[list[Acknowledgement], list[str]]:
    """The answers of an interchange, and what was wrong around them; other transaction sets are named and left out."""
    answers: list[Acknowledgement] = []
    problems: list[str] = []
    for rows in _sets(segments, problems):
        if rows[0].part(0) != "855":
            problems.append(f"segment {rows[0].at}: transaction set {rows[0].part(0)} is not an 855: it is left out")
            continue
        try:
            answers.append(_answer(rows, currency))
        except Unreadable as error:
            problems.append(str(error))
    return answers, problems


def _sets(segments: Iterable[Segment], problems: list[str]) -> Iterator[list[Segment]]:
    """The segments from ST to SE of each transaction set; one that is cut off is read as far as it goes."""
    current: list[Segment] = []
    counts = {"ST": 0, "GS": 0}
    for one in segments:
        if one.tag in counts:
            counts[one.tag] += 1
        if one.tag == "ST":
            if current:
                problems.append(f"segment {one.at}: a transaction set begins before that of segment {current[0].at} has ended")
                yield current
            current = [one]
        elif one.tag == "SE" and current:
            found = str(len(current) + 1)
            if one.part(0).lstrip("0") != found:
                problems.append(
                    f"segment {one.at}: SE counts {one.part(0) or 'no'} segments, there are {found}: some may be missing"
                )
            if one.part(1) != current[0].part(1):
                problems.append(f"segment {one.at}: SE ends set {one.part(1)}, begun was {current[0].part(1)}")
            yield current
            current = []
        elif one.tag == "GE":
            if one.part(0).lstrip("0") != str(counts["ST"]):
                problems.append(f"segment {one.at}: GE counts {one.part(0) or 'no'} sets, there are {counts['ST']}")
            counts["ST"] = 0
        elif one.tag == "IEA" and one.part(0).lstrip("0") != str(counts["GS"]):
            problems.append(f"segment {one.at}: IEA counts {one.part(0) or 'no'} groups, there are {counts['GS']}")
        elif current:
            current.append(one)
    if current:
        problems.append(f"segment {current[0].at}: the transaction set does not end (SE is missing): some may be missing")
        yield current


def _answer(rows: list[Segment], currency: str) -> Acknowledgement:
    head, lines = _parted(rows)
    begin = next((one for one in head if one.tag == "BAK"), None)
    if begin is None or not begin.part(2):
        raise Unreadable(f"segment {rows[0].at}: the answer names no order (BAK03 is missing)")
    reading = _Reading(next((one.part(1) for one in head if one.tag == "CUR" and one.part(1)), currency))
    read = [reading.line(line) for line in lines]
    answer = _WHOLE.get(begin.part(1))
    if answer is None:
        reading.amiss(begin, f"the acknowledgement type {begin.part(1)[:10]!r} is not known: taken as a change to look at")
        answer = "changed"
    if answer == "refused" and any(line.answer != "refused" for line in read):
        reading.amiss(begin, "the order is refused as a whole, yet lines are accepted: the lines count")
        answer = "changed"
    return Acknowledgement(
        order=begin.part(2),
        answer=answer,
        lines=tuple(read),
        vendor_reference=begin.part(7),
        vendor=_party(head, "SU") or _party(head, "SE") or _party(head, "VN"),
        buyer=_party(head, "BY"),
        currency=reading.currency,
        answered_on=reading.value(_place(begin), day, begin.part(8) or begin.part(3)),
        deliver_on=reading.promised((one.part(0), one.part(1), one) for one in head if one.tag == "DTM"),
        note=" ".join(one.part(0) for one in head if one.tag == "MSG")[:1000],
        problems=reading.problems,
    )


def _parted(rows: list[Segment]) -> tuple[list[Segment], list[_Line]]:
    """What stands before the lines, and the lines; what follows them is totals."""
    head: list[Segment] = []
    lines: list[_Line] = []
    for one in rows:
        if one.tag == "CTT":
            break
        if one.tag == "PO1":
            lines.append(_Line(one))
        else:
            (lines[-1].rest if lines else head).append(one)
    return head, lines


def _party(segments: Iterable[Segment], role: str) -> str:
    return next((one.part(3) or one.part(1) for one in segments if one.tag == "N1" and one.part(0) == role), "")


def _numbers(segment: Segment, start: int) -> dict[str, str]:
    """Pairs of kind and number from an element on."""
    return {segment.part(at): segment.part(at + 1) for at in range(start, len(segment.elements), 2) if segment.part(at)}


def _first(numbers: dict[str, str], kinds: Iterable[str]) -> str:
    return next((numbers[kind] for kind in kinds if numbers.get(kind)), "")


def _place(segment: Segment) -> str:
    return f"segment {segment.at} ({segment.tag})"


class _Reading(Reading):
    """Reads segments; places are their numbers in the file."""

    def amiss(self, segment: Segment, said: str) -> None:
        self.problem(_place(segment), said)

    def promised(self, dates: Iterable[tuple[str, str, Segment]]) -> date | None:
        """The last day under the best qualifier that is there: several schedules of a line end with its last delivery."""
        told = [(qualifier, self.value(_place(segment), day, text)) for qualifier, text, segment in dates]
        for qualifier in _PROMISED:
            days = [found for kind, found in told if kind == qualifier and found]
            if days:
                return max(days)
        return None

    def line(self, line: _Line) -> AcknowledgedLine:
        start = line.start
        numbers = _numbers(start, 5)
        answers = [one for one in line.rest if one.tag == "ACK"]
        substitutes = [_numbers(one, 6) for one in answers if one.part(0) == "IS"]
        dates = [(one.part(3), one.part(4), one) for one in answers]
        dates += [(one.part(0), one.part(1), one) for one in line.rest if one.tag == "DTM"]
        answer, units, because = self._answered(answers)
        amount, basis = self._price(start)
        return AcknowledgedLine(
            line_no=self.value(_place(start), quantity, start.part(0)) or 0,
            answer=answer,
            quantity=units,
            price=amount,
            price_basis=basis,
            deliver_on=self.promised(dates),
            sku=_first(numbers, _OURS),
            vendor_sku=_first(numbers, _THEIRS),
            gtin=_first(numbers, _GTIN),
            unit=canonical(start.part(2), x12=True) if start.part(2) else "",
            replaced_by=_first(substitutes[0], _THEIRS) if substitutes else "",
            because=because,
        )

    def _answered(self, answers: list[Segment]) -> tuple[Answered, int | None, str]:
        """What the ACK segments of a line come to: units that will come (later ones included), and what is said of them."""
        if not answers:
            return "accepted", None, ""
        come, known, said = 0, False, list[str]()
        kinds = set[Answered]()
        for one in answers:
            code = one.part(0)
            if code not in _WILL_COME and code not in _WILL_NOT:
                self.amiss(one, f"the line status {code[:10]!r} is not known: the line is taken as changed")
            units = self.value(_place(one), quantity, one.part(1))
            kinds.add("refused" if code in _WILL_NOT else _WILL_COME.get(code, "changed"))
            if code in _WILL_NOT or code not in _WILL_COME:
                continue
            known, come = known or units is not None, come + (units or 0)
            if code in _LATER:
                said.append(f"{units if units is not None else 'some'} on back order")
        answer: Answered = kinds.pop() if len(kinds) == 1 else "changed"
        return answer, (0 if answer == "refused" else come if known else None), "; ".join(said)

    def _price(self, start: Segment) -> tuple[int | None, int]:
        return self.price(_place(start), start.part(3), _PER.get(start.part(4), ""))
