"""Where the heads of the log are written down, out of reach of whoever could change the log."""

from collections.abc import Sequence
from typing import Protocol

from afterclick.domain.anchor import Head
from afterclick.ports.answer import Answer


class Witness(Protocol):
    name: str

    def keep(self, heads: Sequence[Head]) -> Sequence[Answer[None]]: ...
