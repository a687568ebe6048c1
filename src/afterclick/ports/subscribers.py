"""Whoever has asked to be told of events: other programs, by webhook."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from afterclick.ports.answer import Answer


class Telling(msgspec.Struct, frozen=True):
    """One event for one subscriber, in one try; `key` names the try. The body is signed already, in the headers."""

    key: str
    url: str
    body: bytes
    headers: Mapping[str, str]
    order_id: int | None = None


class Told(msgspec.Struct, frozen=True):
    """What came of a try: the status that was answered (0: nobody answered) and what was said, or why nobody did."""

    status: int
    said: str = ""

    @property
    def ok(self) -> bool:
        """Whether the subscriber has taken it."""
        return 200 <= self.status < 300


class Subscribers(Protocol):
    name: str

    def tell(self, tellings: Sequence[Telling]) -> Sequence[Answer[Told]]:
        """Tell each; a subscriber who refuses or does not answer is an answer too, since trying again is ours to plan."""
        ...
