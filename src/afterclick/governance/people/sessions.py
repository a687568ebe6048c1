"""Who is signed in: sessions that last a while, are listed, and can be ended."""

from typing import Final, NamedTuple

from afterclick.governance.actor import Actor
from afterclick.governance.people import accounts
from afterclick.governance.people.accounts import NotAllowed, Person, record
from afterclick.governance.people.secret import fresh, hashed
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

SEEN_EVERY_MS: Final = 60_000
"""How exactly it is noted when somebody was last there: each note is a write."""
LONGEST_DEVICE: Final = 120
_COLUMNS: Final = "id, person, way, device, address, began_ms, seen_ms, ends_ms"


class Lasting(NamedTuple):
    """How long a session lasts: without a request, and at the very most."""

    idle_ms: int = 8 * 3_600_000
    longest_ms: int = 7 * 24 * 3_600_000


class Session(NamedTuple):
    """One session: whose, how it began (`password`, `password and code`, `link`, `provider`, …), and from where."""

    id: int
    person: int
    way: str
    device: str
    address: str
    began_ms: int
    seen_ms: int
    ends_ms: int


def begin(tx: Tx, person: Person, *, way: str, device: str, address: str, lasting: Lasting, now_ms: int) -> str:
    """Sign a person in; returns the secret for their cookie, which is always a new one."""
    secret = fresh()
    tx.run("DELETE FROM sessions WHERE ends_ms <= ? OR seen_ms <= ?", (now_ms, now_ms - lasting.idle_ms))
    tx.run(
        "INSERT INTO sessions (hash, person, way, device, address, began_ms, seen_ms, ends_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (hashed(secret), person.id, way, _printable(device), _printable(address), now_ms, now_ms, now_ms + lasting.longest_ms),
    )
    tx.run("UPDATE people SET seen_ms = ? WHERE id = ?", (now_ms, person.id))
    record(tx, person.actor_id, Event("people.signed-in", None, f"person/{person.handle}", "", f"by {way}"), now_ms=now_ms)
    return secret


def find(tx: Tx, secret: str, *, lasting: Lasting, now_ms: int) -> tuple[Session, Person] | None:
    """The session of that secret with its person, if both still count."""
    rows = tx.rows(f"SELECT {_COLUMNS} FROM sessions WHERE hash = ?", (hashed(secret),))  # noqa: S608
    if not rows:
        return None
    session = Session._make(rows[0])
    person = accounts.by_id(tx, session.person)
    counts = now_ms < session.ends_ms and now_ms < session.seen_ms + lasting.idle_ms
    return (session, person) if counts and person is not None and person.state == "active" else None


def seen(tx: Tx, session: Session, *, now_ms: int) -> None:
    """Note that somebody is still there."""
    tx.run("UPDATE sessions SET seen_ms = ? WHERE id = ? AND seen_ms < ?", (now_ms, session.id, now_ms))
    tx.run("UPDATE people SET seen_ms = ? WHERE id = ? AND seen_ms < ?", (now_ms, session.person, now_ms))


def listed(tx: Tx, person_id: int, *, lasting: Lasting, now_ms: int) -> list[Session]:
    """A person's sessions, the latest used first."""
    rows = tx.rows(
        f"SELECT {_COLUMNS} FROM sessions WHERE person = ? AND ends_ms > ? AND seen_ms > ?"  # noqa: S608
        " ORDER BY seen_ms DESC, id DESC LIMIT 200",
        (person_id, now_ms, now_ms - lasting.idle_ms),
    )
    return [Session._make(row) for row in rows]


def drop(tx: Tx, secret: str, *, now_ms: int) -> None:
    """End the session of that secret, if there is one: whoever holds it has signed out, or signs in anew."""
    for session_id, handle in tx.rows(
        "SELECT s.id, p.handle FROM sessions s JOIN people p ON p.id = s.person WHERE s.hash = ?", (hashed(secret),)
    ):
        tx.run("DELETE FROM sessions WHERE id = ?", (session_id,))
        record(tx, f"person:{handle}", Event("people.signed-out", None, f"person/{handle}"), now_ms=now_ms)


def end(tx: Tx, person: Person, session_id: int, *, by: Actor, now_ms: int) -> None:
    """End one session of a person: their own, or as an admin.

    Raises:
        NotAllowed: `by` is neither.
    """
    _may_end(person, by)
    if tx.run("DELETE FROM sessions WHERE id = ? AND person = ?", (session_id, person.id)):
        _ended(tx, person, 1, by, now_ms)


def end_all(tx: Tx, person: Person, *, by: Actor, now_ms: int, but: str = "") -> int:
    """End every session of a person, but the one of that number; returns how many there were."""
    _may_end(person, by)
    count = tx.run("DELETE FROM sessions WHERE person = ? AND id <> ?", (person.id, int(but or 0)))
    if count:
        _ended(tx, person, count, by, now_ms)
    return count


def _may_end(person: Person, by: Actor) -> None:
    if by.id != person.actor_id and not by.may("people.manage"):
        raise NotAllowed("sessions are ended by their person or by an admin")


def _ended(tx: Tx, person: Person, count: int, by: Actor, now_ms: int) -> None:
    because = f"{count} session{'' if count == 1 else 's'}"
    record(tx, by.id, Event("people.signed-out", None, f"person/{person.handle}", "", because), now_ms=now_ms)


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())[:LONGEST_DEVICE]
