"""Webhooks of stores: signed deliveries come in, and are answered as soon as they are written down."""

from collections.abc import Callable
from typing import Final

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.api.document import problem
from afterclick.control_room.problems import Problem
from afterclick.control_room.routes import Routes

LONGEST_STORE: Final = 100
REFUSES: Final = (400, 401, 404, 413, 422, 503)

Receive = Callable[[str, dict[str, str], bytes], str]
"""Takes a delivery (store, headers, body) in; returns an empty text, or why it was refused."""


def webhooks(receive: Receive) -> APIRouter:
    """The route `POST /webhooks/{store}`."""
    router = Routes(tags=["webhooks"])

    @router.post("/webhooks/{store}", responses={status: problem(status) for status in REFUSES})
    async def delivered(store: str, request: Request) -> dict[str, bool]:
        """Take one signed delivery in. The same delivery again is dropped, and answered alike."""
        if len(store) > LONGEST_STORE or not store.isprintable():
            raise Problem(404, "there is no such store")
        body = await request.body()
        refused = await run_in_threadpool(receive, store, dict(request.headers), body)
        if refused:
            raise Problem(401, refused, {"WWW-Authenticate": "Signature"})
        return {"ok": True}

    return router
