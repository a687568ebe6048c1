"""Somebody at the orders desk's pages: who looks, and forms that are filled in as a browser would."""

import re
from html.parser import HTMLParser
from typing import Any, Final

import httpx
from msgspec.structs import replace

from afterclick.control_room.server import Room, build
from afterclick.domain.limits import InboxLimits
from afterclick.governance.actor import Actor
from afterclick.governance.people import accounts
from afterclick.governance.people.accounts import NewPerson, Person
from afterclick.governance.permissions import Role
from afterclick.orders.pages import pages
from tests.control_room.browser import Browser, signed_in
from tests.orders.office import SmallOffice

MAIL_TO: Final = "desk@shop.example"


class Form(HTMLParser):
    """The hidden fields of the form with this action on a page (the first one, where none is named)."""

    def __init__(self, page: str, action: str = "") -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._wanted = action
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            # Without a name, the first form that carries our token counts; the menu's forms carry none.
            self._inside = not self._wanted or found.get("action") == self._wanted
        elif tag == "input" and self._inside and found.get("type") == "hidden":
            self.fields.setdefault(found["name"], found.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


class Visitor:
    """See the module. `who` may be exchanged between requests."""

    def __init__(self, office: SmallOffice, *roles: Role, who: Actor | None = None) -> None:
        self.office = office
        self._token = ""
        self.who: Actor | None = who or signed_in(*roles)
        room = Room("Shop", office.database, office.clock.now_ms, lambda _: self.who, lambda: None)
        self.browser = Browser(
            build(room, [pages(room, seller=lambda: office.desk.seller, limits=InboxLimits, mail_to=lambda: (MAIL_TO,))])
        )

    def be(self, *roles: Role, name: str = "test") -> None:
        """Somebody else looks now."""
        self.who = replace(signed_in(*roles, name=name), alone=not roles)

    def get(self, path: str) -> httpx.Response:
        """A page, as a browser asks for it."""
        answer = self.browser.get(path, headers={"accept": "text/html"})
        token = re.search(r'name="form_token" value="(\w+)"', answer.text)
        self._token = token[1] if token else self._token
        return answer

    def send(self, path: str, fields: dict[str, Any] | None = None, *, seen: str = "", form: str = "") -> httpx.Response:
        """Fill in the form on a page (`seen`, or the path itself) and send it."""
        page = self.get(seen or path).text
        hidden = Form(page, form).fields
        return self.post(path, hidden | (fields or {}))

    def post(self, path: str, fields: dict[str, Any]) -> httpx.Response:
        """Send fields as they are, with the token of the last form that was seen where they have none."""
        token = fields.get("form_token") or self._token
        return self.browser.post(path, data=fields | {"form_token": token}, headers={"accept": "text/html"})


def colleague(office: SmallOffice, name: str, *roles: Role) -> Person:
    """Let somebody in."""
    with office.database.transaction() as tx:
        new = NewPerson(name, f"{name.lower()}@shop.example", roles)
        return accounts.add(tx, new, by=signed_in(), now_ms=office.clock.ms)


def links_in(text: str, kind: str = "decide") -> list[str]:
    """The paths of the one-time links in a mail."""
    return re.findall(rf"https://office\.example(/{kind}/[\w-]+)", text)
