"""The audit's pages: search the log, prove it, and take it out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.access import Needs
from afterclick.control_room.audit import erasing_page
from afterclick.control_room.audit.anchor import CARD
from afterclick.control_room.audit.asked import Asked, asked, order_numbers, span, wanted
from afterclick.control_room.audit.walking import Anchors, Walk
from afterclick.control_room.forms import Seal, sent
from afterclick.control_room.html import Html
from afterclick.control_room.problems import Problem
from afterclick.control_room.routes import Routes
from afterclick.control_room.server import Room
from afterclick.engine import queue
from afterclick.engine.checks import one_view
from afterclick.governance.actor import Actor
from afterclick.governance.allowed import of_events
from afterclick.governance.audit import anchors, chain_file, ocel, searching, spreadsheet
from afterclick.governance.audit.searching import Page

TEMPLATES: Final = Path(__file__).with_name("templates")
SHORT_S: Final = 1.0
"""How long a request waits for a verification: a short log is through by then."""
FILES: Final = {
    "ocel": ("log.ocel.json", "application/json"),
    "csv": ("log.csv", "text/csv; charset=utf-8"),
    "chain": ("log.chain.jsonl", "application/jsonl"),
}
VERDICTS: Final = ("Pass", "Ask", "Refuse", "Wait", "Done", "Declined")
ReadsTheLog = Annotated[Actor, Depends(Needs("audit.read"))]
TakesTheLogOut = Annotated[Actor, Depends(Needs("audit.export"))]
Fields = Annotated[Asked, Depends(asked)]


class Auditing(NamedTuple):
    """What the pages are told of the settings: anchors outside, whether there is a place for them, and how long invoices stay."""

    anchors: Anchors = dict
    anywhere: bool = False
    invoice_years: int = 10


def pages(room: Room, given: Auditing) -> APIRouter:
    """The routes under `/audit`."""
    html = Html(TEMPLATES, shop=room.shop)
    router = Routes(include_in_schema=False)
    _search(router, html, room)
    _proof(router, html, room, given)
    _exports(router, room)
    erasing_page.routes(router, html, room, years=given.invoice_years)
    return router


def _search(router: APIRouter, html: Html, room: Room) -> None:
    @router.get("/audit")
    def search(who: ReadsTheLog, fields: Fields, cursor: Annotated[str, Query(max_length=40)] = "") -> Response:
        """Events, newest first."""
        with room.database.reading() as tx:
            looked_for = wanted(tx, fields)
            try:
                found = Page(()) if looked_for is None else searching.search(tx, looked_for, cursor=cursor)
            except ValueError as error:
                raise Problem(422, str(error)) from error
            numbers = order_numbers(tx, [one.order_id for one in found.events if one.order_id])
            allowed = dict(zip(found.events, of_events(tx, found.events), strict=True))
        kept = {name: value for name, value in fields._asdict().items() if value}
        return html.page(
            "search.html", who=who, here="audit", found=found, fields=fields, numbers=numbers, verdicts=VERDICTS, cursor=cursor,
            again=urlencode(kept), following=urlencode(kept | {"cursor": found.next}), allowed=allowed,
        )  # fmt: skip


def _proof(router: APIRouter, html: Html, room: Room, given: Auditing) -> None:
    walk = Walk(room.database, anchors=given.anchors, now_ms=room.now_ms)

    @router.get("/audit/proof")
    def proof(who: ReadsTheLog, request: Request) -> Response:
        """The chain, its anchors, and what may be taken out."""
        with room.database.reading() as tx:
            head = anchors.head(tx)
            listed = anchors.latest(tx, limit=20)
        seal = Seal(request)
        answer = html.page(
            "proof.html", who=who, here="audit", head=head, anchors=listed, walk=walk.standing, anywhere=given.anywhere,
            token=seal.token, now_ms=room.now_ms(),
        )  # fmt: skip
        if walk.standing.state == "running":
            answer.headers["refresh"] = "2"
        return seal.on(answer)

    @router.post("/audit/verify")
    async def verify(_who: ReadsTheLog, request: Request) -> Response:
        """Begin to walk the chain; a short log is through when the page is shown."""
        await sent(request)
        walk.start()
        await run_in_threadpool(walk.wait, SHORT_S)
        return RedirectResponse("/audit/proof", 303)

    @router.post("/audit/anchor")
    async def anchor(_who: TakesTheLogOut, request: Request) -> Response:
        """Let the bot write the head down now."""
        await sent(request)
        if not given.anywhere:
            raise Problem(409, "there is no place outside: set audit.anchor_file, audit.anchor_mail or audit.anchor_webhook")

        def start() -> None:
            with room.database.transaction() as tx:
                queue.put_start(tx, CARD.id, now_ms=room.now_ms())

        await run_in_threadpool(start)
        room.notify()
        return RedirectResponse("/audit/proof", 303)


def _exports(router: APIRouter, room: Room) -> None:
    @router.get("/audit/export/{kind}")
    def export(_who: TakesTheLogOut, kind: str, since: str = "", until: str = "") -> Response:
        """The log as a file; it is written while it is read."""
        if kind not in FILES:
            raise Problem(404, f"there is no such format; choose one of {', '.join(FILES)}")
        from_ms, to_ms = span(since[:40], until[:40])
        name, media_type = FILES[kind]
        parts = _parts(room, kind, from_ms=from_ms, to_ms=to_ms)
        return StreamingResponse(parts, media_type=media_type, headers={"content-disposition": f'attachment; filename="{name}"'})


def _parts(room: Room, kind: str, *, from_ms: int, to_ms: int) -> Iterator[bytes]:
    with room.database.reading() as tx:
        one_view(tx)
        if kind == "chain":
            yield from chain_file.lines(tx, office=room.shop, now_ms=room.now_ms())
        else:
            yield from (ocel.parts if kind == "ocel" else spreadsheet.lines)(tx, from_ms=from_ms, to_ms=to_ms)
