"""The pages behind one-time links: /set-up for the first person, /sign-in/link for a new password."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.forms import sent
from afterclick.control_room.people.front import Front
from afterclick.control_room.people.signing_in import second_half
from afterclick.control_room.routes import Routes
from afterclick.governance.people import accounts, links, signing_in
from afterclick.governance.people.accounts import NotAllowed, Person
from afterclick.governance.people.links import NotValid
from afterclick.governance.people.passwords import SHORTEST, WeakPassword, demand_strong

Key = Annotated[str, Query(max_length=100)]


def routes(front: Front) -> APIRouter:
    """The routes of links."""
    router = Routes(include_in_schema=False)
    _set_up(router, front)
    _password(router, front)
    return router


def _set_up(router: APIRouter, front: Front) -> None:
    def page(request: Request, key: str, *, status: int = 200, **values: object) -> Response:
        shown: dict[str, object] = {"name": "", "email": "", "alone": False, **values}
        return front.page(request, "set_up.html", who=None, status=status, key=key, shortest=SHORTEST, **shown)

    def gone(request: Request, error: NotValid) -> Response:
        with front.room.database.reading() as tx:
            nobody = accounts.nobody_yet(tx)
        return front.page(request, "link_gone.html", who=None, status=410, said=str(error), nobody=nobody)

    @router.get("/set-up")
    def ask(request: Request, key: Key = "") -> Response:
        """Ask the first person who they are."""
        try:
            with front.room.database.reading() as tx:
                links.look_at(tx, key, "set-up", now_ms=front.room.now_ms())
        except NotValid as error:
            return gone(request, error)
        return page(request, key)

    @router.post("/set-up")
    async def answer(request: Request) -> Response:
        """Let the first person in."""
        return await run_in_threadpool(settle, request, await sent(request))

    def settle(request: Request, fields: dict[str, str]) -> Response:
        key, name, email, alone = fields.get("key", ""), fields.get("name", ""), fields.get("email", ""), "alone" in fields
        try:
            password = _agreed(fields)
            demand_strong(password, name=name, email=email)
            with front.room.database.reading() as tx:
                links.look_at(tx, key, "set-up", now_ms=front.room.now_ms())
            kept = front.signing_in.passwords.hash(password)
            with front.room.database.transaction() as tx:
                links.use(tx, key, "set-up", now_ms=front.room.now_ms())
                person = accounts.add_first(tx, name, email, alone=alone, now_ms=front.room.now_ms())
                signing_in.set_password(tx, person, kept, but="", now_ms=front.room.now_ms())
        except NotValid as error:
            return gone(request, error)
        except (NotAllowed, WeakPassword) as error:
            return page(request, key, status=422, wrong=str(error), name=name, email=email, alone=alone)
        return front.welcome(request, person, way="set-up link", back_to="/")


def _password(router: APIRouter, front: Front) -> None:
    def page(request: Request, key: str, person: Person, *, status: int = 200, wrong: str = "") -> Response:
        return front.page(
            request, "new_password.html", who=None, status=status, key=key, person=person, wrong=wrong, shortest=SHORTEST
        )

    def whose(key: str) -> Person:
        with front.room.database.reading() as tx:
            person = accounts.by_id(tx, links.look_at(tx, key, "password", now_ms=front.room.now_ms()).person)
        if person is None or person.state != "active":
            raise NotValid
        return person

    def gone(request: Request, error: NotValid) -> Response:
        return front.page(request, "link_gone.html", who=None, status=410, said=str(error), nobody=False)

    @router.get("/sign-in/link")
    def ask(request: Request, key: Key = "") -> Response:
        """Ask for a new password."""
        try:
            return page(request, key, whose(key))
        except NotValid as error:
            return gone(request, error)

    @router.post("/sign-in/link")
    async def answer(request: Request) -> Response:
        """Set it, and sign the person in."""
        return await run_in_threadpool(settle, request, await sent(request))

    def settle(request: Request, fields: dict[str, str]) -> Response:
        key = fields.get("key", "")
        try:
            person = whose(key)
            try:
                password = _agreed(fields)
                signing_in.demand_usable(person, password)
            except WeakPassword as error:
                return page(request, key, person, status=422, wrong=str(error))
            kept = front.signing_in.passwords.hash(password)
            with front.room.database.transaction() as tx:
                links.use(tx, key, "password", now_ms=front.room.now_ms())
                signing_in.set_password(tx, person, kept, but="", now_ms=front.room.now_ms())
        except NotValid as error:
            return gone(request, error)
        front.forget()
        return second_half(front, request, person, way="link", back_to="/")


def _agreed(fields: dict[str, str]) -> str:
    """The password that was typed twice.

    Raises:
        WeakPassword: the two differ.
    """
    if fields.get("password", "") != fields.get("again", ""):
        raise WeakPassword("the two passwords differ: type them again")
    return fields.get("password", "")
