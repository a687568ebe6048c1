"""What a program sends to change something: read strictly, done once, and only on what it last saw."""

import hashlib
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Annotated, Any, Final, TypeVar

import msgspec
from fastapi import Depends, Request, Response

from afterclick.control_room.api.answers import Given, names, tag_of
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.governance.actor import Actor
from afterclick.store.tables import api_answers
from afterclick.store.transaction import Tx

T = TypeVar("T")
KEPT_MS: Final = 24 * 3_600_000
"""For so long an answer is kept under its Idempotency-Key."""
LONGEST_KEY: Final = 200
_COLUMNS: Final = ("actor", "key", "request", "status", "answer", "at_ms")
_busy_with: set[tuple[str, str]] = set()
_lock: Final = threading.Lock()


class Sent:
    """One request that changes something."""

    def __init__(self, request: Request, body: bytes) -> None:
        self._headers = request.headers
        self._body = body
        self._path = request.url.path
        self._mark = hashlib.sha256(f"{request.method} {self._path}\n".encode() + body).hexdigest()

    def read(self, shape: type[T]) -> T:
        """The body in this shape.

        Raises:
            Problem: 415 where it is not sent as JSON, 422 where it has another shape.
        """
        if self._headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Problem(415, "send the body as application/json; {} where there is nothing to say")
        try:
            read = msgspec.json.decode(self._body, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Problem(422, f"the body cannot be taken: {error}"[:500]) from error
        except RecursionError as error:
            raise Problem(422, "the body cannot be taken: it is nested too deeply") from error
        if b"\\u0000" in self._body or b"\0" in self._body:
            raise Problem(422, "the body has a text with the character U+0000, which no database keeps")
        return read

    def once(
        self,
        room: Room,
        who: Actor,
        does: Callable[[Tx], object],
        *,
        current: Callable[[Tx], object] | None = None,
        status: int = 200,
        secret: bool = False,
    ) -> Response:
        """Do it in one transaction with the answer that is kept under the request's `Idempotency-Key`.

        `current` is the resource as it is shown; where the request has `If-Match`, that must name its tag. A `secret` answer is
        given once and not kept.

        Raises:
            Problem: 409 the same request is in hand, or its answer was secret; 412 the resource has changed; 422 the key was used
                for something else. And whatever `does` raises: then nothing was done, and the key is free.
        """
        key = self._headers.get("idempotency-key", "")
        if len(key) > LONGEST_KEY or not key.isprintable():
            raise Problem(422, f"the Idempotency-Key must have at most {LONGEST_KEY} plain characters")
        with in_hand(who.id, key), room.database.transaction() as tx:
            known = self._known(tx, who.id, key, room.now_ms()) if key else None
            if known is not None:
                return known
            self._unchanged(tx, current)
            given = Given(does(tx), status)
            if key:
                kept = "" if secret else bytes(given.body).decode()
                tx.insert(api_answers, _COLUMNS, [(who.id, key, self._mark, status, kept, room.now_ms())])
        room.notify()
        return given

    def _known(self, tx: Tx, actor: str, key: str, now_ms: int) -> Response | None:
        """The answer that was given to this key, where there is one; what is too old is forgotten."""
        if tx.dialect == "postgresql" and not tx.value(
            "SELECT pg_try_advisory_xact_lock(hashtextextended(?, 0))", (f"{actor}\n{key}",)
        ):
            raise _busy(key)
        tx.run("DELETE FROM api_answers WHERE at_ms < ?", (now_ms - KEPT_MS,))
        found = tx.rows("SELECT request, status, answer FROM api_answers WHERE actor = ? AND key = ?", (actor, key))
        if not found:
            return None
        mark, status, answer = found[0]
        if mark != self._mark:
            raise Problem(422, "this Idempotency-Key was used for another request; take a new key for a new wish")
        if not answer:
            raise Problem(409, "this was done already under this key; what it answered was secret or is erased, and is not kept")
        return Given(answer.encode(), status, {"idempotent-replay": "true"})

    def _unchanged(self, tx: Tx, current: Callable[[Tx], object] | None) -> None:
        wanted = self._headers.get("if-match", "")
        if not wanted or current is None:
            return
        if tx.dialect == "postgresql":  # two such requests one after the other; on SQLite the transaction sees to it
            tx.run("SELECT pg_advisory_xact_lock(hashtextextended(?, 1))", (self._path.rpartition("/")[0],))
        if not names(wanted, tag_of(current(tx))):
            raise Problem(412, "this has changed since you read it (If-Match); read it again and decide anew")


async def _sent(request: Request) -> Sent:
    return Sent(request, await request.body())


Sends = Annotated[Sent, Depends(_sent)]


@contextmanager
def refusing(status: int, *kinds: type[Exception]) -> Generator[None, None, None]:
    """Let errors of these kinds be answered with a status and their own sentence."""
    try:
        yield
    except kinds as error:
        said: Any = error.args[0] if error.args else error
        raise Problem(status, str(said)) from error


@contextmanager
def in_hand(actor: str, key: str) -> Generator[None, None, None]:
    """Of requests with the same key, one at a time."""
    if not key:
        yield
        return
    with _lock:
        if (actor, key) in _busy_with:
            raise _busy(key)
        _busy_with.add((actor, key))
    try:
        yield
    finally:
        with _lock:
            _busy_with.discard((actor, key))


def _busy(key: str) -> Problem:
    return Problem(409, f"a request with the Idempotency-Key {key[:40]!r} is just being done; ask again in a moment")
