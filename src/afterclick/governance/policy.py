"""The shop's limits, read from `policy.toml`; what the file leaves out has the default of the struct."""

from pathlib import Path
from typing import Final

import msgspec

from afterclick.domain.limits import ListingLimits, OrderLimits, StuckLimits


class DoorLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an act may move without a person: `port.act` → the largest single amount, in minor units."""

    largest: dict[str, int] = {}


class PaymentPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of an order whose payment is declined: `ask` a person, or `cancel` it."""

    declined: str = "ask"


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every limit in force."""

    orders: OrderLimits = OrderLimits()
    door: DoorLimits = DoorLimits()
    payments: PaymentPolicy = PaymentPolicy()
    stuck: StuckLimits = StuckLimits()
    listing: ListingLimits = ListingLimits()


class PolicyError(ValueError):
    """The policy file cannot be used; the message says which line of it and why."""


DEFAULT: Final = Policy()


def load(path: Path) -> Policy:
    """Read a policy file; no file means every default.

    Raises:
        PolicyError: the file is no TOML, or has an unknown or impossible entry.
    """
    if not path.exists():
        return DEFAULT
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Policy)
    except msgspec.MsgspecError as error:
        raise PolicyError(f"{path}: {error}") from error


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
"""
