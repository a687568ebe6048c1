"""What a form asks to have changed about an order, read into the shapes that `changing` knows."""

from collections.abc import Mapping
from typing import Final

import msgspec

from afterclick.domain.order import Order
from afterclick.orders.amendments import ACTIONS, Action, Asked
from afterclick.orders.changing import Impossible, Parting, Quantities, plan

ADDRESS: Final = ("name", "line1", "line2", "city", "region", "postcode", "country")
LABELS: Final = {
    "name": "Name", "line1": "Street and number", "line2": "Further line", "city": "City", "region": "State or province",
    "postcode": "Postcode", "country": "Country (two letters)",
}  # fmt: skip


def read(action: Action, order: Order, fields: Mapping[str, str]) -> dict[str, object]:
    """The change in the form's fields: `name` … `country`, `quantity_<line>`, `part_<line>`; only what differs from the order.

    Raises:
        Impossible: a field cannot be read, or nothing would change.
    """
    if action == "address":
        return _address(order, fields)
    if action == "quantity":
        return _quantities(order, fields)
    if action == "split":
        return {"lines": [line.no for line in order.lines if fields.get(f"part_{line.no}")]}
    return {}


def edited(order: Order, fields: Mapping[str, str]) -> dict[str, dict[str, object]]:
    """What a task's edit form asks for: address, quantities and split at once, each only where something differs.

    Raises:
        Impossible: a field cannot be read, or nothing would change.
    """
    change: dict[str, dict[str, object]] = {}
    address, quantity = _new_address(order, fields), _new_quantities(order, fields)
    parts = read("split", order, fields)
    if address:
        change["address"] = dict(address)
    if quantity:
        change["quantity"] = {"lines": quantity}
    if parts["lines"]:
        change["split"] = parts
    if not change:
        raise Impossible("nothing was changed in the form; change something, or approve or reject")
    return change


def shown(order: Order, action: str, change: Mapping[str, object]) -> list[tuple[str, str, str]]:
    """A change as people read it: (what, before, after)."""
    if action == "address":
        return [(LABELS[name], str(getattr(order.particulars.ship_to, name)), str(text)) for name, text in change.items()]
    by_no = {line.no: line for line in order.lines}
    if action == "quantity":
        return [
            (f"Line {no}: {by_no[no].sku}", f"{by_no[no].quantity:,}", f"{pieces:,}" if pieces else "taken out")
            for no, pieces in msgspec.convert(change, Quantities, strict=False).lines.items()
        ]
    if action == "split":
        numbers = msgspec.convert(change, Parting).lines
        return [(f"Line {no}: {by_no[no].sku}", "in this order", "an order of its own") for no in numbers if no in by_no]
    return []


def _address(order: Order, fields: Mapping[str, str]) -> dict[str, object]:
    changed = _new_address(order, fields)
    if not changed:
        raise Impossible("the address is this one already")
    return dict(changed)


def _new_address(order: Order, fields: Mapping[str, str]) -> dict[str, str]:
    now = order.particulars.ship_to
    given = {name: fields[name].strip() for name in ADDRESS if name in fields}
    if "country" in given:
        given["country"] = given["country"].upper()
    return {name: text for name, text in given.items() if text != getattr(now, name)}


def _quantities(order: Order, fields: Mapping[str, str]) -> dict[str, object]:
    changed = _new_quantities(order, fields)
    if not changed:
        raise Impossible("the quantities are these already")
    return {"lines": changed}


def _new_quantities(order: Order, fields: Mapping[str, str]) -> dict[str, int]:
    changed: dict[str, int] = {}
    for line in order.lines:
        text = fields.get(f"quantity_{line.no}", "").strip()
        if text and not (text.isascii() and text.isdecimal() and len(text) < 10):
            raise Impossible(f"line {line.no}: {text[:20]!r} is no number of pieces")
        if text and int(text) != line.quantity:
            changed[str(line.no)] = int(text)
    return changed


def would(order: Order, change: Mapping[str, Mapping[str, object]], *, by: str) -> Order:
    """The order after all of these changes.

    Raises:
        Impossible: it cannot be changed like this; says why.
    """
    asked = [
        Asked(number, order.id, action, msgspec.json.encode(change[action]).decode(), by, "")
        for number, action in enumerate(ACTIONS)
        if action in change
    ]
    found = plan(order, asked)
    if found.refused:
        raise Impossible(next(iter(found.refused.values())))
    return found.order
