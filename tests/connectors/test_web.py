"""Pages are read politely, within limits and from public addresses alone; whatever a site does, the rest goes on."""

import gzip
import itertools
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, Final

import pytest

from afterclick.connectors.price_folder import PriceFolder
from afterclick.connectors.web import HttpWeb
from afterclick.connectors.web_manners import Manners, read_robots
from afterclick.connectors.web_reading import Limits
from afterclick.ports.web import Fetched, Visit

BOMB: Final = gzip.compress(bytes(30_000_000))
SMALL: Final = Limits(page=100_000, table=200_000, answer_s=2.0, whole_s=0.3)
keys = itertools.count()


class Site(BaseHTTPRequestHandler):
    """A site that does at each address what its name says."""

    robots: ClassVar[tuple[int, bytes, str]] = (404, b"", "text/plain")
    asked: ClassVar[list[tuple[str, dict[str, str]]]] = []

    def do_GET(self) -> None:
        self.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        if self.path == "/robots.txt":
            self.say(self.robots[0], self.robots[1], self.robots[2], location="/robots.txt" if self.robots[0] == 302 else "")
        else:
            getattr(self, "at_" + self.path.strip("/").replace("/", "_").partition("?")[0], self.at_page)()

    def say(self, status: int, body: bytes = b"", kind: str = "text/html", **more: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in more.items():
            if value:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def at_page(self) -> None:
        if self.headers.get("If-None-Match") == '"one"':
            self.say(304)
        else:
            self.say(200, b"<html>page</html>", ETag='"one"', Last_Modified="Tue, 01 Dec 2026 10:00:00 GMT")

    def at_large(self) -> None:
        self.say(200, b"x" * 150_000)

    def at_endless(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        for _ in range(50):
            self.wfile.write(b"x" * 10_000)

    def at_bomb(self) -> None:
        self.say(200, BOMB, Content_Encoding="gzip")

    def at_brotli(self) -> None:
        self.say(200, b"x", Content_Encoding="br")

    def at_damaged(self) -> None:
        self.say(200, b"no gzip at all", Content_Encoding="gzip")

    def at_picture(self) -> None:
        self.say(200, b"x", "image/png")

    def at_loop(self) -> None:
        self.say(302, location="/loop")

    def at_moved(self) -> None:
        self.say(301, location="/page")

    def at_inside(self) -> None:
        self.say(302, location="http://10.0.0.1/secret")

    def at_other(self) -> None:
        self.say(302, location="ftp://shop.example/x")

    def at_busy(self) -> None:
        self.say(503, Retry_After="120")

    def at_cookie(self) -> None:
        self.say(200, b"<html></html>", Set_Cookie="a=b")

    def at_drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        for _ in range(40):
            self.wfile.write(b"x")
            self.wfile.flush()
            threading.Event().wait(0.05)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    Site.robots, Site.asked = (404, b"", "text/plain"), []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.handle_error = lambda request, client_address: None  # whoever hangs up on a drip is in the right
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://shop.example:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def local(**more: Any) -> HttpWeb:
    return HttpWeb(every_s=0, allow_private=True, limits=SMALL, resolve=lambda _host, _port: ["127.0.0.1"], **more)


def visit(web: HttpWeb, url: str, **more: Any) -> Fetched:
    return web.visit(Visit(f"k{next(keys)}", url, **more))


def test_a_page_comes_with_its_fingerprint_and_is_not_sent_twice(site: str) -> None:
    web = local(contact="shop@example.org")
    came = visit(web, f"{site}/page")
    assert (came.status, came.body, came.etag) == (200, b"<html>page</html>", '"one"')
    assert len(came.sha256) == 64
    again = visit(web, f"{site}/page", etag=came.etag, modified=came.modified)
    assert again.unchanged
    sent = Site.asked[-1][1]
    assert "Afterclick-Scout" in sent["user-agent"]
    assert "shop@example.org" in sent["user-agent"]
    assert sent["host"].startswith("shop.example")


@pytest.mark.parametrize(
    ("path", "because"),
    [
        ("/large", "has 150,000 bytes, more than 100,000"), ("/endless", "more than 100,000 bytes"), ("/bomb", "when unpacked"),
        ("/brotli", "packed as br"), ("/damaged", "it is damaged"), ("/picture", "image/png"),
        ("/loop", "redirects more than 5 times"),
        ("/drip", "it drips"), ("/other", "https:// or http://"),
    ],
)  # fmt: skip
def test_what_a_hostile_page_does_is_said_with_its_address(site: str, path: str, because: str) -> None:
    web = local()
    came = visit(web, site + path)
    assert came.status == 0
    assert because in came.said
    assert path in came.said
    assert visit(web, f"{site}/page").ok


def test_a_redirect_is_followed_and_checked_anew(site: str) -> None:
    assert visit(local(), f"{site}/moved").url.endswith("/page")
    inside = HttpWeb(every_s=0, limits=SMALL, resolve=lambda host, _port: [host if host[0] == "1" else "93.184.216.34"])
    assert "no public address" in visit(inside, "http://10.0.0.1/").said


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://localhost/", "http://[::1]/", "http://169.254.169.254/latest", "http://10.1.2.3/", "ftp://x/",
     "http://a:b@shop.example/", "http://shop.example:0/", "http://2130706433/", "file:/etc/passwd",
     "http://sh op/", "nonsense"],
)  # fmt: skip
def test_no_address_inside_is_ever_asked(url: str) -> None:
    came = visit(HttpWeb(every_s=0, limits=SMALL, resolve=lambda host, _port: ["127.0.0.1" if host[:1].isalpha() else host]), url)
    assert came.status == 0
    assert came.said


