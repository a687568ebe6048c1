"""The pages of vendors: their terms, what they ask, how their promises hold, and whether we buy from them."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.forms import Seal, sent
from afterclick.control_room.html import Html
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.procurement.access import ApprovesSupply, SeesSupply
from afterclick.procurement.buying import listing, records
from afterclick.procurement.buying.records import UnknownVendor
from afterclick.procurement.handling import Supplying
from afterclick.procurement.vendor_records import Records

PLACE: Final = "/supply/vendors"
ROWS: Final = 50
LONGEST_NOTE: Final = 300


def add(router: APIRouter, html: Html, room: Room, desk: Supplying) -> None:
    """The routes of the pages."""
    _shows(router, html, room)
    _allows(router, room, desk)


def _shows(router: APIRouter, html: Html, room: Room) -> None:
    known = Records()

    @router.get(PLACE)
    def vendors(who: SeesSupply) -> Response:
        """Every vendor, with how far it can be relied on."""
        with room.database.reading() as tx:
            found, held = listing.vendors(tx), known.said(tx, now_ms=room.now_ms())
        return html.page("vendors.html", who=who, here="supply", vendors=found, held=held)

    @router.get(PLACE + "/{vendor_id:path}")
    def vendor(
        who: SeesSupply, request: Request, vendor_id: str, after: Annotated[str, Query(max_length=300)] = ""
    ) -> Response:  # fmt: skip
        """One vendor."""
        if "\0" in vendor_id + after:
            raise Problem(404, "no vendor and no SKU is called that")
        with room.database.reading() as tx:
            try:
                found = records.vendor(tx, vendor_id)
            except UnknownVendor as error:
                raise Problem(404, str(error)) from error
            offers = records.offers(tx, vendor_ids=[vendor_id], after=after, limit=ROWS + 1)
            orders = listing.listed(tx, vendor=vendor_id, limit=10).purchases
            held = known.said(tx, now_ms=room.now_ms())
        seal = Seal(request)
        return seal.on(html.page(
            "vendor.html", who=who, here="supply", vendor=found, offers=offers[:ROWS], orders=orders, first=not after,
            more=offers[ROWS - 1].offer.sku if len(offers) > ROWS else "", said=held.get(vendor_id, held[""]), token=seal.token,
            may_approve=who.may("supply.approve", desk="procurement"),
        ))  # fmt: skip


def _allows(router: APIRouter, room: Room, desk: Supplying) -> None:
    @router.post(PLACE + "/{vendor_id:path}/allow")
    async def allow(who: ApprovesSupply, request: Request, vendor_id: str) -> Response:
        """Let the bots buy there without asking, or no longer."""
        fields = await sent(request)
        allowed, because = fields.get("allowed") == "yes", fields.get("note", "").strip()[:LONGEST_NOTE]
        if not because:
            raise Problem(422, "say why, so that others can follow it later: go back, and fill in the reason")

        def allows() -> None:
            try:
                with room.database.transaction() as tx:
                    events = records.allow(tx, vendor_id, allowed=allowed, because=because, now_ms=room.now_ms())
                    desk.record(tx, events, who.id)
            except UnknownVendor as error:
                raise Problem(404, str(error)) from error
            room.notify()

        await run_in_threadpool(allows)
        return RedirectResponse(request.url.path.removesuffix("/allow"), 303)
