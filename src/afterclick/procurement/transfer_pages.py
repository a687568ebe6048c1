"""The pages of transfers: the list, one transfer whole, and how people end it."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.forms import Seal, sent
from afterclick.control_room.html import Html
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.engine.undecidable import NotDecidable
from afterclick.governance.actor import Actor
from afterclick.procurement.access import ChangesSupply, SeesSupply
from afterclick.procurement.handling import LARGEST, Supplying
from afterclick.procurement.transferring import listing
from afterclick.procurement.transferring.ending import end
from afterclick.procurement.transferring.listing import STATES, Unlisted, WholeTransfer
from afterclick.store.transaction import Tx

PLACE: Final = "/supply/transfers"
ROWS: Final = 50
LONGEST_NOTE: Final = 300
LISTS: Final = {**{state: state for state in STATES}, "": "everything"}
ENDS: Final = {"cancel": "Cancel", "write_off": "Write off what has not come"}
"""How the ways to end a transfer are called."""


def add(router: APIRouter, html: Html, room: Room, desk: Supplying) -> None:
    """The routes of the pages."""

    @router.get(PLACE)
    def transfers(
        who: SeesSupply,
        state: Annotated[str, Query(max_length=20)] = "open",
        cursor: Annotated[int, Query(ge=0, lt=LARGEST)] = 0,
    ) -> Response:
        """Transfers, the newest first."""
        now_ms = room.now_ms()
        with room.database.reading() as tx:
            try:
                found = listing.listed(tx, state=state, after=cursor, limit=ROWS, now_ms=now_ms)
            except Unlisted as error:
                raise Problem(422, str(error)) from error
        return html.page(
            "transfers.html", who=who, here="supply", page=found, lists=LISTS, state=state, first=not cursor, now_ms=now_ms
        )

    @router.get(PLACE + "/{number}")
    def transfer(who: SeesSupply, request: Request, number: str) -> Response:
        """One transfer whole."""
        return _shown(html, room, who, request, number)

    @router.post(PLACE + "/{number}/end")
    async def ends(who: ChangesSupply, request: Request, number: str) -> Response:
        """Cancel it before it has begun, or write off what has not come."""
        because = (await sent(request)).get("note", "").strip()[:LONGEST_NOTE]
        return await run_in_threadpool(_ended, html, room, desk, who, request, number, because)


def whole(tx: Tx, number: str, *, now_ms: int) -> WholeTransfer:
    """One transfer with its story.

    Raises:
        Problem: 404, there is none of that number.
    """
    found = listing.whole(tx, number, now_ms=now_ms)
    if found is None:
        raise Problem(404, f"there is no transfer {number[:40]}")
    return found


def end_it(tx: Tx, number: str, *, by: Actor, because: str, desk: Supplying, now_ms: int) -> None:
    """Cancel a transfer or write off the rest of it, and log that.

    Raises:
        NotDecidable: no reason is given, it has ended, or its warehouse is being told. Problem: there is no such transfer.
    """
    found = whole(tx, number, now_ms=now_ms).transfer
    desk.record(tx, end(tx, found.number, by=by.id, because=because, now_ms=now_ms), by.id)


def _shown(html: Html, room: Room, who: Actor, request: Request, number: str, error: str = "") -> Response:
    now_ms = room.now_ms()
    with room.database.reading() as tx:
        found = whole(tx, number, now_ms=now_ms)
        called = tx.value("SELECT name FROM items WHERE sku = ?", (found.transfer.sku,))
    seal = Seal(request)
    return seal.on(html.page(
        "transfer.html", who=who, here="supply", status=409 if error else 200, one=found.transfer, story=found.story,
        called=called or "", error=error, token=seal.token, now_ms=now_ms, ends=ENDS.get(found.transfer.ends, ""),
        may_change=who.may("supply.change", desk="procurement"),
    ))  # fmt: skip


def _ended(
    html: Html, room: Room, desk: Supplying, who: Actor, request: Request, number: str, because: str
) -> Response:  # fmt: skip
    try:
        with room.database.transaction() as tx:
            end_it(tx, number, by=who, because=because, desk=desk, now_ms=room.now_ms())
    except NotDecidable as error:
        return _shown(html, room, who, request, number, str(error))
    room.notify()
    return RedirectResponse(f"{PLACE}/{number}", 303)
