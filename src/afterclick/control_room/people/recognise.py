"""Finds out who sends a request, from the cookie of their session or their token."""

import threading
import time
from collections.abc import Callable
from typing import Final

from fastapi import Request
from msgspec.structs import replace

from afterclick.control_room.access import SESSION
from afterclick.governance.actor import Actor
from afterclick.governance.people import accounts, sessions, tokens
from afterclick.governance.people.secret import hashed
from afterclick.governance.people.sessions import Lasting
from afterclick.store.database import Database

REMEMBERED_S: Final = 3.0
"""How long another process may take to notice that a session or a token has ended; in this one it is noticed at once."""
MOST_REMEMBERED: Final = 10_000
LONGEST_SECRET: Final = 200


class Recognise:
    """An `Authenticate`. With `factor_required`, whoever has no second factor yet may do nothing but set one up."""

    def __init__(
        self, database: Database, now_ms: Callable[[], int], *, lasting: Lasting | None = None, factor_required: bool = False
    ) -> None:
        self._database = database
        self._now_ms = now_ms
        self.lasting: Lasting = lasting or Lasting()
        self.factor_required: bool = factor_required
        self.monotonic_s: Callable[[], float] = time.monotonic
        self._known: dict[str, tuple[float, Actor]] = {}
        self._lock = threading.Lock()
        self._forgotten = 0

    def __call__(self, request: Request) -> Actor | None:
        secret, look_up = self._way(request)
        if not 0 < len(secret) <= LONGEST_SECRET:
            return None
        actor = self._remembered(secret, look_up)
        return actor if actor is not None else self._found(secret, look_up)

    def remembers(self, request: Request) -> Actor | None:
        """Who sends it, if that was found out a moment ago; asks no database."""
        secret, look_up = self._way(request)
        return self._remembered(secret, look_up) if 0 < len(secret) <= LONGEST_SECRET else None

    def forget(self) -> None:
        """Look everybody up again: called after any change to people, sessions or tokens."""
        with self._lock:
            self._known.clear()
            self._forgotten += 1

    def _way(self, request: Request) -> tuple[str, Callable[[str], Actor | None]]:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return token.strip(), self._by_token
        return request.cookies.get(SESSION, ""), self._watching if _by_itself(request) else self._by_session

    def _remembered(self, secret: str, look_up: Callable[[str], Actor | None]) -> Actor | None:
        with self._lock:
            until, actor = self._known.get(_key(secret, look_up), (0.0, None))
        return actor if self.monotonic_s() < until else None

    def _found(self, secret: str, look_up: Callable[[str], Actor | None]) -> Actor | None:
        with self._lock:
            forgotten = self._forgotten
        actor = look_up(secret)
        if actor is not None:
            with self._lock:
                if len(self._known) >= MOST_REMEMBERED:
                    self._known.clear()
                # What was read before somebody's rights ended must not be remembered after it.
                if forgotten == self._forgotten:
                    self._known[_key(secret, look_up)] = self.monotonic_s() + REMEMBERED_S, actor
        return actor

    def _by_session(self, secret: str) -> Actor | None:
        return self._in_session(secret, is_used=True)

    def _watching(self, secret: str) -> Actor | None:
        return self._in_session(secret, is_used=False)

    def _in_session(self, secret: str, *, is_used: bool) -> Actor | None:
        now_ms = self._now_ms()
        with self._database.reading() as tx:
            found = sessions.find(tx, secret, lasting=self.lasting, now_ms=now_ms)
            if found is None:
                return None
            session, person = found
            actor = accounts.as_actor(person, session=str(session.id), tokens=tokens.names_of(tx, person))
        if is_used and now_ms - session.seen_ms >= sessions.SEEN_EVERY_MS:
            with self._database.transaction() as tx:
                sessions.seen(tx, session, now_ms=now_ms)
        lacking = self.factor_required and not person.has_factor and session.way != "provider"
        return replace(actor, roles=frozenset()) if lacking else actor

    def _by_token(self, secret: str) -> Actor | None:
        now_ms = self._now_ms()
        with self._database.reading() as tx:
            actor = tokens.recognise(tx, secret, now_ms=now_ms)
            due = actor is not None and tokens.use_is_due(tx, actor, now_ms=now_ms)
        if actor is not None and due:
            with self._database.transaction() as tx:
                tokens.used(tx, actor, now_ms=now_ms)
        return actor


def _key(secret: str, look_up: Callable[[str], Actor | None]) -> str:
    return f"{look_up.__name__} {hashed(secret)}"


def _by_itself(request: Request) -> bool:
    """Whether the page asks by itself, to stay up to date: an open page must not keep a session alive that nobody uses."""
    return request.url.path == "/live" or "x-live" in request.headers
