"""An office in which every text that somebody from outside may choose attacks whoever reads it."""

import json
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import httpx
from fastapi.routing import APIRoute

from afterclick.app import Office
from afterclick.control_room.access import SESSION
from afterclick.governance import links
from afterclick.governance.actor import EVERYTHING, Actor
from afterclick.governance.people import accounts, sessions
from afterclick.governance.people.accounts import NewPerson, Person
from afterclick.governance.permissions import DESKS, ROLES
from afterclick.orders.intake.arrivals import take_in
from afterclick.site import recognise, site
from tests.control_room.api_office import document, furnish
from tests.control_room.browser import Browser
from tests.house.test_permissions import _flat

MARK: Final = "x-evil"
"""The element and the attribute that only an attack could bring onto a page."""
LINE: Final = f"""<{MARK} onload=1>'{MARK}='1' "{MARK}="1" >&{{{{'wxqz'*3}}}}{{% raw %}}';DROP TABLE orders;--"""
"""One printable line: markup, the ends of both kinds of attribute, a template, and SQL."""
HOSTILE: Final = f"{LINE}<script>alert(1)</script>\r\nX-Evil: 1\r\n\r\n<img src=//evil.example onerror=alert(2)>"
SECRET: Final = "s3cret"
WORKED_OUT: Final = "wxqzwxqzwxqz"
"""What the template in `LINE` would become if anything ran it."""
ODD: Final = ("0", "-1", "9" * 25, "..%2f..%2fetc%2fpasswd", "%00", "1%20OR%201=1--", "%2e%2e", "%ff%fe", "x" * 3_000)
"""Values in a path, as they stand in an address."""
_ADDRESSES: Final = ("href", "src", "action", "formaction", "data", "poster", "srcset", "background", "ping")
_OURS: Final = re.compile(r"(/(?![/\\])|[#?]|https://[a-z.]+\.example/|mailto:)")


class Parts(HTMLParser):
    """What is wrong with a page, and the names of its fields with its form token."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.fields: set[str] = set()
        self.token = ""
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag in (MARK, "iframe", "object", "embed", "base", "img", "style") or (tag == "meta" and "http-equiv" in found):
            self.wrong.append(f"<{tag}>")
        if tag == "script" and not found.get("src", "").startswith("/script.js"):
            self.wrong.append("<script>")
        for name, value in found.items():
            if name == MARK or name.startswith("on") or name == "style" or '"' in name or "'" in name:
                self.wrong.append(f"{tag} {name}={value}")
            if name in _ADDRESSES and not _OURS.match(value):
                self.wrong.append(f"{tag} {name}={value}")
        if tag in ("input", "select", "textarea", "button") and "name" in found:
            self.fields.add(found["name"])
            if found["name"] == "form_token":
                self.token = found.get("value", "")

    def handle_data(self, data: str) -> None:
        self.text += data


class Besieged:
    """The whole site over the office, with real sessions."""

    def __init__(self, office: Office, alone: Person, other: Person) -> None:
        self.office = office
        self.alone = alone
        self.other = other
        self.app = site(office, host="127.0.0.1", authenticate=recognise(office))
        self.link = ""

    def browser(self, person: Person | None = None) -> Browser:
        """A browser in which the one who runs the shop alone, or somebody else, has signed in just now."""
        made = Browser(self.app)
        how, now_ms = sessions.Lasting(), self.office.clock.now_ms()
        with self.office.database.transaction() as tx:
            secret = sessions.begin(tx, person or self.alone, way="password", device="x", address="", lasting=how, now_ms=now_ms)
        made.cookies.set(SESSION, secret)
        return made

    def token(self, browser: Browser) -> str:
        """The form token of this browser's session."""
        return Parts(self.page(browser, "/me").text).token

    def page(self, browser: Browser, path: str) -> httpx.Response:
        """A page, as a browser asks for it."""
        return browser.get(path, headers={"accept": "text/html"})

    def routes(self, method: str) -> Iterator[APIRoute]:
        """Every route of the site that answers this method."""
        return (route for route in _flat(self.app.routes) if method in (route.methods or ()))

    def known(self, path: str) -> str:
        """The path with numbers and names of things that are there."""
        real = {
            "token": self.link, "bot_id": "orders.fulfil", "store": "shop", "sku": "CUP", "kind": "csv", "deed": "note",
            "verb": "pause", "change": "link", "seq": "0",
        }  # fmt: skip
        real["name"] = "hold" if path.startswith("/orders") else "webhooks.secret" if "vault" in path else "x"
        return re.sub(r"\{(\w+)\}", lambda found: real.get(found[1], "1"), path)

    def rows(self, sql: str, *values: int | str) -> list[tuple[Any, ...]]:
        """What a query finds."""
        with self.office.database.reading() as tx:
            return tx.rows(sql, values)


