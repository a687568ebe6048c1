"""What a running batch needs of its engine."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from afterclick.engine.door import Door
from afterclick.engine.policies import Policies
from afterclick.engine.tracing import Tracer
from afterclick.store.transaction import Tx


class Surroundings(Protocol):
    """See the module."""

    door: Door
    policies: Policies
    equipment: Mapping[type[Any], Any]
    tracer: Tracer

    def now_ms(self) -> int: ...

    def commit(self, name: str, body: Callable[[Tx], dict[str, list[int]]]) -> dict[str, list[int]]:
        """Run a stage's transaction once, durably; a stage that is through answers with what it returned then."""
        ...

    def reading(self) -> AbstractContextManager[Tx]: ...

    def turn(self, *, urgent: bool) -> AbstractContextManager[None]: ...

    def listeners(self, activity: str) -> Sequence[str]:
        """Bots that start when this activity is recorded."""
        ...
