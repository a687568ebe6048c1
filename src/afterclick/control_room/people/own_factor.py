"""One's own second factor: turned on with a code from the telephone, turned off with one, and its recovery codes."""

import logging
from collections.abc import Callable, Generator
from contextlib import contextmanager

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.access import InPerson
from afterclick.control_room.forms import sent
from afterclick.control_room.people.front import Front, address
from afterclick.control_room.people.signing_in import waiting
from afterclick.control_room.problems import Problem
from afterclick.governance.actor import Actor
from afterclick.governance.people import second_factor, signing_in
from afterclick.governance.people.signing_in import WRONG_CODE, WrongSignIn
from afterclick.governance.people.throttle import Throttled
from afterclick.governance.vault.errors import VaultError

logger = logging.getLogger("afterclick.people")


def add(router: APIRouter, front: Front, my_page: Callable[..., Response]) -> None:
    """The routes below /me/second-factor."""
    _turning_on(router, front)
    _turning_off(router, front, my_page)


def _turning_on(router: APIRouter, front: Front) -> None:
    room, vault = front.room, front.signing_in.vault

    def page(request: Request, who: Actor, *, wrong: str = "", status: int = 200) -> Response:
        person = front.person(who)
        with _key_at_hand(), room.database.reading() as tx:
            secret = second_factor.pending(tx, person, vault)
        if not secret:
            return RedirectResponse("/me", 303)
        said = second_factor.address_of(secret, person, shop=room.shop)
        grouped = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
        picture = Markup(second_factor.picture(said))  # noqa: S704  # drawn by us from a code that is all digits and letters
        return front.page(
            request, "second_factor.html", who=who, status=status, here="me", picture=picture, secret=grouped, wrong=wrong
        )

    @router.post("/me/second-factor/begin")
    async def begin(who: InPerson, request: Request) -> Response:
        """Make a new secret."""
        await sent(request)
        return await run_in_threadpool(begun, who)

    def begun(who: Actor) -> Response:
        person = front.person(who)
        if not person.has_factor:
            with _key_at_hand(), room.database.transaction() as tx:
                second_factor.begin(tx, person, vault)
        return RedirectResponse("/me/second-factor", 303)

    @router.get("/me/second-factor")
    def show(who: InPerson, request: Request) -> Response:
        """Show it, and ask for the first code."""
        return page(request, who)

    @router.post("/me/second-factor")
    async def confirm(who: InPerson, request: Request) -> Response:
        """Take the first code, and show the recovery codes once."""
        return await run_in_threadpool(confirmed, request, who, await sent(request))

    def confirmed(request: Request, who: Actor, fields: dict[str, str]) -> Response:
        person = front.person(who)
        with _key_at_hand(), room.database.transaction() as tx:
            codes = second_factor.confirm(tx, person, fields.get("code", ""), vault, now_ms=room.now_ms())
        if codes is None:
            return page(request, who, wrong=WRONG_CODE, status=422)
        front.forget()
        return front.page(request, "recovery.html", who=who, here="me", codes=codes)


def _turning_off(router: APIRouter, front: Front, my_page: Callable[..., Response]) -> None:
    @router.post("/me/second-factor/remove")
    async def remove(who: InPerson, request: Request) -> Response:
        """Turn it off, given a code: whoever finds the browser open must not be able to."""
        return await run_in_threadpool(removed, request, who, await sent(request))

    def removed(request: Request, who: Actor, fields: dict[str, str]) -> Response:
        person, room = front.person(who), front.room
        try:
            vault, code = front.signing_in.vault, fields.get("code", "")
            signing_in.check_own_code(room.database, vault, person, code, address=address(request), now_ms=room.now_ms())
        except (WrongSignIn, Throttled) as error:
            return waiting(my_page(request, who, wrong=str(error), status=422), error)
        with room.database.transaction() as tx:
            second_factor.remove(tx, person, by=who, now_ms=room.now_ms())
        front.forget()
        return my_page(request, who, done="Your second factor is off.")


@contextmanager
def _key_at_hand() -> Generator[None]:
    """Say in the page that the office key is missing; where it should be stands in the log of the process alone."""
    try:
        yield
    except VaultError as error:
        logger.error("second factors cannot be sealed or opened: %s", error)
        because = "second factors cannot be set up just now, since the office key is not at hand: tell an admin"
        raise Problem(503, because) from error
