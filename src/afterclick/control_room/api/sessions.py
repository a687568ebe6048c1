"""Sessions and one-time links for programs: who is signed in where, and how somebody comes in."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from fastapi import Path, Request, Response

from afterclick.control_room.access import InPerson, KeepsPeople, SeesPeople
from afterclick.control_room.api.answers import Given
from afterclick.control_room.api.kit import Interface, Nothing
from afterclick.control_room.api.pace import Pace
from afterclick.control_room.api.people import PersonId, forgotten, found_person
from afterclick.control_room.api.sent import Sends, Sent, refusing
from afterclick.control_room.people.front import Front
from afterclick.control_room.problems import Problem
from afterclick.governance.actor import Actor
from afterclick.governance.people import links, second_factor, sessions
from afterclick.governance.people.accounts import NotAllowed, Person
from afterclick.store.transaction import Tx

SessionId = Annotated[int, Path(ge=1, lt=2**62)]
Ends = Callable[[Tx, Person], object]


class SessionShown(msgspec.Struct, frozen=True):
    """A session: how it began (`password`, `link`, `provider`, …), and from where. `own`: whoever asks, asks in it."""

    id: int
    way: str
    device: str
    address: str
    began_ms: int
    seen_ms: int
    ends_ms: int
    own: bool


class Sessions(msgspec.Struct, frozen=True):
    """A person's sessions, the latest used first."""

    sessions: tuple[SessionShown, ...]


class MadeLink(msgspec.Struct, frozen=True):
    """A link by which a person chooses a password; it works once, within a day, and is shown now and never again."""

    person: int
    address: str


def sessions_api(front: Front, pace: Pace | None = None) -> Interface:
    """The routes under `/api/v1/people/{person_id}` and `/api/v1/me` that are about coming in."""
    api = Interface(front.room, "people", pace=pace)
    _everybodys(api, front)
    _links(api, front)
    _own(api, front)
    return api


def _everybodys(api: Interface, front: Front) -> None:
    room = front.room

    @api.get("/people/{person_id}/sessions", Sessions, refuses=(404,))
    def listed(who: SeesPeople, person_id: PersonId) -> Response:
        """Where somebody is signed in."""
        with room.database.reading() as tx:
            return Given(_shown(tx, front, found_person(tx, person_id), who))

    @api.post("/people/{person_id}/sessions/{session_id}/end", Nothing, Sessions, refuses=(404,))
    def end(who: KeepsPeople, person_id: PersonId, session_id: SessionId, sent: Sends) -> Response:
        """Sign somebody out of one session; the answer has those that are left."""

        def ends(tx: Tx, person: Person) -> object:
            return sessions.end(tx, person, session_id, by=who, now_ms=room.now_ms())

        return _ended(front, who, sent, lambda tx: found_person(tx, person_id), ends)

    @api.post("/people/{person_id}/sessions/end", Nothing, Sessions, refuses=(404,))
    def end_all(who: KeepsPeople, person_id: PersonId, sent: Sends) -> Response:
        """Sign somebody out everywhere."""

        def ends(tx: Tx, person: Person) -> object:
            return sessions.end_all(tx, person, by=who, now_ms=room.now_ms())

        return _ended(front, who, sent, lambda tx: found_person(tx, person_id), ends)


def _links(api: Interface, front: Front) -> None:
    room = front.room

    @api.post("/people/{person_id}/link", Nothing, MadeLink, refuses=(404,), status=201)
    def link(who: KeepsPeople, person_id: PersonId, request: Request, sent: Sends) -> Response:
        """A one-time link by which somebody chooses a password; for an admin who is signed in, since it opens an account."""
        sent.read(Nothing)
        _in_person(who)

        def makes(tx: Tx) -> MadeLink:
            key = links.make(tx, found_person(tx, person_id), by=who, now_ms=room.now_ms())
            return MadeLink(person_id, f"{front.base(request)}/sign-in/link?key={key}")

        with refusing(409, NotAllowed):
            return sent.once(room, who, makes, status=201, secret=True)

    @api.post("/people/{person_id}/second-factor/remove", Nothing, Person, refuses=(404,))
    def remove(who: KeepsPeople, person_id: PersonId, sent: Sends) -> Response:
        """Take somebody's second factor away, who has lost their telephone."""
        sent.read(Nothing)
        _in_person(who)

        def removes(tx: Tx) -> Person:
            second_factor.remove(tx, found_person(tx, person_id), by=who, now_ms=room.now_ms())
            return found_person(tx, person_id)

        with refusing(409, NotAllowed):
            return forgotten(room, sent.once(room, who, removes, current=lambda tx: found_person(tx, person_id)))


def _in_person(who: Actor) -> None:
    if not who.session:
        raise Problem(403, "a token opens no accounts: sign in for this")


def _own(api: Interface, front: Front) -> None:
    room = front.room

    @api.get("/me/sessions", Sessions)
    def own(who: InPerson) -> Response:
        """Where one is signed in oneself."""
        person = front.person(who)
        with room.database.reading() as tx:
            return Given(_shown(tx, front, person, who))

    @api.post("/me/sessions/{session_id}/end", Nothing, Sessions)
    def end(who: InPerson, session_id: SessionId, sent: Sends) -> Response:
        """End one of one's own sessions; the answer has those that are left."""

        def ends(tx: Tx, person: Person) -> object:
            return sessions.end(tx, person, session_id, by=who, now_ms=room.now_ms())

        person = front.person(who)
        return _ended(front, who, sent, lambda _tx: person, ends)

    @api.post("/me/sessions/end-others", Nothing, Sessions)
    def end_others(who: InPerson, sent: Sends) -> Response:
        """End all of them but the one in which this is asked."""

        def ends(tx: Tx, person: Person) -> object:
            return sessions.end_all(tx, person, by=who, now_ms=room.now_ms(), but=who.session)

        person = front.person(who)
        return _ended(front, who, sent, lambda _tx: person, ends)


def _ended(front: Front, who: Actor, sent: Sent, of: Callable[[Tx], Person], ends: Ends) -> Response:
    sent.read(Nothing)

    def does(tx: Tx) -> Sessions:
        person = of(tx)
        ends(tx, person)
        return _shown(tx, front, person, who)

    return forgotten(front.room, sent.once(front.room, who, does))


def _shown(tx: Tx, front: Front, person: Person, who: Actor) -> Sessions:
    found = sessions.listed(tx, person.id, lasting=front.signing_in.lasting, now_ms=front.room.now_ms())
    return Sessions(tuple(
        SessionShown(one.id, one.way, one.device, one.address, one.began_ms, one.seen_ms, one.ends_ms, str(one.id) == who.session)
        for one in found
    ))  # fmt: skip
