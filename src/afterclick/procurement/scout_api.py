"""Scouts for programs: what is watched, what was read there, and prices that wait for a person."""

from typing import Annotated

import msgspec
from fastapi import Path, Query, Response

from afterclick.control_room.api.answers import Given
from afterclick.control_room.api.kit import MOST_ROWS, Interface, Nothing
from afterclick.control_room.api.pace import Pace
from afterclick.control_room.api.sent import Sends, Sent, refusing
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.domain.scouting import Judged, Reading, Role
from afterclick.governance.actor import Actor
from afterclick.procurement.access import ApprovesSupply, ChangesSupply, SeesSupply
from afterclick.procurement.handling import LARGEST, Supplying
from afterclick.procurement.scouting import accepting, readings, watches
from afterclick.procurement.scouting.readings import Kept, UnknownReading
from afterclick.procurement.scouting.watches import BadWatch, Watch
from afterclick.store.transaction import Tx

Number = Annotated[int, Path(ge=1, lt=LARGEST)]
Plain = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]
Limit = Annotated[int, Query(ge=1, le=MOST_ROWS)]
Text = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00]*$")]
Code = Annotated[str, msgspec.Meta(max_length=3, pattern=r"^[A-Z]*$")]


class WatchPage(msgspec.Struct, frozen=True):
    """What is watched, oldest first; `next` is the cursor of the page after it, 0 on the last."""

    watches: tuple[Watch, ...]
    next: int


class NewWatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An address to be read every so often: a page for one `sku` of ours, or a list, whose lines name their articles."""

    party: Text
    address: Annotated[str, msgspec.Meta(min_length=1, max_length=2_000, pattern=r"^[^\x00]*$")]
    role: Role = "vendor"
    sku: Text = ""
    vendor_sku: Text = ""
    gtin: Text = ""
    currency: Code = ""
    country: Code = ""
    every_hours: Annotated[int, msgspec.Meta(ge=1, le=8_760)] = 24


class PriceRead(msgspec.Struct, frozen=True):
    """A price as one visit found it, and what was decided of it."""

    id: int
    reading: Reading
    judged: Judged


class PricesRead(msgspec.Struct, frozen=True):
    """Readings, newest first; `next` is the cursor of the page after it, 0 on the last."""

    readings: tuple[PriceRead, ...]
    next: int


class Remark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why."""

    because: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


def scout_api(room: Room, desk: Supplying, pace: Pace | None = None) -> Interface:
    """The routes `/api/v1/supply/watches` and `/api/v1/supply/readings`."""
    api = Interface(room, "supply", pace=pace)
    _watches(api, desk)
    _readings(api, desk)
    return api


def _watches(api: Interface, desk: Supplying) -> None:
    room = api.room

    @api.get("/supply/watches", WatchPage)
    def listed(who: SeesSupply, cursor: Annotated[int, Query(ge=0, lt=LARGEST)] = 0, limit: Limit = 50) -> Response:
        """What is watched, and how that goes."""
        with room.database.reading() as tx:
            found = watches.all_watches(tx, limit=limit + 1, after=cursor)
        return Given(WatchPage(tuple(found[:limit]), found[limit - 1].id if len(found) > limit else 0))

    @api.post("/supply/watches", NewWatch, Watch, status=201)
    def added(who: ChangesSupply, sent: Sends) -> Response:
        """Watch an address."""
        wish = sent.read(NewWatch)

        def adds(tx: Tx) -> Watch:
            made, event = watches.add(tx, Watch(**msgspec.structs.asdict(wish)), by=who.id, now_ms=room.now_ms())
            desk.record(tx, [event], who.id)
            return made

        with refusing(422, BadWatch):
            return sent.once(room, who, adds, status=201)

    @api.post("/supply/watches/{number}/remove", Nothing, Watch, refuses=(404,))
    def removed(who: ChangesSupply, number: Number, sent: Sends) -> Response:
        """Watch an address no longer; what was read there stays on record."""
        sent.read(Nothing)

        def removes(tx: Tx) -> Watch:
            found = watches.by_id(tx, [number]).get(number)
            if found is None:
                raise Problem(404, f"there is no watch {number}")
            desk.record(tx, [watches.remove(tx, number)], who.id)
            return found

        return sent.once(room, who, removes)


def _readings(api: Interface, desk: Supplying) -> None:
    room = api.room

    @api.get("/supply/readings", PricesRead)
    def listed(
        who: SeesSupply,
        only: Annotated[str, Query(max_length=20, description="waiting: for a person; empty for the latest of all.")] = "",
        sku: Plain = "",
        party: Plain = "",
        cursor: Annotated[int, Query(ge=0, lt=LARGEST, description="`next` of the page before.")] = 0,
        limit: Limit = 50,
    ) -> Response:
        """Prices that were read, and what was decided of them."""
        if only not in ("", "waiting"):
            raise Problem(422, f"there is no list {only!r} of readings; choose waiting, or none")
        look = readings.waiting if only else readings.history
        with room.database.reading() as tx:
            found = look(tx, sku=sku, party=party, limit=limit + 1, before=cursor or LARGEST)
        return Given(PricesRead(tuple(map(_shown, found[:limit])), found[limit - 1].id if len(found) > limit else 0))

    @api.post("/supply/readings/{number}/accept", Remark, PriceRead, refuses=(404,))
    def accept(who: ApprovesSupply, number: Number, sent: Sends) -> Response:
        """Let a doubtful price count."""
        return judged(who, number, sent, counts=True)

    @api.post("/supply/readings/{number}/reject", Remark, PriceRead, refuses=(404,))
    def reject(who: ApprovesSupply, number: Number, sent: Sends) -> Response:
        """Say that a doubtful price is wrong."""
        return judged(who, number, sent, counts=False)

    def judged(who: Actor, number: int, sent: Sent, *, counts: bool) -> Response:
        because = sent.read(Remark).because

        def judges(tx: Tx) -> PriceRead:
            if counts:
                event = accepting.accept(tx, number, by=who.id, because=because, now_ms=room.now_ms())
            else:
                event = accepting.reject(tx, number, by=who.id, because=because)
            desk.record(tx, [event], who.id)
            return _shown(readings.reading(tx, number))

        with refusing(404, UnknownReading):
            return sent.once(room, who, judges)


def _shown(one: Kept) -> PriceRead:
    return PriceRead(one.id, one.reading, one.judged)
