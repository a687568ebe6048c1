"""The procurement desk's pages, under /supply: the plan, the forecasts, purchase orders, transfers, vendors and scouts."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter

from afterclick.control_room.html import Html
from afterclick.control_room.routes import Routes
from afterclick.control_room.server import Room
from afterclick.procurement import item_pages, order_pages, plan_pages, scout_pages, transfer_pages, vendor_pages
from afterclick.procurement.handling import Supplying

TEMPLATES: Final = Path(__file__).with_name("templates")


def pages(room: Room, desk: Supplying) -> APIRouter:
    """The routes of the desk."""
    html = Html(TEMPLATES, shop=room.shop)
    router = Routes(include_in_schema=False)
    plan_pages.add(router, html, room)
    item_pages.add(router, html, room)
    order_pages.add(router, html, room, desk)
    transfer_pages.add(router, html, room, desk)
    vendor_pages.add(router, html, room, desk)
    scout_pages.add(router, html, room, desk)
    return router
