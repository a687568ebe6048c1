"""Sensors behind an MQTT broker.

Protocol: MQTT 3.1.1 (OASIS), QoS 1 with a session that the broker keeps: what arrives while the office is away is delivered when
it is back. A message is acknowledged after it has been kept for good, so none is lost; one that is delivered twice is known by
its id.
"""

import logging
import queue
import ssl
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from afterclick.connectors.sensor_messages import Unusable, read
from afterclick.ports.sensors import Reading, Take, Unread

logger = logging.getLogger("afterclick.sensors")
PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
MOST_WAITING: Final = 5_000
"""Messages that wait to be kept; beyond, the network waits."""
AT_ONCE: Final = 500
KEEPALIVE_S: Final = 30
LOOKS_EVERY_S: Final = 0.5
LONGEST_WAIT_S: Final = 60
"""Between two tries to connect, and to keep what came."""
QOS: Final = 1


class BadBroker(ValueError):
    """The broker's address cannot be used; says what would be right."""


class Broker(NamedTuple):
    """Where the broker is and how to speak to it. `user` and `password` are asked for at each connection, so they may change.

    `ca` is a file with the certificates that vouch for the broker, where those of the machine do not.
    """

    url: str
    topic: str
    client_id: str
    user: Callable[[], str] = lambda: ""
    password: Callable[[], str] = lambda: ""
    ca: str = ""


class _Arrived(NamedTuple):
    message: paho.MQTTMessage
    readings: Sequence[Reading]
    unread: Sequence[Unread]


class MqttSensors:
    """Implements `ports.sensors.Sensors`."""

    name = "sensors"

    def __init__(self, broker: Broker, *, now_ms: Callable[[], int]) -> None:
        parts = urlsplit(broker.url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise BadBroker(f"{parts.scheme or 'it'}: a broker's address is mqtt://host:port or mqtts://host:port")
        if parts.username is not None or parts.password is not None:
            raise BadBroker("user and password do not belong into the broker's address: set sensors.mqtt_user and mqtt_password")
        self._host, self._port, self._tls = parts.hostname, parts.port or PORTS[parts.scheme], parts.scheme == "mqtts"
        self._broker = broker
        self._now_ms = now_ms
        self._waiting: queue.Queue[_Arrived] = queue.Queue(MOST_WAITING)
        self._stopping = False
        self._said = ""

    def listen(self, take: Take, *, until: Callable[[], bool]) -> None:
        """See `Sensors.listen`. A broker that cannot be reached is tried again, with waits that grow to a minute."""
        client = self._client()
        self._stopping = False
        client.connect_async(self._host, self._port, keepalive=KEEPALIVE_S)
        client.loop_start()
        try:
            while not until():
                if batch := self._gathered():
                    self._hand_over(client, batch, take, until)
        finally:
            self._stopping = True
            client.disconnect()
            client.loop_stop()
            self._waiting = queue.Queue(MOST_WAITING)  # what was not kept was not acknowledged either: the broker has it

    def _client(self) -> paho.Client:
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=self._broker.client_id, clean_session=False, manual_ack=True)
        client.reconnect_delay_set(1, LONGEST_WAIT_S)
        if self._tls:
            client.tls_set_context(ssl.create_default_context(cafile=self._broker.ca or None))  # pyright: ignore[reportUnknownMemberType]
        self._sign_in(client)
        client.on_connect = self._connected
        client.on_connect_fail = self._not_reached
        client.on_disconnect = self._disconnected
        client.on_message = self._arrived
        return client

    def _sign_in(self, client: paho.Client) -> None:
        if user := self._broker.user():
            client.username_pw_set(user, self._broker.password() or None)

    def _connected(self, client: paho.Client, _given: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            logger.error("the broker at %s does not let us in: %s", self._host, reason)
            return
        self._said = ""
        logger.info("listening to sensors at %s", self._host)
        client.subscribe(self._broker.topic, qos=QOS)

    def _not_reached(self, _client: paho.Client, _given: Any) -> None:
        """Say why, once for each reason: no such machine, nobody listens there, or a certificate that nobody vouches for."""
        because = str(sys.exc_info()[1])
        if because != self._said and not self._stopping:
            self._said = because
            logger.error("the broker at %s cannot be reached, and is tried again: %s", self._host, because)

    def _disconnected(self, client: paho.Client, _given: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not self._stopping:
            logger.warning("the connection to the broker at %s is lost (%s); it is tried again", self._host, reason)
            self._sign_in(client)

    def _arrived(self, _client: paho.Client, _given: Any, message: paho.MQTTMessage) -> None:
        """On the network's thread: read the message, and let it wait. Nothing that is in it may stop the others."""
        sensor = message.topic.rpartition("/")[2]
        readings: Sequence[Reading] = ()
        unread: Sequence[Unread] = ()
        try:
            readings = read(sensor, bytes(message.payload), arrived_ms=self._now_ms())
        except Unusable as error:
            unread = (Unread(sensor, str(error)),)
        except Exception as error:  # a message that nobody foresaw is dropped by name as well
            unread = (Unread(sensor, f"the message cannot be used: {type(error).__name__}"),)
        while not self._stopping:
            try:
                self._waiting.put(_Arrived(message, readings, unread), timeout=LOOKS_EVERY_S)
                return
            except queue.Full:
                continue  # the network waits; what the broker has not sent yet stays there

    def _gathered(self) -> list[_Arrived]:
        """What has arrived, up to a batch; waits a moment for the first."""
        try:
            batch = [self._waiting.get(timeout=LOOKS_EVERY_S)]
        except queue.Empty:
            return []
        while len(batch) < AT_ONCE and not self._waiting.empty():
            batch.append(self._waiting.get_nowait())
        return batch

    def _hand_over(self, client: paho.Client, batch: Sequence[_Arrived], take: Take, until: Callable[[], bool]) -> None:
        """Let a batch be kept, however long that takes, and acknowledge it then."""
        wait_s, readings = 0.5, [reading for one in batch for reading in one.readings]
        unread = [reason for one in batch for reason in one.unread]
        while not until():
            try:
                take(readings, unread)
            except Exception as error:
                logger.error("what sensors said cannot be kept just now, and is tried again: %s", error)
                began = time.monotonic()
                while time.monotonic() - began < wait_s and not until():
                    time.sleep(min(wait_s, LOOKS_EVERY_S))
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)
                continue
            for one in batch:
                client.ack(one.message.mid, one.message.qos)
            return
