"""The commands of the scouts: read a page without an office; watch, read and judge with one."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from afterclick.simulator.vendor_site import Shown, page
from tests.cli.test_commands import call, refused

CUP = page(Shown("Cup", Decimal("12.50"), gtin="4006381333931"))


class Shop(BaseHTTPRequestHandler):
    """A shop with one page."""

    def do_GET(self) -> None:
        found = self.path == "/cup"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(CUP.encode() if found else b"")

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def run(*words: str) -> Any:
    """`scout run` in a process of its own: the engine keeps hold of stderr."""
    command = [sys.executable, "-c", "from afterclick.cli.main import app; app()", "scout", "run", *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def office(tmp_path: Path) -> str:
    """The folder of an office whose scouts may read from this machine, and whose catalogue knows nothing yet."""
    folder = tmp_path / "office"
    call(
        "init", str(folder), "--set", "scouting.allow_private=true", "--set", "scouting.seconds_per_host=0",
        "--set", "simulator.faults=prompt",
    )  # fmt: skip
    (folder / "price-lists").mkdir()
    return str(folder)


def test_a_page_is_read_without_an_office(shop: str, tmp_path: Path) -> None:
    found = call("scout", "read", f"{shop}/cup", "--allow-private")
    assert (found["price"]["amount"], found["price"]["currency"], found["gtin"]["value"]) == ("12.50", "EUR", "4006381333931")
    assert set(found["price"]["sources"]) == {"json-ld", "visible"}
    (tmp_path / "cup.html").write_text(CUP)
    assert call("scout", "read", str(tmp_path / "cup.html"))["price"]["amount"] == "12.50"


def test_a_page_that_cannot_be_read_is_named(shop: str, tmp_path: Path) -> None:
    assert "no public address" in refused("scout", "read", f"{shop}/cup")
    assert "404" in refused("scout", "read", f"{shop}/none", "--allow-private")
    assert "none.html" in refused("scout", "read", str(tmp_path / "none.html"))


def test_a_price_list_is_read_without_an_office(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("sku;preis\nA;1,50\nB;frei\n")
    found = call("scout", "read", str(tmp_path / "list.csv"), "--currency", "EUR")
    assert [(one["vendor_sku"], one["price"], one["currency"]) for one in found["lines"]] == [("A", "1.50", "EUR")]
    assert found["named"] == [[3, "'frei' is no price"]]


def test_a_watch_is_added_read_listed_and_removed(shop: str, office: str) -> None:
    at = ("--office", office)
    assert call("scout", "add", f"{shop}/cup", "--of", "acme", *at)["watch"] == 1
    assert "already" in refused("scout", "add", f"{shop}/cup", "--of", "acme", *at)
    assert run(*at)["read"] == 1
    (one,) = call("scout", "readings", "--doubtful", *at)["readings"]
    assert (one["reading"]["amount"], one["reading"]["currency"], one["judged"]["verdict"]) == (1250, "EUR", "doubtful")
    assert "1 of 2 independent readings" in one["judged"]["because"]
    assert call("scout", "list", *at)["watches"][0]["failures"] == 0
    assert call("scout", "accept", str(one["id"]), "--because", "seen in the shop", *at)["accepted"] == one["id"]
    assert call("scout", "readings", *at)["readings"][0]["judged"]["counts"]
    assert "nothing to accept" in refused("scout", "accept", "2", "--because", "again", *at)
    assert call("scout", "remove", "1", *at)["removed"] == 1
    assert "no watch 1" in refused("scout", "remove", "1", *at)
