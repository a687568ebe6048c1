"""People at work in the control room, in a real browser: one worked day, every role, with and without the script, at the desk
and on a phone."""

import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from afterclick.app import Office
from afterclick.cli.trading_day import make_office, work_through
from afterclick.governance.actor import EVERYTHING, Actor
from afterclick.governance.people import accounts, signing_in
from afterclick.governance.people.accounts import NewPerson
from afterclick.governance.people.passwords import Passwords
from afterclick.governance.permissions import ROLES, Permission, permitted
from afterclick.site import recognise, site
from tests.control_room.entrance import PASSWORD, Counting
from tests.journeys.browsing import WAIT_MS, chromium, served, violations

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only, pytest.mark.timeout(300)]

OWNER: Final = Actor("person:machine", "machine", EVERYTHING, alone=True)
MENU: Final[dict[str, Permission]] = {
    "Overview": "orders.read", "Orders": "orders.read", "Inbox": "orders.read", "Stock": "stock.read",
    "Supply": "supply.read", "Bots": "bots.read",
    "Policy": "policy.read", "Audit": "audit.read", "People": "people.read", "Integrations": "integrations.read",
    "Settings": "settings.read",
}  # fmt: skip
PHONE: Final = {"width": 390, "height": 844}
DESK: Final = {"width": 1280, "height": 900}


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


class ControlRoom(NamedTuple):
    """A served office whose day is worked through, and a browser."""

    office: Office
    address: str
    browser: Browser

    @contextmanager
    def signed_in(self, name: str, **options: Any) -> Generator[Page]:
        """A page of somebody who has signed in by the form; whatever the browser complains about fails the test."""
        given: dict[str, Any] = {"viewport": DESK} | options
        context = self.browser.new_context(base_url=self.address, **given)
        complaints = listened(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.goto("/sign-in")
        page.get_by_label("E-mail address").fill(f"{name}@shop.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/")
        yield page
        context.close()
        assert complaints == []

    def one(self, sql: str, *values: int | str) -> Any:
        with self.office.database.reading() as tx:
            return tx.value(sql, values)

    def places(self) -> list[str]:
        """A path to every kind of page."""
        order = self.one("SELECT MIN(item) FROM tasks WHERE state = 'open' AND item_kind = 'order'")
        task = self.one("SELECT MIN(id) FROM tasks WHERE state = 'open'")
        shipped = self.one("SELECT MIN(id) FROM orders WHERE state = 'shipped'")
        person = self.one("SELECT MIN(id) FROM people")
        return [
            "/", "/orders", "/orders?state=waiting", f"/orders/{order}", f"/orders/{shipped}", f"/orders/{shipped}/change/cancel",
            f"/orders/{shipped}/change/address", "/inbox", "/inbox?state=approved", f"/inbox/{task}", "/stock", "/bots",
            "/bots/orders.fulfil", "/bots/orders.unstick", "/policy", "/policy/versions", "/policy/versions/1", "/policy/text",
            "/policy/limit?name=orders.quantity_most", "/audit", "/audit/proof", "/audit/erase", "/people", f"/people/{person}",
            "/me", "/me/tokens/new", "/integrations", "/integrations/vault", "/integrations/webhooks", "/settings", "/help",
            "/nowhere",
        ]  # fmt: skip


def listened(context: BrowserContext) -> list[str]:
    """What the browser's console says against a page: refused by the content policy, failed, or not well written."""
    complaints: list[str] = []

    def hear(message: Any) -> None:
        if (
            message.type in ("error", "warning")
            and "404 (Not Found)" not in message.text
            and "403 (Forbidden)" not in message.text
        ):
            complaints.append(message.text)

    context.on("console", hear)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    return complaints


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlRoom]:
    folder: Path = tmp_path_factory.mktemp("journey") / "office"
    office = make_office(folder, seed=1, orders=400, faults="all")
    password = Passwords(Counting()).hash(PASSWORD)
    with office.database.transaction() as tx:
        people = [accounts.add_first(tx, "anna", "anna@shop.example", alone=True, now_ms=office.clock.now_ms())]
        people += [
            accounts.add(tx, NewPerson(role, f"{role}@shop.example", (role,)), by=OWNER, now_ms=office.clock.now_ms())
            for role in ROLES
        ]
        for person in people:
            signing_in.set_password(tx, person, password, but="", now_ms=office.clock.now_ms())
    with office.engine() as engine, chromium() as browser:
        work_through(office, engine, lambda: None)
        app = site(office, host="127.0.0.1", authenticate=recognise(office), notify=engine.notify)
        with served(app) as address:
            yield ControlRoom(office, address, browser)
    office.close()


def state_of(page: Page) -> str:
    return page.locator("h1 .pill").inner_text().strip()


def test_a_stuck_order_is_found_approved_with_the_keyboard_and_seen_to_move_on_live(room: ControlRoom) -> None:
    with room.signed_in("anna") as page, room.signed_in("operator") as watching:
        task, order = room.one("SELECT MIN(id) FROM tasks WHERE state = 'open' AND stage = 'genuine'"), 0
        order = room.one("SELECT item FROM tasks WHERE id = ?", task)
        number = room.one("SELECT external_id FROM orders WHERE id = ?", order)
        watching.goto(f"/orders/{order}")
        assert state_of(watching) == "inbox"

        page.keyboard.press("/")
        page.keyboard.type(str(number))
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text(str(number))
        page.get_by_role("link", name=re.compile(f"question {task}", re.I)).first.click()
        expect(page.locator("h1")).to_contain_text(f"Question {task}")
        page.keyboard.press("a")
        page.wait_for_url(lambda url: not url.endswith(f"/inbox/{task}"))

        expect(watching.locator("h1 .pill")).to_have_text("shipped", timeout=WAIT_MS)
    assert room.one("SELECT decided_by FROM tasks WHERE id = ?", task) == "person:anna"


