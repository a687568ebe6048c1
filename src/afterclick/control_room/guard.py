"""What every request passes: the name it was asked under, the size of its body; and the headers that every answer carries."""

from collections.abc import Sequence
from typing import Final

import msgspec
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from afterclick.control_room.problems import Problem

LARGEST_BODY: Final = 1_048_576
"""Bytes that any request may carry."""
_OPEN: Final = ("/webhooks/", "/health", "/ready", "/metrics")
"""Asked by programs, also through other names, such as a proxy's."""
_ONCE: Final = ("host", "content-length", "authorization")
"""Headers of which a proxy might read one and the office another."""
_HEADERS: Final = tuple(
    (name.encode(), value.encode())
    for name, value in {
        "content-security-policy": "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
        "cache-control": "no-store",
    }.items()
)
"""What every answer says, unless it says something else itself."""


class TooLarge(Exception):
    """A body went past the limit while it was read."""


class Guard:
    """ASGI middleware; see the module. `hosts` are the names that pages may be asked under, empty for any."""

    def __init__(self, app: ASGIApp, *, hosts: Sequence[str]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def headed(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                said = list(message.get("headers", ()))
                names = {name for name, _ in said}
                message["headers"] = [*said, *(one for one in _HEADERS if one[0] not in names)]
            await send(message)

        refused = self._refused(scope)
        if refused is None:
            try:
                await self._app(scope, _limited(receive), headed)
                return
            except TooLarge:
                refused = _too_large()
                if begun:
                    raise
        await _say(refused, headed)

    def _refused(self, scope: Scope) -> Problem | None:
        headers = Headers(scope=scope)
        twice = [name for name in _ONCE if len(headers.getlist(name)) > 1]
        if twice:
            return Problem(400, f"the request has the header {twice[0]} more than once")
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            return Problem(422, "the address has the character U+0000, which no database keeps")
        if self._hosts and not scope["path"].startswith(_OPEN) and _name(headers.get("host", "")) not in self._hosts:
            return Problem(421, "this office is not served under that name; set serve.host if it should be")
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdecimal()) or len(length) > 12:
            return Problem(400, "the Content-Length header is no number")
        return _too_large() if int(length) > LARGEST_BODY else None


def _limited(receive: Receive) -> Receive:
    """The same body, which ends in an error once it is too large, whatever length it announced."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > LARGEST_BODY:
            raise TooLarge
        return message

    return counted


async def _say(problem: Problem, send: Send) -> None:
    body = msgspec.json.encode(problem.document())
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _too_large() -> Problem:
    return Problem(413, f"the body has more than {LARGEST_BODY:,} bytes")


def _name(host: str) -> str:
    """The host without its port: `localhost:8420` → `localhost`, `[::1]:8420` → `::1`."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].lower()
