"""The pages /stock/counts: today's list, its results, and why a count differs."""

from collections.abc import Callable, Sequence
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.access import Needs
from afterclick.control_room.forms import Seal, sent
from afterclick.control_room.html import Html
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.governance.actor import Actor
from afterclick.governance.policy import Policy
from afterclick.inventory.counts import sheet, tasks
from afterclick.inventory.counts.evidence import explained
from afterclick.inventory.counts.propose import propose_now
from afterclick.inventory.counts.results import NotCountable, enter
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

MOST_ROWS: Final = 200
LARGEST: Final = 2**62
PLACE: Final = "/stock/counts"
SeesStock = Annotated[Actor, Depends(Needs("stock.read", "inventory"))]
ChangesStock = Annotated[Actor, Depends(Needs("stock.change", "inventory"))]
Warehouse = Annotated[str, Query(max_length=100)]


class Counting(NamedTuple):
    """What the pages are given: the policy in force, and how events are logged (transaction, events, by)."""

    policy: Callable[[], Policy]
    record: Callable[[Tx, Sequence[Event], str], None]


def add(router: APIRouter, html: Html, room: Room, desk: Counting) -> None:
    """The routes of the pages."""
    _shows(router, html, room)
    _sheets(router, html, room)
    _takes(router, html, room, desk)


def _shows(router: APIRouter, html: Html, room: Room) -> None:
    @router.get(PLACE)
    def today(who: SeesStock, request: Request, warehouse: Warehouse = "") -> Response:
        """What is to be counted, and what was."""
        return _list(html, room, who, request, warehouse=warehouse)

    @router.get(PLACE + "/{number}")
    def one(who: SeesStock, number: int) -> Response:
        """One count: before it is made nothing of the books, afterwards the difference and what explains it."""
        with room.database.reading() as tx:
            task = tasks.one(tx, number) if 0 < number < LARGEST else None
            if task is None:
                raise Problem(404, f"there is no count {number}")
            why = explained(tx, task)
            orders = {order for one in why for order in one.orders}
            condition, value = tx.among(sorted(orders))
            rows = tx.rows(f"SELECT id, external_id FROM orders WHERE id {condition}", (value,))  # noqa: S608
            names = {row[0]: row[1] for row in rows}
        return html.page("count.html", who=who, here="stock", task=task, why=why, orders=names)


def _sheets(router: APIRouter, html: Html, room: Room) -> None:
    @router.get("/stock/counts.csv")
    def table(who: SeesStock, warehouse: Warehouse = "") -> Response:
        """The list as a file, to be filled in."""
        with room.database.reading() as tx:
            body = sheet.written(tasks.active(tx, warehouse=_plain(warehouse)))
        return Response(body, media_type="text/csv", headers={"content-disposition": 'attachment; filename="counts.csv"'})

    @router.get("/stock/count-sheet")
    def paper(who: SeesStock, warehouse: Warehouse = "") -> Response:
        """The list to print."""
        with room.database.reading() as tx:
            found = tasks.active(tx, warehouse=_plain(warehouse))
        return html.page("count_sheet.html", who=who, here="stock", tasks=found, warehouse=warehouse, now_ms=room.now_ms())


def _takes(router: APIRouter, html: Html, room: Room, desk: Counting) -> None:
    @router.post(PLACE)
    async def results(who: ChangesStock, request: Request) -> Response:
        """Take in what was counted; figures that are left empty stay on the list."""
        fields = await sent(request, most_fields=MOST_ROWS + 10)
        warehouse = fields.get("warehouse", "")[:100]

        def takes() -> Response:
            try:
                with room.database.transaction() as tx:
                    found = enter(tx, sheet.filled(fields), by=who.id, limits=desk.policy().counting, now_ms=room.now_ms())
                    desk.record(tx, found.events, who.id)
            except NotCountable as error:
                return _list(html, room, who, request, warehouse=warehouse, status=422, wrong=str(error))
            room.notify()
            said = f"{len(found.booked):,} counts are booked." if found.booked else ""
            if found.again:
                said += f" {len(found.again):,} are far from the books: please count them once more."
            return _list(html, room, who, request, warehouse=warehouse, said=said.strip() or "Nothing was filled in.")

        return await run_in_threadpool(takes)

    @router.post(PLACE + "/propose")
    async def fill(who: ChangesStock, request: Request) -> Response:
        """Fill today's list now, as the bot does at night."""
        await sent(request)

        def fills() -> None:
            policy = desk.policy()
            with room.database.transaction() as tx:
                events = propose_now(tx, policy.counting, policy.orders, now_ms=room.now_ms())
                if events:
                    desk.record(tx, events, who.id)

        await run_in_threadpool(fills)
        return RedirectResponse(PLACE, 303)


def _list(
    html: Html, room: Room, who: Actor, request: Request, *, warehouse: str, status: int = 200, said: str = "", wrong: str = ""
) -> Response:
    with room.database.reading() as tx:
        found = tasks.active(tx, warehouse=_plain(warehouse), limit=MOST_ROWS)
        earlier = tasks.done(tx, warehouse=_plain(warehouse))
        places = tx.rows("SELECT id, name FROM warehouses ORDER BY id")
    seal = Seal(request)
    return seal.on(html.page(
        "counts.html", who=who, here="stock", status=status, tasks=found, earlier=earlier, places=places, warehouse=warehouse,
        said=said, wrong=wrong, token=seal.token, now_ms=room.now_ms(),
    ))  # fmt: skip


def _plain(warehouse: str) -> str:
    """The warehouse as it may be asked of the database."""
    if "\0" in warehouse:
        raise Problem(422, "no warehouse is called that")
    return warehouse
