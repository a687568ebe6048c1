"""Looks for facts of which conditions are true, and believes only what the CEL library itself evaluates."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

import cel
import msgspec

from afterclick.governance.shop_rules.compiled import program
from afterclick.governance.shop_rules.facts import KINDS, Kind, WrongFacts, as_map, filled, kind_of
from afterclick.governance.shop_rules.regions import Region, Term
from afterclick.governance.shop_rules.syntax import Call, Constant, Member, Name, Node, Operation

REGIONS_TRIED: Final = 40
GUESSES: Final = 300
_SEED: Final = 1
_SIMPLIFIED: Final = 300
_MOST_ITEMS: Final = 50
"""A list in an example has at most so many members."""
Example = dict[str, Any]
"""Facts that differ from the empty ones: name → value."""


class Patience:
    """How many more facts are tried, over all that is looked for; a policy is checked while somebody waits."""

    def __init__(self, tries: int = 100_000) -> None:
        self.left = tries


def example(
    on: str, true: Sequence[str], false: Sequence[str], trees: Sequence[Node], found: Sequence[Region], patience: Patience
) -> Example | None:
    """Facts of which all the conditions `true` are true and all those `false` are false; None where none was found.

    `found` are regions to look in first, `trees` the conditions' trees, whose constants are the values tried after that.
    """

    asked = [(program(one), True) for one in true] + [(program(one), False) for one in false]
    # A map of every fact would take longer to hand over than the condition to evaluate.
    used = {name for condition, _ in asked for name in condition.variables()} & set(KINDS[on].__struct_fields__)

    def fits(facts: Any) -> bool:
        values = {name: as_map(getattr(facts, name)) for name in used}
        return all(_is(condition, values, wanted) for condition, wanted in asked)

    for given in chain(_from_regions(on, found), _guessed(on, trees)):
        if patience.left <= 0:
            return None
        patience.left -= len(asked)
        try:
            facts = filled(on, given)
        except WrongFacts:
            continue
        if fits(facts):
            return _simplest(on, given, fits)
    return None


def _is(condition: cel.Program, values: dict[str, Any], wanted: bool) -> bool:
    try:
        return condition.execute(values) is wanted
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:
        return False


def _from_regions(on: str, found: Sequence[Region]) -> Iterator[Example]:
    """For each region, facts with a value of it for each of its terms."""
    for region in found[:REGIONS_TRIED]:
        for pick in (0, -1):
            given: Example = {}
            for (what, node), values in sorted(region.items(), key=lambda one: (one[0][0] == "size", repr(one[0]))):
                some = values.some()
                if some:
                    _put(on, given, (what, node), some[pick])
            yield given


def _put(on: str, given: Example, term: Term, value: object) -> None:
    """Make the term of these facts have the value, as far as facts can."""
    what, node = term
    if what == "has":
        assert isinstance(node, Operation) and isinstance(node.parts[0], Constant) and isinstance(node.parts[1], Name)
        if value is True:
            given.setdefault(node.parts[1].name, []).append(node.parts[0].value)
    elif what == "size" and isinstance(node, Name) and isinstance(value, int):
        kind = kind_of(on).fields[node.name]
        if kind.name == "string":
            given.setdefault(node.name, "x" * min(value, 500))
        else:
            listed = given.setdefault(node.name, [])
            listed += [_empty(kind.item)] * (min(value, _MOST_ITEMS) - len(listed))
    elif what == "is":
        path = _path(node)
        kind = kind_of(on)
        inside = given
        for name in path[:-1]:
            inside, kind = inside.setdefault(name, {}), kind.fields[name]
        if path:
            kind = kind.fields[path[-1]]
            inside[path[-1]] = int(value) if kind.name == "int" and isinstance(value, int | float) else value


def _guessed(on: str, trees: Sequence[Node]) -> Iterator[Example]:
    """Facts put together at random, of the constants that the conditions name and their neighbours."""
    constants = [one for tree in trees for one in _constants(tree)]
    names = sorted({one for tree in trees for one in _names(tree)} & set(KINDS[on].__struct_fields__))
    chance = random.Random(_SEED)
    if not names:
        yield {}
        return
    kinds = kind_of(on).fields
    pools = {"int": _near([one for one in constants if isinstance(one, int | float) and not isinstance(one, bool)]),
             "string": ["", "A", "B", *sorted({one for one in constants if isinstance(one, str)})]}  # fmt: skip
    for _ in range(GUESSES):
        yield {name: _random(kinds[name], pools, chance) for name in names}


def _random(kind: Kind, pools: Mapping[str, list[Any]], chance: random.Random) -> Any:
    if kind.optional and chance.random() < 0.4:
        return None
    if kind.name in ("int", "double"):
        value = chance.choice(pools["int"])
        return int(value) if kind.name == "int" else float(value)
    if kind.name == "string":
        return chance.choice(pools["string"])
    if kind.name == "bool":
        return chance.random() < 0.5
    if kind.name == "list" and kind.item is not None:
        return [_random(kind.item, pools, chance) for _ in range(chance.choice((0, 1, 1, 2, 3)))]
    return {name: _random(inner, pools, chance) for name, inner in kind.fields.items()}


def _simplest(on: str, given: Example, fits: Callable[[Any], bool]) -> Example:
    """The same example without what it does not need."""
    given, tried = msgspec.to_builtins(given), 0
    smaller = _smaller(given)
    while (one := next(smaller, None)) is not None and tried < _SIMPLIFIED:
        tried += 1
        if fits(filled(on, one)):
            given, smaller = one, _smaller(one)
    return given


def _smaller(value: Any) -> Iterator[Any]:
    """The same with one part left out, at any depth."""
    if isinstance(value, dict):
        parts: dict[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
        for name, part in parts.items():
            yield {other: kept for other, kept in parts.items() if other != name}
            yield from ({**parts, name: less} for less in _smaller(part))
    if isinstance(value, list):
        listed: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        for place, part in enumerate(listed):
            yield listed[:place] + listed[place + 1 :]
            yield from ([*listed[:place], less, *listed[place + 1 :]] for less in _smaller(part))


def _near(constants: Sequence[int | float]) -> list[int | float]:
    whole = [one for one in constants if abs(one) < 2**62]
    return sorted({0, 1, *whole, *(one - 1 for one in whole), *(one + 1 for one in whole)})


def _empty(kind: Kind | None) -> Any:
    return {} if kind is None or kind.name == "map" else {"string": "x", "int": 0, "double": 0.0, "bool": False}.get(kind.name)


def _path(node: Node) -> list[str]:
    if isinstance(node, Name):
        return [node.name]
    return [*_path(node.of), node.name] if isinstance(node, Member) else []


def _parts(node: Node) -> tuple[Node, ...]:
    return (node.of,) if isinstance(node, Member) else node.parts if isinstance(node, Operation | Call) else ()


def _constants(node: Node) -> Iterator[Any]:
    if isinstance(node, Constant):
        yield node.value
    for part in _parts(node):
        yield from _constants(part)


def _names(node: Node) -> Iterator[str]:
    if isinstance(node, Name):
        yield node.name
    for part in _parts(node):
        yield from _names(part)
