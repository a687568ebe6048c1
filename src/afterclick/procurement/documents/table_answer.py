"""A vendor's answer as a plain table (CSV) or as JSON, for vendors who speak no EDI."""

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import msgspec

from afterclick.domain.purchase import AcknowledgedLine, Acknowledgement, Answered
from afterclick.domain.text import one_line
from afterclick.procurement.documents.reading import Reading
from afterclick.procurement.documents.units import canonical
from afterclick.procurement.documents.values import MOST_BYTES, Unreadable, day, quantity
from afterclick.reading.tables.columns import named, places_of

MOST_LINES: Final = 100_000
_SYNONYMS: Final = {
    "order": "order|order number|purchase order|po|po number|bestellung|bestellnummer|commande",
    "line": "line|line no|line number|position|pos|ligne|regel",
    "sku": "sku|our sku|buyer sku|item|your item",
    "vendor_sku": "vendor sku|supplier sku|seller sku|article|article number|artikel|artikelnummer",
    "gtin": "gtin|ean|upc|barcode",
    "answer": "answer|status|response|antwort|statut",
    "quantity": "quantity|qty|confirmed quantity|menge|quantité|aantal",
    "price": "price|unit price|net price|preis|prix|prijs",
    "price_basis": "price basis|per|price unit|preiseinheit",
    "date": "date|delivery date|promised date|lieferdatum|date de livraison|leverdatum",
    "unit": "unit|uom|einheit|unité|eenheid",
    "because": "because|reason|note|remark|grund|remarque",
}
_ANSWERS: Final[dict[str, Answered]] = {
    "accepted": "accepted", "accept": "accepted", "confirmed": "accepted", "ok": "accepted", "yes": "accepted",
    "changed": "changed", "change": "changed", "partial": "changed", "backorder": "changed",
    "refused": "refused", "rejected": "refused", "cancelled": "refused", "no": "refused", "unavailable": "refused",
}  # fmt: skip


class _JsonLine(msgspec.Struct, frozen=True):
    line: int = 0
    answer: str = ""
    quantity: int | str | None = None
    price: str | int | float | None = None
    price_basis: int = 1
    date: str = ""
    sku: str = ""
    vendor_sku: str = ""
    gtin: str = ""
    unit: str = ""
    because: str = ""


class _Json(msgspec.Struct, frozen=True):
    order: str
    answer: str = ""
    currency: str = ""
    reference: str = ""
    date: str = ""
    note: str = ""
    lines: tuple[_JsonLine, ...] = ()


def json_answer(content: bytes, *, currency: str) -> Acknowledgement:
    """`{"order": …, "answer": …, "lines": [{"line": 1, "answer": …, "quantity": …, "price": "1.20", "date": …}]}`.

    Raises:
        Unreadable: not such a document, or too large.
    """
    if len(content) > MOST_BYTES:
        raise Unreadable(f"the document has {len(content):,} bytes, more than {MOST_BYTES:,}: it is not read")
    try:
        found = msgspec.json.decode(content, type=_Json)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(f"this is not an answer in JSON: {one_line(str(error), longest=200)}") from error
    if not found.order.strip():
        raise Unreadable("the answer names no order")
    if len(found.lines) > MOST_LINES:
        raise Unreadable(f"the answer has {len(found.lines):,} lines, more than {MOST_LINES:,}: it is not read")
    reading = Reading(found.currency or currency)
    lines = [_line(reading, f"lines[{at}]", _texts(line), comma=False) for at, line in enumerate(found.lines)]
    return Acknowledgement(
        order=one_line(found.order),
        answer=_whole(reading, found.answer, lines),
        lines=tuple(lines),
        vendor_reference=one_line(found.reference),
        currency=reading.currency,
        deliver_on=reading.value("date", day, found.date),
        note=one_line(found.note),
        problems=reading.problems,
    )


def csv_answers(content: bytes, *, currency: str) -> tuple[list[Acknowledgement], list[str]]:
    """A row per line, the columns by their heading; several orders may stand in one file. A file with semicolons has decimals
    after a comma.

    Raises:
        Unreadable: too large, not text, or without a column for the order.
    """
    if len(content) > MOST_BYTES:
        raise Unreadable(f"the document has {len(content):,} bytes, more than {MOST_BYTES:,}: it is not read")
    text = _decoded(content)
    separator = max(";\t,", key=text.partition("\n")[0].count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error as error:
        raise Unreadable(f"this is not a table: {error}") from error
    columns = named(places_of(rows[0] if rows else []), _SYNONYMS)
    if "order" not in columns:
        raise Unreadable("line 1: no column names the order (expected a heading such as 'order' or 'po number')")
    if len(rows) > MOST_LINES:
        raise Unreadable(f"the table has {len(rows):,} lines, more than {MOST_LINES:,}: it is not read")
    by_order: defaultdict[str, list[tuple[int, Mapping[str, str]]]] = defaultdict(list)
    problems: list[str] = []
    for at, row in enumerate(rows[1:], 2):
        cells = {name: one_line(row[column]) for name, column in columns.items() if column < len(row)}
        if cells.get("order"):
            by_order[cells["order"]].append((at, cells))
        elif any(cells.values()):
            problems.append(f"line {at}: it names no order: it is left out")
    return [_order(order, lines, currency, comma=separator != ",") for order, lines in by_order.items()], problems


def _order(order: str, rows: Sequence[tuple[int, Mapping[str, str]]], currency: str, *, comma: bool) -> Acknowledgement:
    reading = Reading(currency)
    lines = [_line(reading, f"line {at}", cells, comma=comma) for at, cells in rows]
    answer = _whole(reading, "", lines)
    return Acknowledgement(order=order, answer=answer, lines=tuple(lines), currency=currency, problems=reading.problems)


def _whole(reading: Reading, said: str, lines: Sequence[AcknowledgedLine]) -> Answered:
    """What is said of the order, else what its lines come to."""
    found = _ANSWERS.get(said.strip().lower())
    if said.strip() and found is None:
        reading.problem("answer", f"{one_line(said, longest=30)!r} is not known: it is taken as a change to look at")
    if not lines:
        return found or "changed"
    return lines[0].answer if all(line.answer == lines[0].answer for line in lines) else "changed"


def _line(reading: Reading, where: str, cells: Mapping[str, str], *, comma: bool) -> AcknowledgedLine:
    said = cells.get("answer", "").lower()
    answer = _ANSWERS.get(said)
    if answer is None:
        if said:
            reading.problem(where, f"the answer {said[:30]!r} is not known: the line is taken as changed")
        answer = "changed" if said or cells.get("quantity") or cells.get("price") or cells.get("date") else "accepted"
    amount, basis = reading.price(where, cells.get("price", ""), cells.get("price_basis", ""), comma=comma)
    whole = partial(quantity, comma=comma)
    return AcknowledgedLine(
        line_no=reading.value(where, whole, cells.get("line", "")) or 0,
        answer=answer,
        quantity=reading.value(where, whole, cells.get("quantity", "")),
        price=amount,
        price_basis=basis,
        deliver_on=reading.value(where, day, cells.get("date", "")),
        sku=cells.get("sku", ""),
        vendor_sku=cells.get("vendor_sku", ""),
        gtin=cells.get("gtin", ""),
        unit=canonical(cells["unit"]) if cells.get("unit") else "",
        because=cells.get("because", ""),
    )


def _texts(line: _JsonLine) -> dict[str, str]:
    found = {name: getattr(line, name) for name in line.__struct_fields__}
    return {
        name: "" if value is None or (name == "line" and not value) else one_line(str(value)) for name, value in found.items()
    }


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")