@pytest.mark.parametrize(
    ("robots", "allowed"),
    [
        ((404, b"", "text/plain"), True), ((403, b"", "text/plain"), True),
        ((200, b"User-agent: *\nDisallow: /\n", "text/plain"), False),
        ((200, b"User-agent: *\nDisallow: /private\n", "text/plain"), True),
        ((200, b"User-agent: Afterclick-Scout\nDisallow: /page\n", "text/plain"), False), ((500, b"", "text/plain"), False),
        ((503, b"", "text/plain"), False), ((429, b"", "text/plain"), False), ((302, b"", "text/plain"), False),
        ((200, b"\0\1\2" * 1000, "text/plain"), False), ((200, b"<!doctype html><html>home</html>", "text/html"), True),
        ((200, b"User-agent: *\nDisallow: /" + b"*a" * 500 + b"\n", "text/plain"), False),
        ((200, b"User-agent: *\nDisallow: /x\n" + b"# filler\n" * 100_000, "text/plain"), False),
    ],
)  # fmt: skip
def test_robots_txt_is_honoured_however_hostile_it_is(site: str, robots: tuple[int, bytes, str], allowed: bool) -> None:
    Site.robots = robots
    began_s = time.process_time()
    came = visit(local(), f"{site}/page")
    assert came.ok is allowed, came.said
    assert allowed or "robots.txt" in came.said
    assert time.process_time() - began_s < 5


def test_robots_txt_is_read_once_a_day_and_its_delay_kept(site: str) -> None:
    Site.robots = (200, b"User-agent: *\nCrawl-delay: 7\n", "text/plain")
    now, waited = [0.0], list[float]()
    web = local(clock=lambda: now[0], pause=waited.append)
    for _ in range(3):
        visit(web, f"{site}/page")
    assert [path for path, _ in Site.asked].count("/robots.txt") == 1
    assert waited == [7.0, 14.0]
    now[0] = 90_000.0
    visit(web, f"{site}/page")
    assert [path for path, _ in Site.asked].count("/robots.txt") == 2


def test_a_host_that_is_busy_is_left_alone_as_long_as_it_asks(site: str) -> None:
    now = [0.0]
    web = local(clock=lambda: now[0])
    assert visit(web, f"{site}/busy").wait_s == 120
    assert "left alone" in visit(web, f"{site}/page").said
    now[0] = 121.0
    assert visit(web, f"{site}/page").ok


def test_a_host_that_keeps_failing_rests_longer_each_time() -> None:
    manners = Manners(every_s=1, clock=lambda: 0.0, pause=lambda _: None)
    assert [manners.failed("a") for _ in range(9)] == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert manners.failed("b", "Tue, 01 Dec 2026 10:00:00 GMT") == 3600


def test_no_cookie_is_kept(site: str) -> None:
    web = local()
    visit(web, f"{site}/cookie")
    visit(web, f"{site}/page")
    assert "cookie" not in Site.asked[-1][1]


def test_visits_go_out_beside_other_work_and_are_picked_up_once(site: str) -> None:
    web = local()
    web.fetch([Visit(f"v{n}", f"{site}/page?{n}") for n in range(3)] + [Visit("v0", f"{site}/page?0")])
    came: list[Fetched] = []
    until = time.monotonic() + 10
    while len(came) < 3 and time.monotonic() < until:
        came += web.arrived(2)
        threading.Event().wait(0.01)
    assert sorted(one.key for one in came) == ["v0", "v1", "v2"]
    assert web.held() == 0
    assert not web.arrived(5)


def test_a_price_list_is_read_from_its_folder_and_from_nowhere_else(tmp_path: Path) -> None:
    folder = tmp_path / "lists"
    folder.mkdir()
    (folder / "a.csv").write_text("sku,price\n")
    (tmp_path / "secret.csv").write_text("x")
    files = PriceFolder(folder)
    files.fetch(
        [Visit("a", "file:a.csv"), Visit("b", "file:../secret.csv"), Visit("c", "file:none.csv"), Visit("d", "file:/etc/passwd")]
    )
    found = {one.key: one for one in files.arrived(9)}
    assert found["a"].body == b"sku,price\n"
    assert files.visit(Visit("e", "file:a.csv", etag=found["a"].etag)).unchanged
    assert [found[key].ok for key in "bcd"] == [False] * 3
    assert "does not lie in" in found["b"].said


def test_rules_are_read_by_the_longest_match() -> None:
    robots = read_robots(200, b"User-agent: *\nDisallow: /\nAllow: /shop/\n", agent="Afterclick-Scout")
    assert robots.forbids("https://a.example/admin")
    assert not robots.forbids("https://a.example/shop/cup")
