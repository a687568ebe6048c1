"""One-time links: to set an office up, and to choose a new password."""

from typing import Final, Literal, NamedTuple

from afterclick.governance.actor import Actor
from afterclick.governance.people.accounts import NotAllowed, Person, nobody_yet, record
from afterclick.governance.people.secret import fresh, hashed
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

GOOD_FOR_MS: Final = 24 * 3_600_000
Kind = Literal["set-up", "password"]


class NotValid(ValueError):
    """A link that was used, has expired, or never was."""

    def __init__(self) -> None:
        super().__init__("this link was used already, or is more than a day old: ask for a new one")


class Link(NamedTuple):
    """A link that is still good; `person` is 0 for the one that sets an office up."""

    kind: str
    person: int


def make_set_up(tx: Tx, *, now_ms: int) -> str | None:
    """The secret of a link by which the first person comes in; earlier ones end. None where somebody is there."""
    if not nobody_yet(tx):
        return None
    tx.run("DELETE FROM sign_in_links WHERE kind = 'set-up'")
    return _made(tx, "set-up", 0, "", now_ms)


def make(tx: Tx, person: Person, *, by: Actor, now_ms: int) -> str:
    """The secret of a link by which a person chooses a new password; earlier ones end.

    Raises:
        NotAllowed: `by` may not, or the person is shut out.
    """
    if not by.may("people.manage"):
        raise NotAllowed(f"this needs the permission people.manage, which {by.name} does not have; ask an admin")
    if person.state != "active":
        raise NotAllowed(f"{person.name} is shut out: let them in again first")
    tx.run("DELETE FROM sign_in_links WHERE person = ?", (person.id,))
    secret = _made(tx, "password", person.id, by.id, now_ms)
    record(tx, by.id, Event("people.link", None, f"person/{person.handle}"), now_ms=now_ms)
    return secret


def look_at(tx: Tx, secret: str, kind: Kind, *, now_ms: int) -> Link:
    """The link of that secret, which stays good: programs that scan mails open links too.

    Raises:
        NotValid: it is none, was used, or has expired.
    """
    rows = tx.rows(
        "SELECT kind, person FROM sign_in_links WHERE hash = ? AND kind = ? AND used_ms = 0 AND ends_ms > ?",
        (hashed(secret), kind, now_ms),
    )
    if not rows:
        raise NotValid
    return Link._make(rows[0])


def use(tx: Tx, secret: str, kind: Kind, *, now_ms: int) -> Link:
    """The same, and it is gone: of two at once only one gets it."""
    link = look_at(tx, secret, kind, now_ms=now_ms)
    if not tx.run("UPDATE sign_in_links SET used_ms = ? WHERE hash = ? AND used_ms = 0", (now_ms, hashed(secret))):
        raise NotValid
    return link


def _made(tx: Tx, kind: Kind, person: int, by: str, now_ms: int) -> str:
    secret = fresh()
    tx.run("DELETE FROM sign_in_links WHERE ends_ms <= ?", (now_ms,))
    tx.run(
        "INSERT INTO sign_in_links (hash, kind, person, made_by, made_ms, ends_ms) VALUES (?, ?, ?, ?, ?, ?)",
        (hashed(secret), kind, person, by, now_ms, now_ms + GOOD_FOR_MS),
    )
    return secret
