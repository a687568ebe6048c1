"""What sensors say over a real broker arrives, once it is kept it is acknowledged, and nothing else is."""

import gc
import json
import logging
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from afterclick.connectors import mqtt_sensors
from afterclick.connectors.mqtt_sensors import BadBroker, Broker, MqttSensors
from afterclick.ports.sensors import Reading, Unread
from tests.connectors.broker import PASSWORD, TOPIC, USER, Certificate, broker, certificate, free_port, publisher
from tests.connectors.scripted import CONNECT, PUBACK, Scripted

NOW = 1_795_132_800_000
PATIENCE_S = 15.0


class Kept:
    """Keeps what comes, or fails as often as it is told to."""

    def __init__(self, fails: int = 0) -> None:
        self.readings: list[Reading] = []
        self.unread: list[Unread] = []
        self.fails = fails
        self.tries = 0
        self.came = threading.Condition()

    def __call__(self, readings: Sequence[Reading], unread: Sequence[Unread]) -> None:
        with self.came:
            self.tries += 1
            self.came.notify_all()
            if self.fails:
                self.fails -= 1
                raise RuntimeError("the database is away")
            self.readings += readings
            self.unread += unread
            self.came.notify_all()

    def wait(self, until: Callable[[], bool]) -> None:
        with self.came:
            assert self.came.wait_for(until, PATIENCE_S), (self.readings, self.unread)

    @property
    def grams(self) -> list[float]:
        return [one.grams for one in self.readings]


@contextmanager
def listening(port: int, kept: Kept, *, password: str = PASSWORD, scheme: str = "mqtt", ca: str = "") -> Generator[None]:
    """The office listens for the length of the block."""
    known = Broker(f"{scheme}://127.0.0.1:{port}", f"{TOPIC}/+", "office-1", lambda: USER, lambda: password, ca)
    stop = threading.Event()
    thread = threading.Thread(target=MqttSensors(known, now_ms=lambda: NOW).listen, args=(kept,), kwargs={"until": stop.is_set})
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def weighs(grams: float) -> str:
    return json.dumps({"id": f"m-{grams}", "grams": grams})


@contextmanager
def told(words: str) -> Generator[threading.Event]:
    """Set once the office's log has these words."""
    said = threading.Event()

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if words in record.getMessage():
                said.set()

    ear = Ear()
    logging.getLogger("afterclick.sensors").addHandler(ear)
    try:
        yield said
    finally:
        logging.getLogger("afterclick.sensors").removeHandler(ear)


def heard(port: int, kept: Kept, *, secured: Certificate | None = None) -> None:
    """Say something again and again until the office has heard it: then it listens."""
    with publisher(port, secured=secured) as scale:
        until = time.monotonic() + PATIENCE_S
        while not kept.readings and time.monotonic() < until:
            scale.say("scale-0", weighs(0.0))
            with kept.came:
                kept.came.wait(0.2)
    assert kept.readings


def test_what_sensors_say_arrives_with_the_sensor_that_the_topic_names() -> None:
    kept = Kept()
    with broker() as server, listening(server.port, kept):
        heard(server.port, kept)
        with publisher(server.port) as scale:
            scale.say("scale-1", json.dumps({"id": "m-1", "grams": 1250.5, "sensor": "another"}))
        kept.wait(lambda: 1250.5 in kept.grams)
    assert (kept.readings[-1].sensor, kept.readings[-1].key, kept.readings[-1].at_ms) == ("scale-1", "scale-1:m-1", NOW)


def test_bad_messages_are_named_and_dropped_and_the_good_go_on() -> None:
    kept = Kept()
    bad = [b"\x00\xff\xfe", b"[" * 20_000, b'{"grams": "heavy"}', b'{"x": "' + b"a" * 70_000 + b'"}', b"", b"5"]
    with broker() as server, listening(server.port, kept):
        heard(server.port, kept)
        with publisher(server.port) as scale:
            for payload in bad:
                scale.say("broken", payload)
            scale.say("scale-1", weighs(7.0))
        kept.wait(lambda: 7.0 in kept.grams and len(kept.unread) >= len(bad))
    assert {one.sensor for one in kept.unread} == {"broken"}
    assert len(kept.unread) == len(bad)


