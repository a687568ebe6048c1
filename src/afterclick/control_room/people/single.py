"""The pages /sign-in/oidc: away to the shop's own sign-in provider, and back."""

from typing import Annotated, NamedTuple

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from afterclick.control_room.people.front import HALF, Front, own_path
from afterclick.control_room.people.signing_in import ask_for_password, second_half
from afterclick.control_room.routes import Routes
from afterclick.governance.people import half, vouching
from afterclick.governance.people.accounts import NotAllowed
from afterclick.governance.people.oidc import Provider, ProviderError

CALLBACK = "/sign-in/oidc/callback"
Given = Annotated[str, Query(max_length=4_000)]


class _Remembered(NamedTuple):
    """What the office knows of a sign-in while the browser is away; its key is the state."""

    nonce: str
    verifier: str
    redirect_uri: str
    back_to: str


def routes(front: Front, provider: Provider) -> APIRouter:
    """The two routes of single sign-on."""
    router = Routes(include_in_schema=False)
    room = front.room

    @router.get("/sign-in/oidc")
    def away(request: Request, next: Given = "/") -> Response:
        """Send the browser to the provider. The state is the key of what is remembered, and lies in the browser's cookie."""
        redirect_uri = front.base(request) + CALLBACK
        try:
            begun = provider.begin(redirect_uri)
        except ProviderError as error:
            return ask_for_password(front, request, back_to=own_path(next), wrong=str(error), status=502)
        facts = msgspec.json.encode(_Remembered(begun.nonce, begun.verifier, redirect_uri, own_path(next))).decode()
        with room.database.transaction() as tx:
            half.begin(tx, "oidc", person=0, facts=facts, now_ms=room.now_ms(), secret=begun.state)
        return front.remember_half(request, RedirectResponse(begun.address, 303), begun.state)

    @router.get(CALLBACK)
    def back(request: Request, state: Given = "", code: Given = "", error: Given = "", iss: Given = "") -> Response:
        """Take the browser back in, if it is the one that was sent away."""
        known = None
        if state and state == request.cookies.get(HALF, ""):
            with room.database.transaction() as tx:
                known = half.take(tx, state, "oidc", now_ms=room.now_ms())
        if known is None:
            said = "this sign-in did not begin in this browser, or took too long: start again"
            return ask_for_password(front, request, back_to="/", wrong=said, status=422)
        if error or not code:
            said = f"{provider.registration.name} did not sign you in: try again, or use your password"
            return ask_for_password(front, request, back_to="/", wrong=said, status=422)
        kept = msgspec.json.decode(known.facts, type=_Remembered)
        try:
            if iss and iss != provider.registration.issuer:
                raise ProviderError("the answer comes from another provider: start again")
            vouched = provider.finish(code=code, redirect_uri=kept.redirect_uri, nonce=kept.nonce, verifier=kept.verifier)
            with room.database.transaction() as tx:
                person = vouching.admit(tx, vouched, provider.registration, now_ms=room.now_ms())
        except (ProviderError, NotAllowed) as wrong:
            return ask_for_password(front, request, back_to="/", wrong=str(wrong), status=422)
        return second_half(front, request, person, way="provider", back_to=kept.back_to)

    return router
