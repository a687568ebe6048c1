"""Which limits a rule looks at, told from its code, so that a rule whose limits stay the same need not be judged again."""

from collections.abc import Callable, Iterator
from functools import cache
from types import CodeType, FunctionType
from typing import Any


@cache
def limits_read(rule: Callable[..., Any], limits: type) -> frozenset[str]:
    """The fields of `limits` that a rule, or any function that it calls, may look at; rather too many than too few."""
    fields: frozenset[str] = frozenset(getattr(limits, "__struct_fields__", ()))
    return frozenset(name for code in _codes(rule, set()) for name in code.co_names if name in fields)


def _codes(function: Any, seen: set[Any]) -> Iterator[CodeType]:
    """The code of a function, of what is defined in it, and of the functions that it names."""
    if not isinstance(function, FunctionType) or function in seen:
        return
    seen.add(function)
    for code in _nested(function.__code__):
        yield code
        for name in code.co_names:
            yield from _codes(function.__globals__.get(name), seen)


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)
