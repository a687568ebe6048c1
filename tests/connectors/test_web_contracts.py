"""The web over HTTP, the folder of price lists and the pretend site all do what the port asks."""

import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from afterclick.connectors.price_folder import PriceFolder
from afterclick.connectors.web import HttpWeb
from afterclick.simulator.vendor_site import Shown, VendorSite
from tests.ports.web_contract import WebContract


class Page(BaseHTTPRequestHandler):
    """One page that knows its mark."""

    def do_GET(self) -> None:
        known = self.headers.get("If-None-Match") == '"one"'
        self.send_response(404 if self.path != "/page" else 304 if known else 200)
        self.send_header("Content-Type", "text/html")
        self.send_header("ETag", '"one"')
        self.end_headers()
        if not known:
            self.wfile.write(b"<html>page</html>")

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


class TestHttpWeb(WebContract):
    @pytest.fixture
    def web(self, site: str) -> HttpWeb:
        return HttpWeb(every_s=0, allow_private=True)

    @pytest.fixture
    def here(self, site: str) -> str:
        return f"{site}/page"

    @pytest.fixture
    def nowhere(self, site: str) -> str:
        return f"{site}/none"


class TestPriceFolder(WebContract):
    @pytest.fixture
    def web(self, tmp_path: Path) -> PriceFolder:
        (tmp_path / "a.csv").write_text("sku,price")
        return PriceFolder(tmp_path)

    @pytest.fixture
    def here(self) -> str:
        return "file:a.csv"

    @pytest.fixture
    def nowhere(self) -> str:
        return "file:b.csv"


class TestVendorSite(WebContract):
    @pytest.fixture
    def web(self) -> VendorSite:
        site = VendorSite()
        site.show("https://a.example/", Shown("Cup", Decimal("9.99")))
        return site

    @pytest.fixture
    def here(self) -> str:
        return "https://a.example/"

    @pytest.fixture
    def nowhere(self) -> str:
        return "https://a.example/none"
