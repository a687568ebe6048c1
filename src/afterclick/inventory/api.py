"""The inventory desk for programs: stock looked up, received and counted."""

from collections.abc import Callable, Sequence
from typing import Annotated, Final

from fastapi import Depends, Path, Query, Response

from afterclick.control_room.access import Needs
from afterclick.control_room.api.answers import Given
from afterclick.control_room.api.kit import MOST_ROWS, Interface
from afterclick.control_room.api.pace import Pace
from afterclick.control_room.api.sent import Sends, refusing
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.governance.actor import Actor
from afterclick.inventory import listing
from afterclick.inventory.counting import count
from afterclick.inventory.panels import alarming
from afterclick.inventory.places import UnknownPlace
from afterclick.inventory.receiving import receive
from afterclick.inventory.shapes import Alerts, Booked, LevelPage, Rows, Said, Sku
from afterclick.inventory.shelves import Unlisted
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

SeesStock = Annotated[Actor, Depends(Needs("stock.read", "inventory"))]
ChangesStock = Annotated[Actor, Depends(Needs("stock.change", "inventory"))]
Record = Callable[[Tx, Sequence[Event], str], None]
"""Logs what somebody did and wakes the bots that listen: (transaction, events, by)."""
_LONGEST: Final = 320


def stock_api(room: Room, record: Record, pace: Pace | None = None) -> Interface:
    """The routes under `/api/v1/stock`."""
    api = Interface(room, "stock", pace=pace)
    _reads(api)
    _books(api, record)
    return api


def _reads(api: Interface) -> None:
    room = api.room

    @api.get("/stock", LevelPage)
    def levels(
        who: SeesStock,
        cursor: Annotated[str, Query(max_length=_LONGEST)] = "",
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 50,
        only: Annotated[str, Query(max_length=20, description="low, none, over, asked or lacking; empty for all.")] = "",
        warehouse: Annotated[str, Query(max_length=100)] = "",
        begins: Annotated[str, Query(max_length=100, description="How the SKU begins.")] = "",
    ) -> Response:
        """Levels by SKU and warehouse; `only` those that run low, have nothing free, are over-reserved or asked for."""
        with refusing(422, Unlisted), room.database.reading() as tx:
            return Given(listing.levels(tx, cursor=cursor, limit=limit, only=only, warehouse=warehouse, begins=begins))

    @api.get("/overview/stock", Alerts)
    def alerts(who: SeesStock) -> Response:
        """How many places run low, have nothing free, or have promised more than there is; and what is asked for longest."""
        with room.database.reading() as tx:
            return Given(alarming(tx))

    @api.get("/stock/{sku}", Sku, refuses=(404,))
    def show(who: SeesStock, sku: Annotated[str, Path(min_length=1, max_length=200)]) -> Response:
        """Where a SKU lies, what is reserved, and its latest moves."""
        with room.database.reading() as tx:
            found = listing.show(tx, sku)
        if found is None:
            raise Problem(404, f"there is no SKU {sku[:80]}")
        return Given(found)


def _books(api: Interface, record: Record) -> None:
    room = api.room

    @api.post("/stock/count", Rows, Booked)
    def counted(who: ChangesStock, sent: Sends) -> Response:
        """Bring the books to what is there."""
        rows = [(row.sku, row.warehouse, row.pieces) for row in sent.read(Rows).rows]

        def counts(tx: Tx) -> Booked:
            return _said(tx, count(tx, rows, by=who.id, now_ms=room.now_ms()), who, record)

        with refusing(422, UnknownPlace):
            return sent.once(room, who, counts)

    @api.post("/stock/receive", Rows, Booked)
    def received(who: ChangesStock, sent: Sends) -> Response:
        """Take in goods that came."""
        rows = [(row.sku, row.warehouse, row.pieces) for row in sent.read(Rows).rows]

        def receives(tx: Tx) -> Booked:
            return _said(tx, receive(tx, rows, by=who.id, now_ms=room.now_ms()), who, record)

        with refusing(422, UnknownPlace):
            return sent.once(room, who, receives)


def _said(tx: Tx, events: Sequence[Event], who: Actor, record: Record) -> Booked:
    record(tx, events, who.id)
    return Booked(tuple(Said(event.activity, (event.object or "").removeprefix("stock/"), event.because) for event in events))
