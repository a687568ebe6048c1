"""A control room at work: an office whose day is worked through, served to a browser in which people sign in."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page

from afterclick.app import Office
from afterclick.cli.trading_day import make_office, work_through
from afterclick.governance.actor import EVERYTHING, Actor
from afterclick.governance.people import accounts, signing_in
from afterclick.governance.people.accounts import NewPerson
from afterclick.governance.people.passwords import Passwords
from afterclick.governance.permissions import ROLES
from afterclick.site import recognise, site
from tests.control_room.entrance import PASSWORD, Counting
from tests.journeys.browsing import WAIT_MS, chromium, served
from tests.journeys.furnishing import furnish

OWNER: Final = Actor("person:machine", "machine", EVERYTHING, alone=True)
PHONE: Final = {"width": 390, "height": 844}
DESK: Final = {"width": 1280, "height": 900}
AT_A_DESK: Final[dict[str, Any]] = {"viewport": DESK}
ON_A_PHONE: Final[dict[str, Any]] = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
"""How a browser is opened there."""


class ControlRoom(NamedTuple):
    """A served office whose day is worked through, and a browser."""

    office: Office
    address: str
    browser: Browser
    app: FastAPI

    @contextmanager
    def stranger(self, **options: Any) -> Generator[Page]:
        """A page of somebody who has not signed in; whatever the browser complains about fails the test."""
        given: dict[str, Any] = AT_A_DESK | options
        context = self.browser.new_context(base_url=self.address, **given)
        complaints = listened(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        yield page
        context.close()
        assert complaints == []

    @contextmanager
    def signed_in(self, name: str, **options: Any) -> Generator[Page]:
        """The same of somebody who has signed in by the form."""
        with self.stranger(**options) as page:
            fill_in(page, name)
            page.wait_for_url("**/")
            yield page

    def one(self, sql: str, *values: int | str) -> Any:
        with self.office.database.reading() as tx:
            return tx.value(sql, values)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.office.database.reading() as tx:
            return tx.rows(sql)


def fill_in(page: Page, name: str) -> None:
    """Sign in by the form, as far as the password."""
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(f"{name}@shop.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def listened(context: BrowserContext) -> list[str]:
    """What the browser's console says against a page: refused by the content policy, failed, or not well written."""
    complaints: list[str] = []

    def hear(message: Any) -> None:
        if message.type in ("error", "warning") and not re.search(
            r"403 \(Forbidden\)|404 \(Not Found\)|410 \(Gone\)", message.text
        ):
            complaints.append(message.text)

    context.on("console", hear)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    return complaints


@contextmanager
def opened(folder: Path, *, orders: int = 400, full: bool = False) -> Generator[ControlRoom]:
    """An office whose day is worked through, with a person of each role; a full one has something on every page."""
    office = make_office(folder, seed=1, orders=orders, faults="all")
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
        if full:
            furnish(office, engine, password)
        app = site(office, host="127.0.0.1", authenticate=recognise(office), notify=engine.notify)
        with served(app) as address:
            yield ControlRoom(office, address, browser, app)
    office.close()
