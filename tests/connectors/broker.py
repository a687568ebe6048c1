"""A real MQTT broker on a free port of this machine, in a thread of the test's process."""

import asyncio
import logging
import socket
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, NamedTuple

from amqtt.broker import Broker as Amqtt
from amqtt.plugins.base import BaseAuthPlugin
from amqtt.session import Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

USER: Final = "office"
PASSWORD: Final = "let me in"
TOPIC: Final = "shop/sensors"
DAY: Final = timedelta(days=1)
logging.getLogger("amqtt").setLevel(logging.CRITICAL)
logging.getLogger("transitions").setLevel(logging.CRITICAL)


class Certificate(NamedTuple):
    """Files with a certificate of this machine's loopback address, which vouches for itself, and with its key."""

    file: str
    key: str


class Doorman(BaseAuthPlugin):
    """Lets in who knows the password."""

    async def authenticate(self, *, session: Session) -> bool | None:
        session.is_anonymous = False
        return session.password == PASSWORD


class Broker:
    """The broker; its memory ends with it. With a certificate it speaks TLS and nothing else."""

    def __init__(self, port: int, secured: "Certificate | None" = None) -> None:
        self.port = port
        self.secured = secured
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._amqtt = self._do(self._made())
        self._do(self._amqtt.start())

    @property
    def url(self) -> str:
        return f"{'mqtts' if self.secured else 'mqtt'}://127.0.0.1:{self.port}"

    def close(self) -> None:
        """End it, as when its machine is switched off."""
        with suppress(TimeoutError):  # it may wait for ever for a connection that came in meanwhile
            self._do(self._amqtt.shutdown(), 3)
        self._do(self._last())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _made(self) -> Amqtt:
        listener: dict[str, Any] = {"type": "tcp", "bind": f"127.0.0.1:{self.port}"}
        if self.secured:
            listener |= {"ssl": True, "certfile": self.secured.file, "keyfile": self.secured.key}
        return Amqtt({"listeners": {"default": listener}, "plugins": {"tests.connectors.broker.Doorman": {}}})

    async def _last(self) -> None:
        for server in self._amqtt._servers.values():
            if server.instance is not None:
                server.instance.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # The broker forgets a connection that came in while it ended, and the loop's own list is the only other one.
        connections: Mapping[int, asyncio.Transport] = getattr(self._loop, "_transports", {})
        for one in list(connections.values()):
            one.abort()

    def _do(self, work: Any, patience_s: float = 20) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(patience_s)


class Publisher:
    """A sensor's side."""

    def __init__(self, port: int, secured: "Certificate | None" = None) -> None:
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="publisher")
        self._client.username_pw_set(USER, PASSWORD)
        if secured:
            self._client.tls_set(ca_certs=secured.file)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def say(self, sensor: str, payload: bytes | str) -> None:
        """Publish with QoS 1, and wait until the broker has it."""
        self._client.publish(f"{TOPIC}/{sensor}", payload, qos=1).wait_for_publish(10)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def certificate(folder: Path) -> Certificate:
    """A new certificate of 127.0.0.1, valid for a day."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a broker for tests")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now - DAY / 24, now + DAY)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    file, key_file = folder / "broker.pem", folder / "broker.key"
    file.write_bytes(made.public_bytes(Encoding.PEM))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return Certificate(str(file), str(key_file))


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def broker(port: int = 0, *, secured: Certificate | None = None) -> Generator[Broker]:
    """A broker for the length of the block."""
    made = Broker(port or free_port(), secured)
    try:
        yield made
    finally:
        made.close()


@contextmanager
def publisher(port: int, *, secured: Certificate | None = None) -> Generator[Publisher]:
    """Something that publishes, for the length of the block."""
    made = Publisher(port, secured)
    try:
        yield made
    finally:
        made.close()
