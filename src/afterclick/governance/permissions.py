"""Who may do what: the one table that pages, the interface for programs, the command line and bots all ask."""

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Final, Literal, NamedTuple, get_args

Permission = Literal[
    "orders.read", "orders.decide", "orders.change",
    "stock.read", "stock.change",
    "supply.read", "supply.change", "supply.approve",
    "bots.read", "bots.operate", "bots.propose", "bots.approve",
    "policy.read", "policy.propose", "policy.activate",
    "integrations.read", "settings.read", "settings.manage",
    "audit.read", "audit.export", "audit.erase",
    "people.read", "people.manage", "vault.manage", "webhooks.manage",
]  # fmt: skip
Role = Literal["viewer", "operator", "approver", "architect", "auditor", "admin"]
Desk = Literal["orders", "inventory", "procurement"]

PERMISSIONS: Final[tuple[Permission, ...]] = get_args(Permission)
ROLES: Final[tuple[Role, ...]] = get_args(Role)
DESKS: Final[tuple[Desk, ...]] = get_args(Desk)

_SEES: Final[frozenset[Permission]] = frozenset({
    "orders.read", "stock.read", "supply.read", "bots.read", "policy.read", "integrations.read", "settings.read",
})  # fmt: skip
GRANTS: Final[dict[Role, frozenset[Permission]]] = {
    role: _SEES.union(more)
    for role, more in dict[Role, tuple[Permission, ...]]({
        "viewer": (),
        "operator": ("orders.decide", "orders.change", "stock.change", "supply.change", "bots.operate"),
        "approver": ("orders.decide", "supply.approve", "bots.approve", "policy.activate"),
        "architect": ("bots.operate", "bots.propose", "policy.propose"),
        "auditor": ("audit.read", "audit.export", "people.read"),
        "admin": ("people.read", "people.manage", "settings.manage", "vault.manage", "webhooks.manage", "audit.erase"),
    }).items()
}  # fmt: skip
SAYS: Final[dict[Role, str]] = {
    "viewer": "sees everything but the log and the people",
    "operator": "works the inbox, changes orders, stock, vendors and prices, pauses bots",
    "approver": "approves purchases, bots and policies that others proposed",
    "architect": "writes bots and rules, and proposes them",
    "auditor": "reads, verifies and exports the log",
    "admin": "lets people in and gives them roles, keeps secrets and settings",
}
OF_A_DESK: Final[frozenset[Permission]] = frozenset({
    "orders.read", "orders.decide", "orders.change", "stock.read", "stock.change",
    "supply.read", "supply.change", "supply.approve",
})  # fmt: skip
"""Permissions that a grant may limit to some desks; all others hold for the whole office."""
ACTS: Final[Mapping[str, Permission | None]] = {
    **dict.fromkeys(("payments.authorise", "payments.capture", "payments.release", "payments.refund"), "orders.change"),
    **dict.fromkeys(("carrier.label", "carrier.void", "warehouse.hand_over", "warehouse.recall", "store.tell"), "orders.change"),
    "vendors.order": "supply.approve",
    "warehouse.transfer": "supply.change",
    **dict.fromkeys(("vendors.remind", "vendors.withdraw", "web.fetch"), "supply.change"),
    "witness.keep": "audit.export",
    "webhooks.tell": "webhooks.manage",
    **dict.fromkeys(("mailbox.send", "chat.say")),
}
"""What an act on the outside takes, by `port.act`: a bot holds what the acts on its card take. None: a message, which takes
nothing but a place on the card. What an act of a system of the shop's own takes stands on the card (`Card.takes`)."""


class Conflict(NamedTuple):
    """Two permissions that nobody may hold together, and why."""

    one: Permission
    other: Permission
    because: str


SEGREGATION: Final = (
    Conflict("bots.propose", "bots.approve", "who writes a bot does not approve it"),
    Conflict("policy.propose", "policy.activate", "who changes the rules does not put them in force"),
    Conflict("people.manage", "bots.approve", "who gives out rights does not approve what is done with them"),
    Conflict("people.manage", "policy.activate", "who gives out rights does not put rules in force"),
    Conflict("supply.change", "supply.approve", "who keeps vendors and prices does not approve what is bought from them"),
    Conflict("audit.erase", "audit.export", "who takes data out of the log does not vouch for it"),
)
"""The segregation of duties: checked when roles or bots change. A person who runs the shop alone is excused, on record."""


def permitted(roles: Iterable[Role]) -> frozenset[Permission]:
    """Everything that these roles together may do."""
    return _permitted(frozenset(roles))


@lru_cache
def _permitted(roles: frozenset[Role]) -> frozenset[Permission]:
    return frozenset[Permission]().union(*(GRANTS[role] for role in roles))


def taken(acts: Iterable[str]) -> frozenset[Permission]:
    """Everything that these acts, as `port.act`, together take."""
    return frozenset(permission for act in acts if (permission := ACTS.get(act)) is not None)


def conflicts(held: Collection[Permission]) -> list[Conflict]:
    """The pairs of permissions that must not be in one hand."""
    return [conflict for conflict in SEGREGATION if conflict.one in held and conflict.other in held]