def with_value(path: str, value: str) -> str:
    """The path with this in every place."""
    return re.sub(r"\{\w+\}", lambda _: value, path)


def _poison(office: Office) -> None:
    """Hostile text wherever a customer, a store, a colleague or a system outside chose the words."""
    now_ms = office.clock.now_ms()
    said = json.loads(document(9)) | {"id": LINE[:90], "note": HOSTILE, "customer": {"id": LINE[:90], "email": LINE[:60]}}
    said |= {"ship_to": dict.fromkeys(("name", "line1", "line2", "city", "postcode", "region"), LINE[:99]) | {"country": "DE"}}
    said |= {"lines": [{"sku": LINE[:60], "quantity": 1, "unit_price": "20.00"}]}
    with office.database.transaction() as tx:
        arrived = take_in(tx, [json.dumps(said).encode(), HOSTILE.encode()], store=LINE, by="webhook:shop", now_ms=now_ms)
        office.record(tx, arrived.events, by=f"webhook:{LINE}")
        for sql in (
            "UPDATE tasks SET because = ?, proposal = ?, note = ?, facts = ?, who = ?",
            "UPDATE orders SET external_id = ?, customer = ?, store = ?, because = ?, waiting_for = ? WHERE id = 1",
            "UPDATE order_lines SET sku = ?", "UPDATE people SET name = ? WHERE id = 2", "UPDATE items SET name = ?",
            "UPDATE warehouses SET name = ?, country = ?", "UPDATE bots SET because = ?, owner = ? WHERE id = 'orders.fulfil'",
            "UPDATE events SET because = ?, facts = ?, object = ? WHERE order_id IS NULL", "UPDATE events SET because = ?",
        ):  # fmt: skip
            tx.run(sql, (HOSTILE,) * sql.count("?"))
        tx.run("INSERT INTO subscriptions (url, events, secret, state, made_by, made_ms, since_block)"
               " VALUES (?, ?, 'salt', 'active', ?, 1, 0)", (HOSTILE, json.dumps([HOSTILE]), HOSTILE))  # fmt: skip
        tx.run("INSERT INTO tellings (subscription, block, seq, activity, state, tries_left, next_ms, added_ms, said)"
               " VALUES (1, 1, 0, ?, 'dead', 0, 1, 1, ?)", (HOSTILE, HOSTILE))  # fmt: skip


@contextmanager
def besieged(folder: Path, url: str, *, poisoned: bool = True) -> Generator[Besieged]:
    """An office of which every word is hostile, unless it is not to be poisoned; open for the length of the block."""
    shop = LINE.replace('"', "'") if poisoned else "Shop"
    values: dict[str, str | int] = {"shop.name": shop, "api.requests_per_minute": 0, "webhooks.secret": SECRET}
    Office.create(folder / "office", values | {"database.url": "" if url.startswith("sqlite") else url})
    office = Office.open(folder / "office")
    try:
        made = _prepared(office)
        if poisoned:
            _poison(office)
        yield made
    finally:
        office.close()


def _prepared(office: Office) -> Besieged:
    furnish(office)
    now_ms, machine = office.clock.now_ms(), Actor("person:machine", "machine", EVERYTHING, alone=True)
    with office.database.transaction() as tx:
        alone = accounts.change_roles(tx, 1, ROLES, DESKS, by=machine, now_ms=now_ms, alone=True)
        other = accounts.add(tx, NewPerson("Bob", "bob@shop.example", ["viewer"]), by=machine, now_ms=now_ms)
        links.make(tx, [links.Wanted("task/1", alone.actor_id, "a@b.example", now_ms + 10**9)], mail=1, now_ms=now_ms)
        (link,) = [one.token for some in links.unsent(tx).values() for one in some]
    made = Besieged(office, alone, other)
    made.link = link
    return made
