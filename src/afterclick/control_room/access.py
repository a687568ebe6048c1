"""Who asks, and whether they may: every route names the permission that it needs."""

from collections.abc import Callable
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Depends, Request
from starlette.datastructures import State

from afterclick.control_room.problems import Problem
from afterclick.governance.actor import Actor
from afterclick.governance.permissions import Desk, Permission

SIGN_IN: Final = "/sign-in"
Authenticate = Callable[[Request], Actor | None]
"""Finds out who sends a request, from its cookie or its token; None for nobody."""


class SignInFirst(Problem):
    """Nobody is signed in; people are sent to the page for that, programs are told."""

    def __init__(self, back_to: str) -> None:
        super().__init__(401, "sign in first, or send a token: Authorization: Bearer …")
        self.location = f"{SIGN_IN}?next={quote(back_to, safe='/')}"


class Needs:
    """What a route demands of whoever asks: `who: Annotated[Actor, Depends(Needs("orders.read"))]`, or `who: May("orders.read")`.

    Without a permission, anybody who is signed in may come.
    """

    def __init__(self, permission: Permission | None, desk: Desk | None = None) -> None:
        self.permission: Permission | None = permission
        self.desk: Desk | None = desk

    def __call__(self, request: Request) -> Actor:
        who = asking(request)
        if who is None:
            path = request.url.path
            raise SignInFirst(f"{path}?{request.url.query}" if request.url.query else path)
        if self.permission is not None and not who.may(self.permission, desk=self.desk):
            raise Problem(403, f"this needs the permission {self.permission}, which {who.name} does not have; ask an admin")
        return who


def asking(request: Request) -> Actor | None:
    """Who sends this request; looked up once for each request."""
    state: State = request.state
    if not hasattr(state, "actor"):
        authenticate: Authenticate = request.app.state.authenticate
        state.actor = authenticate(request)
    found: Actor | None = state.actor
    return found


SeesOrders = Annotated[Actor, Depends(Needs("orders.read", "orders"))]
DecidesOrders = Annotated[Actor, Depends(Needs("orders.decide", "orders"))]
ChangesOrders = Annotated[Actor, Depends(Needs("orders.change", "orders"))]
SignedIn = Annotated[Actor, Depends(Needs(None))]
