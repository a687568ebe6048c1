"""Read an order document field by field, naming each field that cannot be read and leaving it empty."""

import json
import re
from datetime import datetime
from typing import Final, cast

from msgspec.structs import replace

from afterclick.domain.money import CURRENCIES, LARGEST_AMOUNT, decimals
from afterclick.domain.order import NORMAL, URGENT, Address, Line, NewOrder, Particulars
from afterclick.orders.intake.delivery import (
    LARGEST_QUANTITY,
    LONGEST_TEXT,
    MOST_LINES,
    Cancelled,
    Delivery,
    Unreadable,
    milliseconds,
    minor,
)

MOST_PROBLEMS: Final = 20
_KINDS: Final[dict[type, str]] = {
    str: "a text", bool: "true or false", int: "a whole number", float: "a number", list: "a list", dict: "an object",
}  # fmt: skip

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NO_TEXT: Final = re.compile(r"[\x00\ud800-\udfff]")

Object = dict[str, object]


def read(raw: bytes, *, store: str) -> Delivery:
    """As `document.read`, for documents that are not well formed."""
    document = _object(raw)
    notes = Notes()
    external_id = _identity(document)
    event = notes.text(document, "event")
    kind = notes.text(document, "type") or "order.placed"
    if kind == "order.cancelled":
        return Delivery(event, Cancelled(store, external_id))
    if kind != "order.placed":
        notes.add("type", "is neither order.placed nor order.cancelled")
    return Delivery(event, _order(document, notes, store=store, external_id=external_id))


