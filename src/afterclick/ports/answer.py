"""How the outside answers: done, declined for a reason of theirs, or unavailable."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeAlias, TypeVar

import msgspec

T = TypeVar("T")
R = TypeVar("R")


class Done(msgspec.Struct, Generic[T], frozen=True):
    """It happened, now or at an earlier call with the same key; `answer` is what they say of it."""

    answer: T


class Declined(msgspec.Struct, frozen=True):
    """They will not, and asking again will not help: a business answer (RPA's business exception)."""

    because: str


class Unavailable(msgspec.Struct, frozen=True):
    """No usable answer: down, slow or nonsense. It may have happened; ask again with the same key."""

    because: str


Answer: TypeAlias = Done[T] | Declined | Unavailable


def one_by_one(act: Callable[[R], Answer[T]], requests: Sequence[R], *, at_once: int = 16) -> list[Answer[T]]:
    """Answer requests through a system that takes one at a time, `at_once` in parallel; a raised error is `Unavailable`."""

    def guarded(request: R) -> Answer[T]:
        try:
            return act(request)
        except Exception as error:  # a connector's fault must never take the batch along
            return Unavailable(f"{type(error).__name__}: {error}")

    if len(requests) <= 1:
        return [guarded(request) for request in requests]
    with ThreadPoolExecutor(min(at_once, len(requests))) as pool:
        return list(pool.map(guarded, requests))


def unavailable(requests: Iterable[object], because: str) -> list[Unavailable]:
    """The same `Unavailable` for each request."""
    return [Unavailable(because) for _ in requests]
