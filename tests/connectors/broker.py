"""A real MQTT broker on a free port of this machine, in a thread of the test's process."""

import asyncio
import logging
import socket
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from amqtt.broker import Broker as Amqtt
from amqtt.plugins.base import BaseAuthPlugin
from amqtt.session import Session
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

USER: Final = "office"
PASSWORD: Final = "let me in"
TOPIC: Final = "shop/sensors"
logging.getLogger("amqtt").setLevel(logging.CRITICAL)
logging.getLogger("transitions").setLevel(logging.CRITICAL)


class Doorman(BaseAuthPlugin):
    """Lets in who knows the password."""

    async def authenticate(self, *, session: Session) -> bool | None:
        session.is_anonymous = False
        return session.password == PASSWORD


class Broker:
    """The broker; its memory ends with it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._amqtt = self._do(self._made())
        self._do(self._amqtt.start())

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def close(self) -> None:
        """End it, as when its machine is switched off."""
        self._do(self._amqtt.shutdown())
        self._do(self._last())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _made(self) -> Amqtt:
        listeners = {"default": {"type": "tcp", "bind": f"127.0.0.1:{self.port}"}}
        return Amqtt({"listeners": listeners, "plugins": {"tests.connectors.broker.Doorman": {}}})

    async def _last(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # The broker forgets a connection that came in while it ended, and the loop's own list is the only other one.
        connections: Mapping[int, asyncio.Transport] = getattr(self._loop, "_transports", {})
        for one in list(connections.values()):
            one.abort()

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)


class Publisher:
    """A sensor's side."""

    def __init__(self, port: int) -> None:
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="publisher")
        self._client.username_pw_set(USER, PASSWORD)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def say(self, sensor: str, payload: bytes | str) -> None:
        """Publish with QoS 1, and wait until the broker has it."""
        self._client.publish(f"{TOPIC}/{sensor}", payload, qos=1).wait_for_publish(10)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def broker(port: int = 0) -> Generator[Broker]:
    """A broker for the length of the block."""
    made = Broker(port or free_port())
    try:
        yield made
    finally:
        made.close()


@contextmanager
def publisher(port: int) -> Generator[Publisher]:
    """Something that publishes, for the length of the block."""
    made = Publisher(port)
    try:
        yield made
    finally:
        made.close()
