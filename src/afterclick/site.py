"""The web application of an office: where the rooms' pages and interfaces are joined."""

from collections.abc import Callable
from typing import Any, Final

from fastapi import FastAPI

from afterclick.app import Office
from afterclick.control_room.access import Authenticate
from afterclick.control_room.server import Room, build
from afterclick.control_room.webhooks import webhooks
from afterclick.orders import pages as orders_pages

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


def site(office: Office, *, host: str, authenticate: Authenticate, notify: Callable[[], None] | None = None) -> FastAPI:
    """Every page and interface of an office, behind the guard."""
    room = Room(
        shop=office.settings.text("shop.name"),
        database=office.database,
        now_ms=office.clock.now_ms,
        authenticate=authenticate,
        notify=notify or (lambda: None),
        hosts=LOOPBACK if host in LOOPBACK else (),
    )

    def receive(store: str, headers: dict[str, str], body: bytes) -> str:
        secret = office.settings.text("webhooks.secret")
        return office.receive_webhooks([(headers, body)], store=store, secret=secret, notify=notify)[0]

    routers: list[Any] = [orders_pages.pages(room), webhooks(receive)]
    return build(room, routers)
