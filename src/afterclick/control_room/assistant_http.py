"""The route `/mcp`: assistants reach the office over HTTP, each with a token of its own."""

from contextvars import ContextVar
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from mcp.server import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import Receive, Scope, Send

from afterclick.control_room.access import SignedIn
from afterclick.control_room.assistant import server
from afterclick.control_room.problems import Problem
from afterclick.control_room.routes import Routes

_token: Final[ContextVar[str]] = ContextVar("token")
"""Whose request is at hand: a tool runs in the context of the request that called it."""
_UNGUARDED: Final = TransportSecuritySettings(enable_dns_rebinding_protection=False)
"""The guard of the whole site has looked at the name already."""


def mcp_route(*, version: str) -> APIRouter:
    """The route. It takes tokens only: a browser sends its session along by itself, also where another site makes it ask."""
    router = Routes(include_in_schema=False)
    made: dict[FastAPI, MCPServer[Any]] = {}

    @router.post("/mcp")
    async def exchange(who: SignedIn, request: Request) -> Response:
        """One message of an assistant."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or who.session:
            raise Problem(403, "an assistant sends a token: Authorization: Bearer …")
        if request.app not in made:
            made[request.app] = server(request.app, token=_token.get, version=version)
        return _Exchange(made[request.app], token.strip())

    return router


class _Exchange(Response):
    """A message and its answer; nothing is kept between two of them, so that any process may take the next."""

    def __init__(self, assistants: MCPServer[Any], token: str) -> None:
        super().__init__()
        self._assistants = assistants
        self._asks = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._assistants.streamable_http_app(json_response=True, stateless_http=True, transport_security=_UNGUARDED)
        manager = self._assistants.session_manager  # that of the line above: nobody else runs in between
        known = _token.set(self._asks)
        try:
            async with manager.run():
                await app(scope, receive, send)
        finally:
            _token.reset(known)
