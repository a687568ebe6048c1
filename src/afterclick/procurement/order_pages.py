"""The pages of purchase orders: the list with the kill switch, one order whole, and what people do about it."""

from collections.abc import Callable
from typing import Annotated, Final, get_args

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.access import Needs
from afterclick.control_room.forms import Seal, sent
from afterclick.control_room.html import Html
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.domain.purchase import DocumentFormat
from afterclick.engine.undecidable import NotDecidable
from afterclick.governance.actor import Actor
from afterclick.procurement import handling
from afterclick.procurement.access import ApprovesSupply, ChangesSupply, SeesSupply
from afterclick.procurement.buying import decisions, listing, stopping
from afterclick.procurement.buying.desk import desk_of
from afterclick.procurement.buying.listing import Unlisted
from afterclick.procurement.buying.messages import Unsendable, document_of
from afterclick.procurement.buying.records import UnknownVendor, vendor
from afterclick.procurement.buying.rules import may_leave
from afterclick.procurement.buying.stopping import NotSo
from afterclick.procurement.handling import NotReceived, Supplying
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

PLACE: Final = "/supply/orders"
ROWS: Final = 50
MOST_FIELDS: Final = 2_050
"""Two for each line of a long order, and some."""
LONGEST_NOTE: Final = 300
LISTS: Final = {
    "open": "open", "to_decide": "to decide", "late": "late", "sent": "sent", "received": "received", "cancelled": "cancelled",
    "": "all",
}  # fmt: skip
FORMATS: Final = {"pdf": "PDF", "ubl": "UBL", "edifact": "EDIFACT", "x12": "X12"}
NOT_POSSIBLE: Final = (NotDecidable, NotReceived)
BooksStock = Annotated[Actor, Depends(Needs("stock.change", "inventory"))]
Act = Callable[[Tx], object]


def add(router: APIRouter, html: Html, room: Room, desk: Supplying) -> None:
    """The routes of the pages."""
    _lists(router, html, room)
    _shows(router, html, room, desk)
    _switches(router, room, desk)
    _decides(router, html, room, desk)
    _moves(router, html, room, desk)


def _lists(router: APIRouter, html: Html, room: Room) -> None:
    @router.get(PLACE)
    def orders(
        who: SeesSupply,
        request: Request,
        state: Annotated[str, Query(max_length=20)] = "open",
        vendor: Annotated[str, Query(max_length=100)] = "",
        queued: Annotated[str, Query(max_length=100)] = "",
        cursor: Annotated[str, Query(max_length=30)] = "",
    ) -> Response:
        """Purchase orders, the newest first."""
        if "\0" in vendor:
            raise Problem(422, "no vendor is called that")
        with room.database.reading() as tx:
            try:
                found = listing.listed(
                    tx, state=state, vendor=vendor, queued=queued, cursor=cursor, limit=ROWS, now_ms=room.now_ms()
                )
            except Unlisted as error:
                raise Problem(422, str(error)) from error
            names = tx.rows("SELECT id, name FROM vendors ORDER BY id")
            stopped = stopping.standing(tx)
        seal, lists = Seal(request), LISTS if state in LISTS else {**LISTS, state: state.replace("_", " ")}
        return seal.on(html.page(
            "orders.html", who=who, here="supply", page=found, lists=lists, state=state, vendor=vendor, queued=queued,
            vendors=names, first=not cursor, stopped=stopped, token=seal.token, now_ms=room.now_ms(),
        ))  # fmt: skip


def _shows(router: APIRouter, html: Html, room: Room, desk: Supplying) -> None:
    @router.get(PLACE + "/{number}")
    def order(who: SeesSupply, request: Request, number: int) -> Response:
        """One purchase order whole."""
        return _shown(html, room, who, request, number)

    @router.get(PLACE + "/{number}/document")
    def document(who: SeesSupply, number: int, form: Annotated[str, Query(alias="format", max_length=10)] = "") -> Response:
        """The order as its vendor gets it, or in another format."""
        return printed(room, desk, number, form)


def _switches(router: APIRouter, room: Room, desk: Supplying) -> None:
    @router.post("/supply/stop")
    async def stop(who: ApprovesSupply, request: Request) -> Response:
        """Let no purchase order leave any more."""
        return await _switched(room, desk, who, await sent(request), stopping.stop)

    @router.post("/supply/go")
    async def go(who: ApprovesSupply, request: Request) -> Response:
        """Let purchase orders leave again."""
        return await _switched(room, desk, who, await sent(request), stopping.go)


def _decides(router: APIRouter, html: Html, room: Room, desk: Supplying) -> None:
    @router.post(PLACE + "/{number}/edit")
    async def edit(who: ApprovesSupply, request: Request, number: int) -> Response:
        """Change the quantities of a proposed order, which is then judged again."""
        fields = await sent(request, most_fields=MOST_FIELDS)

        def edits(tx: Tx) -> None:
            units, task = figures(fields, "units_"), _number(fields, "task")
            handling.edit(tx, number, units, task=task, by=who, note=_note(fields), desk=desk, now_ms=room.now_ms())

        return await run_in_threadpool(_done, html, room, who, request, number, edits)

    async def decide(who: Actor, request: Request, number: int, deed: str) -> Response:
        fields = await sent(request)

        def decides(tx: Tx) -> None:
            task, note = _number(fields, "task"), _note(fields)
            handling.decide(tx, number, deed, task=task, by=who, note=note, desk=desk, now_ms=room.now_ms())

        return await run_in_threadpool(_done, html, room, who, request, number, decides)

    @router.post(PLACE + "/{number}/approve")
    async def approve(who: ApprovesSupply, request: Request, number: int) -> Response:
        """Say yes to what is asked about the order."""
        return await decide(who, request, number, "approve")

    @router.post(PLACE + "/{number}/reject")
    async def reject(who: ApprovesSupply, request: Request, number: int) -> Response:
        """Say no to it."""
        return await decide(who, request, number, "reject")


