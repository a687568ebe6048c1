"""Whom the sign-in provider vouches for becomes a person of the office."""

from typing import cast

from afterclick.governance.people import accounts
from afterclick.governance.people.accounts import NotAllowed, Person, record
from afterclick.governance.people.oidc import Registration, Vouched
from afterclick.governance.permissions import ROLES, Role
from afterclick.store.log import Event
from afterclick.store.transaction import Tx


def check_default_role(role: str) -> None:
    """Whether people whom nobody let in may get that role.

    Raises:
        NotAllowed: it is none, or would give rights over others.
    """
    if role and (role not in ROLES or role == "admin"):
        raise NotAllowed(f"oidc.default_role = {role!r} should be empty or one of {', '.join(ROLES[:-1])}")


def admit(tx: Tx, vouched: Vouched, registration: Registration, *, now_ms: int) -> Person:
    """The person of the office who is vouched for: known from before, or by a verified e-mail address, or new.

    Raises:
        NotAllowed: nobody let them in, or they were shut out.
    """
    known = tx.value("SELECT id FROM people WHERE issuer = ? AND subject = ?", (vouched.issuer, vouched.subject))
    person = accounts.by_id(tx, known) if known else None
    if person is None:
        person = _by_email(tx, vouched, registration, now_ms=now_ms)
    if person.state != "active":
        raise NotAllowed("you were shut out of this office: ask an admin")
    return person


def _by_email(tx: Tx, vouched: Vouched, registration: Registration, *, now_ms: int) -> Person:
    if not vouched.email:
        raise NotAllowed(f"{registration.name} has not verified your e-mail address: verify it there, or sign in with a password")
    person = accounts.by_email(tx, vouched.email)
    if person is not None and person.has_provider:
        raise NotAllowed("this e-mail address belongs to another account of the provider: ask an admin")
    new = person is None
    if person is None:
        if not registration.default_role or accounts.nobody_yet(tx):
            raise NotAllowed("nobody has let you in yet: ask an admin of this office")
        role = cast("Role", registration.default_role)
        person = accounts.add_from_provider(
            tx, vouched.name or vouched.email, vouched.email, role, provider=registration.name, now_ms=now_ms
        )
    tx.run("UPDATE people SET issuer = ?, subject = ? WHERE id = ?", (vouched.issuer, vouched.subject, person.id))
    if not new:
        record(
            tx, person.actor_id, Event("people.provider", None, f"person/{person.handle}", "", registration.name), now_ms=now_ms
        )
    return person
