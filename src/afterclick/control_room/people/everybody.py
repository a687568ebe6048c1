"""The pages /people and /people/{id}: who is here, and what an admin may change about it."""

from collections.abc import Callable
from typing import Final

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.access import KeepsPeople, SeesPeople
from afterclick.control_room.forms import sent
from afterclick.control_room.people.front import Front
from afterclick.control_room.problems import Problem
from afterclick.control_room.routes import Routes
from afterclick.governance.actor import Actor
from afterclick.governance.cards import Card
from afterclick.governance.people import accounts, links, second_factor, sessions, tokens
from afterclick.governance.people.accounts import NewPerson, NotAllowed, Person
from afterclick.governance.permissions import DESKS, GRANTS, PERMISSIONS, ROLES, SAYS, SEGREGATION, Desk, Permission, Role
from afterclick.store.transaction import Tx

Change = Callable[[Tx, Person, dict[str, str], Actor, int], None]


def routes(front: Front) -> APIRouter:
    """The routes of everybody's accounts."""
    router = Routes(include_in_schema=False)
    _list(router, front)
    _one(router, front)
    _changes(router, front)
    return router


def _holders(tx: Tx) -> dict[Permission, list[str]]:
    """The bots that hold each permission."""
    held: dict[Permission, list[str]] = {one: [] for one in PERMISSIONS}
    for bot, card in tx.rows("SELECT id, card FROM bots WHERE state <> 'retired' ORDER BY id"):
        for one in msgspec.json.decode(card, type=Card).permissions:
            held[one].append(bot)
    return held


def _list(router: APIRouter, front: Front) -> None:
    def page(request: Request, who: Actor, *, status: int = 200, **values: object) -> Response:
        with front.room.database.reading() as tx:
            people = accounts.listed(tx)
            bots = _holders(tx)
        shown: dict[str, object] = {"name": "", "email": "", "given": [], "desks": DESKS, **values}
        return front.page(
            request, "people.html", who=who, status=status, here="people", people=people, roles=ROLES, says=SAYS, all_desks=DESKS,
            grants=GRANTS, permissions=PERMISSIONS, segregation=SEGREGATION, bots=bots, **shown,
        )  # fmt: skip

    @router.get("/people")
    def everybody(who: SeesPeople, request: Request) -> Response:
        """Everybody, with roles, last seen and second factor."""
        return page(request, who)

    @router.post("/people")
    async def let_in(who: KeepsPeople, request: Request) -> Response:
        """Let somebody in, and show the link by which they come."""
        return await run_in_threadpool(done, request, who, await sent(request))

    def done(request: Request, who: Actor, fields: dict[str, str]) -> Response:
        new = NewPerson(fields.get("name", ""), fields.get("email", ""), _roles(fields), _desks(fields))
        try:
            with front.room.database.transaction() as tx:
                person = accounts.add(tx, new, by=who, now_ms=front.room.now_ms())
                key = links.make(tx, person, by=who, now_ms=front.room.now_ms())
        except NotAllowed as error:
            return page(
                request, who, status=422, wrong=str(error), name=new.name, email=new.email, given=new.roles, desks=new.desks
            )
        return show_link(front, request, who, person, key)


def _one(router: APIRouter, front: Front) -> None:
    @router.get("/people/{person_id}")
    def person(who: SeesPeople, person_id: int, request: Request) -> Response:
        """One person."""
        return person_page(front, request, who, person_id)


def person_page(front: Front, request: Request, who: Actor, person_id: int, *, wrong: str = "", status: int = 200) -> Response:
    """The page of one person; `wrong` says why a change was refused."""
    room = front.room
    with room.database.reading() as tx:
        person = _known(tx, person_id)
        listed = sessions.listed(tx, person.id, lasting=front.signing_in.lasting, now_ms=room.now_ms())
        own = tokens.listed(tx, maker=person.id)
    return front.page(
        request, "person.html", who=who, status=status, here="people", person=person, sessions=listed, tokens=own, roles=ROLES,
        says=SAYS, all_desks=DESKS, given=person.roles, desks=person.desks, wrong=wrong,
        own=who.is_self(person.actor_id), manages=who.may("people.manage"),
    )  # fmt: skip


def show_link(front: Front, request: Request, who: Actor, person: Person, key: str) -> Response:
    """The page that shows a one-time link, this once."""
    address = f"{front.base(request)}/sign-in/link?key={key}"
    return front.page(request, "link_made.html", who=who, here="people", person=person, address=address)


def _changes(router: APIRouter, front: Front) -> None:
    @router.post("/people/{person_id}/{change}")
    async def change(who: KeepsPeople, person_id: int, change: str, request: Request) -> Response:
        """Change something about a person, or make a link for them."""
        if change not in CHANGES and change != "link":
            raise Problem(404, "there is no such change")
        return await run_in_threadpool(settle, request, who, person_id, change, await sent(request))

    def settle(request: Request, who: Actor, person_id: int, change: str, fields: dict[str, str]) -> Response:
        key, now_ms = "", front.room.now_ms()
        try:
            with front.room.database.transaction() as tx:
                person = _known(tx, person_id)
                if change == "link":
                    key = links.make(tx, person, by=who, now_ms=now_ms)
                else:
                    CHANGES[change](tx, person, fields, who, now_ms)
        except NotAllowed as error:
            return person_page(front, request, who, person_id, wrong=str(error), status=409)
        front.forget()
        return show_link(front, request, who, person, key) if key else RedirectResponse(f"/people/{person_id}", 303)


def _change_roles(tx: Tx, person: Person, fields: dict[str, str], who: Actor, now_ms: int) -> None:
    # The mark of running the shop alone can be taken away here, never given.
    alone = None if not person.alone or "alone" in fields else False
    accounts.change_roles(tx, person.id, _roles(fields), _desks(fields), by=who, now_ms=now_ms, alone=alone)


def _end_sessions(tx: Tx, person: Person, fields: dict[str, str], who: Actor, now_ms: int) -> None:
    one = fields.get("session", "")
    if one.isascii() and one.isdecimal() and len(one) < 18:
        sessions.end(tx, person, int(one), by=who, now_ms=now_ms)
    else:
        sessions.end_all(tx, person, by=who, now_ms=now_ms)


def _revoke_token(tx: Tx, _person: Person, fields: dict[str, str], who: Actor, now_ms: int) -> None:
    tokens.revoke(tx, fields.get("name", ""), by=who, now_ms=now_ms)


CHANGES: Final[dict[str, Change]] = {
    "roles": _change_roles,
    "disable": lambda tx, person, _fields, who, now_ms: accounts.disable(tx, person.id, by=who, now_ms=now_ms),
    "enable": lambda tx, person, _fields, who, now_ms: accounts.enable(tx, person.id, by=who, now_ms=now_ms),
    "end-sessions": _end_sessions,
    "remove-second-factor": lambda tx, person, _fields, who, now_ms: second_factor.remove(tx, person, by=who, now_ms=now_ms),
    "revoke-token": _revoke_token,
}


def _known(tx: Tx, person_id: int) -> Person:
    person = accounts.by_id(tx, person_id)
    if person is None:
        raise Problem(404, f"there is no person {person_id}")
    return person


def _roles(fields: dict[str, str]) -> list[Role]:
    return [role for role in ROLES if f"role.{role}" in fields]


def _desks(fields: dict[str, str]) -> list[Desk]:
    return [desk for desk in DESKS if f"desk.{desk}" in fields]