def _moves(router: APIRouter, html: Html, room: Room, desk: Supplying) -> None:
    @router.post(PLACE + "/{number}/cancel")
    async def cancel(who: ChangesSupply, request: Request, number: int) -> Response:
        """Take the order back."""
        fields = await sent(request)

        def cancels(tx: Tx) -> None:
            for_good = bool(fields.get("for_good"))
            handling.cancel(tx, number, by=who, because=_note(fields), for_good=for_good, desk=desk, now_ms=room.now_ms())

        return await run_in_threadpool(_done, html, room, who, request, number, cancels)

    @router.post(PLACE + "/{number}/receive")
    async def receive(who: ChangesSupply, _books: BooksStock, request: Request, number: int) -> Response:
        """Book what came: on the shelf, and against the order's lines."""
        fields = await sent(request, most_fields=MOST_FIELDS)

        def receives(tx: Tx) -> None:
            units, damaged = figures(fields, "units_"), figures(fields, "damaged_")
            if fields.get("whole"):
                units = {line.no: line.due for line in handling.whole(tx, number).purchase.order.lines}
            handling.receive(
                tx, number, {no: count for no, count in units.items() if count},
                {no: count for no, count in damaged.items() if count},
                delivery_note=fields.get("delivery_note", "").strip()[:LONGEST_NOTE], by=who, desk=desk, now_ms=room.now_ms(),
            )  # fmt: skip

        return await run_in_threadpool(_done, html, room, who, request, number, receives)


def printed(room: Room, desk: Supplying, number: int, form: str) -> Response:
    """The order's document as a file; '' is the vendor's own format.

    Raises:
        Problem: 404 no such order, 409 it cannot be written in that format, 422 no such format.
    """
    chosen = next((one for one in get_args(DocumentFormat) if one == form), None)
    if form and chosen is None:
        raise Problem(422, f"there is no format {form!r}; choose one of {', '.join(get_args(DocumentFormat))}")
    with room.database.reading() as tx:
        order = handling.whole(tx, number).purchase.order
        try:
            made = document_of(order, vendor(tx, order.vendor), desk_of(desk.seller()), chosen)
        except (Unsendable, UnknownVendor) as error:
            raise Problem(409, str(error)) from error
    headers = {"content-disposition": f'attachment; filename="{made.name}"'}
    return Response(made.content, media_type=made.media_type, headers=headers)


def figures(fields: dict[str, str], begins: str) -> dict[int, int]:
    """The whole numbers of fields that begin so, by line; those left empty are not among them.

    Raises:
        Problem: 422, one of them is no whole number.
    """
    found: dict[int, int] = {}
    for name, value in fields.items():
        no, text = name.removeprefix(begins), value.strip()
        if not name.startswith(begins) or not text:
            continue
        if not all(part.isascii() and part.isdecimal() and len(part) < 10 for part in (no, text)):
            raise Problem(422, f"line {no[:10]}: {text[:40]!r} is no whole number of units from 0 on")
        found[int(no)] = int(text)
    return found


def _shown(html: Html, room: Room, who: Actor, request: Request, number: int, error: str = "") -> Response:
    with room.database.reading() as tx:
        found = handling.whole(tx, number)
        order = found.purchase.order
        among, skus = tx.among([line.sku for line in order.lines])
        names = dict(tx.rows(f"SELECT sku, name FROM items WHERE sku {among}", (skus,)))  # noqa: S608
        own = not who.alone and any(who.is_self(one) for one in decisions.proposers(tx, number))
        called = tx.value("SELECT name FROM vendors WHERE id = ?", (order.vendor,))
        stopped = stopping.standing(tx)
    asked = [one for one in found.tasks if one.state == "open"]
    seal, first = Seal(request), any(one.stage == may_leave.__name__ for one in asked)  # it has never left the office
    return seal.on(html.page(
        "purchase.html", who=who, here="supply", status=409 if error else 200, whole=found, purchase=found.purchase, order=order,
        names=names, error=error, token=seal.token, now_ms=room.now_ms(), formats=FORMATS, vendor_name=called or order.vendor,
        asked=asked, stopped=stopped,
        own=own and first, may_edit=first,
        may_approve=who.may("supply.approve", desk="procurement"), may_change=who.may("supply.change", desk="procurement"),
        may_receive=who.may("supply.change", desk="procurement") and who.may("stock.change", desk="inventory"),
    ))  # fmt: skip


def _done(html: Html, room: Room, who: Actor, request: Request, number: int, act: Act) -> Response:
    """Do it and show the order, or the order with why it cannot be."""
    try:
        with room.database.transaction() as tx:
            act(tx)
    except NOT_POSSIBLE as error:
        return _shown(html, room, who, request, number, str(error))
    room.notify()
    return RedirectResponse(f"{PLACE}/{number}", 303)


async def _switched(
    room: Room, desk: Supplying, who: Actor, fields: dict[str, str], turn: Callable[..., list[Event]]
) -> Response:  # fmt: skip
    def turns() -> Response:
        try:
            with room.database.transaction() as tx:
                desk.record(tx, turn(tx, by=who.id, because=_note(fields), now_ms=room.now_ms()), who.id)
        except NotSo as error:
            raise Problem(409, str(error)) from error
        room.notify()
        return RedirectResponse(PLACE, 303)

    return await run_in_threadpool(turns)


def _note(fields: dict[str, str]) -> str:
    return fields.get("note", "").strip()[:LONGEST_NOTE]


def _number(fields: dict[str, str], name: str) -> int:
    text = fields.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
