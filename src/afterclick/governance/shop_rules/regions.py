"""Which facts make a condition true, as regions: for each term a set of numbers, of texts, or of true and false.

A condition is brought into a union of regions. A part that is no comparison of one term with constants counts as a term of its
own that may be true or false by itself; the regions are then too large, never too small. So what lies in no region is never true.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Protocol, TypeAlias

import msgspec

from afterclick.governance.shop_rules.facts import Kind
from afterclick.governance.shop_rules.syntax import Call, Constant, Member, Name, Node, Operation

MOST: Final = 400
"""Regions of one condition; one with more is not looked through."""
_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_OPPOSITE: Final = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


class TooMany(ValueError):
    """The condition has too many cases to look through."""


class Values(Protocol):
    """A set of values of one term."""

    def meet(self, other: "Values") -> "Values": ...
    def empty(self) -> bool: ...
    def some(self) -> Sequence[object]:
        """A few members."""
        ...


class Truth(msgspec.Struct, frozen=True):
    """Of true and false."""

    of: frozenset[bool]

    def meet(self, other: Values) -> Values:
        assert isinstance(other, Truth)
        return Truth(self.of & other.of)

    def empty(self) -> bool:
        return not self.of

    def some(self) -> Sequence[object]:
        return sorted(self.of, reverse=True)


class Texts(msgspec.Struct, frozen=True):
    """These texts, or all but these."""

    named: frozenset[str]
    without: bool = False

    def meet(self, other: Values) -> Values:
        assert isinstance(other, Texts)
        if self.without and other.without:
            return Texts(self.named | other.named, True)
        if self.without:
            return Texts(other.named - self.named)
        return Texts(self.named - other.named if other.without else self.named & other.named)

    def empty(self) -> bool:
        return not self.named and not self.without

    def some(self) -> Sequence[object]:
        if self.without:
            return [
                next(text for text in ("", "ZZ", *(f"Z{number}" for number in range(len(self.named)))) if text not in self.named)
            ]
        return sorted(self.named)[:3]


class Numbers(msgspec.Struct, frozen=True):
    """Intervals, each (least, greatest, open at the least, open at the greatest); of whole numbers they are closed."""

    spans: tuple[tuple[float, float, bool, bool], ...]
    whole: bool = True

    def meet(self, other: Values) -> Values:
        assert isinstance(other, Numbers)
        met = [_met(one, another) for one in self.spans for another in other.spans]
        return Numbers(tuple(span for span in met if not _void(span)), self.whole)

    def empty(self) -> bool:
        return not self.spans

    def some(self) -> Sequence[object]:
        found: list[object] = []
        for span in self.spans[:3]:
            found += _within(span, whole=self.whole)
        return found


Term: TypeAlias = tuple[str, Node]
"""What a set of values is about: (`is`, a fact), (`size`, a list), (`has`, what is in which list) or (`opaque`, another part)."""
Region = Mapping[Term, Values]


def regions(condition: Node, facts: Kind, *, holds: bool = True) -> list[Region]:
    """The regions in which a condition is true (or, with `holds` False, false); none: it never is.

    Raises:
        TooMany: more than `MOST` regions.
    """
    return list(_regions(condition, facts, holds))


def both(one: list[Region], other: list[Region]) -> list[Region]:
    """The regions of two conditions that hold together."""
    found = [met for first in one for second in other if (met := _meet(first, second)) is not None]
    if len(found) > MOST:
        raise TooMany
    return found


def _regions(node: Node, facts: Kind, holds: bool) -> list[Region]:
    if isinstance(node, Constant) and isinstance(node.value, bool):
        return [{}] if node.value == holds else []
    if isinstance(node, Operation):
        if node.sign == "!":
            return _regions(node.parts[0], facts, not holds)
        if node.sign in ("&&", "||"):
            one, other = (_regions(part, facts, holds) for part in node.parts)
            if (node.sign == "&&") == holds:
                return both(one, other)
            if len(one) + len(other) > MOST:
                raise TooMany
            return one + other
        if node.sign == "?:":
            when, then, otherwise = node.parts
            yes = both(_regions(when, facts, True), _regions(then, facts, holds))
            return yes + both(_regions(when, facts, False), _regions(otherwise, facts, holds))
        compared = _compared(node, facts, holds)
        if compared is not None:
            return [] if compared[1].empty() else [{compared[0]: compared[1]}]
    if isinstance(node, Name | Member) and (kind := _kind(node, facts)) is not None and kind.name == "bool":
        return [{("is", node): Truth(frozenset({holds}))}]
    return [{("opaque", node): Truth(frozenset({holds}))}]


def _compared(node: Operation, facts: Kind, holds: bool) -> tuple[Term, Values] | None:
    """A comparison of one term with constants, as the term and its values; None where it is none."""
    if len(node.parts) != 2:
        return None
    one, other = node.parts
    if node.sign == "in":
        if isinstance(one, Constant) and isinstance(one.value, str) and (kind := _kind(other, facts)) and kind.name == "list":
            return ("has", Operation("in", (one, other))), Truth(frozenset({holds}))
        return _listed(one, other, facts, holds)
    sign = node.sign
    if isinstance(one, Constant):
        one, other, sign = other, one, _MIRRORED.get(sign, "")
    if sign not in _MIRRORED or not isinstance(other, Constant):
        return None
    sign = sign if holds else _OPPOSITE[sign]
    return _valued(one, sign, [other.value], facts)


def _listed(one: Node, other: Node, facts: Kind, holds: bool) -> tuple[Term, Values] | None:
    if not isinstance(other, Operation) or other.sign != "list":
        return None
    values = [part.value for part in other.parts if isinstance(part, Constant)]
    if len(values) < len(other.parts) or not values:
        return None
    return _valued(one, "==" if holds else "!=", values, facts)


def _valued(node: Node, sign: str, constants: list[object], facts: Kind) -> tuple[Term, Values] | None:
    """`node sign constant` (with several constants: is one of them, or none of them)."""
    size = _sized(node)
    if size is not None:
        kind, term = Kind("int"), ("size", size)
        if (of := _kind(size, facts)) is None or of.name not in ("list", "string"):
            return None
    else:
        found = _kind(node, facts)
        if found is None or found.optional:
            return None
        kind, term = found, ("is", node)
    if kind.name == "string" and sign in ("==", "!=") and all(isinstance(one, str) for one in constants):
        return term, Texts(frozenset(map(str, constants)), sign == "!=")
    if kind.name == "bool" and sign in ("==", "!=") and all(isinstance(one, bool) for one in constants):
        same = frozenset(bool(one) for one in constants)
        return term, Truth(same if sign == "==" else frozenset({True, False}) - same)
    numbers = [one for one in constants if isinstance(one, int | float) and not isinstance(one, bool)]
    if kind.name not in ("int", "double") or len(numbers) < len(constants):
        return None
    values = _numbers(sign, numbers, whole=kind.name == "int")
    return term, values.meet(Numbers(((0, math.inf, False, True),))) if size is not None else values


def _numbers(sign: str, constants: list[int | float], *, whole: bool) -> Numbers:
    if sign == "==":
        points = [one for one in constants if not whole or one == int(one)]
        return Numbers(tuple((one, one, False, False) for one in sorted(set(points))), whole)
    if sign == "!=":
        found: Values = Numbers(((-math.inf, math.inf, True, True),), whole)
        for one in constants:
            spans = (_rounded((-math.inf, one, True, True), whole), _rounded((one, math.inf, True, True), whole))
            found = found.meet(Numbers(spans, whole))
        assert isinstance(found, Numbers)
        return found
    (one,) = constants
    span = (-math.inf, one, True, sign == "<") if sign in ("<", "<=") else (one, math.inf, sign == ">", True)
    return Numbers((_rounded(span, whole),), whole)


def _rounded(span: tuple[float, float, bool, bool], whole: bool) -> tuple[float, float, bool, bool]:
    """Of whole numbers: from the first to the last that lies in it. Python's own ints stay exact, however large."""
    least, greatest, after, before = span
    if not whole:
        return span
    if not math.isinf(least):
        least, after = (math.floor(least) + 1 if after else math.ceil(least)), False
    if not math.isinf(greatest):
        greatest, before = (math.ceil(greatest) - 1 if before else math.floor(greatest)), False
    return least, greatest, after, before


