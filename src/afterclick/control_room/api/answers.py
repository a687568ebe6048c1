"""What a program is answered: JSON with a tag that changes with its content, or nothing where it has the same already."""

import hashlib
from collections.abc import Mapping

import msgspec
from fastapi import Response
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send


class Given(Response):
    """A value as JSON; a reader that names its `ETag` in `If-None-Match` is told that nothing has changed (304)."""

    def __init__(self, value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        body = value if isinstance(value, bytes) else msgspec.json.encode(value)
        self.tag = tag(body)
        super().__init__(body, status, {"etag": self.tag, **(headers or {})}, "application/json")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "GET" and names(Headers(scope=scope).get("if-none-match", ""), self.tag):
            await Response(status_code=304, headers={"etag": self.tag})(scope, receive, send)
            return
        await super().__call__(scope, receive, send)


def tag(body: bytes) -> str:
    """The `ETag` of an answer with this body (RFC 9110): the same content has the same tag."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def tag_of(value: object) -> str:
    """The `ETag` that `Given(value)` carries."""
    return tag(msgspec.json.encode(value))


def names(header: str, wanted: str) -> bool:
    """Whether an `If-Match` or `If-None-Match` header names this tag, or any."""
    return any(one.strip().removeprefix("W/") in (wanted, "*") for one in header.split(",") if one.strip())
