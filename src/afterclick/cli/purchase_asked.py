"""What a command about purchase orders is told: which question is meant, and how many units of which line."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from afterclick.cli.output import Refused

if TYPE_CHECKING:
    from afterclick.procurement.buying.listing import WholePurchase


def open_task(found: "WholePurchase", task: int) -> int:
    """The number of the open question about an order; 0 stands for the only one.

    Raises:
        Refused: there is none, or there are several and none is named.
    """
    number = found.purchase.order.number
    asked = [one for one in found.tasks if one.state == "open" and task in (0, one.id)]
    if not asked:
        raise Refused(f"nothing is asked about {number}; `afterclick purchase show {number}` tells where it stands")
    if len(asked) > 1:
        named = "; ".join(f"--task {one.id}: {one.because}" for one in asked)
        raise Refused(f"several things are asked about {number}: {named}")
    return asked[0].id


def units_of(pairs: Sequence[str]) -> dict[int, int]:
    """What `LINE=UNITS` says, by line.

    Raises:
        Refused: it is written otherwise.
    """
    found: dict[int, int] = {}
    for pair in pairs:
        no, _, units = pair.partition("=")
        if not all(part.isascii() and part.isdecimal() and len(part) < 10 for part in (no, units)):
            raise Refused(f"{pair}: write the line's number, then = and the units, for example 1=5")
        if int(no) in found:
            raise Refused(f"line {int(no)} is named twice; say once how many units it is in all")
        found[int(no)] = int(units)
    return found