def _met(one: tuple[float, float, bool, bool], other: tuple[float, float, bool, bool]) -> tuple[float, float, bool, bool]:
    least, after = max((one[0], one[2]), (other[0], other[2]))
    greatest, not_before = min((one[1], not one[3]), (other[1], not other[3]))
    return least, greatest, after, not not_before


def _void(span: tuple[float, float, bool, bool]) -> bool:
    least, greatest, after, before = span
    return least > greatest or (least == greatest and (after or before))


def _within(span: tuple[float, float, bool, bool], *, whole: bool) -> Iterator[object]:
    least, greatest, after, before = span
    if math.isinf(least) and math.isinf(greatest):
        yield 0 if whole else 0.0
    elif math.isinf(least):
        yield greatest - 1 if before else greatest
    elif math.isinf(greatest):
        yield least + 1 if after else least
    elif whole:
        yield from {int(least), int(greatest)}
    else:
        yield (least + greatest) / 2


def _meet(one: Region, other: Region) -> Region | None:
    """Both at once; None where that cannot be."""
    met = dict(one)
    for term, values in other.items():
        met[term] = met[term].meet(values) if term in met else values
        if met[term].empty():
            return None
    return met


def _sized(node: Node) -> Node | None:
    return node.parts[0] if isinstance(node, Call) and node.name == "size" and len(node.parts) == 1 else None


def _kind(node: Node, facts: Kind) -> Kind | None:
    """The kind of a fact or of a field of one; None for anything else."""
    if isinstance(node, Name):
        return facts.fields.get(node.name)
    if isinstance(node, Member):
        of = _kind(node.of, facts)
        return of.fields.get(node.name) if of is not None else None
    return None
