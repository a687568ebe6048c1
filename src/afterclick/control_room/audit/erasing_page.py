"""Erase a customer: first what that would come to, then the act."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.access import Needs
from afterclick.control_room.forms import Seal, sent
from afterclick.control_room.html import Html
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.governance.actor import Actor
from afterclick.governance.audit import erasing
from afterclick.governance.audit.erasing import Found, NotErasable
from afterclick.governance.audit.texts import BrokenBlock

Erases = Annotated[Actor, Depends(Needs("audit.erase"))]


def routes(router: APIRouter, html: Html, room: Room, *, years: int) -> None:
    """The page and its form. The customer's id is sent in a body, since addresses of pages stay in histories."""

    def page(who: Actor, request: Request, *, customer: str = "", because: str = "", found: Found | None = None,
             done: bool = False, refused: str = "") -> Response:  # fmt: skip
        seal = Seal(request)
        return seal.on(html.page(
            "erase.html", who=who, here="audit", token=seal.token, customer=customer, because=because, found=found, done=done,
            refused=refused, years=years, status=409 if refused else 200,
        ))  # fmt: skip

    @router.get("/audit/erase")
    def form(who: Erases, request: Request) -> Response:
        """Whose data, and why."""
        return page(who, request)

    @router.post("/audit/erase")
    async def erase(who: Erases, request: Request) -> Response:
        """Show what would be erased; with `sure`, erase it."""
        fields = await sent(request)
        customer, because = fields.get("customer", "").strip(), fields.get("because", "").strip()
        if not customer:
            raise Problem(422, "say whose data: the store's id of the customer, or their e-mail address")
        sure = fields.get("sure") == "yes"
        try:
            found = await run_in_threadpool(_found, room, who, customer, because, years, sure=sure)
        except (NotErasable, BrokenBlock) as error:
            return page(who, request, customer=customer, because=because, refused=str(error))
        if sure:
            return page(who, request, found=found, done=True)
        return page(who, request, customer=customer, because=because, found=found)


def _found(room: Room, who: Actor, customer: str, because: str, years: int, *, sure: bool) -> Found:
    """What would be erased, or, when they are `sure`, what was."""
    if not sure:
        with room.database.reading() as tx:
            return erasing.look(tx, customer, now_ms=room.now_ms(), years=years)
    with room.database.transaction() as tx:
        found = erasing.erase(tx, customer, by=who.id, because=because, now_ms=room.now_ms(), years=years)
    erasing.sweep(room.database)
    return found
