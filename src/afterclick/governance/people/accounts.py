"""The people of an office: who they are, which roles they hold, and what may be changed about that."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

import msgspec

from afterclick.governance.actor import ALONE, Actor
from afterclick.governance.permissions import DESKS, ROLES, Desk, Role, conflicts, permitted
from afterclick.store import log
from afterclick.store.log import Block, Event
from afterclick.store.transaction import Tx

FIRST_ROLES: Final[tuple[Role, ...]] = ("operator", "admin")
"""What the first person holds who does not run the shop alone; the others are for the people whom they let in."""
LONGEST_NAME: Final = 100
LONGEST_EMAIL: Final = 254
_EMAIL: Final = re.compile(r"[^@\s<>\"',;:\\]+@[^@\s<>\"',;:\\]+")
_COLUMNS: Final = (
    "id, handle, name, email, roles, desks, alone, state, made_ms, seen_ms, password <> '', factor <> '', subject <> ''"
)


class NotAllowed(ValueError):
    """Something about people cannot be done as asked; the message says why and what to do."""


class Person(msgspec.Struct, frozen=True):
    """One person. `handle` is how the log names them, and never changes."""

    id: int
    handle: str
    name: str
    email: str
    roles: tuple[Role, ...]
    desks: frozenset[Desk]
    alone: bool
    state: str
    made_ms: int
    seen_ms: int
    has_password: bool
    has_factor: bool
    has_provider: bool

    @property
    def actor_id(self) -> str:
        """How the log names this person."""
        return f"person:{self.handle}"


class NewPerson(NamedTuple):
    """Whom to let in, and with which roles at which desks."""

    name: str
    email: str
    roles: Sequence[Role]
    desks: Collection[Desk] = DESKS


# Reading ---------------------------------------------------------------------------------------------------------------


def nobody_yet(tx: Tx) -> bool:
    """Whether the office has no person at all."""
    return tx.value("SELECT 1 FROM people LIMIT 1") is None


def listed(tx: Tx) -> list[Person]:
    """Everybody, by name."""
    return [_person(row) for row in tx.rows(f"SELECT {_COLUMNS} FROM people ORDER BY LOWER(name), id")]  # noqa: S608


def by_id(tx: Tx, person_id: int) -> Person | None:
    """The person of that number."""
    return _one(tx, "id = ?", person_id) if 0 < person_id < 2**62 else None


def by_email(tx: Tx, email: str) -> Person | None:
    """The person with that e-mail address, however it is capitalised."""
    return _one(tx, "email = ?", email.strip().lower())


def by_handle(tx: Tx, handle: str) -> Person | None:
    """The person whom the log names so."""
    return _one(tx, "handle = ?", handle)


def named(tx: Tx, name: str) -> Person:
    """The person of that handle or e-mail address.

    Raises:
        NotAllowed: there is none.
    """
    found = by_handle(tx, name) or by_email(tx, name)
    if found is None:
        raise NotAllowed(f"there is no person {name}; `afterclick people list` names them")
    return found


def _one(tx: Tx, condition: str, value: int | str) -> Person | None:
    rows = tx.rows(f"SELECT {_COLUMNS} FROM people WHERE {condition}", (value,))  # noqa: S608  # conditions from code
    return _person(rows[0]) if rows else None


def _person(row: tuple[object, ...]) -> Person:
    fields = dict(zip(Person.__struct_fields__, row, strict=True))
    fields["roles"] = [role for role in ROLES if role in msgspec.json.decode(str(fields["roles"]))]
    fields["desks"] = [desk for desk in DESKS if desk in msgspec.json.decode(str(fields["desks"]))]
    return msgspec.convert(fields, Person, strict=False)


# Letting in ------------------------------------------------------------------------------------------------------------


def add_first(tx: Tx, name: str, email: str, *, alone: bool, now_ms: int) -> Person:
    """The first person of an office; with every role where they run the shop alone.

    Raises:
        NotAllowed: somebody is there already, or name or e-mail cannot be used.
    """
    if not nobody_yet(tx):
        raise NotAllowed("this office has its first person already: ask them to let you in")
    roles = ROLES if alone else FIRST_ROLES
    person = _insert(tx, NewPerson(name, email, roles), alone=alone, now_ms=now_ms)
    record(tx, person.actor_id, _about(person, "people.set-up", ALONE if alone else ""), now_ms=now_ms)
    return person


def add(tx: Tx, new: NewPerson, *, by: Actor, now_ms: int) -> Person:
    """Let a person in. They come in by a one-time link (`links.make`).

    Raises:
        NotAllowed: name, e-mail or roles cannot be so, or `by` may not.
    """
    _may_manage(by)
    _separate(new.roles, alone=False)
    person = _insert(tx, new, alone=False, now_ms=now_ms)
    record(tx, by.id, _about(person, "people.added"), now_ms=now_ms)
    return person


def add_from_provider(tx: Tx, name: str, email: str, role: Role, *, provider: str, now_ms: int) -> Person:
    """Let in whom the sign-in provider vouches for, with the role that the office's setting gives."""
    person = _insert(tx, NewPerson(name, email, [role]), alone=False, now_ms=now_ms)
    record(tx, person.actor_id, _about(person, "people.added", f"{provider} vouches for them"), now_ms=now_ms)
    return person


