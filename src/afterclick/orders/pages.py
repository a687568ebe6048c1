"""The orders desk's pages: the queue, the inbox, and one order's whole case."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.access import DecidesOrders, SeesOrders
from afterclick.control_room.forms import Seal, sent
from afterclick.control_room.html import Html
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.governance.actor import Actor
from afterclick.orders import decisions
from afterclick.orders.case import Case, Task, case, task, tasks, told
from afterclick.orders.overview import STATES, listed, resting
from afterclick.orders.records import find, load

ROWS: Final = 50
TEMPLATES: Final = Path(__file__).with_name("templates")
Cursor = Annotated[str, Query(max_length=60)]


def pages(room: Room) -> APIRouter:
    """The routes of the desk."""
    html = Html(TEMPLATES, shop=room.shop)
    router = APIRouter(include_in_schema=False)
    _queue(router, html, room)
    _orders(router, html, room)
    _inbox(router, html, room)
    return router


def _queue(router: APIRouter, html: Html, room: Room) -> None:
    @router.get("/orders")
    def queue(who: SeesOrders, state: Annotated[str, Query(max_length=20)] = "", cursor: Cursor = "") -> Response:
        """Orders by state, those that rest longest first."""
        with room.database.reading() as tx:
            try:
                page = listed(tx, state=state, cursor=cursor, limit=ROWS)
            except ValueError as error:
                raise Problem(422, str(error)) from error
            counted = resting(tx)
        return html.page(
            "queue.html",
            who=who,
            here="orders",
            page=page,
            counted=counted,
            states=STATES,
            state=state,
            first=not cursor,
            now_ms=room.now_ms(),
        )


def _orders(router: APIRouter, html: Html, room: Room) -> None:
    @router.get("/find")
    def look_up(_who: SeesOrders, number: Annotated[str, Query(max_length=200)]) -> Response:
        """From an order's number, ours or the store's, to its page."""
        with room.database.reading() as tx:
            order_id = find(tx, number.strip())
        if order_id is None:
            raise Problem(404, f"there is no order {number.strip()[:80]}")
        return RedirectResponse(f"/orders/{order_id}", 303)

    @router.get("/orders/{order_id}")
    def order(who: SeesOrders, order_id: int) -> Response:
        """One order's case."""
        with room.database.reading() as tx:
            found = case(tx, order_id) if 0 < order_id < 2**63 else None
        if found is None:
            raise Problem(404, f"there is no order {order_id}")
        facts = _latest_facts(found)
        steps = told(found.timeline)
        return html.page("order.html", who=who, here="orders", case=found, steps=steps, facts=facts, now_ms=room.now_ms())


def _inbox(router: APIRouter, html: Html, room: Room) -> None:
    @router.get("/inbox")
    def inbox(who: SeesOrders, request: Request, after: Annotated[int, Query(ge=0, lt=2**62)] = 0) -> Response:
        """Open questions, oldest first."""
        with room.database.reading() as tx:
            found = tasks(tx, limit=ROWS + 1, after=after)
            about = load(tx, [one.item for one in found[:ROWS] if one.item_kind == "order"])
        seal = Seal(request)
        more = found[ROWS - 1].id if len(found) > ROWS else 0
        return seal.on(html.page(
            "inbox.html", who=who, here="inbox", tasks=found[:ROWS], about=about, more=more, first=not after, token=seal.token,
            now_ms=room.now_ms(),
        ))  # fmt: skip

    @router.get("/inbox/{task_id}")
    def question(who: SeesOrders, task_id: int, request: Request) -> Response:
        """One question, with the facts that the rule saw."""
        found = _task(room, task_id)
        with room.database.reading() as tx:
            about = load(tx, [found.item]).get(found.item) if found.item_kind == "order" else None
        seal = Seal(request)
        return seal.on(html.page(
            "task.html", who=who, here="inbox", task=found, about=about, facts=_readable(found.facts), token=seal.token,
            now_ms=room.now_ms(),
        ))  # fmt: skip

    @router.post("/inbox/{task_id}/{decision}")
    async def decide(who: DecidesOrders, task_id: int, decision: str, request: Request) -> Response:
        """Approve or reject, and go back to the inbox."""
        acts: dict[str, Callable[..., Any]] = {"approve": decisions.approve, "reject": decisions.reject}
        if decision not in acts:
            raise Problem(404, "there is no such decision")
        fields = await sent(request)
        await run_in_threadpool(_decide, room, who, task_id, acts[decision], fields.get("note", ""))
        return RedirectResponse("/inbox", 303)


def _decide(room: Room, who: Actor, task_id: int, act: Callable[..., Any], note: str) -> None:
    _task(room, task_id)
    try:
        with room.database.transaction() as tx:
            act(tx, task_id, by=who.id, note=note, now_ms=room.now_ms())
    except decisions.NotDecidable as error:
        raise Problem(409, str(error)) from error
    room.notify()


def _task(room: Room, task_id: int) -> Task:
    with room.database.reading() as tx:
        found = task(tx, task_id) if 0 < task_id < 2**62 else None
    if found is None:
        raise Problem(404, f"there is no question {task_id}")
    return found


def _latest_facts(found: Case) -> dict[str, str]:
    judged = [step.facts for step in found.timeline if step.verdict in ("Pass", "Ask", "Refuse") and step.facts.startswith("{")]
    return _readable(judged[-1]) if judged else {}


def _readable(facts: str) -> dict[str, str]:
    """Facts as name → text; the lines are left out, since the page shows the order's own."""
    if not facts.startswith("{"):
        return {}
    known: dict[str, object] = msgspec.json.decode(facts)
    return {
        name.replace("_", " "): value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in known.items()
        if name != "lines"
    }
