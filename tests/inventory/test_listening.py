"""What a sensor says over a real broker is kept as evidence, by one listener at a time, and complaints do not fill the log."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

import pytest

from afterclick.connectors.mqtt_sensors import Broker, MqttSensors
from afterclick.domain.stock_limits import SensingLimits
from afterclick.inventory.sensing import registry
from afterclick.inventory.sensing.listening import Listener, beside
from afterclick.ports.sensors import Take, Unread
from afterclick.store.database import Database
from afterclick.store.log import Event
from afterclick.store.tables import metadata
from afterclick.store.transaction import Tx
from tests.connectors.broker import PASSWORD, TOPIC, USER, broker, publisher
from tests.inventory.stockroom import START_MS, reading

PATIENCE_S = 20.0


class Office:
    """A database with one scale, and what was logged."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        metadata.create_all(self.database.engine)
        self.logged: list[Event] = []
        with self.database.transaction() as tx:
            tx.run("INSERT INTO warehouses (id, name, country, latitude, longitude, handling) VALUES ('W1', '', 'DE', 0, 0, 1)")
            tx.run("INSERT INTO items (sku, name, weight_g, active) VALUES ('POT', '', 100, ?)", (True,))
            registry.add(tx, "scale-1", kind="scale", warehouse="W1", sku="POT", now_ms=START_MS)

    def listener(self, sensors: object) -> Listener:
        return Listener(self.database, sensors, limits=SensingLimits, record=self.record, now_ms=lambda: START_MS)  # pyright: ignore[reportArgumentType]

    def record(self, _tx: Tx, events: Sequence[Event], _by: str) -> None:
        self.logged += events

    def kept(self) -> int:
        with self.database.reading() as tx:
            return tx.value("SELECT COUNT(*) FROM sensor_events")


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    made = Office(database_url)
    yield made
    made.database.dispose()


def test_a_message_over_the_broker_becomes_evidence_once(office: Office) -> None:
    with broker() as server:
        sensors = MqttSensors(
            Broker(server.url, f"{TOPIC}/+", "office-2", lambda: USER, lambda: PASSWORD), now_ms=lambda: START_MS
        )
        with beside(office.listener(sensors)), publisher(server.port) as scale:
            until = time.monotonic() + PATIENCE_S
            while not office.kept() and time.monotonic() < until:
                scale.say("scale-1", json.dumps({"id": "m-1", "grams": 1_000}))
            scale.say("scale-1", json.dumps({"id": "m-1", "grams": 1_000}))
            scale.say("scale-1", json.dumps({"id": "m-2", "grams": 1_000}))
            while office.kept() < 2 and time.monotonic() < until:
                continue
    assert office.kept() == 2


def test_complaints_about_one_sensor_are_logged_once_an_hour(office: Office) -> None:
    listener = office.listener(None)
    for _ in range(5):
        listener.keep([reading("scale-1", "weight", START_MS, grams=5.0)], [Unread("scale-1", "not JSON")])
    assert [one.activity for one in office.logged] == ["sensor.unread"]
    assert (office.kept(), listener.kept) == (1, 1)


def test_of_two_processes_one_listens(office: Office) -> None:
    began: list[str] = []
    first_listens = threading.Event()

    class Named:
        def __init__(self, name: str) -> None:
            self.name = name

        def listen(self, take: Take, *, until: Callable[[], bool]) -> None:
            began.append(self.name)
            first_listens.set()
            while not until():
                with suppress(RuntimeError):
                    first_listens.wait(0.01)

    with beside(office.listener(Named("first"))):
        assert first_listens.wait(PATIENCE_S)
        second = office.listener(Named("second"))
        with beside(second):
            second.stop()
    assert began == ["first"]
