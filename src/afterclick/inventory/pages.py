"""The inventory desk's pages: where everything lies and what runs out, what to count, and what sensors say."""

from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response

from afterclick.control_room.access import Needs
from afterclick.control_room.html import Html
from afterclick.control_room.problems import Problem
from afterclick.control_room.routes import Routes
from afterclick.control_room.server import Room
from afterclick.governance.actor import Actor
from afterclick.inventory.counts import pages as count_pages
from afterclick.inventory.counts.pages import Counting
from afterclick.inventory.sensing import pages as sensor_pages
from afterclick.inventory.shelves import Unlisted, listed

ROWS: Final = 50
TEMPLATES: Final = Path(__file__).with_name("templates")
LISTS: Final = {
    "": "all", "low": "running low", "none": "nothing free", "over": "over-reserved", "asked": "asked for",
    "lacking": "low, none coming",
}  # fmt: skip
SeesStock = Annotated[Actor, Depends(Needs("stock.read", "inventory"))]


def pages(room: Room, desk: Counting) -> APIRouter:
    """The routes of the desk."""
    html = Html(TEMPLATES, shop=room.shop)
    router = Routes(include_in_schema=False)

    @router.get("/stock")
    def stock(
        who: SeesStock,
        only: Annotated[str, Query(max_length=20)] = "",
        warehouse: Annotated[str, Query(max_length=100)] = "",
        q: Annotated[str, Query(max_length=100)] = "",
        cursor: Annotated[str, Query(max_length=300)] = "",
    ) -> Response:
        """Stock levels by SKU and place."""
        begins = q.strip()
        with room.database.reading() as tx:
            try:
                page = listed(tx, only=only, warehouse=warehouse, q=begins, cursor=cursor, limit=ROWS)
            except Unlisted as error:
                raise Problem(422, str(error)) from error
            places = tx.rows("SELECT id, name FROM warehouses ORDER BY id")
        return html.page(
            "stock.html", who=who, here="stock", page=page, lists=LISTS, only=only, warehouse=warehouse, q=begins, places=places,
            first=not cursor,
        )  # fmt: skip

    count_pages.add(router, html, room, desk)
    sensor_pages.add(router, html, room, desk)
    return router
