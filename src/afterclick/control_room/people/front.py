"""What all pages of people share: their templates, their cookies, and where they send somebody afterwards."""

from pathlib import Path
from typing import Final, NamedTuple

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from afterclick.control_room.access import SESSION
from afterclick.control_room.forms import Seal
from afterclick.control_room.html import Html
from afterclick.control_room.people.recognise import Recognise
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.governance.actor import Actor
from afterclick.governance.people import accounts, half, sessions
from afterclick.governance.people.accounts import Person
from afterclick.governance.people.oidc import Provider
from afterclick.governance.people.passwords import Passwords
from afterclick.governance.people.sessions import Lasting
from afterclick.governance.vault.vault import Vault

TEMPLATES: Final = Path(__file__).with_name("templates")
HALF: Final = "afterclick_half"
"""The cookie of a sign-in that is half done."""
LONGEST_PATH: Final = 2_000


class SigningIn(NamedTuple):
    """How people sign in, as the settings say. `address` is how browsers reach the office, empty where it is asked directly."""

    passwords: Passwords
    vault: Vault
    provider: Provider | None = None
    secure: bool = False
    address: str = ""
    factor_required: bool = False
    lasting: Lasting = Lasting()


class Front:
    """The pages' kit; see the module."""

    def __init__(self, room: Room, signing_in: SigningIn) -> None:
        self.room = room
        self.signing_in = signing_in
        self._html = Html(TEMPLATES, shop=room.shop)

    def page(self, request: Request, template: str, *, who: Actor | None, status: int = 200, **values: object) -> Response:
        """A page whose forms are sealed."""
        seal = Seal(request)
        values.setdefault("here", "")
        values.setdefault("wrong", "")
        answer = self._html.page(template, who=who, status=status, token=seal.token, now_ms=self.room.now_ms(), **values)
        return seal.on(answer)

    def forget(self) -> None:
        """Let whoever recognises people look again, after a change."""
        if isinstance(self.room.authenticate, Recognise):
            self.room.authenticate.forget()

    def person(self, who: Actor) -> Person:
        """The person who is signed in as this actor.

        Raises:
            Problem: 403 where they are gone since.
        """
        with self.room.database.reading() as tx:
            person = accounts.by_handle(tx, who.id.removeprefix("person:"))
        if person is None or person.state != "active":
            raise Problem(403, "this account is not active: ask an admin")
        return person

    def base(self, request: Request) -> str:
        """How browsers reach the office, without a slash at the end: `https://office.shop.example`."""
        return self.signing_in.address or str(request.base_url).rstrip("/")

    def welcome(self, request: Request, person: Person, *, way: str, back_to: str) -> Response:
        """Sign a person in, always as a new session, and send them on. The session that the browser came with ends."""
        room, lasting = self.room, self.signing_in.lasting
        with room.database.transaction() as tx:
            sessions.drop(tx, request.cookies.get(SESSION, ""), now_ms=room.now_ms())
            secret = sessions.begin(
                tx, person, way=way, device=device(request), address=address(request), lasting=lasting, now_ms=room.now_ms()
            )
        self.forget()
        lacks_factor = self.signing_in.factor_required and not person.has_factor and way != "provider"
        answer = RedirectResponse("/me" if lacks_factor else own_path(back_to), 303)
        answer.delete_cookie(HALF, path="/sign-in")
        answer.set_cookie(
            SESSION,
            secret,
            max_age=lasting.longest_ms // 1000,
            httponly=True,
            samesite="lax",
            path="/",
            secure=self._secure(request),
        )
        return answer

    def goodbye(self, request: Request, path: str) -> Response:
        """Forget a browser's session, and send it on."""
        with self.room.database.transaction() as tx:
            sessions.drop(tx, request.cookies.get(SESSION, ""), now_ms=self.room.now_ms())
        self.forget()
        answer = RedirectResponse(path, 303)
        answer.delete_cookie(SESSION, path="/")
        return answer

    def remember_half(self, request: Request, answer: Response, secret: str) -> Response:
        """Give the browser the cookie of a half-done sign-in; lax, since the provider sends the browser back from outside."""
        answer.set_cookie(
            HALF, secret, max_age=half.GOOD_FOR_MS // 1000, httponly=True, samesite="lax", path="/sign-in",
            secure=self._secure(request),
        )  # fmt: skip
        return answer

    def _secure(self, request: Request) -> bool:
        return self.signing_in.secure or request.url.scheme == "https" or self.signing_in.address.startswith("https://")


def own_path(asked: str) -> str:
    """A path within the office to go on to; the first page for anything that a browser might take for another site."""
    # Browsers read `/\\` as `//`, and leave out tabs and line ends.
    foreign = not asked.startswith("/") or asked.startswith("//") or "\\" in asked or not asked.isprintable() or " " in asked
    return "/" if foreign or len(asked) > LONGEST_PATH or asked.startswith(("/sign-", "/set-up")) else asked


def address(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client else ""


def device(request: Request) -> str:
    """The browser and system in words, as far as they say so themselves: `Firefox on Linux`."""
    agent = request.headers.get("user-agent", "")
    browsers = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
    systems = (
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    )
    browser = next((name for mark, name in browsers if mark in agent), "")
    system = next((name for mark, name in systems if mark in agent), "")
    return " on ".join(one for one in (browser, system) if one) or agent.split("/")[0][:40] or "unknown"
