"""A broker that does by the letter of MQTT 3.1.1 what a test says, and writes down every packet that it gets."""

import socket
import struct
import threading
from collections.abc import Sequence
from typing import Final

CONNECT: Final = 1
PUBACK: Final = 4
SUBSCRIBE: Final = 8


class Scripted:
    """Answers CONNECT and SUBSCRIBE, and then sends one message with QoS 1 to each connection, as unacknowledged before."""

    def __init__(self, topic: str, payload: bytes) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.packets: list[list[tuple[int, bytes]]] = []
        self.acknowledged = threading.Event()
        self._body = struct.pack("!H", len(topic)) + topic.encode() + struct.pack("!H", 7) + payload
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listen no more."""
        self._server.close()

    def kinds(self, connection: int) -> Sequence[int]:
        """The kinds of packet that a connection has sent."""
        return [kind for kind, _ in self.packets[connection]]

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self._server.accept()
            except OSError:
                return
            seen: list[tuple[int, bytes]] = []
            self.packets.append(seen)
            with peer, peer.makefile("rb") as stream:
                while head := stream.read(1):
                    length, shift = 0, 0
                    while (part := stream.read(1)[0]) & 0x80:
                        length, shift = length | (part & 0x7F) << shift, shift + 7
                    body = stream.read(length | part << shift)
                    seen.append((head[0] >> 4, body))
                    self._answer(peer, head[0] >> 4, body)

    def _answer(self, peer: socket.socket, kind: int, body: bytes) -> None:
        again = len(self.packets) > 1
        if kind == CONNECT:
            peer.sendall(bytes((0x20, 2, int(again), 0)))
        elif kind == SUBSCRIBE:
            peer.sendall(bytes((0x90, 3, *body[:2], 1)))
            peer.sendall(bytes((0x3A if again else 0x32, len(self._body))) + self._body)
        elif kind == PUBACK and body == b"\0\7":
            self.acknowledged.set()
