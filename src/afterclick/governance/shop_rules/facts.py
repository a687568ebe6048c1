"""The facts as a condition sees them: which names there are, of which kind, and their values as a map."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import inspect

from afterclick.domain.facts import OrderFacts

KINDS: Final[Mapping[str, type[msgspec.Struct]]] = {"order": OrderFacts}
"""What rules may be written about, and the facts that they see."""


class Kind(msgspec.Struct, frozen=True):
    """What a value is: int, double, string, bool, null, list (of `item`), map (with `fields`), or any.

    `optional`: it may be null.
    """

    name: str
    fields: dict[str, "Kind"] = {}
    item: "Kind | None" = None
    optional: bool = False


class WrongFacts(ValueError):
    """Facts that a test gives cannot be facts; the message names the field."""


@cache
def kind_of(on: str) -> Kind:
    """The facts of one kind of item."""
    return _kind(_type(on))


def as_map(value: Any, only: frozenset[str] | None = None) -> Any:
    """Facts as maps and lists, which is what CEL reads; of records inside them, `only` these fields where that is said."""
    if isinstance(value, msgspec.Struct):
        names = value.__struct_fields__ if only is None else _named(type(value), only)
        return {name: as_map(getattr(value, name), only) for name in names}
    if isinstance(value, tuple | list):
        return [as_map(one, only) for one in value]  # pyright: ignore[reportUnknownVariableType]
    return value


@cache
def _named(struct: type[msgspec.Struct], only: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in struct.__struct_fields__ if name in only)


def filled(on: str, given: Mapping[str, Any]) -> Any:
    """Facts of this kind with these values; what is left out is empty, zero or null.

    Raises:
        WrongFacts: there is no such fact, or the value is of another kind.
    """
    return _filled(_type(on), given, at="")


@cache
def _type(on: str) -> inspect.Type:
    return inspect.type_info(KINDS[on])


_NAMES: Final[Mapping[type, str]] = {
    inspect.IntType: "int", inspect.FloatType: "double", inspect.StrType: "string", inspect.BoolType: "bool",
    inspect.NoneType: "null",
}  # fmt: skip
_EMPTY: Final[Mapping[str, Any]] = {"int": 0, "double": 0.0, "string": "", "bool": False}
_READS: Final[Mapping[str, tuple[type, ...]]] = {"int": (int,), "double": (int, float), "string": (str,), "bool": (bool,)}


def _kind(of: inspect.Type, *, optional: bool = False) -> Kind:
    if isinstance(of, inspect.UnionType):
        (inner,) = [one for one in of.types if not isinstance(one, inspect.NoneType)]
        return _kind(inner, optional=True)
    if isinstance(of, inspect.StructType):
        return Kind("map", {field.name: _kind(field.type) for field in of.fields}, optional=optional)
    if isinstance(of, inspect.VarTupleType):
        return Kind("list", item=_kind(of.item_type), optional=optional)
    return Kind(_NAMES[type(of)], optional=optional)


def _filled(of: inspect.Type, given: Any, *, at: str) -> Any:
    if isinstance(of, inspect.UnionType):
        (inner,) = [one for one in of.types if not isinstance(one, inspect.NoneType)]
        return None if given is None else _filled(inner, given, at=at)
    if isinstance(of, inspect.StructType):
        return _record(of, given, at=at)
    if isinstance(of, inspect.VarTupleType):
        if not isinstance(given, list | tuple):
            raise WrongFacts(f"{at} is a list")
        listed: list[Any] = list(given)  # pyright: ignore[reportUnknownArgumentType]
        return tuple(_filled(of.item_type, one, at=f"{at}[{place}]") for place, one in enumerate(listed))
    name = _NAMES[type(of)]
    if not isinstance(given, _READS[name]) or (isinstance(given, bool) and name != "bool"):
        raise WrongFacts(f"{at} is {'a number' if name in ('int', 'double') else f'a {name}'}, not {given!r}")
    return float(given) if name == "double" else given


def _record(of: inspect.StructType, given: Any, *, at: str) -> Any:
    if not isinstance(given, Mapping):
        raise WrongFacts(f"{at or 'facts'} is a table of names and values")
    values: Mapping[str, Any] = given  # pyright: ignore[reportUnknownVariableType]
    known = {field.name: field for field in of.fields}
    if unknown := [name for name in values if name not in known]:
        raise WrongFacts(f"there is no fact {f'{at}.' if at else ''}{unknown[0]}; known are {', '.join(known)}")
    made = {
        name: _filled(field.type, values[name], at=f"{at}.{name}" if at else name) if name in values else _empty(field)
        for name, field in known.items()
    }
    return of.cls(**made)


def _empty(field: inspect.Field) -> Any:
    if not field.required:
        return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
    if isinstance(field.type, inspect.VarTupleType):
        return ()
    if isinstance(field.type, inspect.StructType):
        return _record(field.type, {}, at=field.name)
    return _EMPTY[_NAMES[type(field.type)]]
