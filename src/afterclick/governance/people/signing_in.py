"""Signing in with a password, and with the second factor after it."""

import logging
from typing import Final

from afterclick.governance.people import accounts, half, second_factor, sessions, throttle
from afterclick.governance.people.accounts import NotAllowed, Person, record
from afterclick.governance.people.passwords import Passwords, demand_strong
from afterclick.governance.vault.errors import VaultError
from afterclick.governance.vault.vault import Vault
from afterclick.store.database import Database
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

logger = logging.getLogger("afterclick.people")
WRONG: Final = "e-mail address and password do not go together"
NO_KEY: Final = "codes cannot be checked just now, since the office key is not at hand: use a recovery code, or tell an admin"
WRONG_CODE: Final = "this code is not right, or was used already; wait for the next one"


class WrongSignIn(Exception):
    """What was given is not right; the message does not say which part."""


class Started(Exception):
    """The half-done sign-in is over: too old, too many tries, or from another browser."""

    def __init__(self) -> None:
        super().__init__("this took too long, or too many codes were wrong: start again with your password")


def check_password(database: Database, passwords: Passwords, *, email: str, password: str, address: str, now_ms: int) -> Person:
    """The person whose password that is. The same work is done for an account that does not exist.

    Raises:
        throttle.Throttled, WrongSignIn.
    """
    own, shared = throttle.account(email), throttle.address(address)
    _admit(database, own, shared, now_ms)
    with database.reading() as tx:
        person = accounts.by_email(tx, email)
        kept = _kept(tx, person) if person is not None and person.state == "active" else ""
    # Outside of any transaction: a hash takes long, and the bots must not wait for it.
    if not passwords.fits(kept, password) or person is None:
        raise WrongSignIn(WRONG)
    renewed = passwords.hash(password) if passwords.outdated(kept) else ""
    with database.transaction() as tx:
        throttle.succeeded(tx, own, shared)
        if renewed:
            tx.run("UPDATE people SET password = ? WHERE id = ? AND password = ?", (renewed, person.id, kept))
    return person


def check_code(database: Database, vault: Vault, *, secret: str, code: str, address: str, now_ms: int) -> tuple[Person, str]:
    """The person whose half-done sign-in that is, given their code; with the facts that were remembered for it.

    Raises:
        throttle.Throttled, WrongSignIn, Started.
    """
    with database.transaction() as tx:
        begun = half.try_(tx, secret, "code", now_ms=now_ms)
        person = accounts.by_id(tx, begun.person) if begun is not None else None
    if begun is None or person is None or person.state != "active":
        raise Started
    check_own_code(database, vault, person, code, address=address, now_ms=now_ms)
    with database.transaction() as tx:
        if half.take(tx, secret, "code", now_ms=now_ms) is None:
            raise Started
    return person, begun.facts


def check_own_code(database: Database, vault: Vault, person: Person, code: str, *, address: str, now_ms: int) -> None:
    """Whether that code is right, with a limit on how often one may be tried.

    Raises:
        throttle.Throttled, WrongSignIn.
    """
    own, shared = throttle.factor(person.id), throttle.address(address)
    _admit(database, own, shared, now_ms)
    try:
        with database.transaction() as tx:
            right = second_factor.check(tx, person, code, vault, now_ms=now_ms)
            if right:
                throttle.succeeded(tx, own, shared)
    except VaultError as error:
        logger.error("the second factor of %s cannot be checked: %s", person.handle, error)
        raise WrongSignIn(NO_KEY) from error
    if not right:
        raise WrongSignIn(WRONG_CODE)


def check_own_password(
    database: Database, passwords: Passwords, person: Person, password: str, *, address: str, now_ms: int
) -> None:
    """Ask somebody who is signed in for their password once more.

    Raises:
        throttle.Throttled, WrongSignIn.
    """
    try:
        check_password(database, passwords, email=person.email, password=password, address=address, now_ms=now_ms)
    except WrongSignIn:
        raise WrongSignIn("this is not your password") from None


def demand_usable(person: Person, password: str) -> None:
    """Whether a person may take that password.

    Raises:
        WeakPassword.
    """
    demand_strong(password, name=person.name, email=person.email)


def set_password(tx: Tx, person: Person, kept: str, *, but: str, now_ms: int) -> None:
    """Give a person a new password, already hashed; every session of theirs but one ends, and every link."""
    if person.state != "active":
        raise NotAllowed(f"{person.name} is shut out")
    tx.run("UPDATE people SET password = ? WHERE id = ?", (kept, person.id))
    tx.run("DELETE FROM sign_in_links WHERE person = ?", (person.id,))
    tx.run("DELETE FROM half_sign_ins WHERE person = ?", (person.id,))
    sessions.end_all(tx, person, by=accounts.as_actor(person), now_ms=now_ms, but=but)
    record(tx, person.actor_id, Event("people.password", None, f"person/{person.handle}"), now_ms=now_ms)


def _admit(database: Database, own: throttle.Key, shared: throttle.Key, now_ms: int) -> None:
    with database.transaction() as tx:
        throttle.forget_old(tx, now_ms=now_ms)
        throttle.admit(tx, [own, shared], now_ms=now_ms)


def _kept(tx: Tx, person: Person) -> str:
    return tx.value("SELECT password FROM people WHERE id = ?", (person.id,))
