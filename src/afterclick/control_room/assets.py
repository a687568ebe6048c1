"""The files that every page needs: one style, one script and an icon, each kept by the browser until it changes."""

import hashlib
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Query
from fastapi.responses import Response

from afterclick.control_room.routes import Routes

_HERE: Final = Path(__file__).parent
_KINDS: Final = {
    "style.css": "text/css; charset=utf-8", "script.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml",
}  # fmt: skip
_CONTENT: Final = {name: (_HERE / name).read_bytes() for name in _KINDS}
_VERSION: Final = {name: hashlib.sha256(content).hexdigest()[:16] for name, content in _CONTENT.items()}
FOREVER: Final = "public, max-age=31536000, immutable"
A_WHILE: Final = "public, max-age=300"


def asset(name: str) -> str:
    """Where a file lies; the address changes with its content, so that browsers need never ask again."""
    return f"/{name}?v={_VERSION[name]}"


def assets() -> APIRouter:
    """The routes of the files."""
    router = Routes(include_in_schema=False)

    @router.get("/style.css")
    def style(v: Annotated[str, Query(max_length=64)] = "") -> Response:
        return _file("style.css", v)

    @router.get("/script.js")
    def script(v: Annotated[str, Query(max_length=64)] = "") -> Response:
        return _file("script.js", v)

    @router.get("/icon.svg")
    def icon(v: Annotated[str, Query(max_length=64)] = "") -> Response:
        return _file("icon.svg", v)

    return router


def _file(name: str, version: str) -> Response:
    kept = FOREVER if version == _VERSION[name] else A_WHILE
    return Response(_CONTENT[name], media_type=_KINDS[name], headers={"Cache-Control": kept})
