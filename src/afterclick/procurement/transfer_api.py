"""Transfers for programs: the list, one transfer whole, and how it is ended."""

from typing import Annotated, Final

from fastapi import Path, Query, Response

from afterclick.control_room.api.answers import Given
from afterclick.control_room.api.kit import MOST_ROWS, Interface
from afterclick.control_room.api.pace import Pace
from afterclick.control_room.api.sent import Sends, refusing
from afterclick.control_room.server import Room
from afterclick.engine.undecidable import NotDecidable
from afterclick.procurement.access import ChangesSupply, SeesSupply
from afterclick.procurement.handling import LARGEST, Supplying
from afterclick.procurement.shapes import Reason
from afterclick.procurement.transfer_pages import end_it, whole
from afterclick.procurement.transferring import listing
from afterclick.procurement.transferring.listing import TransferPage, Unlisted, WholeTransfer
from afterclick.store.transaction import Tx

Number = Annotated[
    str, Path(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9-]+$", description="TO-2026-000001, or our id.")
]  # fmt: skip
_TRANSFERS: Final = "/supply/transfers"


def transfer_api(room: Room, desk: Supplying, pace: Pace | None = None) -> Interface:
    """The routes under `/api/v1/supply/transfers`."""
    api = Interface(room, "supply", pace=pace)

    @api.get(_TRANSFERS, TransferPage)
    def transfers(
        who: SeesSupply,
        state: Annotated[str, Query(max_length=20, description="open, late, received, lost or cancelled; empty for all.")] = "",
        cursor: Annotated[int, Query(ge=0, lt=LARGEST, description="`next` of the page before.")] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 50,
    ) -> Response:
        """Transfers between our warehouses, the newest first."""
        with refusing(422, Unlisted), room.database.reading() as tx:
            return Given(listing.listed(tx, state=state, after=cursor, limit=limit, now_ms=room.now_ms()))

    @api.get(_TRANSFERS + "/{number}", WholeTransfer, refuses=(404,))
    def transfer(who: SeesSupply, number: Number) -> Response:
        """One transfer with its story."""
        with room.database.reading() as tx:
            return Given(whole(tx, number, now_ms=room.now_ms()))

    @api.post(_TRANSFERS + "/{number}/end", Reason, WholeTransfer, refuses=(404,))
    def end(who: ChangesSupply, number: Number, sent: Sends) -> Response:
        """Cancel it before it has begun, or write off what has not come of it."""
        because, now_ms = sent.read(Reason).because, room.now_ms()

        def ends(tx: Tx) -> WholeTransfer:
            end_it(tx, number, by=who, because=because, desk=desk, now_ms=now_ms)
            return whole(tx, number, now_ms=now_ms)

        with refusing(409, NotDecidable):
            return sent.once(room, who, ends, current=lambda tx: whole(tx, number, now_ms=now_ms))

    return api
