"""How a contract suite asks a port: again under the same key while there is no usable answer, as the office does."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from afterclick.ports.answer import Answer, Unavailable

R = TypeVar("R")
A = TypeVar("A")

TRIES = 10


def insist(act: Callable[[Sequence[R]], Sequence[Answer[A]]], *requests: R) -> list[Answer[A]]:
    """The final answer to each request, in order."""
    answers = list(act(requests))
    assert len(answers) == len(requests)
    for _ in range(TRIES):
        open_ones = [i for i, answer in enumerate(answers) if isinstance(answer, Unavailable)]
        if not open_ones:
            return answers
        for i, answer in zip(open_ones, act([requests[i] for i in open_ones]), strict=True):
            answers[i] = answer
    raise AssertionError(f"still no answer after {TRIES} tries: {answers}")
