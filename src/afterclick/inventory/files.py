"""Read stock files, deliveries to take in or counts, into pieces per SKU and warehouse.

The rows come from a table reader that knows the file's format; here their meaning is read, and each bad line is named.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from afterclick.reading.tables import columns

LARGEST_QUANTITY: Final = 10**9
LONGEST_TEXT: Final = 300
MOST_NAMED: Final = 100
SYNONYMS: Final[dict[str, str]] = {  # the field → names, the likeliest first; case, accents, blanks and signs do not matter
    "sku": "sku|stock code|item code|item no|item|product code|article no|artikelnummer|artikel|reference|code article|"
    "referencia|codigo|articulo",
    "warehouse": "warehouse|warehouse id|location|site|depot|lager|lagerort|standort|entrepot|magasin|almacen|deposito|magazzino",
    "quantity": "quantity|qty|on hand|counted|count|stock|stock level|pieces|units|menge|anzahl|bestand|gezahlt|quantite|qte|"
    "cantidad|unidades|existencias",
}


class StockLine(msgspec.Struct, frozen=True):
    """Pieces of a SKU in a warehouse, as line `number` of the file says; several lines may name the same."""

    number: int
    sku: str
    warehouse: str
    quantity: int


class StockFile(msgspec.Struct, frozen=True):
    """What a stock file says. `lines` and the rejected ones are `lines_read`; `named` are the first rejected: (line, reason)."""

    lines_read: int
    lines: tuple[StockLine, ...]
    reasons: dict[str, int]
    named: tuple[tuple[int, str], ...]


def recognise(header: Sequence[str], given: Mapping[str, str] | None = None, *, warehouse: str = "") -> dict[str, int]:
    """The position of the columns for `sku`, `quantity` and (unless one `warehouse` holds for all lines) `warehouse`.

    Raises:
        BadFile: one of them is missing, or a given column does not exist.
    """
    required = [field for field in SYNONYMS if not (field == "warehouse" and warehouse)]
    return columns.recognise(header, SYNONYMS, required=required, given=given)


def read(
    rows: Iterable[tuple[int, Mapping[str, str]]], *, unread: Iterable[tuple[int, str]] = (), warehouse: str = ""
) -> StockFile:
    """Read rows of (line number, field → text); `warehouse` holds where a line names none.

    `unread` are lines that the table reader could not take apart, with the reason; they count as rejected.
    Quantities are whole numbers from 0 on: what is there, or what came, never what left.
    """
    lines: list[StockLine] = []
    reasons: dict[str, int] = {}
    named: list[tuple[int, str]] = []

    def reject(number: int, reason: str, text: str = "") -> None:
        reasons[reason] = reasons.get(reason, 0) + 1
        if len(named) < MOST_NAMED:
            named.append((number, f"{reason}: {text[:60]!r}" if text else reason))

    for number, row in rows:
        sku, place = row.get("sku", "").strip().upper(), row.get("warehouse", "").strip() or warehouse
        written = row.get("quantity", "").strip()
        fault, shown = _fault(sku, place, written)
        if fault:
            reject(number, fault, shown)
        else:
            lines.append(StockLine(number, sku, place, int(written)))
    for number, because in unread:
        reject(number, because)
    return StockFile(len(lines) + sum(reasons.values()), tuple(lines), reasons, tuple(sorted(named)))


def _fault(sku: str, place: str, quantity: str) -> tuple[str, str]:
    """Why a line cannot be used, and the text that is wrong; ('', '') when it can."""
    for name, text in (("SKU", sku), ("warehouse", place)):
        if not text:
            return f"the {name} is missing", ""
        if text[0] in "=+-@":
            return f"the {name} starts like a formula of a spreadsheet", text
        if len(text) > LONGEST_TEXT or not text.isprintable():
            return f"the {name} is longer than {LONGEST_TEXT} characters or holds control characters", text
    if not quantity:
        return "the quantity is missing", ""
    if not (quantity.isascii() and quantity.isdecimal()):
        return "the quantity is not a whole number from 0 on", quantity
    if len(quantity) > 12 or int(quantity) > LARGEST_QUANTITY:
        return f"the quantity is beyond {LARGEST_QUANTITY:,}", quantity
    return "", ""
