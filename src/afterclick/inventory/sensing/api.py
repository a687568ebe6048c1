"""The EPCIS capture interface: programs send what was seen of goods, as evidence."""

from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from fastapi import Depends, Response

from afterclick.control_room.access import Needs
from afterclick.control_room.api.kit import Interface
from afterclick.control_room.api.pace import Pace
from afterclick.control_room.api.sent import Sends, refusing
from afterclick.control_room.server import Room
from afterclick.domain.stock_limits import SensingLimits
from afterclick.governance.actor import Actor
from afterclick.inventory.api import Record
from afterclick.inventory.sensing.evidence import Taken, take
from afterclick.reading import epcis
from afterclick.store.transaction import Tx

ChangesStock = Annotated[Actor, Depends(Needs("stock.change", "inventory"))]


class EventList(msgspec.Struct, frozen=True):
    """The events of a document; each as EPCIS 2.0 has it."""

    eventList: Annotated[list[dict[str, Any]], msgspec.Meta(max_length=epcis.MOST_EVENTS)]


class EpcisDocument(msgspec.Struct, frozen=True):
    """A document of EPCIS 2.0 in JSON; what else it holds is passed over."""

    epcisBody: EventList


class Unreadable(msgspec.Struct, frozen=True):
    """An event that could not be read, and why."""

    because: str


class Capture(msgspec.Struct, frozen=True):
    """What became of the events. `readings` is what they say of goods; of these, `kept` are new evidence, `repeated` were known,
    `late` too old, `unknown_sensor` from a read point that nobody has added, `unknown_item` about goods that nobody knows."""

    events: int
    readings: int
    kept: int
    repeated: int
    late: int
    unknown_sensor: int
    unknown_item: int
    unread: tuple[Unreadable, ...]


def capture(tx: Tx, found: epcis.Captured, *, limits: SensingLimits, now_ms: int) -> tuple[Capture, Taken]:
    """Keep what a document says; duplicates change nothing."""
    taken = take(tx, found.readings, limits=limits, now_ms=now_ms)
    said = Capture(
        found.events, len(found.readings), taken.kept, taken.repeated, taken.late, taken.unknown_sensor, taken.unknown_item,
        tuple(Unreadable(one.because) for one in found.unread[:100]),
    )  # fmt: skip
    return said, taken


def epcis_api(room: Room, record: Record, limits: Callable[[], SensingLimits], pace: Pace | None = None) -> Interface:
    """The route `/api/v1/epcis/capture`."""
    api = Interface(room, "stock", pace=pace)

    @api.post("/epcis/capture", EpcisDocument, Capture)
    def captured(who: ChangesStock, sent: Sends) -> Response:
        """Take in an EPCIS 2.0 document. It is evidence: nothing is booked by it."""
        raw = bytes(sent.read(msgspec.Raw))
        with refusing(422, epcis.NotEpcis):
            found = epcis.read(raw)

        def captures(tx: Tx) -> Capture:
            said, taken = capture(tx, found, limits=limits(), now_ms=room.now_ms())
            if taken.events:
                record(tx, taken.events, who.id)
            return said

        return sent.once(room, who, captures)

    return api
