"""The page /stock/sensors: how each sensor is, and where sensors and books are apart."""

from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.access import Needs
from afterclick.control_room.forms import Seal, sent
from afterclick.control_room.html import Html
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.governance.actor import Actor
from afterclick.inventory.counts.pages import Counting
from afterclick.inventory.sensing import registry, states

PLACE: Final = "/stock/sensors"
TEMPLATES: Final = Path(__file__).parents[1] / "templates"
SeesStock = Annotated[Actor, Depends(Needs("stock.read", "inventory"))]
ChangesStock = Annotated[Actor, Depends(Needs("stock.change", "inventory"))]


def add(router: APIRouter, html: Html, room: Room, desk: Counting) -> None:
    """The routes of the page."""

    @router.get(PLACE)
    def everyone(who: SeesStock, request: Request) -> Response:
        """Sensors, those that need somebody first, and the places of which they say something else than the books."""
        return _page(html, room, who, request)

    @router.post(PLACE)
    async def adds(who: ChangesStock, request: Request) -> Response:
        """Add a sensor, or change one."""
        fields = await sent(request)
        return await run_in_threadpool(_added, html, room, desk, who, request, fields)

    @router.post(PLACE + "/retire")
    async def retires(who: ChangesStock, request: Request) -> Response:
        """What it says counts no more."""
        fields = await sent(request)

        def retire() -> None:
            try:
                with room.database.transaction() as tx:
                    desk.record(tx, [registry.retire(tx, fields.get("id", ""))], who.id)
            except registry.NotAddable as error:
                raise Problem(404, str(error)) from error

        await run_in_threadpool(retire)
        return RedirectResponse(PLACE, 303)


def _added(html: Html, room: Room, desk: Counting, who: Actor, request: Request, fields: dict[str, str]) -> Response:
    try:
        with room.database.transaction() as tx:
            event = registry.add(
                tx, fields.get("id", "").strip(), kind=fields.get("kind", ""), warehouse=fields.get("warehouse", ""),
                sku=fields.get("sku", "").strip(), tare_g=_grams(fields.get("tare_g", "")),
                tolerance_g=_grams(fields.get("tolerance_g", "")), now_ms=room.now_ms(),
            )  # fmt: skip
            desk.record(tx, [event], who.id)
    except registry.NotAddable as error:
        return _page(html, room, who, request, status=422, wrong=str(error), given=fields)
    return RedirectResponse(PLACE, 303)


def _page(
    html: Html,
    room: Room,
    who: Actor,
    request: Request,
    *,
    status: int = 200,
    wrong: str = "",
    given: dict[str, str] | None = None,
) -> Response:
    with room.database.reading() as tx:
        sensors, apart = registry.listed(tx), states.apart(tx)
        confidence = states.confidence(tx)
        places = tx.rows("SELECT id, name FROM warehouses ORDER BY id")
    seal = Seal(request)
    return seal.on(html.page(
        "sensors.html", who=who, here="stock", status=status, sensors=sensors, apart=apart, confidence=confidence, places=places,
        kinds=registry.KINDS, wrong=wrong, given=given or {}, token=seal.token, now_ms=room.now_ms(),
    ))  # fmt: skip


def _grams(text: str) -> int:
    plain = text.strip() or "0"
    if not (plain.isascii() and plain.isdecimal()) or len(plain) > 9:
        raise registry.NotAddable(f"{text[:40]!r} is no weight in grams")
    return int(plain)
