"""Takes pictures of the control room's main pages: a day of the simulated company, worked through, seen by whoever signed in.

For the README and the docs, so that what they show is what a person sees:

    python bench/pictures.py
"""

import argparse
import contextlib
import io
import re
import secrets
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, Final, NamedTuple

import uvicorn
from fastapi import FastAPI
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from afterclick.app import Office
from afterclick.cli.trading_day import make_office, work_through
from afterclick.governance import figures
from afterclick.governance.people import accounts, signing_in
from afterclick.governance.people.passwords import Passwords
from afterclick.site import recognise, site

DESK_PX: Final = 1280
PHONE: Final[dict[str, Any]] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
MOST_COLOURS: Final = 256
"""As many as a palette holds: enough for flat pages and the soft edges of their letters, in a third of the bytes."""
NAME: Final = "anna"
ADDRESS: Final = "anna@shop.example"
WAIT_MS: Final = 20_000
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Scene(NamedTuple):
    """One picture: its name, how tall it is in CSS pixels, and what brings the page before the camera."""

    name: str
    height: int
    go: Callable[[Page, Office], None]


def main() -> int:
    """Work through the day, sign in, and write one PNG a scene."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "docs" / "pictures", help="the folder for them")
    options.add_argument("--orders", type=int, default=2_000, help="orders in the day")
    options.add_argument("--only", default="", help="names of pictures, with commas; all if left out")
    given = options.parse_args()
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
    if not program:
        print(
            "there is no Chromium here, so no picture was taken; on Debian and Ubuntu: apt-get install chromium", file=sys.stderr
        )
        return 1
    given.out.mkdir(parents=True, exist_ok=True)
    wanted = frozenset(filter(None, given.only.split(",")))
    password = secrets.token_urlsafe(16)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        office = make_office(Path(folder) / "office", seed=1, orders=given.orders, faults="all")
        let_in(office, password)
        with office.engine() as engine:
            work_through(office, engine, lambda: None)
            count(office)
            with served(site(office, host="127.0.0.1", authenticate=recognise(office), notify=engine.notify)) as address:
                browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
                take(browser, office, address, password, given.out, wanted)
                browser.close()
        office.close()
    return 0


def let_in(office: Office, password: str) -> None:
    """The one person of the demo shop, who runs it alone."""
    with office.database.transaction() as tx:
        now_ms = office.clock.now_ms()
        person = accounts.add_first(tx, NAME, ADDRESS, alone=True, now_ms=now_ms)
        signing_in.set_password(tx, person, Passwords().hash(password), but="", now_ms=now_ms)


def count(office: Office) -> None:
    """Bring the day's figures up to date, for which a running engine has five seconds."""
    with office.database.transaction() as tx:
        while figures.advance(tx):
            pass


def take(browser: Browser, office: Office, address: str, password: str, out: Path, wanted: frozenset[str]) -> None:
    """Every wanted picture, by day, by night, and on a phone."""
    desk: dict[str, Any] = {"viewport": {"width": DESK_PX, "height": 900}}
    ways: tuple[tuple[str, dict[str, Any], tuple[Scene, ...]], ...]
    ways = (("", desk, SCENES), ("-dark", desk | {"color_scheme": "dark"}, DARK), ("-phone", PHONE, ON_A_PHONE))
    for suffix, options, scenes in ways:
        chosen = [scene for scene in scenes if not wanted or scene.name + suffix in wanted]
        if not chosen:
            continue
        context = browser.new_context(base_url=address, reduced_motion="reduce", **options)
        page = signed_in(context.new_page(), password)
        for scene in chosen:
            scene.go(page, office)
            page.set_viewport_size({"width": options["viewport"]["width"], "height": scene.height})
            page.evaluate("scrollTo(0, 0)")
            file = out / f"{scene.name}{suffix}.png"
            file.write_bytes(smaller(page.screenshot(animations="disabled", caret="hide")))
            print(f"{file.name:<22}{file.stat().st_size / 1000:>6.0f} KB")
        context.close()


def signed_in(page: Page, password: str) -> Page:
    """The page of somebody who came in by the form."""
    page.set_default_timeout(WAIT_MS)
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(ADDRESS)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    return page


def smaller(picture: bytes) -> bytes:
    """The same picture in few colours."""
    written = io.BytesIO()
    with Image.open(io.BytesIO(picture)) as full:
        full.convert("RGB").quantize(MOST_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
            written, "PNG", optimize=True
        )
    return written.getvalue()


@contextlib.contextmanager
def served(app: FastAPI) -> Generator[str]:
    """The application on a free port of this machine; yields its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def at(place: str) -> Callable[[Page, Office], None]:
    """A page that always has the same address."""
    return lambda page, _: (page.goto(place), None)[1]


def question(page: Page, office: Office) -> None:
    """The first order that looked like fraud."""
    page.goto(f"/inbox/{one(office, SUSPICIOUS)}")


def order(page: Page, office: Office) -> None:
    """The case behind that question."""
    page.goto(f"/orders/{one(office, f'SELECT item FROM tasks WHERE id = ({SUSPICIOUS})')}")


def replay(page: Page, _: Office) -> None:
    """A stricter limit, proposed and held against the day."""
    page.goto("/policy/limit?name=orders.ask_score")
    page.get_by_label("Value").fill("5")
    page.get_by_label("Why").fill("look at more orders before Christmas")
    page.get_by_role("button", name="Propose").click()
    page.get_by_role("button", name="Replay").click()
    page.get_by_role("heading", name="What would have gone differently").wait_for()


def audit(page: Page, office: Office) -> None:
    """What people did, after one has decided something."""
    question(page, office)
    page.get_by_label(re.compile("^Note")).first.fill("called her: it is a gift")
    page.get_by_role("button", name="Approve").click()
    page.goto("/audit?actor=person:")


def one(office: Office, sql: str) -> Any:
    """A single value of the office's database."""
    with office.database.reading() as tx:
        return tx.value(sql)


SUSPICIOUS: Final = "SELECT MIN(id) FROM tasks WHERE state = 'open' AND stage = 'genuine'"
SCENES: Final = (
    Scene("overview", 1_260, at("/")), Scene("inbox", 890, at("/inbox")), Scene("question", 1_000, question),
    Scene("order", 1_075, order), Scene("bot", 1_380, at("/bots/orders.fulfil")), Scene("policy-replay", 900, replay),
    Scene("audit", 800, audit), Scene("purchase", 1_100, at("/supply/orders/1")),
)  # fmt: skip
DARK: Final = (Scene("overview", 1_260, at("/")),)
ON_A_PHONE: Final = (Scene("inbox", 844, at("/inbox")),)


if __name__ == "__main__":
    sys.exit(main())