def _object(raw: bytes) -> Object:
    try:
        document: object = json.loads(raw, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the order document is not JSON ({str(error)[:100]}): look at what the store sends") from error
    if not isinstance(document, dict):
        raise Unreadable(f"the order document is {_kind(document)}, not a JSON object: look at what the store sends")
    return cast(Object, document)


def _whole(digits: str) -> int | float:
    """Numbers that no field can hold become infinite instead of costing time that grows with the square of their length."""
    return int(digits) if len(digits) <= 20 else float("inf")


def _identity(document: Object) -> str:
    found = document.get("id")
    if not isinstance(found, str):
        raise Unreadable(f"the order document has no id: `id` is {_kind(found)}, it must be a text")
    name = found.strip()
    if not name or len(found) > LONGEST_TEXT or _clean(name) != name:
        raise Unreadable(f"the order document has no usable id: {name[:40]!r} must have 1 to {LONGEST_TEXT} plain characters")
    return name


def _clean(text: str) -> str:
    return _CONTROL.sub("", text)


class Notes:
    """Reads fields of any document and collects what is wrong with them, one sentence each."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._more = 0

    @property
    def problems(self) -> tuple[str, ...]:
        if self._more:
            return (*self._found, f"{self._more} more fields could not be read")
        return tuple(self._found)

    def add(self, field: str, what: str) -> None:
        if len(self._found) < MOST_PROBLEMS - 1:
            self._found.append(f"{field} {what}")
        else:
            self._more += 1

    def text(self, holder: Object, field: str, *, within: str = "", required: bool = False) -> str:
        """A text without control characters and surrounding blanks; empty when absent or wrong."""
        found = holder.get(field)
        name = within + field
        if found is None:
            if required:
                self.add(name, "is missing")
            return ""
        if not isinstance(found, str):
            self.add(name, f"is {_kind(found)}, not a text")
            return ""
        if len(found) > LONGEST_TEXT:
            self.add(name, f"has {len(found):,} characters, more than {LONGEST_TEXT}")
            return ""
        if _NO_TEXT.search(found):
            self.add(name, "contains characters that are not text")
            return ""
        return _clean(found).strip()

    def country(self, holder: Object, field: str, *, within: str = "") -> str:
        code = self.text(holder, field, within=within)
        if code and not (len(code) == 2 and code.isascii() and code.isalpha() and code.isupper()):
            self.add(within + field, f"is {code[:40]!r}, not a country code of two capital letters")
            return ""
        return code

    def instant(self, holder: Object, field: str, *, required: bool = False) -> int:
        """Milliseconds since 1970; 0 when absent or wrong."""
        written = self.text(holder, field, required=required)
        if not written and not (required and holder.get(field) == ""):
            return 0
        try:
            found = datetime.fromisoformat(written)
            if found.tzinfo is None:
                raise ValueError("has no time zone")
            return milliseconds(found)
        except (ValueError, OverflowError) as error:
            because = str(error) if str(error).startswith(("has", "is")) else "is not an ISO 8601 instant"
            self.add(field, f"{because}: {written[:40]!r}")
            return 0

    def amount(self, holder: Object, field: str, currency: str, *, within: str = "", required: bool = False) -> int:
        """Minor units; 0 when absent or wrong, or when the currency itself is unknown."""
        written = self.text(holder, field, within=within, required=required)
        if not written or not currency:
            return 0
        try:
            return minor(written, decimals(currency))
        except ValueError as error:
            self.add(within + field, f"{error}: {written[:40]!r}")
            return 0

    def flag(self, holder: Object, field: str) -> bool:
        found = holder.get(field, False)
        if not isinstance(found, bool):
            self.add(field, f"is {_kind(found)}, not true or false")
            return False
        return found

    def part(self, holder: Object, field: str, *, required: bool = False) -> Object:
        """An object inside the document; empty when absent or wrong."""
        found = holder.get(field)
        if isinstance(found, dict):
            return cast(Object, found)
        if found is not None or required:
            self.add(field, "is missing" if found is None else f"is {_kind(found)}, not an object")
        return {}


def _order(document: Object, notes: Notes, *, store: str, external_id: str) -> NewOrder:
    placed_ms = notes.instant(document, "placed_at", required=True)
    currency = notes.text(document, "currency", required=True)
    if currency and currency not in CURRENCIES:
        notes.add("currency", f"is {currency[:40]!r}, which is not known here; no amount was read")
        currency = ""
    customer = notes.part(document, "customer", required=True)
    payment = notes.part(document, "payment")
    total = notes.amount(document, "total", currency, required=True)
    lines = _lines(document, notes, currency)
    order = NewOrder(
        store=store,
        external_id=external_id,
        placed_ms=placed_ms,
        customer=notes.text(customer, "id", within="customer.", required=bool(customer)),
        currency=currency,
        total=total,
        lines=lines,
        particulars=Particulars(
            ship_to=_address(notes.part(document, "ship_to", required=True), notes),
            email=notes.text(customer, "email", within="customer."),
            bill_country=notes.country(document, "bill_country"),
            ip_country=notes.country(document, "ip_country"),
            tax_id=notes.text(customer, "tax_id", within="customer."),
            payment_token=notes.text(payment, "token", within="payment."),
            partial_ok=notes.flag(document, "partial_ok"),
        ),
        shipping=notes.amount(document, "shipping", currency),
        discount=notes.amount(document, "discount", currency),
        card=notes.text(payment, "card", within="payment."),
        priority=_priority(document, notes),
        promise_ms=notes.instant(document, "deliver_by"),
    )
    if not notes.problems:
        return order
    return replace(order, particulars=replace(order.particulars, problems=notes.problems))


def _lines(document: Object, notes: Notes, currency: str) -> tuple[Line, ...]:
    found = document.get("lines")
    if not isinstance(found, list):
        notes.add("lines", "is missing" if found is None else f"is {_kind(found)}, not a list")
        return ()
    listed = cast(list[object], found)
    if len(listed) > MOST_LINES:
        notes.add("lines", f"has {len(listed):,} lines, more than {MOST_LINES:,}; none was read")
        return ()
    lines: list[Line] = []
    for number, line in enumerate(listed, 1):
        where = f"line {number}: "
        if not isinstance(line, dict):
            notes.add(where.rstrip(), f"is {_kind(line)}, not an object")
            continue
        holder = cast(Object, line)
        sku = notes.text(holder, "sku", within=where, required=True)
        written = holder.get("sku")
        if isinstance(written, str) and not written.strip():
            notes.add(where + "sku", "is empty")
        price = notes.amount(holder, "unit_price", currency, within=where, required=True)
        quantity = _quantity(holder, notes, where)
        if quantity * price > LARGEST_AMOUNT:
            notes.add(where + "quantity", f"is {quantity:,} at {holder['unit_price']}, together more than any amount read here")
            quantity = 0
        lines.append(Line(number, sku, quantity, price))
    return tuple(lines)


def _quantity(line: Object, notes: Notes, where: str) -> int:
    found = line.get("quantity")
    if isinstance(found, bool) or not isinstance(found, int):
        notes.add(where + "quantity", "is missing" if found is None else f"is {_kind(found)}, not a whole number")
        return 0
    if not 1 <= found <= LARGEST_QUANTITY:
        notes.add(where + "quantity", f"is {found}, not between 1 and {LARGEST_QUANTITY:,}")
        return 0
    return found


def _priority(document: Object, notes: Notes) -> int:
    written = notes.text(document, "priority") or "normal"
    if written not in ("normal", "urgent"):
        notes.add("priority", f"is {written[:40]!r}, neither normal nor urgent")
    return URGENT if written == "urgent" else NORMAL


def _address(written: Object, notes: Notes) -> Address:
    return Address(
        **{
            field: notes.text(written, field, within="ship_to.")
            for field in ("name", "line1", "line2", "city", "region", "postcode")
        },
        country=notes.country(written, "country", within="ship_to."),
    )


def _kind(found: object) -> str:
    return "missing" if found is None else _KINDS.get(type(found), "something else")
