"""The routes of a desk, which are looked through only for addresses that begin like one of them."""

from collections.abc import Iterable
from functools import cached_property
from typing import Final

from fastapi import APIRouter
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Routes(APIRouter):
    """Some two hundred routes in a row would be tried for each request; most desks know from its beginning that it is not theirs.

    Whatever FastAPI makes of `matches`, a request finds the same route: this one only says no sooner.
    """

    @cached_property
    def _beginnings(self) -> tuple[str, ...]:
        return tuple({str(getattr(route, "path", "")).partition("{")[0] for route in self.routes})

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if not scope.get("root_path") and not scope["path"].startswith(self._beginnings):
            return Match.NONE, {}
        return super().matches(scope)


def allowed(routes: Iterable[BaseRoute], scope: Scope) -> str:
    """The methods that an address takes, as `Allow` tells them: those of every route to it, and HEAD wherever there is GET."""
    asked = {name: scope.get(name, "") for name in ("type", "path", "root_path", "headers")}
    every = tuple(routes)
    found = [
        method for method in _METHODS
        if any(one.matches({**asked, "method": method, "path_params": {}})[0] is Match.FULL for one in every)
    ]  # fmt: skip
    return ", ".join(sorted({*found, *(["HEAD"] if "GET" in found else [])}))
