"""An office of people for tests: their pages alone, a clock that is set, and hashes that are counted and cheap."""

import re
from collections.abc import Callable
from typing import Any, Final

import httpx
from argon2 import PasswordHasher
from fastapi import APIRouter

from afterclick.control_room.access import SESSION, SeesOrders
from afterclick.control_room.people.front import SigningIn
from afterclick.control_room.people.pages import pages
from afterclick.control_room.people.recognise import Recognise
from afterclick.control_room.server import Room, build
from afterclick.governance.actor import EVERYTHING, Actor
from afterclick.governance.people import accounts, links, second_factor, signing_in
from afterclick.governance.people.accounts import NewPerson, Person
from afterclick.governance.people.oidc import Provider
from afterclick.governance.people.passwords import Passwords
from afterclick.governance.people.sessions import Lasting
from afterclick.governance.permissions import DESKS, Desk, Role
from afterclick.governance.vault.keys import KeySource, OfficeKeys, new_key
from afterclick.governance.vault.vault import Vault
from afterclick.store.database import Database
from afterclick.store.tables import metadata
from tests.control_room.browser import Browser

PASSWORD: Final = "seven green bicycles"
LASTING: Final = Lasting(idle_ms=60 * 60_000, longest_ms=5 * 60 * 60_000)
OWNER: Final = Actor("person:machine", "machine", EVERYTHING, alone=True)


class Counting(PasswordHasher):
    """Argon2id with next to no work, which counts how often it is asked."""

    def __init__(self, **more: int) -> None:
        super().__init__(time_cost=1, memory_cost=64 * more.get("size", 1), parallelism=1)
        self.asked = 0

    def verify(self, hash: str | bytes, password: str | bytes) -> Any:
        self.asked += 1
        return super().verify(hash, password)


class Entrance:
    """The pages of people over a database of their own."""

    def __init__(
        self, url: str, *, provider: Provider | None = None, factor_required: bool = False, secure: bool = False
    ) -> None:
        self.ms = 1_795_132_800_000
        self.database = Database(url)
        metadata.create_all(self.database.engine)
        self.hasher = Counting()
        self.passwords = Passwords(self.hasher)
        self.environment = {"KEY": new_key()}
        keys = OfficeKeys(KeySource("environment", "KEY"), environment=self.environment)
        self.vault = Vault(self.database, keys, now_ms=lambda: self.ms)
        required = factor_required
        self.how = SigningIn(self.passwords, self.vault, provider, secure=secure, factor_required=required, lasting=LASTING)
        self.recognise = self.recogniser()
        room = Room("Shop", self.database, lambda: self.ms, self.recognise, lambda: None, ("localhost",))
        self.app = build(room, [pages(room, self.how), _orders()])

    def recogniser(self) -> Recognise:
        """As another process of the same office would have it."""
        required = self.how.factor_required
        return Recognise(self.database, lambda: self.ms, lasting=LASTING, factor_required=required)

    def person(self, name: str, *roles: Role, desks: tuple[Desk, ...] = DESKS) -> Person:
        """Somebody with these roles and the password of all tests; their address is `<name>@shop.example`."""
        with self.database.transaction() as tx:
            person = accounts.add(tx, NewPerson(name, f"{name}@shop.example", roles, desks), by=OWNER, now_ms=self.ms)
            signing_in.set_password(tx, person, self.passwords.hash(PASSWORD), but="", now_ms=self.ms)
        return person

    def set_up_link(self) -> str:
        with self.database.transaction() as tx:
            return links.make_set_up(tx, now_ms=self.ms) or ""

    def browser(self) -> "Visitor":
        return Visitor(self)

    def signed_in(self, name: str, *roles: Role, desks: tuple[Desk, ...] = DESKS) -> "Visitor":
        """A browser in which a new person has signed in."""
        self.person(name, *roles, desks=desks)
        visitor = self.browser()
        assert visitor.sign_in(f"{name}@shop.example").status_code == 303
        return visitor

    def factor_on(self, person: Person) -> tuple[str, list[str]]:
        """Turn a person's second factor on; returns its secret and the recovery codes."""
        with self.database.transaction() as tx:
            secret = second_factor.begin(tx, person, self.vault)
            codes = second_factor.confirm(tx, person, self.code(secret), self.vault, now_ms=self.ms)
        assert codes is not None
        self.ms += 60_000
        return secret, codes

    def code(self, secret: str) -> str:
        """What the telephone shows now."""
        return second_factor.HOTP(secret).at(self.ms // second_factor.STEP_MS)

    def rows(self, sql: str, *values: int | str) -> list[tuple[Any, ...]]:
        with self.database.reading() as tx:
            return tx.rows(sql, values)

    def log(self) -> str:
        """Everything that the log holds, as one text."""
        return repr(self.rows("SELECT actor FROM blocks")) + repr(self.rows("SELECT * FROM events"))


class Visitor(Browser):
    """A browser that fills in our forms."""

    def __init__(self, entrance: Entrance) -> None:
        super().__init__(entrance.app)

    def page(self, path: str) -> httpx.Response:
        return self.get(path, headers={"accept": "text/html"})

    def filled_in(self, path: str, page: str = "/sign-in", **fields: str) -> Callable[[], httpx.Response]:
        """Open the page and fill in its form; what is returned sends it."""
        opened = self.page(page)
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', opened.text)
        assert found is not None, opened.text
        data = {"form_token": found[1], **{name.replace("__", "."): value for name, value in fields.items()}}
        return lambda: self.post(path, data=data, headers={"accept": "text/html"})

    def send(self, path: str, page: str = "/sign-in", **fields: str) -> httpx.Response:
        """Send a form as the page that holds it would."""
        return self.filled_in(path, page, **fields)()

    def sign_in(self, email: str, password: str = PASSWORD, **more: str) -> httpx.Response:
        return self.send("/sign-in", email=email, password=password, **more)

    @property
    def session(self) -> str:
        return self.cookies.get(SESSION) or ""


def _orders() -> APIRouter:
    router = APIRouter()

    @router.get("/orders")
    def orders(who: SeesOrders) -> str:
        return who.id

    return router
