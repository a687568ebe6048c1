"""What a request says about its visit: the chosen theme, whether single keys act, where it is, and how the office stands."""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Final, Literal, NamedTuple, get_args
from urllib.parse import quote

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from afterclick.control_room.pulse import Beat

Theme = Literal["auto", "light", "dark"]
THEMES: Final[tuple[Theme, ...]] = get_args(Theme)
THEME_COOKIE: Final = "afterclick_theme"
KEYS_COOKIE: Final = "afterclick_keys"


class Visit(NamedTuple):
    """What every page shows beside its own content. `here` is path and query of the page, to come back to."""

    theme: Theme = "auto"
    keys: bool = True
    here: str = "/"
    beat: Callable[[], Beat] = lambda: Beat(0, 0)


NOWHERE: Final = Visit()
"""Where a page is rendered outside of any request."""
visiting: Final[ContextVar[Visit]] = ContextVar("visiting", default=NOWHERE)


class Visits:
    """ASGI middleware that makes the visit known to whatever renders the page."""

    def __init__(self, app: ASGIApp, *, beat: Callable[[], Beat]) -> None:
        self._app = app
        self._beat = beat

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            cookies = HTTPConnection(scope).cookies
            chosen = cookies.get(THEME_COOKIE, "")
            theme: Theme = "light" if chosen == "light" else "dark" if chosen == "dark" else "auto"
            query: str = scope["query_string"].decode("latin-1")
            here = quote(scope["path"]) + (f"?{query}" if query else "")
            visiting.set(Visit(theme, cookies.get(KEYS_COOKIE) != "off", here, self._beat))
        await self._app(scope, receive, send)


def local(path: str, *, otherwise: str = "/") -> str:
    """A path of this office to go to next; anything that could lead elsewhere becomes `otherwise`."""
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and path.isascii()
    return path if safe and "\\" not in path and len(path) <= 2_000 else otherwise
