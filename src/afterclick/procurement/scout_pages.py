"""The page of scouts: what is watched, what was read there, and prices that wait for a person."""

from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.forms import Seal, sent
from afterclick.control_room.html import Html
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.governance.actor import Actor
from afterclick.procurement.access import ApprovesSupply, ChangesSupply, SeesSupply
from afterclick.procurement.handling import LARGEST, Supplying
from afterclick.procurement.scouting import accepting, readings, watches
from afterclick.procurement.scouting.readings import UnknownReading
from afterclick.procurement.scouting.watches import BadWatch, Watch

PLACE: Final = "/supply/scouts"
ROWS: Final = 50
LONGEST_NOTE: Final = 300
_TEXTS: Final = ("party", "role", "address", "sku", "vendor_sku", "gtin", "currency", "country")


def add(router: APIRouter, html: Html, room: Room, desk: Supplying) -> None:
    """The routes of the page."""
    _watches(router, html, room, desk)
    _judges(router, html, room, desk)


def _watches(router: APIRouter, html: Html, room: Room, desk: Supplying) -> None:
    @router.get(PLACE)
    def scouts(who: SeesSupply, request: Request, after: Annotated[int, Query(ge=0, lt=LARGEST)] = 0) -> Response:
        """What is watched, and what was read lately."""
        return _shown(html, room, who, request, after=after)

    @router.post(PLACE)
    async def add_one(who: ChangesSupply, request: Request) -> Response:
        """Watch an address."""
        fields = await sent(request)

        def adds() -> Response:
            try:
                with room.database.transaction() as tx:
                    _, event = watches.add(tx, _watch(fields), by=who.id, now_ms=room.now_ms())
                    desk.record(tx, [event], who.id)
            except BadWatch as error:
                return _shown(html, room, who, request, error=str(error), given=fields)
            room.notify()
            return RedirectResponse(f"{PLACE}#watches", 303)

        return await run_in_threadpool(adds)

    @router.post(PLACE + "/{number}/remove")
    async def remove(who: ChangesSupply, request: Request, number: int) -> Response:
        """Watch an address no longer."""
        await sent(request)

        def removes() -> Response:
            try:
                with room.database.transaction() as tx:
                    desk.record(tx, [watches.remove(tx, _in_reach(number))], who.id)
            except BadWatch as error:
                raise Problem(404, str(error)) from error
            room.notify()
            return RedirectResponse(f"{PLACE}#watches", 303)

        return await run_in_threadpool(removes)


def _judges(router: APIRouter, html: Html, room: Room, desk: Supplying) -> None:
    async def judge(who: Actor, request: Request, number: int, *, counts: bool) -> Response:
        because = (await sent(request)).get("note", "").strip()[:LONGEST_NOTE]

        def judges() -> Response:
            now_ms = room.now_ms()
            try:
                with room.database.transaction() as tx:
                    if counts:
                        event = accepting.accept(tx, _in_reach(number), by=who.id, because=because or "accepted", now_ms=now_ms)
                    else:
                        event = accepting.reject(tx, _in_reach(number), by=who.id, because=because or "rejected")
                    desk.record(tx, [event], who.id)
            except UnknownReading as error:
                return _shown(html, room, who, request, error=str(error))
            room.notify()
            return RedirectResponse(f"{PLACE}#waiting", 303)

        return await run_in_threadpool(judges)

    @router.post(PLACE + "/readings/{number}/accept")
    async def accept(who: ApprovesSupply, request: Request, number: int) -> Response:
        """Let a doubtful price count."""
        return await judge(who, request, number, counts=True)

    @router.post(PLACE + "/readings/{number}/reject")
    async def reject(who: ApprovesSupply, request: Request, number: int) -> Response:
        """Say that a doubtful price is wrong."""
        return await judge(who, request, number, counts=False)


def _shown(
    html: Html, room: Room, who: Actor, request: Request, *, after: int = 0, error: str = "", given: dict[str, str] | None = None
) -> Response:
    with room.database.reading() as tx:
        found = watches.all_watches(tx, limit=ROWS + 1, after=after)
        waiting, lately = readings.waiting(tx, limit=ROWS), readings.history(tx, limit=ROWS)
        names = tx.rows("SELECT id, name FROM vendors ORDER BY id LIMIT 500")
    seal = Seal(request)
    return seal.on(html.page(
        "scouts.html", who=who, here="supply", status=422 if error else 200, watches=found[:ROWS], waiting=waiting, lately=lately,
        more=found[ROWS - 1].id if len(found) > ROWS else 0, first=not after, token=seal.token, error=error, given=given or {},
        vendors=names, now_ms=room.now_ms(), may_approve=who.may("supply.approve", desk="procurement"),
        may_change=who.may("supply.change", desk="procurement"),
    ))  # fmt: skip


def _watch(fields: dict[str, str]) -> Watch:
    """The watch that a form describes.

    Raises:
        BadWatch: something is written in a way that it cannot be.
    """
    given: dict[str, object] = {name: fields.get(name, "").strip()[:2_001] for name in _TEXTS}
    hours = fields.get("every_hours", "").strip() or "24"
    if not (hours.isascii() and hours.isdecimal() and len(hours) < 6):
        raise BadWatch(f"{hours[:20]!r} is no whole number of hours from 1 on")
    codes = {"currency": str(given["currency"]).upper(), "country": str(given["country"]).upper()}
    try:
        return msgspec.convert({**given, **codes, "role": given["role"] or "vendor", "every_hours": int(hours)}, Watch)
    except msgspec.ValidationError as error:
        raise BadWatch(f"this cannot be watched: {error}") from error


def _in_reach(number: int) -> int:
    """A number that the database can look for; 0, which nothing has, for one that it cannot."""
    return number if 0 < number < LARGEST else 0
