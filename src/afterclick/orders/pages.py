"""The orders desk's pages, joined."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from fastapi import APIRouter

from afterclick.control_room.html import Html
from afterclick.control_room.routes import Routes
from afterclick.control_room.server import Room
from afterclick.domain.limits import InboxLimits
from afterclick.domain.seller import Seller
from afterclick.orders import queue_pages
from afterclick.orders.cases import case_pages, change_pages
from afterclick.orders.inbox import bulk_pages, link_pages, task_pages
from afterclick.orders.inbox import pages as inbox_pages

TEMPLATES: Final = Path(__file__).with_name("templates")


def pages(
    room: Room,
    *,
    seller: Callable[[], Seller] | None = None,
    limits: Callable[[], InboxLimits] = InboxLimits,
    mail_to: Callable[[], tuple[str, ...]] = tuple,
) -> APIRouter:
    """The routes of the desk.

    `seller` is who invoices name, for their documents; `limits` how long people have to decide; `mail_to` the addresses that
    are written to besides people.
    """
    html = Html(TEMPLATES, shop=room.shop)
    router = Routes(include_in_schema=False)
    queue_pages.add(router, html, room)
    case_pages.add(router, html, room, seller)
    change_pages.add(router, html, room)
    inbox_pages.add(router, html, room)
    bulk_pages.add(router, html, room)
    task_pages.add(router, html, room, limits)
    link_pages.add(router, html, room, mail_to)
    return router
