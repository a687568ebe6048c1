"""The facts of a verdict in words, with those marked that its reason speaks of."""

import math
from typing import Final, NamedTuple

import msgspec

from afterclick.control_room.words import age, instant, money
from afterclick.domain.facts import Earlier, OrderFacts

LONGEST: Final = 300
MOST_LINES: Final = 5
_SPOKEN_OF: Final = {  # fact → words by which a reason speaks of it
    "Total": ("the total is", "value of about", "first order of about", "over the limit"), "Lines": ("line ", "pieces of"),
    "Shipping": ("shipping",), "Discount": ("discount",), "Country": ("sent to", "country", "postcode"), "Region": ("state or",),
    "Postcode": ("postcode",), "Missing": ("missing",), "Could not be read": ("could not", "not a", "is no"),
    "E-mail": ("e-mail",), "Tax number": ("tax id",), "Billed in": ("billed in",), "Ordered from": ("ordered from",),
    "Usual value": ("usually spends", "without a history", "first order of"), "Orders just before": ("the customer placed",),
    "Orders on this card": ("the card paid",), "Customers at this address": ("sent to this address",),
    "Earlier orders": ("basket",),
}  # fmt: skip


class Fact(NamedTuple):
    """A fact as people read it; `marked` when the reason speaks of it."""

    name: str
    text: str
    marked: bool


def in_words(facts: str, because: str) -> list[Fact]:
    """Facts (JSON) in words, those first that the reason speaks of; whatever is no order's facts name by name."""
    if not facts.startswith("{"):
        return []
    try:
        known = _of_an_order(msgspec.json.decode(facts, type=OrderFacts))
    except msgspec.ValidationError:
        known = _others(facts)
    reason = because.lower()
    found = [
        Fact(name, _shortened(text), any(said in reason for said in _SPOKEN_OF.get(name, ())))
        for name, text in known.items()
        if text
    ]
    return sorted(found, key=lambda fact: not fact.marked)


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _of_an_order(facts: OrderFacts) -> dict[str, str]:
    cur = facts.currency
    return {
        "Total": money(facts.total, cur),
        "Lines": _lines(facts),
        "Shipping": money(facts.shipping, cur) if facts.shipping else "",
        "Discount": money(facts.discount, cur) if facts.discount else "",
        "Placed": f"{instant(facts.placed_ms)} UTC" if facts.placed_ms > 0 else "",
        "Country": facts.country,
        "Region": facts.region,
        "Postcode": facts.postcode,
        "Missing": ", ".join(facts.missing).replace("_", " "),
        "Could not be read": "; ".join(facts.problems),
        "Not given by the channel": ", ".join(facts.withheld).replace("_", " "),
        "E-mail": f"{facts.email} (letters masked)" if facts.email else "",
        "Tax number": facts.tax_id,
        "Billed in": facts.bill_country,
        "Ordered from": facts.ip_country,
        "Usual value": _usual(facts),
        "Orders just before": _counted(facts.customer_orders, "order", "of this customer"),
        "Orders on this card": _counted(facts.card_orders, "order", f"of {facts.card_customers} customers"),
        "Customers at this address": _counted(facts.address_customers, "customer", "with this one"),
        "Earlier orders": "; ".join(_earlier(one) for one in facts.earlier[:MOST_LINES]),
    }


def _lines(facts: OrderFacts) -> str:
    said: list[str] = []
    for line in facts.lines[:MOST_LINES]:
        text = f"line {line.no}: {line.quantity:,} × {line.sku} at {money(line.unit_price, facts.currency)}"
        item = line.item
        if item is None:
            text += " (not in the catalogue)"
        elif item.price and item.price != line.unit_price:
            text += f" (listed at {money(item.price, item.currency)})"
        if item is not None and item.usual.seen:
            text += f" (usually {math.exp(item.usual.centre):,.0f}, at most {item.usual.largest:,} so far)"
        said.append(text)
    more = len(facts.lines) - MOST_LINES
    return "; ".join(said) + (f"; and {more} more" if more > 0 else "")


def _usual(facts: OrderFacts) -> str:
    usual = facts.usual_value
    if usual is None:
        return "a new customer"
    return f"about {money(round(math.exp(usual.centre)), facts.currency)} over {usual.seen:,} orders" if usual.seen else ""


def _counted(number: int, what: str, whose: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'} {whose}" if number else ""


def _earlier(one: Earlier) -> str:
    basket = "the same basket" if one.exact else f"{one.likeness:.0%} the same basket"
    who = "same customer" if one.same_customer else "another customer"
    where = "same address" if one.same_address else "another address"
    return f"order {one.order_id}, {age(one.age_ms)} before: {basket}, {who}, {where}"


def _others(facts: str) -> dict[str, str]:
    """Facts of another kind, name by name."""
    known: dict[str, object] = msgspec.json.decode(facts, type=dict[str, object])
    return {name.replace("_", " ").capitalize(): _plain(value) for name, value in known.items()}


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, str):
        return value
    return "" if value is None else msgspec.json.encode(value).decode()