def test_what_could_not_be_kept_is_handed_over_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt_sensors, "LOOKS_EVERY_S", 0.05)
    kept = Kept()
    with broker() as server, listening(server.port, kept):
        heard(server.port, kept)
        kept.fails = 2
        with publisher(server.port) as scale:
            scale.say("scale-1", weighs(9.0))
        kept.wait(lambda: 9.0 in kept.grams)
    assert kept.tries >= 3


def test_what_comes_while_the_office_is_away_is_delivered_when_it_is_back() -> None:
    with broker() as server:
        first = Kept()
        with listening(server.port, first):
            heard(server.port, first)
        with publisher(server.port) as scale:
            scale.say("scale-1", weighs(6.0))
        second = Kept()
        with listening(server.port, second):
            second.wait(lambda: 6.0 in second.grams)
    assert second.grams.count(6.0) == 1


def test_a_message_is_acknowledged_when_it_is_kept_and_not_before() -> None:
    peer = Scripted(f"{TOPIC}/scale-1", weighs(5.0).encode())
    try:
        first, second = Kept(fails=10**6), Kept()
        with listening(peer.port, first):
            first.wait(lambda: first.tries > 0)
        assert not first.readings
        with listening(peer.port, second):
            assert peer.acknowledged.wait(PATIENCE_S)
    finally:
        peer.close()
    assert second.grams == [5.0]
    assert PUBACK not in peer.kinds(0)
    assert PUBACK in peer.kinds(1)
    flags = [body[7] for connection in peer.packets for kind, body in connection if kind == CONNECT]
    assert [flag & 0b10 for flag in flags] == [0, 0], "the session is to be kept"


def test_a_broker_that_was_away_is_found_again() -> None:
    kept, port = Kept(), free_port()
    with listening(port, kept):  # before there is a broker
        with broker(port):
            heard(port, kept)
        kept.readings.clear()
        with broker(port):
            heard(port, kept)
    assert kept.readings


def test_a_wrong_password_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with told("does not let us in") as said, broker() as server, listening(server.port, Kept(), password="wrong"):
        assert said.wait(PATIENCE_S)
    assert PASSWORD not in caplog.text


def test_a_broker_behind_tls_is_heard_where_its_certificate_is_vouched_for(tmp_path: Path) -> None:
    kept, known = Kept(), certificate(tmp_path)
    with broker(secured=known) as server, listening(server.port, kept, scheme="mqtts", ca=known.file):
        heard(server.port, kept, secured=known)
    assert kept.readings


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the client forgets a socket that fails to greet
def test_a_broker_whom_nobody_vouches_for_is_not_spoken_to_and_that_is_said(tmp_path: Path) -> None:
    with (
        told("certificate verify failed") as said,
        broker(secured=certificate(tmp_path)) as server,
        listening(server.port, Kept(), scheme="mqtts"),
    ):
        assert said.wait(PATIENCE_S)
    gc.collect()


def test_a_broker_that_cannot_be_reached_is_said_once_for_each_reason() -> None:
    with told("cannot be reached") as said, listening(free_port(), Kept()):
        assert said.wait(PATIENCE_S)


@pytest.mark.parametrize("url", ["", "http://broker", "mqtt://", "mqtt://anna:secret@broker:1883", "broker:1883"])
def test_an_address_that_is_none_is_refused_without_repeating_its_secrets(url: str) -> None:
    with pytest.raises(BadBroker) as refused:
        MqttSensors(Broker(url, "t", "c"), now_ms=lambda: NOW)
    assert "secret" not in str(refused.value)
