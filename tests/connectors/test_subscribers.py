"""Webhooks that go out: to public addresses over https only, once, signed, and following nobody elsewhere."""

import gzip
import threading
import tracemalloc
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar, Final

import pytest

from afterclick.connectors.public_http import NotAllowed, is_public
from afterclick.connectors.subscribers import HttpSubscribers
from afterclick.ports.answer import Done
from afterclick.ports.subscribers import Telling, Told

SWELLING: Final = gzip.compress(bytes(50_000_000))
"""Fifty kilobytes that would become fifty megabytes."""


class Program(BaseHTTPRequestHandler):
    """A subscriber that remembers what it was told."""

    told: ClassVar[list[tuple[str, str, bytes]]] = []
    answers: ClassVar[int] = 200

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.told.append((self.path, self.headers.get("x-signed", ""), body))
        self.send_response(self.answers)
        if self.answers == 302:
            self.send_header("location", "http://169.254.169.254/")
        if self.answers == 201:
            self.send_header("content-encoding", "gzip")
        self.end_headers()
        self.wfile.write(SWELLING if self.answers == 201 else b"x" * 5_000)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    Program.told, Program.answers = [], 200
    server = HTTPServer(("127.0.0.1", 0), Program)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def told(subscribers: HttpSubscribers, url: str) -> Told:
    answer = subscribers.tell([Telling("k", url, b"{}", {"x-signed": "yes"})])[0]
    assert isinstance(answer, Done)
    return answer.answer


def local(_address: str) -> HttpSubscribers:
    return HttpSubscribers(allow_private=True, resolve=lambda _host, _port: ["127.0.0.1"], timeout_s=2)


def test_a_subscriber_is_told_with_the_headers_and_little_of_its_answer_is_read(address: str) -> None:
    answer = told(local(address), f"{address}/hook?a=1")
    assert (answer.ok, answer.status, len(answer.said)) == (True, 200, 300)
    assert Program.told == [("/hook?a=1", "yes", b"{}")]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_whatever_else_is_answered_is_no_success_and_nobody_is_followed(address: str, status: int) -> None:
    Program.answers = status
    answer = told(local(address), address)
    assert (answer.ok, answer.status, len(Program.told)) == (False, status, 1)


def test_an_answer_that_would_swell_is_not_unpacked(address: str) -> None:
    Program.answers = 201
    tracemalloc.start()
    answer = told(local(address), address)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (answer.status, len(answer.said) <= 300) == (201, True)
    assert peak < 5_000_000


def test_nobody_there_is_an_answer_too() -> None:
    answer = told(HttpSubscribers(allow_private=True, resolve=lambda _host, _port: ["127.0.0.1"]), "http://localhost:1/")
    assert (answer.ok, answer.status) == (False, 0)
    assert "ConnectError" in answer.said


@pytest.mark.parametrize("address_of", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1", "::ffff:10.0.0.1"])
def test_a_name_that_points_inside_is_not_followed_there(address_of: str) -> None:
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["93.184.215.14", address_of]

    answer = told(HttpSubscribers(resolve=resolve), "https://rebind.example/")
    assert (answer.status, asked) == (0, ["rebind.example"])
    assert "no public address" in answer.said


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/", "https://localhost/", "https://127.0.0.1/", "https://[::1]/", "https://2130706433/",
        "https://0x7f.0.0.1/", "https://127.1/", "https://10.0.0.8/", "https://printer.local/", "https://db.internal/",
        "https://anna:pw@shop.example/", "https://anna@shop.example/", "ftp://shop.example/", "gopher://shop.example/", "https://",
        "https://shop.example:0/", "https://shop.example:x/", "https://shop.example/a b", "javascript:alert(1)",
        "https://shop.example/\r\nX: y",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_and_plain_is_refused(url: str) -> None:
    with pytest.raises(NotAllowed):
        HttpSubscribers().check(url)


def test_a_plain_public_address_is_taken() -> None:
    HttpSubscribers().check("https://shop.example/hook?key=1")
    HttpSubscribers(allow_private=True).check("http://localhost:8000/hook")


@pytest.mark.parametrize(
    ("address_of", "public"),
    [("93.184.215.14", True), ("2606:4700::1111", True), ("0.0.0.1", False), ("100.64.0.1", False), ("224.0.0.1", False),
     ("192.168.1.1", False), ("64:ff9b::a00:1", False), ("2002:7f00:1::", False),
     ("::127.0.0.1", False), ("fec0::1", False), ("64:ff9b:1::7f00:1", False), ("::ffff:0:127.0.0.1", False), ("5f00::1", False),
     ("fe80::1%eth0", False), ("nonsense", False)],
)  # fmt: skip
def test_public_is_what_the_internet_can_reach(address_of: str, public: bool) -> None:
    assert is_public(address_of) is public
