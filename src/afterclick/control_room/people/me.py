"""The page /me: one's own sessions, password and tokens."""

from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.access import InPerson, SignedIn
from afterclick.control_room.forms import sent
from afterclick.control_room.people import own_factor, own_tokens
from afterclick.control_room.people.front import Front, address
from afterclick.control_room.people.signing_in import waiting
from afterclick.control_room.routes import Routes
from afterclick.governance.actor import Actor
from afterclick.governance.people import accounts, second_factor, sessions, signing_in, tokens
from afterclick.governance.people.passwords import SHORTEST, WeakPassword
from afterclick.governance.people.signing_in import WrongSignIn
from afterclick.governance.people.throttle import Throttled
from afterclick.governance.permissions import SAYS


def routes(front: Front) -> APIRouter:
    """The routes of one's own account."""
    router = Routes(include_in_schema=False)

    def page(request: Request, who: Actor, *, wrong: str = "", done: str = "", status: int = 200) -> Response:
        return my_page(front, request, who, wrong=wrong, done=done, status=status)

    @router.get("/me")
    def me(who: SignedIn, request: Request) -> Response:
        """One's own account."""
        return page(request, who)

    _password(router, front, page)
    _sessions(router, front)
    own_factor.add(router, front, page)
    own_tokens.add(router, front, page)
    return router


def my_page(front: Front, request: Request, who: Actor, *, wrong: str, done: str, status: int) -> Response:
    """The page /me. Somebody without an account, such as a token, sees only what they may do."""
    room, person = front.room, None
    with room.database.reading() as tx:
        if who.session:
            person = accounts.by_handle(tx, who.id.removeprefix("person:"))
        listed = sessions.listed(tx, person.id, lasting=front.signing_in.lasting, now_ms=room.now_ms()) if person else []
        own = tokens.listed(tx, maker=person.id) if person else []
        codes_left = second_factor.codes_left(tx, person) if person else 0
    lacking = front.signing_in.factor_required and person is not None and not person.has_factor and not who.roles
    return front.page(
        request, "me.html", who=who, status=status, here="me", person=person, sessions=listed, tokens=own, codes_left=codes_left,
        wrong=wrong, done=done, says=SAYS, shortest=SHORTEST, lacking=lacking,
    )  # fmt: skip


def _password(router: APIRouter, front: Front, page: Callable[..., Response]) -> None:
    @router.post("/me/password")
    async def change(who: InPerson, request: Request) -> Response:
        """Change one's password; every other session ends."""
        return await run_in_threadpool(settle, request, who, await sent(request))

    def settle(request: Request, who: Actor, fields: dict[str, str]) -> Response:
        room, how = front.room, front.signing_in
        person = front.person(who)
        new = fields.get("password", "")
        try:
            if person.has_password:
                signing_in.check_own_password(
                    room.database,
                    how.passwords,
                    person,
                    fields.get("current", ""),
                    address=address(request),
                    now_ms=room.now_ms(),
                )
            else:
                raise WrongSignIn("this account has no password: ask an admin for a link by which to choose one")
            if new != fields.get("again", ""):
                raise WeakPassword("the two new passwords differ: type them again")
            signing_in.demand_usable(person, new)
        except (WrongSignIn, WeakPassword, Throttled) as error:
            status = 429 if isinstance(error, Throttled) else 422
            return waiting(page(request, who, wrong=str(error), status=status), error)
        kept = how.passwords.hash(new)
        with room.database.transaction() as tx:
            signing_in.set_password(tx, person, kept, but=who.session, now_ms=room.now_ms())
        front.forget()
        return page(request, who, done="Your password is changed, and every other session has ended.")


def _sessions(router: APIRouter, front: Front) -> None:
    @router.post("/me/sessions/{session_id}/end")
    async def end(who: InPerson, session_id: int, request: Request) -> Response:
        """End one of one's own sessions."""
        await sent(request)
        return await run_in_threadpool(ended, who, session_id)

    @router.post("/me/sessions/end-others")
    async def end_others(who: InPerson, request: Request) -> Response:
        """End all of them but this one."""
        await sent(request)
        return await run_in_threadpool(ended, who, None)

    def ended(who: Actor, session_id: int | None) -> Response:
        person = front.person(who)
        with front.room.database.transaction() as tx:
            if session_id is None:
                sessions.end_all(tx, person, by=who, now_ms=front.room.now_ms(), but=who.session)
            elif 0 < session_id < 2**62:
                sessions.end(tx, person, session_id, by=who, now_ms=front.room.now_ms())
        front.forget()
        return RedirectResponse("/me", 303)
