"""Every page is looked at in a real browser: whether everybody can read and use it, how wide it is, where its words break."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page

from afterclick.governance.people import accounts, links
from tests.control_room.entrance import Entrance
from tests.house.test_permissions import _flat
from tests.journeys.browsing import served, violations
from tests.journeys.control_room import AT_A_DESK, DESK, ON_A_PHONE, OWNER, ControlRoom, fill_in, opened
from tests.journeys.furnishing import mailed

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only, pytest.mark.timeout(300)]

VALUES: Final = {
    "/orders/{order_id}": "SELECT MIN(item) FROM tasks WHERE state = 'open' AND item_kind = 'order'"
    " UNION SELECT MIN(id) FROM orders WHERE state = 'shipped'",
    "/orders/{order_id}/change/{name}": "SELECT MIN(id), 'cancel' FROM orders WHERE state = 'shipped'"
    " UNION SELECT MIN(id), 'address' FROM orders WHERE state = 'shipped'",
    "/inbox/{task_id}": "SELECT MIN(id) FROM tasks WHERE state = 'open'",
    "/stock/counts/{number}": "SELECT MIN(id) FROM count_tasks",
    "/supply/items/{sku:path}": "SELECT MIN(sku) FROM forecasts",
    "/supply/orders/{number}": "SELECT MIN(id) FROM purchase_orders",
    "/supply/transfers/{number}": "SELECT number FROM transfers ORDER BY id LIMIT 1",
    "/supply/vendors/{vendor_id:path}": "SELECT MIN(vendor) FROM purchase_orders",
    "/people/{person_id}": "SELECT MIN(id) FROM people",
    "/bots/{bot_id}": "SELECT id FROM bots WHERE id IN ('orders.fulfil', 'orders.unstick')",
    "/integrations/vault/{name}": "SELECT MIN(name) FROM secrets",
    "/integrations/webhooks/{number}": "SELECT MIN(id) FROM subscriptions",
    "/policy/versions/{number}": "SELECT number FROM policy_versions",
    "/policy/replays/{number}": "SELECT MIN(id) FROM policy_replays",
    "/policy/limit": "SELECT 'orders.quantity_most'",
}
"""Page → a query for what stands in its address: a row is a page."""
ASKED: Final = {"/policy/limit": "name"}
"""Pages that say in a query, not in the path, what they are about."""
BESIDES: Final[tuple[str, ...]] = ("/orders?state=waiting", "/inbox?state=approved", "/nowhere")
DOORS: Final = frozenset({"/sign-in", "/sign-in/code", "/sign-in/link", "/set-up", "/decide/{token}", "/answer/{token}"})
"""Pages of those who have not signed in."""
NO_PAGE: Final = {
    "/health": "for programs", "/ready": "for programs", "/metrics": "for programs", "/live": "a stream of events",
    "/style.css": "part of pages", "/script.js": "part of pages", "/icon.svg": "part of pages",
    "/find": "leads to an order or to the list", "/orders/{order_id}/documents/{name}.{kind}": "a file",
    "/supply/orders/{number}/document": "a file", "/stock/counts.csv": "a file", "/audit/export/{kind}": "a file",
}  # fmt: skip
"""What answers GET and is no page, and why."""

BROKEN_WORDS: Final = """() => {
  const broken = [];
  for (const cell of document.querySelectorAll("td:not(.why), th")) {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      for (const word of text.data.matchAll(/\\p{L}{2,}/gu)) {
        const range = document.createRange();
        range.setStart(text, word.index);
        range.setEnd(text, word.index + word[0].length);
        if (new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1) broken.push(word[0]);
      }
    }
  }
  return broken;
}"""
"""Words in cells that stand on more than one line; the columns of reasons hold whatever outside systems say, and may break it."""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlRoom]:
    with opened(tmp_path_factory.mktemp("pages") / "office", orders=80, full=True) as room:
        yield room


def answering(room: ControlRoom) -> set[str]:
    """Every path that answers GET, but for the interface for programs."""
    return {one.path for one in _flat(room.app.routes) if "GET" in (one.methods or ()) and not one.path.startswith("/api/")}


def places(room: ControlRoom) -> list[str]:
    """A path to every kind of page that somebody sees who has signed in."""
    found: list[str] = [*BESIDES]
    for path in sorted(answering(room) - DOORS - set(NO_PAGE)):
        rows = room.rows(VALUES[path]) if path in VALUES else [()]
        found += [addressed(path, row) for row in rows]
    return found


def addressed(path: str, values: tuple[Any, ...]) -> str:
    if path in ASKED:
        return f"{path}?{ASKED[path]}={values[0]}"
    for value in values:
        before, _, rest = path.partition("{")
        path = f"{before}{value}{rest.partition('}')[2]}"
    return path


def wrong(page: Page) -> list[str]:
    """What is wrong with the page that is open, as far as a browser can tell; at a desk also for those who see differently."""
    assert page.viewport_size is not None
    said = [f"{page.url}: the word {word!r} is broken" for word in page.evaluate(BROKEN_WORDS)]
    width = page.evaluate("document.documentElement.scrollWidth")
    if width > page.viewport_size["width"]:
        said.append(f"{page.url}: {width} px wide, of which {page.viewport_size['width']} are seen")
    if page.viewport_size["width"] == DESK["width"]:
        said += violations(page)
        page.emulate_media(color_scheme="dark")
        said += violations(page, only="color-contrast")
        page.emulate_media(color_scheme="light")
    return said


def test_every_page_is_looked_at_or_named_as_none(room: ControlRoom) -> None:
    """A new page needs a line above only where something stands in its address, or where nobody signs in for it."""
    answer = answering(room)
    assert [path for path in answer - DOORS - set(NO_PAGE) if "{" in path and path not in VALUES] == []
    assert {*VALUES, *DOORS, *NO_PAGE} - answer == set()


@pytest.mark.parametrize("options", [AT_A_DESK, ON_A_PHONE], ids=["desk", "phone"])
def test_no_page_keeps_anybody_out_is_too_wide_or_breaks_a_word(room: ControlRoom, options: dict[str, Any]) -> None:
    found: list[str] = []
    with room.signed_in("anna", **options, reduced_motion="reduce") as page:
        for place in places(room):
            answer = page.goto(place)
            assert answer is not None
            assert (answer.status, page.url) == (404 if place == "/nowhere" else 200, room.address + place)
            found += wrong(page)
    assert found == []


@pytest.mark.parametrize("options", [AT_A_DESK, ON_A_PHONE], ids=["desk", "phone"])
def test_nor_does_any_page_before_somebody_has_signed_in(room: ControlRoom, options: dict[str, Any], tmp_path: Path) -> None:
    found: list[str] = []
    seen: list[tuple[int, str]] = []
    with before_anybody(tmp_path) as set_up, room.stranger(**options, reduced_motion="reduce") as page:
        for address in [set_up, *doors(room)]:
            answer = page.goto(address)
            assert answer is not None
            seen.append((answer.status, address))
            found += wrong(page)
        fill_in(page, "cautious")
        page.wait_for_url("**/sign-in/code")
        found += wrong(page)
    assert [one for one in seen if one[0] != 200] == [(410, "/set-up"), (404, "/decide/nothing")]
    assert found == []


def doors(room: ControlRoom) -> list[str]:
    """Pages that are opened without signing in, by links that count and by some that do not."""
    now_ms = room.office.clock.now_ms()
    with room.office.database.transaction() as tx:
        task, question = tx.value("SELECT task FROM questions"), tx.value("SELECT id FROM questions")
        key = links.make(tx, accounts.named(tx, "operator"), by=OWNER, now_ms=now_ms)
        decide, answer = (mailed(tx, purpose, now_ms=now_ms) for purpose in (f"task/{task}", f"question/{question}"))
    return ["/sign-in", f"/sign-in/link?key={key}", "/set-up", f"/decide/{decide}", f"/answer/{answer}", "/decide/nothing"]


@contextmanager
def before_anybody(folder: Path) -> Generator[str]:
    """The page on which the first person of an office says who they are."""
    entrance = Entrance(f"sqlite:///{folder / 'office.sqlite'}")
    key = entrance.set_up_link()
    with served(entrance.app) as address:
        yield f"{address.replace('127.0.0.1', 'localhost')}/set-up?key={key}"
    entrance.database.dispose()
