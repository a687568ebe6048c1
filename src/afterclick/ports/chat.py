"""The chat in which the people of the shop talk."""

from collections.abc import Sequence
from typing import Protocol

from afterclick.domain.message import ChatMessage
from afterclick.ports.answer import Answer


class Chat(Protocol):
    name: str

    def say(self, posts: Sequence[ChatMessage]) -> Sequence[Answer[None]]: ...
