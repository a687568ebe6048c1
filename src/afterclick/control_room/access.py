"""Who asks, and whether they may: every route names the permission that it needs."""

from collections.abc import Callable
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State

from afterclick.control_room.problems import Problem
from afterclick.governance.actor import Actor
from afterclick.governance.permissions import Desk, Permission

SIGN_IN: Final = "/sign-in"
SESSION: Final = "afterclick_session"
"""The cookie that says who is signed in."""
Authenticate = Callable[[Request], Actor | None]
"""Finds out who sends a request, from its cookie or its token; None for nobody."""


class SignInFirst(Problem):
    """Nobody is signed in; people are sent to the page for that, programs are told."""

    def __init__(self, back_to: str) -> None:
        super().__init__(401, "sign in first, or send a token: Authorization: Bearer …", {"WWW-Authenticate": "Bearer"})
        self.location = f"{SIGN_IN}?next={quote(back_to, safe='/')}"


class Needs:
    """What a route demands of whoever asks: `who: Annotated[Actor, Depends(Needs("orders.read"))]`, or `who: May("orders.read")`.

    Without a permission, anybody who is signed in may come. `or_else` is another permission that will do as well.
    """

    def __init__(self, permission: Permission | None, desk: Desk | None = None, *, or_else: Permission | None = None) -> None:
        self.permission: Permission | None = permission
        self.desk: Desk | None = desk
        self.or_else: Permission | None = or_else

    def lets(self, who: Actor) -> bool:
        """Whether this actor may come."""
        if self.permission is None or who.may(self.permission, desk=self.desk):
            return True
        return self.or_else is not None and who.may(self.or_else, desk=self.desk)

    async def __call__(self, request: Request) -> Actor:
        return self.checked(request, await known(request))

    def checked(self, request: Request, who: Actor | None) -> Actor:
        """Who asks, if they may.

        Raises:
            Problem: 401 where nobody is signed in, 403 where they may not.
        """
        if who is None:
            path = request.url.path
            raise SignInFirst(f"{path}?{request.url.query}" if request.url.query else path)
        if not self.lets(who):
            needed = f"{self.permission} or {self.or_else}" if self.or_else else self.permission
            raise Problem(403, f"this needs the permission {needed}, which {who.name} does not have; ask an admin")
        return who


def asking(request: Request) -> Actor | None:
    """Who sends this request; looked up once for each request."""
    state: State = request.state
    if not hasattr(state, "actor"):
        authenticate: Authenticate = request.app.state.authenticate
        state.actor = authenticate(request)
    found: Actor | None = state.actor
    return found


async def known(request: Request) -> Actor | None:
    """As `asking`, for routes on the event loop: whoever is remembered is known at once, others are looked up in a thread."""
    state: State = request.state
    if not hasattr(state, "actor"):
        remembers: Callable[[Request], Actor | None] | None = getattr(request.app.state.authenticate, "remembers", None)
        remembered = remembers(request) if remembers is not None else None
        if remembered is None:
            return await run_in_threadpool(asking, request)
        state.actor = remembered
    return asking(request)


async def in_person(request: Request) -> Actor:
    """Who is signed in with a session; a token is no person, and neither has a password nor gives out tokens."""
    who = await Needs(None)(request)
    if not who.session:
        raise Problem(403, "this needs somebody who has signed in, not a token")
    return who


SeesOrders = Annotated[Actor, Depends(Needs("orders.read", "orders"))]
DecidesOrders = Annotated[Actor, Depends(Needs("orders.decide", "orders"))]
ChangesOrders = Annotated[Actor, Depends(Needs("orders.change", "orders"))]
SignedIn = Annotated[Actor, Depends(Needs(None))]
InPerson = Annotated[Actor, Depends(in_person)]
SeesPeople = Annotated[Actor, Depends(Needs("people.read"))]
KeepsPeople = Annotated[Actor, Depends(Needs("people.manage"))]
