"""Sensors for programs: which there are and how each is, where they and the books are apart, added and retired."""

from typing import Annotated

import msgspec
from fastapi import Path, Response

from afterclick.control_room.api.answers import Given
from afterclick.control_room.api.kit import Interface, Nothing
from afterclick.control_room.api.pace import Pace
from afterclick.control_room.api.sent import Sends, refusing
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.inventory.api import ChangesStock, Record, SeesStock
from afterclick.inventory.sensing import registry, states
from afterclick.inventory.sensing.registry import LONGEST_ID, NotAddable, Sensor, SensorKind
from afterclick.inventory.sensing.states import Apart
from afterclick.store.transaction import Tx

SensorId = Annotated[str, Path(min_length=1, max_length=LONGEST_ID, pattern=r"^[^\x00]+$")]
Text = Annotated[str, msgspec.Meta(max_length=200)]


class Sensors(msgspec.Struct, frozen=True):
    """Every sensor, those that need somebody first; and the places of which they say something else than the books."""

    sensors: tuple[Sensor, ...]
    apart: tuple[Apart, ...]


class NewSensor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sensor that is added, or changed: what it is, where it stands, and what lies on it where it is a scale; in grams."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_ID)]
    kind: SensorKind
    warehouse: Text
    sku: Text = ""
    name: Text = ""
    tare_g: Annotated[int, msgspec.Meta(ge=0, le=10**8)] = 0
    tolerance_g: Annotated[int, msgspec.Meta(ge=0, le=10**7)] = 0


def sensors_api(room: Room, record: Record, pace: Pace | None = None) -> Interface:
    """The routes under `/api/v1/sensors`."""
    api = Interface(room, "stock", pace=pace)

    @api.get("/sensors", Sensors)
    def listed(who: SeesStock) -> Response:
        """How each sensor is, and where sensors and books are apart."""
        with room.database.reading() as tx:
            return Given(Sensors(tuple(registry.listed(tx)), tuple(states.apart(tx))))

    @api.post("/sensors", NewSensor, Sensor, status=201)
    def added(who: ChangesStock, sent: Sends) -> Response:
        """Add a sensor, or change one; what it says counts from now on."""
        wish = sent.read(NewSensor)

        def adds(tx: Tx) -> Sensor:
            event = registry.add(
                tx, wish.id, kind=wish.kind, warehouse=wish.warehouse, sku=wish.sku, tare_g=wish.tare_g,
                tolerance_g=wish.tolerance_g, name=wish.name, now_ms=room.now_ms(),
            )  # fmt: skip
            record(tx, [event], who.id)
            return registry.named(tx, [wish.id])[wish.id]

        with refusing(422, NotAddable):
            return sent.once(room, who, adds, status=201)

    @api.post("/sensors/{sensor_id}/retire", Nothing, Sensor, refuses=(404,))
    def retired(who: ChangesStock, sensor_id: SensorId, sent: Sends) -> Response:
        """Let it rest: what it says counts no more."""
        sent.read(Nothing)

        def retires(tx: Tx) -> Sensor:
            if sensor_id not in registry.named(tx, [sensor_id]):
                raise Problem(404, f"there is no sensor {sensor_id[:80]}")
            record(tx, [registry.retire(tx, sensor_id)], who.id)
            return registry.named(tx, [sensor_id])[sensor_id]

        return sent.once(room, who, retires)

    return api
