"""Where a trace may listen in on the engine: batches, stages and effects; by default nobody does, at no cost."""

from contextlib import AbstractContextManager, nullcontext
from typing import Final, Protocol

_NOTHING: Final = nullcontext()


class Tracer(Protocol):
    """Told when something begins and ends."""

    def span(self, name: str, **facts: str | int) -> AbstractContextManager[object]:
        """Around one batch, stage or effect; ids and counts only, nothing of what is worked on."""
        ...

    def traceparent(self) -> str:
        """The W3C trace context that goes with what is sent now; empty without one."""
        ...


class Untraced:
    """Nobody listens."""

    def span(self, name: str, **facts: str | int) -> AbstractContextManager[object]:
        return _NOTHING

    def traceparent(self) -> str:
        return ""
