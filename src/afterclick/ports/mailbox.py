"""Messages to customers."""

from collections.abc import Sequence
from typing import Protocol

from afterclick.domain.message import Notice
from afterclick.ports.answer import Answer


class Mailbox(Protocol):
    name: str

    def send(self, notices: Sequence[Notice]) -> Sequence[Answer[None]]: ...
