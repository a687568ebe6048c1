"""The routes of one resource under `/api/v1`, each with the shapes of what it takes and gives."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from fastapi import Depends

from afterclick.control_room.api.choosing import only_what_is_taken
from afterclick.control_room.api.pace import Pace
from afterclick.control_room.routes import Routes
from afterclick.control_room.server import Room

BASE: Final = "/api/v1"
PER_MINUTE: Final = 600
MOST_ROWS: Final = 200
"""The longest page of a list."""
Handler = TypeVar("Handler", bound=Callable[..., Any])


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing has to be said: `{}`."""


class Route(NamedTuple):
    """One route: what it takes and gives (shapes of messages; None for a file), and how it may refuse beside the usual.

    `keyed`: a request with an `Idempotency-Key` is done once.
    """

    method: str
    path: str
    gives: Any
    takes: Any = None
    refuses: Sequence[int] = ()
    status: int = 200
    media: Sequence[str] = ("application/json",)
    keyed: bool = False


class Interface:
    """A resource's routes; `site.py` joins them. Handlers say what they need like pages, and return `Given` or `Sent.once`."""

    def __init__(self, room: Room, tag: str, *, pace: Pace | None = None) -> None:
        self.room = room
        first = [Depends(pace or Pace(PER_MINUTE)), Depends(only_what_is_taken)]
        self.router = Routes(prefix=BASE, tags=[tag], dependencies=first)
        self.routes: list[Route] = []

    def get(self, path: str, gives: Any, *, refuses: Sequence[int] = ()) -> Callable[[Handler], Handler]:
        """A route that reads."""
        return self._add(Route("GET", path, gives, None, refuses))

    def get_file(self, path: str, *media: str, refuses: Sequence[int] = ()) -> Callable[[Handler], Handler]:
        """A route that gives a file of one of these kinds."""
        return self._add(Route("GET", path, None, None, refuses, media=media))

    def post(
        self, path: str, takes: Any, gives: Any, *, refuses: Sequence[int] = (), status: int = 200, keyed: bool = True
    ) -> Callable[[Handler], Handler]:
        """A route that changes something by `Sent.once`; its body is JSON in the shape `takes`. Without, it is not `keyed`."""
        return self._add(Route("POST", path, gives, takes, refuses, status, keyed=keyed))

    def delete(self, path: str, gives: Any, *, refuses: Sequence[int] = ()) -> Callable[[Handler], Handler]:
        """A route that ends something."""
        return self._add(Route("DELETE", path, gives, None, refuses, keyed=True))

    def _add(self, route: Route) -> Callable[[Handler], Handler]:
        def added(handler: Handler) -> Handler:
            self.router.add_api_route(route.path, handler, methods=[route.method], response_model=None)
            self.routes.append(route._replace(path=BASE + route.path))
            return handler

        return added
