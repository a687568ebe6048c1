"""What happens when the office itself fails at a request: it is logged under a reference, and the answer shows only that."""

import logging
import secrets
from collections.abc import Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from afterclick.control_room.guard import TooLarge
from afterclick.control_room.problems import Problem

logger: Final = logging.getLogger("afterclick.web")
Answer = Callable[[Request, Problem], Response]


class Mishaps:
    """ASGI middleware; see the module. An answer that has begun cannot be taken back: its connection is cut."""

    def __init__(self, app: ASGIApp, *, answer: Answer) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except TooLarge:
            raise
        except Exception:
            reference = secrets.token_hex(4)
            logger.exception("request failed, reference %s: %s %r", reference, scope.get("method"), scope.get("path"))
            if begun or scope["type"] != "http":
                raise
            said = (
                "something in the office went wrong; look whether what you wanted was done before you try again, and if it fails "
                f"again give your administrator the reference {reference}, under which the office's own log says why"
            )
            await self._answer(Request(scope), Problem(500, said))(scope, receive, send)