def _insert(tx: Tx, new: NewPerson, *, alone: bool, now_ms: int) -> Person:
    name, email = " ".join(new.name.split()), new.email.strip().lower()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise NotAllowed(f"give a name of 1 to {LONGEST_NAME} characters")
    if len(email) > LONGEST_EMAIL or not email.isprintable() or not _EMAIL.fullmatch(email):
        raise NotAllowed("give an e-mail address, such as anna@shop.example")
    if by_email(tx, email) is not None:
        raise NotAllowed(f"there is a person with the e-mail address {email} already")
    person_id: int = tx.value(
        "INSERT INTO people (handle, name, email, roles, desks, alone, state, made_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, 'active', ?) RETURNING id",
        (_free_handle(tx, name), name, email, *_as_json(new.roles, new.desks), alone, now_ms),
    )
    made = by_id(tx, person_id)
    assert made is not None
    return made


def _free_handle(tx: Tx, name: str) -> str:
    """`Anna Müller` → `anna-muller`; with a number behind it where that is taken, also by somebody who has left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40] or "person"
    taken = {handle for (handle,) in tx.rows("SELECT handle FROM people WHERE handle LIKE ?", (f"{stem}%",))}
    return next(one for one in (stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 3))) if one not in taken)


# Changing --------------------------------------------------------------------------------------------------------------


def change_roles(
    tx: Tx, person_id: int, roles: Collection[Role], desks: Collection[Desk], *, by: Actor, now_ms: int, alone: bool | None = None
) -> Person:
    """Give a person exactly these roles at these desks; `alone` only where the mark is to change.

    Raises:
        NotAllowed: the duties would not be separate, they are one's own, or the last admin would be gone.
    """
    person = _to_change(tx, person_id, by)
    if by.is_self(person.actor_id) and not by.alone:
        raise NotAllowed("nobody changes their own roles: ask another admin")
    if alone and not by.alone:
        raise NotAllowed("only whoever runs the shop alone, or `afterclick people roles --alone` on its machine, can say so")
    stays_alone = person.alone if alone is None else alone
    _separate(roles, alone=stays_alone)
    if "admin" not in roles:
        _not_the_last_admin(tx, person)
    tx.run("UPDATE people SET roles = ?, desks = ?, alone = ? WHERE id = ?", (*_as_json(roles, desks), stays_alone, person_id))
    changed = by_id(tx, person_id)
    assert changed is not None
    record(tx, by.id, _about(changed, "people.roles", by.alone_in(person.actor_id)), now_ms=now_ms)
    return changed


def disable(tx: Tx, person_id: int, *, by: Actor, now_ms: int) -> None:
    """Shut a person out: their sessions and links end here, their tokens no longer count.

    Raises:
        NotAllowed: it is oneself, or the last admin.
    """
    person = _to_change(tx, person_id, by)
    if by.is_self(person.actor_id) and not by.alone:
        raise NotAllowed("nobody shuts themselves out: ask another admin")
    _not_the_last_admin(tx, person)
    tx.run("UPDATE people SET state = 'disabled' WHERE id = ?", (person_id,))
    tx.run("DELETE FROM sessions WHERE person = ?", (person_id,))
    tx.run("DELETE FROM sign_in_links WHERE person = ?", (person_id,))
    tx.run("DELETE FROM half_sign_ins WHERE person = ?", (person_id,))
    record(tx, by.id, _about(person, "people.disabled", by.alone_in(person.actor_id)), now_ms=now_ms)


def enable(tx: Tx, person_id: int, *, by: Actor, now_ms: int) -> None:
    """Let a person in again who was shut out."""
    person = _to_change(tx, person_id, by)
    tx.run("UPDATE people SET state = 'active' WHERE id = ?", (person_id,))
    record(tx, by.id, _about(person, "people.enabled"), now_ms=now_ms)


def record(tx: Tx, actor_id: str, event: Event, *, now_ms: int) -> None:
    """Write into the log what somebody did about people; last in its transaction."""
    log.append(tx, Block(now_ms, actor_id, ""), [event])


def as_actor(person: Person, *, session: str = "", tokens: Collection[str] = ()) -> Actor:
    """What a person may do, and under which other names they act."""
    also = frozenset(f"token:{name}" for name in tokens)
    roles = frozenset(person.roles)
    return Actor(person.actor_id, person.name, roles, person.desks, session=session, alone=person.alone, also=also)


def _to_change(tx: Tx, person_id: int, by: Actor) -> Person:
    """The person to be changed, with everybody held: who is the last admin must stay true until the end."""
    _may_manage(by)
    if tx.dialect == "postgresql":
        tx.rows("SELECT id FROM people ORDER BY id FOR UPDATE")
    person = by_id(tx, person_id)
    if person is None:
        raise NotAllowed(f"there is no person {person_id}")
    return person


def _may_manage(by: Actor) -> None:
    if not by.may("people.manage"):
        raise NotAllowed(f"this needs the permission people.manage, which {by.name} does not have; ask an admin")


def _separate(roles: Collection[Role], *, alone: bool) -> None:
    found = [] if alone else conflicts(permitted(roles))
    if found:
        because = "; ".join(f"{one.one} and {one.other}: {one.because}" for one in found)
        raise NotAllowed(f"these roles do not go together. {because}. Give them to two people")


def _not_the_last_admin(tx: Tx, person: Person) -> None:
    admins = [one for one in listed(tx) if one.state == "active" and "admin" in one.roles]
    if admins == [person]:
        raise NotAllowed(f"{person.name} is the last admin: make another one first")


def _about(person: Person, activity: str, because: str = "") -> Event:
    facts = {"roles": person.roles, "desks": sorted(person.desks), "alone": person.alone}
    return Event(activity, None, f"person/{person.handle}", "", because, msgspec.json.encode(facts).decode())


def _as_json(roles: Collection[Role], desks: Collection[Desk]) -> tuple[str, str]:
    """Roles and desks in the order of their table, each once."""
    held, at = [one for one in ROLES if one in roles], [one for one in DESKS if one in desks]
    return msgspec.json.encode(held).decode(), msgspec.json.encode(at).decode()
