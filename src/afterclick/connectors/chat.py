"""A chat that takes messages at a web address: `{"text": "…"}` as JSON, as most of them do."""

from collections.abc import Callable, Sequence
from typing import Final

import httpx

from afterclick.domain.message import ChatMessage
from afterclick.ports.answer import Answer, Declined, Done, Unavailable, one_by_one

TIMEOUT_S: Final = 10.0
_GONE: Final = (400, 401, 403, 404, 405, 410, 413, 415, 422)
"""Answers that stay the same however often it is asked."""


class WebhookChat:
    """Implements `ports.chat.Chat`. The address is a secret, looked up when it is used: whoever knows it can write there."""

    name = "chat"

    def __init__(self, url: Callable[[], str], *, transport: httpx.BaseTransport | None = None) -> None:
        self._url = url
        self._transport = transport
        self._said: dict[str, Answer[None]] = {}

    def say(self, posts: Sequence[ChatMessage]) -> Sequence[Answer[None]]:
        return one_by_one(self._say, posts, at_once=1)

    def _say(self, post: ChatMessage) -> Answer[None]:
        if post.key in self._said:
            return self._said[post.key]
        try:
            with httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, transport=self._transport) as client:
                answer = client.post(self._url(), json={"text": post.text}, headers={"Idempotency-Key": post.key})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Unavailable(f"the chat cannot be reached ({type(error).__name__})")  # the error's text may name the address
        if answer.is_success:
            self._said = {post.key: Done(None)}
            return Done(None)
        said = f"the chat answered {answer.status_code}"
        return Declined(f"{said}; is inbox.chat_url right?") if answer.status_code in _GONE else Unavailable(said)
