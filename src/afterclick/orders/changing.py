"""What amendments make of an order, worked out without touching anything."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from afterclick.domain.fingerprint import address_key
from afterclick.domain.money import LARGEST_AMOUNT
from afterclick.domain.order import Line, Order
from afterclick.orders.amendments import Asked
from afterclick.orders.forms import COUNTRIES
from afterclick.orders.intake.delivery import LARGEST_QUANTITY, LONGEST_TEXT
from afterclick.orders.splitting import divide

SIMPLE: Final = ("hold", "release")
"""These unwind nothing."""


class Quantities(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`{"lines": {"1": 2}}`: line number → pieces; 0 takes the line out."""

    lines: dict[int, int]


class Parting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`{"lines": [2, 3]}`: the lines that become an order of their own."""

    lines: list[int]


class NewAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`{"line1": "…"}`: the fields of the address that are new; the others stay."""

    name: str | None = None
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    region: str | None = None
    postcode: str | None = None
    country: str | None = None


class Impossible(ValueError):
    """The order cannot be amended like this; says why."""


class Parted(NamedTuple):
    """A split on the way: the order as it was then, and the lines that went."""

    order: Order
    lines: tuple[int, ...]


class Plan(NamedTuple):
    """What comes of an order's open amendments: which are done, which refused and why, and the order after them.

    `order.state` is `cancelled`, `held`, `received`, or as before when nothing was done. `unwinds`: money, stock, parcels and
    documents have to be taken back first.
    """

    order: Order
    done: tuple[Asked, ...]
    refused: dict[int, str]
    parted: tuple[Parted, ...]
    unwinds: bool


def plan(order: Order, asked: Sequence[Asked]) -> Plan:
    """Go through the amendments from the oldest on; each is judged by what those before it have made of the order."""
    done: list[Asked] = []
    refused: dict[int, str] = {}
    parted: list[Parted] = []
    now = order
    for one in asked:
        try:
            after = _after(now, one)
        except (Impossible, msgspec.ValidationError) as error:
            refused[one.id] = f"{one.action} is not possible: {error}"
            continue
        if one.action == "split":
            parted.append(Parted(now, tuple(msgspec.json.decode(one.change, type=Parting).lines)))
        done.append(one)
        now = after
    return Plan(now, tuple(done), refused, tuple(parted), any(one.action not in SIMPLE for one in done))


def _after(order: Order, asked: Asked) -> Order:
    """The order after one amendment."""
    if order.state in ("cancelled", "refused"):
        raise Impossible(f"the order is {order.state} already")
    if asked.action == "cancel":
        return replace(order, state="cancelled")
    if asked.action in SIMPLE:
        return _held_or_released(order, asked.action)
    after = _changed(order, asked)
    return after if order.state == "held" else replace(after, state="received")


def _held_or_released(order: Order, action: str) -> Order:
    if order.state == "shipped":
        raise Impossible("the order has been shipped")
    if (order.state == "held") == (action == "hold"):
        raise Impossible("the order is held already" if action == "hold" else "the order is not held")
    return replace(order, state="held" if action == "hold" else "received")


def _changed(order: Order, asked: Asked) -> Order:
    if asked.action == "address":
        return _moved(order, msgspec.json.decode(asked.change, type=NewAddress))
    if asked.action == "quantity":
        return _counted(order, msgspec.json.decode(asked.change, type=Quantities).lines)
    going = msgspec.json.decode(asked.change, type=Parting).lines
    _known(order, going)
    try:
        return divide(order, going)[0]
    except ValueError as error:
        raise Impossible(str(error)) from error


def _moved(order: Order, new: NewAddress) -> Order:
    given = {name: text.strip() for name, text in msgspec.structs.asdict(new).items() if text is not None}
    for name, text in given.items():
        if len(text) > LONGEST_TEXT or not (text.isprintable() or not text):
            raise Impossible(f"{name} must have at most {LONGEST_TEXT} plain characters")
    if given.get("country", "DE") not in COUNTRIES:
        raise Impossible(f"country {given['country'][:40]!r} is not an ISO 3166 code of two capital letters")
    ship_to = replace(order.particulars.ship_to, **given)
    if ship_to == order.particulars.ship_to:
        raise Impossible("the address is this one already")
    problems = tuple(one for one in order.particulars.problems if not one.startswith("ship_to"))
    particulars = replace(order.particulars, ship_to=ship_to, problems=problems)
    return replace(order, particulars=particulars, country=ship_to.country, address_key=address_key(ship_to))


def _counted(order: Order, quantities: dict[int, int]) -> Order:
    _known(order, list(quantities))
    for no, pieces in quantities.items():
        if not 0 <= pieces <= LARGEST_QUANTITY:
            raise Impossible(f"line {no}: {pieces} is not between 0 and {LARGEST_QUANTITY:,}")
    _readable(order, quantities)
    lines = tuple(
        replace(line, quantity=quantities.get(line.no, line.quantity)) for line in order.lines if quantities.get(line.no) != 0
    )
    if not lines:
        raise Impossible("no line would be left; cancel the order instead")
    if lines == order.lines:
        raise Impossible("the quantities are these already")
    if max(line.quantity * line.unit_price for line in lines) > LARGEST_AMOUNT:
        raise Impossible("a line would be worth more than any order is; name fewer pieces")
    discount, value = _discount(order, lines), _value(lines)
    named = tuple(f"line {no}: quantity" for no in quantities)
    problems = tuple(one for one in order.particulars.problems if not one.startswith(named))
    particulars = replace(order.particulars, problems=problems)
    return replace(order, lines=lines, discount=discount, total=value + order.shipping - discount, particulars=particulars)


def _readable(order: Order, quantities: dict[int, int]) -> None:
    """A new total can be worked out only where every price and each other line's quantity could be read."""
    prices = [f"line {line.no}: unit_price" for line in order.lines]
    pieces = [f"line {line.no}: quantity" for line in order.lines if line.no not in quantities]
    for problem in order.particulars.problems:
        if problem.startswith(("shipping ", "discount ", *prices, *pieces)):
            raise Impossible(f"{problem}; the total cannot be worked out before that is known")


def _discount(order: Order, lines: Sequence[Line]) -> int:
    """What is taken off for fewer goods is taken off in proportion; more goods get no further discount.

    A discount may be worth more than the goods, since it counts against shipping too; that part of it stays, as shipping does.
    """
    before, value = _value(order.lines), _value(lines)
    goods = min(order.discount, before)
    taken_off = order.discount - goods + goods * value // before if value < before else order.discount
    return min(taken_off, value + order.shipping)


def _value(lines: Sequence[Line]) -> int:
    return sum(line.quantity * line.unit_price for line in lines)


def _known(order: Order, numbers: Sequence[int]) -> None:
    strange = set(numbers) - {line.no for line in order.lines}
    if strange or not numbers:
        raise Impossible(f"the order has no line {min(strange)}" if strange else "no line is named")