def test_questions_are_walked_through_with_j_and_k_and_rejected_with_r(room: ControlRoom) -> None:
    with room.signed_in("operator") as page:
        page.goto("/inbox")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("k")
        selected = page.locator(
            "[data-item][aria-current], [data-item][aria-current=true], [data-item]:focus, [data-item]:focus-within"
        ).first
        task = int(str(selected.get_attribute("data-item")).removeprefix("task-"))
        page.keyboard.press("r")
        expect(page.locator(f"[data-item=task-{task}]")).to_have_count(0)
    assert room.one("SELECT state FROM tasks WHERE id = ?", task) == "rejected"


def test_a_limit_is_changed_replayed_put_in_force_and_taken_back(room: ControlRoom) -> None:
    with room.signed_in("anna") as page:
        page.goto("/policy/limit?name=orders.ask_score")
        page.get_by_label("Value").fill("5")
        page.get_by_label("Why").fill("look at more orders before Christmas")
        page.get_by_role("button", name="Propose").click()
        expect(page.locator("h1")).to_contain_text("proposed")
        version = page.locator("h1").inner_text().split()[1]

        page.get_by_role("button", name="Replay").click()
        expect(page.get_by_text("would have been different")).to_be_visible(timeout=WAIT_MS)
        assert page.get_by_role("heading", name="What would have gone differently").is_visible()

        page.goto(f"/policy/versions/{version}")
        page.get_by_label("whole").check()
        page.get_by_role("button", name="Put in force").click()
        expect(page.locator("h1 .pill")).to_have_text("active")
        assert "person:anna" in page.get_by_role("main").inner_text()

        page.goto("/policy")
        expect(page.get_by_text(f"Version {version}").first).to_be_visible()
        page.get_by_label(re.compile("Reason")).last.fill("too many questions")
        page.get_by_role("button", name="Roll back").click()
        expect(page.get_by_text("Version 1").first).to_be_visible()
    assert room.one("SELECT state FROM policy_versions WHERE number = 1") == "active"


@pytest.mark.parametrize("role", ROLES)
def test_each_role_finds_in_the_menu_what_it_may_see_and_nothing_else(room: ControlRoom, role: Any) -> None:
    with room.signed_in(role) as page:
        shown = [text.split()[0] for text in page.get_by_role("navigation", name="Pages").get_by_role("link").all_inner_texts()]
        may = permitted([role])
        # Who may only take a person out of the log finds the way to that under the same name.
        expected = [name for name, needs in MENU.items() if needs in may or (name == "Audit" and "audit.erase" in may)]
        assert [name for name in shown if name != "Help"] == expected
        for name, needs in MENU.items():
            answer = page.goto("/" if name == "Overview" else f"/{name.lower()}")
            assert answer is not None
            assert answer.status == (200 if needs in permitted([role]) else 403), name


def test_without_the_script_a_question_is_answered_all_the_same(room: ControlRoom) -> None:
    with room.signed_in("operator", java_script_enabled=False) as page:
        task = room.one("SELECT MIN(id) FROM tasks WHERE state = 'open' AND item_kind = 'order'")
        page.goto("/inbox")
        page.get_by_role("link", name=f"No. {task}", exact=True).click()
        page.get_by_role("button", name="Approve").click()
    assert room.one("SELECT decided_by FROM tasks WHERE id = ?", task) == "person:operator"


def test_no_page_is_wider_than_a_phone(room: ControlRoom) -> None:
    with room.signed_in("anna", viewport=PHONE, has_touch=True, is_mobile=True) as page:
        wide: list[str] = []
        for place in room.places():
            page.goto(place)
            width = page.evaluate("document.documentElement.scrollWidth")
            if width > PHONE["width"]:
                wide.append(f"{place}: {width} px")
    assert wide == []


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_no_word_in_a_table_is_broken_in_the_middle(room: ControlRoom, viewport: Any) -> None:
    broken: list[str] = []
    with room.signed_in("anna", viewport=viewport) as page:
        for place in room.places():
            page.goto(place)
            broken += [f"{place}: {word}" for word in page.evaluate(BROKEN_WORDS)]
    assert broken == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_keeps_anybody_out_by_how_it_is_made(room: ControlRoom, theme: Any) -> None:
    found: list[str] = []
    with room.signed_in("anna", color_scheme=theme, reduced_motion="reduce") as page:
        for place in room.places():
            page.goto(place)
            found += violations(page)
        page.goto("/sign-out")
        found += violations(page)
    with chromium_page(room, theme) as page:
        page.goto("/sign-in")
        found += violations(page)
    assert found == []


@contextmanager
def chromium_page(room: ControlRoom, theme: Any) -> Generator[Page]:
    """A page of somebody who has not signed in."""
    context = room.browser.new_context(base_url=room.address, color_scheme=theme)
    yield context.new_page()
    context.close()
