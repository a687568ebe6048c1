"""Whom the inbox writes to: the people whose role decides, and the addresses that a setting names."""

from typing import Final, NamedTuple

from afterclick.governance.actor import Actor
from afterclick.governance.people import accounts, tokens
from afterclick.governance.permissions import Role
from afterclick.store.transaction import Tx

ROLE_OF: Final[dict[str, Role]] = {"manager": "approver", "admin": "admin", "buying": "approver"}
"""Who is meant by a step of the chain, and who approves purchases; every other team's questions go to operators."""
MAIL: Final = "mail:"


class Recipient(NamedTuple):
    """Somebody who is written to: how the log names them, where, and whether they may decide by a link."""

    person: str
    address: str
    decides: bool


def recipients(tx: Tx, who: str, assignee: str, *, mail_to: tuple[str, ...]) -> list[Recipient]:
    """Who is told of a task for `who`: the person whose it is, else everybody of the role; and the addresses of the setting."""
    people = [person for person in accounts.listed(tx) if person.state == "active" and person.email]
    theirs = [person for person in people if person.actor_id == assignee]
    role = ROLE_OF.get(who, "operator")
    told = theirs or [person for person in people if role in person.roles]
    found = [
        Recipient(person.actor_id, person.email, accounts.as_actor(person).may("orders.decide", desk="orders")) for person in told
    ]
    known = {one.address for one in found}
    return found + [Recipient(f"{MAIL}{address}", address, decides=True) for address in mail_to if address not in known]


def standing(tx: Tx, person: str, *, mail_to: tuple[str, ...]) -> Actor | None:
    """As whom the owner of a link decides now; None when they have left, or may no longer decide."""
    if person.startswith(MAIL):
        address = person.removeprefix(MAIL)
        return Actor(person, address, frozenset({"operator"})) if address in mail_to else None
    found = next((one for one in accounts.listed(tx) if one.actor_id == person and one.state == "active"), None)
    actor = accounts.as_actor(found, tokens=tokens.names_of(tx, found)) if found is not None else None
    return actor if actor is not None and actor.may("orders.decide", desk="orders") else None
