"""One's own tokens: made, shown once, and revoked."""

from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.access import InPerson
from afterclick.control_room.forms import sent
from afterclick.control_room.people.front import Front
from afterclick.control_room.problems import Problem
from afterclick.governance.actor import Actor
from afterclick.governance.people import tokens
from afterclick.governance.people.accounts import NotAllowed
from afterclick.governance.people.tokens import NewToken
from afterclick.governance.permissions import DESKS, PERMISSIONS


def add(router: APIRouter, front: Front, my_page: Callable[..., Response]) -> None:
    """The routes below /me/tokens."""
    _making(router, front)
    _revoking(router, front, my_page)


def _making(router: APIRouter, front: Front) -> None:
    room = front.room

    @router.get("/me/tokens/new")
    def ask(who: InPerson, request: Request) -> Response:
        """Ask what a new token may do."""
        return page(request, who, NewToken("", ()))

    def page(request: Request, who: Actor, new: NewToken, *, wrong: str = "", status: int = 200) -> Response:
        own = [one for one in PERMISSIONS if who.may(one)]
        desks = [one for one in DESKS if one in who.desks]
        return front.page(
            request, "new_token.html", who=who, status=status, here="me", own=own, desks=desks, new=new, wrong=wrong,
            most_days=tokens.MOST_DAYS,
        )  # fmt: skip

    @router.post("/me/tokens/new")
    async def make(who: InPerson, request: Request) -> Response:
        """Make it, and show its secret this once."""
        return await run_in_threadpool(made, request, who, await sent(request))

    def made(request: Request, who: Actor, fields: dict[str, str]) -> Response:
        days = fields.get("days", "")
        new = NewToken(
            fields.get("name", "").strip(),
            [one for one in PERMISSIONS if f"may.{one}" in fields],
            [one for one in DESKS if f"desk.{one}" in fields],
            int(days) if days.isascii() and days.isdecimal() and len(days) < 6 else 0,
        )
        try:
            with room.database.transaction() as tx:
                secret = tokens.make(tx, new, by=who, maker=front.person(who), now_ms=room.now_ms())
        except NotAllowed as error:
            return page(request, who, new, wrong=str(error), status=422)
        front.forget()
        return front.page(request, "token_made.html", who=who, here="me", name=new.name, secret=secret)


def _revoking(router: APIRouter, front: Front, my_page: Callable[..., Response]) -> None:
    @router.post("/me/tokens/{name}/revoke")
    async def revoke(who: InPerson, name: str, request: Request) -> Response:
        """End it."""
        await sent(request)
        return await run_in_threadpool(revoked, request, who, name)

    def revoked(request: Request, who: Actor, name: str) -> Response:
        try:
            with front.room.database.transaction() as tx:
                tokens.revoke(tx, name, by=who, now_ms=front.room.now_ms())
        except NotAllowed as error:
            raise Problem(404, str(error)) from error
        front.forget()
        return my_page(request, who, done=f"The token {name} is revoked.")
