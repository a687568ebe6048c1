"""Read what a vendor sends back to an order, whatever of the known formats it is in."""

from typing import Final, Literal

import msgspec

from afterclick.domain.purchase import Acknowledgement
from afterclick.procurement.documents import edifact, x12
from afterclick.procurement.documents.edifact_answer import edifact_answers
from afterclick.procurement.documents.table_answer import csv_answers, json_answer
from afterclick.procurement.documents.ubl_answer import ubl_answer
from afterclick.procurement.documents.values import MOST_BYTES, MOST_PROBLEMS, Unreadable
from afterclick.procurement.documents.x12_answer import x12_answers
from afterclick.procurement.documents.xml_tree import tree

AnswerFormat = Literal["ubl", "edifact", "x12", "json", "csv"]
_OTHERS: Final = {b"%PDF": "a PDF", b"PK\x03\x04": "an archive or a workbook", b"\xd0\xcf\x11\xe0": "an old Office file"}


class Answers(msgspec.Struct, frozen=True):
    """The answers of one document; `problems` are those of the document as a whole, each answer has its own besides."""

    format: AnswerFormat
    answers: tuple[Acknowledgement, ...]
    problems: tuple[str, ...] = ()


def read_answers(content: bytes, *, currency: str = "EUR") -> Answers:
    """The answers in a document, its format told by its content. `currency` is assumed where the document names none.

    A document is data: nothing in it is followed, fetched or executed, and what it says still has to be compared with the order.

    Raises:
        Unreadable: empty, too large, of no known format, or so broken that no order can be told.
    """
    if len(content) > MOST_BYTES:
        raise Unreadable(f"the document has {len(content):,} bytes, more than {MOST_BYTES:,}: it is not read")
    start = content[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise Unreadable("the document is empty")
    for magic, what in _OTHERS.items():
        if start.startswith(magic):
            raise Unreadable(f"this is {what}: a person has to read it, or ask the vendor for UBL, EDIFACT, X12, CSV or JSON")
    if start.startswith(b"<") or content.startswith((b"\xff\xfe<", b"\xfe\xff\x00<")):
        return Answers("ubl", (ubl_answer(tree(content.lstrip()), currency=currency),))
    if start.startswith((b"UNA", b"UNB")):
        rows, problems = edifact.segments(content)
        found, further = edifact_answers(rows, currency=currency)
        return _some("edifact", found, [*problems, *further])
    if start.startswith(b"ISA"):
        rows, problems = x12.segments(content)
        found, further = x12_answers(rows, currency=currency)
        return _some("x12", found, [*problems, *further])
    if start.startswith((b"{", b"[")):
        return Answers("json", (json_answer(content, currency=currency),))
    found, problems = csv_answers(content, currency=currency)
    return _some("csv", found, problems)


def _some(kind: AnswerFormat, found: list[Acknowledgement], problems: list[str]) -> Answers:
    if not found:
        said = "; ".join(problems[:3]) or "it holds no answer"
        raise Unreadable(f"no answer to an order could be read: {said}")
    return Answers(kind, tuple(found), tuple(problems[:MOST_PROBLEMS]))
