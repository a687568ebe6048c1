"""HEAD, which monitors and load balancers send: answered as GET is, without the body."""

from anyio import CancelScope
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Heads:
    """ASGI middleware; see the module. An answer that would go on, such as a stream, ends where its body would begin."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        answered = False
        with CancelScope() as asking:

            async def headed(message: Message) -> None:
                nonlocal answered
                if message["type"] != "http.response.body":
                    await send(message)
                elif not answered:
                    answered = True
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
                if message.get("more_body"):
                    asking.cancel()

            # A scope of its own: the server, too, has to know that the answer has no body whatever length it tells.
            await self._app({**scope, "method": "GET"}, receive, headed)
