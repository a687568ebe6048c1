"""The pages /sign-in and /sign-out: a password, and a code where there is a second factor."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.access import asking
from afterclick.control_room.forms import sent
from afterclick.control_room.people.front import HALF, Front, address, own_path
from afterclick.control_room.routes import Routes
from afterclick.governance.people import accounts, half, signing_in
from afterclick.governance.people.accounts import Person
from afterclick.governance.people.signing_in import Started, WrongSignIn
from afterclick.governance.people.throttle import Throttled

Next = Annotated[str, Query(max_length=4_000)]


def routes(front: Front) -> APIRouter:
    """The routes by which people come and go."""
    router = Routes(include_in_schema=False)
    _password(router, front)
    _code(router, front)
    _out(router, front)
    return router


def ask_for_password(
    front: Front, request: Request, *, back_to: str, email: str = "", wrong: str = "", status: int = 200
) -> Response:
    """The page that asks for e-mail address and password; `wrong` says what was the matter before."""
    with front.room.database.reading() as tx:
        nobody = accounts.nobody_yet(tx)
    provider = front.signing_in.provider
    return front.page(
        request, "sign_in.html", who=None, status=status, back_to=back_to, email=email, wrong=wrong, nobody=nobody,
        provider=provider.registration.name if provider else "",
    )  # fmt: skip


def second_half(front: Front, request: Request, person: Person, *, way: str, back_to: str) -> Response:
    """After the first half is right: ask for the code where there is a second factor, else let them in."""
    if not person.has_factor:
        return front.welcome(request, person, way=way, back_to=back_to)
    with front.room.database.transaction() as tx:
        secret = half.begin(tx, "code", person=person.id, facts=f"{way} and code\n{back_to}", now_ms=front.room.now_ms())
    return front.remember_half(request, RedirectResponse("/sign-in/code", 303), secret)


def _password(router: APIRouter, front: Front) -> None:
    @router.get("/sign-in")
    def ask(request: Request, next: Next = "/") -> Response:
        """Ask for e-mail address and password; who is signed in already goes on."""
        if asking(request) is not None:
            return RedirectResponse(own_path(next), 303)
        return ask_for_password(front, request, back_to=own_path(next))

    @router.post("/sign-in")
    async def answer(request: Request) -> Response:
        """Check them."""
        return await run_in_threadpool(check, request, await sent(request))

    def check(request: Request, fields: dict[str, str]) -> Response:
        email, back_to, room = fields.get("email", ""), own_path(fields.get("next", "/")), front.room
        try:
            person = signing_in.check_password(
                room.database, front.signing_in.passwords, email=email, password=fields.get("password", ""),
                address=address(request), now_ms=room.now_ms(),
            )  # fmt: skip
        except (WrongSignIn, Throttled) as error:
            status = 429 if isinstance(error, Throttled) else 422
            return waiting(
                ask_for_password(front, request, back_to=back_to, email=email[:254], wrong=str(error), status=status), error
            )
        return second_half(front, request, person, way="password", back_to=back_to)


def _code(router: APIRouter, front: Front) -> None:
    @router.get("/sign-in/code")
    def ask(request: Request) -> Response:
        """Ask for the code of the second factor."""
        if HALF not in request.cookies:
            return RedirectResponse("/sign-in", 303)
        return front.page(request, "code.html", who=None)

    @router.post("/sign-in/code")
    async def answer(request: Request) -> Response:
        """Check it."""
        return await run_in_threadpool(check, request, await sent(request))

    def check(request: Request, fields: dict[str, str]) -> Response:
        secret, code, room = request.cookies.get(HALF, ""), fields.get("code", ""), front.room
        try:
            vault, where = front.signing_in.vault, address(request)
            person, facts = signing_in.check_code(
                room.database, vault, secret=secret, code=code, address=where, now_ms=room.now_ms()
            )
        except Started as error:
            return ask_for_password(front, request, back_to="/", wrong=str(error), status=422)
        except (WrongSignIn, Throttled) as error:
            status = 429 if isinstance(error, Throttled) else 422
            return waiting(front.page(request, "code.html", who=None, status=status, wrong=str(error)), error)
        way, _, back_to = facts.partition("\n")
        return front.welcome(request, person, way=way, back_to=back_to)


def _out(router: APIRouter, front: Front) -> None:
    @router.get("/sign-out")
    def ask(request: Request) -> Response:
        """Ask whether to sign out: a link alone, on any page, must not do it."""
        who = asking(request)
        return RedirectResponse("/sign-in", 303) if who is None else front.page(request, "sign_out.html", who=who)

    @router.post("/sign-out")
    async def answer(request: Request) -> Response:
        """End the session of this browser."""
        await sent(request)
        return await run_in_threadpool(front.goodbye, request, "/sign-in")


def waiting(answer: Response, error: Exception) -> Response:
    """The answer, which says to programs too how long to wait."""
    if isinstance(error, Throttled):
        answer.headers["retry-after"] = str(error.wait_s)
    return answer
