"""People and tokens for programs: who may come in, with which roles; a token never makes people or tokens more than it holds."""

from typing import Annotated

import msgspec
from fastapi import Path, Response

from afterclick.control_room.access import KeepsPeople, SeesPeople, SignedIn
from afterclick.control_room.api.answers import Given
from afterclick.control_room.api.kit import Interface, Nothing
from afterclick.control_room.api.pace import Pace
from afterclick.control_room.api.sent import Sends, Sent, refusing
from afterclick.control_room.people.recognise import Recognise
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.governance.actor import Actor
from afterclick.governance.people import accounts, tokens
from afterclick.governance.people.accounts import NewPerson, NotAllowed, Person
from afterclick.governance.people.tokens import NewToken, Token
from afterclick.governance.permissions import DESKS, PERMISSIONS, Desk, Permission, Role
from afterclick.store.transaction import Tx

PersonId = Annotated[int, Path(ge=1, lt=2**62)]
TokenName = Annotated[str, Path(min_length=1, max_length=60)]


class Grant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Roles at desks."""

    roles: Annotated[list[Role], msgspec.Meta(min_length=1, max_length=10)]
    desks: Annotated[tuple[Desk, ...], msgspec.Meta(max_length=10)] = DESKS


class NewGrant(Grant, frozen=True, forbid_unknown_fields=True):
    """Roles at desks. `end_alone` takes away the mark of running the shop alone, which is never given here."""

    end_alone: bool = False


class Somebody(Grant, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom to let in. They come in by a one-time link (`/people/{person_id}/link`)."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    email: Annotated[str, msgspec.Meta(min_length=3, max_length=200)]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A token to make: it holds no more than whoever makes it, and lasts so many days."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    permissions: Annotated[list[Permission], msgspec.Meta(min_length=1, max_length=len(PERMISSIONS))]
    desks: Annotated[tuple[Desk, ...], msgspec.Meta(max_length=10)] = DESKS
    days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 90
    bot: Annotated[str, msgspec.Meta(max_length=100)] = ""


class People(msgspec.Struct, frozen=True):
    """Everybody who may come in, or could."""

    people: tuple[Person, ...]


class Tokens(msgspec.Struct, frozen=True):
    """Tokens, the newest first."""

    tokens: tuple[Token, ...]


class MadeToken(msgspec.Struct, frozen=True):
    """A new token; `secret` is shown now and never again."""

    name: str
    secret: str


class Me(msgspec.Struct, frozen=True):
    """Who asks, and what they may do."""

    id: str
    name: str
    permissions: tuple[Permission, ...]
    desks: tuple[Desk, ...]


def people_api(room: Room, pace: Pace | None = None) -> Interface:
    """The routes under `/api/v1/people`, `/api/v1/tokens` and `/api/v1/me`."""
    api = Interface(room, "people", pace=pace)
    _reads(api)
    _changes(api)
    _tokens(api)
    return api


def _reads(api: Interface) -> None:
    room = api.room

    @api.get("/me", Me)
    def me(who: SignedIn) -> Response:
        """Whom this token or session stands for, and what it may do."""
        return Given(Me(who.id, who.name, tuple(one for one in PERMISSIONS if who.may(one)), tuple(sorted(who.desks))))

    @api.get("/people", People)
    def people(who: SeesPeople) -> Response:
        """Everybody, by name."""
        with room.database.reading() as tx:
            return Given(People(tuple(accounts.listed(tx))))

    @api.get("/people/{person_id}", Person, refuses=(404,))
    def person(who: SeesPeople, person_id: PersonId) -> Response:
        """One of them."""
        with room.database.reading() as tx:
            return Given(found_person(tx, person_id))

    @api.get("/tokens", Tokens)
    def listed(who: SeesPeople) -> Response:
        """Every token, without its secret."""
        with room.database.reading() as tx:
            return Given(Tokens(tuple(tokens.listed(tx))))


def _changes(api: Interface) -> None:
    room = api.room

    @api.post("/people", Somebody, Person, status=201)
    def add(who: KeepsPeople, sent: Sends) -> Response:
        """Let somebody in."""
        wish = sent.read(Somebody)
        new = NewPerson(wish.name, wish.email, wish.roles, wish.desks)
        with refusing(409, NotAllowed):
            return sent.once(room, who, lambda tx: accounts.add(tx, new, by=who, now_ms=room.now_ms()), status=201)

    @api.post("/people/{person_id}/roles", NewGrant, Person, refuses=(404,))
    def roles(who: KeepsPeople, person_id: PersonId, sent: Sends) -> Response:
        """Give somebody exactly these roles at these desks."""
        wish, alone = sent.read(NewGrant), None
        if wish.end_alone:
            alone = False

        def changes(tx: Tx) -> Person:
            found_person(tx, person_id)
            return accounts.change_roles(tx, person_id, wish.roles, wish.desks, by=who, now_ms=room.now_ms(), alone=alone)

        with refusing(409, NotAllowed):
            return forgotten(room, sent.once(room, who, changes, current=lambda tx: found_person(tx, person_id)))

    @api.post("/people/{person_id}/disable", Nothing, Person, refuses=(404,))
    def disable(who: KeepsPeople, person_id: PersonId, sent: Sends) -> Response:
        """Shut somebody out: sessions end here, and their tokens no longer count."""
        return _switch(room, who, person_id, sent, on=False)

    @api.post("/people/{person_id}/enable", Nothing, Person, refuses=(404,))
    def enable(who: KeepsPeople, person_id: PersonId, sent: Sends) -> Response:
        """Let somebody in again."""
        return _switch(room, who, person_id, sent, on=True)


def _switch(room: Room, who: Actor, person_id: int, sent: Sent, *, on: bool) -> Response:
    sent.read(Nothing)

    def switches(tx: Tx) -> Person:
        found_person(tx, person_id)
        act = accounts.enable if on else accounts.disable
        act(tx, person_id, by=who, now_ms=room.now_ms())
        return found_person(tx, person_id)

    with refusing(409, NotAllowed):
        return forgotten(room, sent.once(room, who, switches, current=lambda tx: found_person(tx, person_id)))


def _tokens(api: Interface) -> None:
    room = api.room

    @api.post("/tokens", Wanted, MadeToken, status=201)
    def make(who: SignedIn, sent: Sends) -> Response:
        """Make a token, for whoever is signed in with a session; a token makes none. The answer has its secret, this once."""
        wish = sent.read(Wanted)

        def makes(tx: Tx) -> MadeToken:
            new = NewToken(wish.name, wish.permissions, wish.desks, wish.days, wish.bot)
            maker = accounts.by_handle(tx, who.id.removeprefix("person:")) if who.id.startswith("person:") else None
            return MadeToken(wish.name, tokens.make(tx, new, by=who, maker=maker, now_ms=room.now_ms()))

        if not who.session:
            raise Problem(403, "a token makes no tokens: sign in, or use `afterclick token add` on the machine")
        with refusing(409, NotAllowed):
            return sent.once(room, who, makes, status=201, secret=True)

    @api.post("/tokens/{name}/revoke", Nothing, Tokens, refuses=(404,))
    def revoke(who: SignedIn, name: TokenName, sent: Sends) -> Response:
        """End a token: one's own, or as an admin any."""
        sent.read(Nothing)

        def revokes(tx: Tx) -> Tokens:
            tokens.revoke(tx, name, by=who, now_ms=room.now_ms())
            return Tokens(tuple(one for one in tokens.listed(tx) if one.name == name))

        with refusing(404, NotAllowed):
            return forgotten(room, sent.once(room, who, revokes))


def forgotten(room: Room, answer: Response) -> Response:
    """The answer to a change, from which on everybody is looked up anew."""
    if isinstance(room.authenticate, Recognise):
        room.authenticate.forget()
    return answer


def found_person(tx: Tx, person_id: int) -> Person:
    """The person of that number.

    Raises:
        Problem: 404 where there is none.
    """
    found = accounts.by_id(tx, person_id)
    if found is None:
        raise Problem(404, f"there is no person {person_id}")
    return found
