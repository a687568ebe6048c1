"""The shop's limits and rules, read from `policy.toml`; what the file leaves out has the default of the struct."""

import re
from pathlib import Path
from typing import Final

import msgspec

from afterclick.domain.buying_limits import BuyingLimits
from afterclick.domain.limits import InboxLimits, ListingLimits, OrderLimits, StuckLimits
from afterclick.domain.planning_limits import PlanningLimits
from afterclick.domain.scouting_limits import ScoutingLimits
from afterclick.domain.stock_limits import CountingLimits, SensingLimits
from afterclick.governance.policy_lines import Lines, path_of
from afterclick.governance.shop_rules.rule import ShopRule


class DoorLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an act may move without a person: `port.act` → the largest single amount, in minor units."""

    largest: dict[str, int] = {}


class PaymentPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of an order whose payment is declined: `ask` a person, or `cancel` it."""

    declined: str = "ask"


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every limit, and the shop's own rules in the order in which they judge."""

    orders: OrderLimits = OrderLimits()
    door: DoorLimits = DoorLimits()
    payments: PaymentPolicy = PaymentPolicy()
    stuck: StuckLimits = StuckLimits()
    listing: ListingLimits = ListingLimits()
    inbox: InboxLimits = InboxLimits()
    buying: BuyingLimits = BuyingLimits()
    planning: PlanningLimits = PlanningLimits()
    counting: CountingLimits = CountingLimits()
    sensing: SensingLimits = SensingLimits()
    scouting: ScoutingLimits = ScoutingLimits()
    rules: tuple[ShopRule, ...] = ()


class PolicyError(ValueError):
    """The policy file cannot be used; the message says which line of it and why."""


DEFAULT: Final = Policy()
MOST_DOTS: Final = 100
"""Dots on a line: a name of many parts costs the reader of TOML the square of their number in time and memory."""


def load(path: Path) -> Policy:
    """Read a policy file; no file means every default.

    Raises:
        PolicyError: the file is no TOML, or has an unknown or impossible entry.
    """
    return read(path.read_text(encoding="utf-8"), name=str(path)) if path.exists() else DEFAULT


def read(text: str, *, name: str = "policy.toml") -> Policy:
    """The policy that a text describes; `name` is what errors call it.

    Raises:
        PolicyError: as `load`; the message has the line.
    """
    for number, written in enumerate(text.split("\n"), 1):
        if written.count(".") > MOST_DOTS:
            raise PolicyError(f"{name}: line {number}: it has more than {MOST_DOTS} dots; write it on several lines")
    try:
        return msgspec.toml.decode(text, type=Policy)
    except RecursionError as error:
        raise PolicyError(f"{name}: it is nested too deeply") from error
    except msgspec.MsgspecError as error:
        said = re.sub(r"^(.*) \(at line (\d+), column \d+\)$", r"line \2: \1", str(error))
        line = _line(text, said)
        raise PolicyError(f"{name}: {f'line {line}: ' if line else ''}{said}") from error


def _line(text: str, said: str) -> int:
    """On which line of the text stands what a message is about; 0 where it says so itself."""
    place = re.search(r"at `(\$[^`]*)`", said)
    unknown = re.search(r"unknown field `([^`]+)`", said)
    path = path_of(place[1]) if place is not None else ()
    return Lines(text).of((*path, unknown[1]) if unknown is not None else path)


TEMPLATE: Final = """\
# The limits within which the bots act by themselves. What is left out has its default; `afterclick policy show` prints all.

[orders]
# quantity_most = 10000

[payments]
# What becomes of an order whose payment is declined: "ask" a person, or "cancel" it.
# declined = "ask"

[door.largest]
# The largest single amount that an act may move without a person, in minor units.
# "payments.refund" = 50000

[buying]
# What purchase orders may cost, in euro cents, before a person is asked; docs/buying.md explains every limit.
# order_most = 200000
# day_most = 1000000

# The shop's own rules judge after the built-in ones; the first that matches decides. `when` is a condition in CEL over the
# facts (docs/policy.md names them all); `afterclick policy check` tells what is wrong with a rule, and runs its tests.
# [[rules]]
# name = "large-to-a-new-address"
# when = "total > 100000 && bill_country != country"
# then = "ask"
# who = "fraud"
# because = "{total} goes to {country} and is billed in {bill_country}"
# owner = "operations"
# tests = [{ facts = { total = 100001, country = "FR", bill_country = "DE" }, expect = "ask" }]
"""
