"""Finds, before a condition ever runs, names that are no facts and comparisons that cannot be made."""

import difflib
from collections.abc import Mapping
from typing import Final

from afterclick.governance.shop_rules.facts import Kind
from afterclick.governance.shop_rules.syntax import MACROS, Call, Constant, Member, Name, Node, Operation, below

ANY: Final = Kind("any")
BOOL: Final = Kind("bool")
_NUMBERS: Final = ("int", "double")
_RETURNS: Final[Mapping[str, str]] = {
    "size": "int", "int": "int", "uint": "int", "double": "double", "string": "string", "bool": "bool", "contains": "bool",
    "dyn": "any",
    "startsWith": "bool", "endsWith": "bool", "matches": "bool", "has": "bool", "timestamp": "any", "duration": "any",
    "type": "any", "bytes": "any", "getFullYear": "int", "getMonth": "int", "getDate": "int", "getDayOfMonth": "int",
    "getDayOfWeek": "int", "getDayOfYear": "int", "getHours": "int", "getMinutes": "int", "getSeconds": "int",
    "getMilliseconds": "int",
}  # fmt: skip
"""Functions that the library knows, and what they give."""
_OF_TEXT: Final = ("contains", "startsWith", "endsWith", "matches")


class Checker:
    """Walks a condition's tree; `problems` are errors, `warnings` what fails for some facts only."""

    def __init__(self, facts: Kind) -> None:
        self.problems: list[str] = []
        self.warnings: list[str] = []
        self._facts = facts
        self._guarded: set[Node] = set()

    def check(self, condition: Node) -> None:
        """Look through a whole condition; it has to be true or false."""
        self._note_guards(condition)
        found = self._kind(condition, {})
        if found.name not in ("bool", "any"):
            self.problems.append(f"the condition gives {_a(found)}, but has to be true or false: compare it with something")

    def _note_guards(self, node: Node) -> None:
        """What the condition itself compares with null or asks `has` of, is taken for guarded."""
        if isinstance(node, Operation) and node.sign in ("==", "!="):
            for one, other in (node.parts, node.parts[::-1]):
                if other == Constant(None):
                    self._guarded.add(one)
        for part in below(node):
            self._note_guards(part)

    def _kind(self, node: Node, local: Mapping[str, Kind]) -> Kind:
        if isinstance(node, Constant):
            return Kind(
                "null" if node.value is None else {bool: "bool", int: "int", float: "double", str: "string"}[type(node.value)]
            )
        if isinstance(node, Name):
            return local.get(node.name) or self._field(self._facts, node.name, "fact")
        if isinstance(node, Member):
            return self._member(node, local)
        if isinstance(node, Call):
            return self._call(node, local)
        return self._operation(node, local)

    def _member(self, node: Member, local: Mapping[str, Kind]) -> Kind:
        of = self._kind(node.of, local)
        if of.name == "any":
            return ANY
        if of.name != "map":
            self.problems.append(f".{node.name}: {_shown(node.of)} is {_a(of)} and has no fields")
            return ANY
        if of.optional and node.of not in self._guarded:
            shown = _shown(node.of)
            self.warnings.append(f"{shown} may be null, and then a person is asked: write `{shown} != null && …` first")
        return self._field(of, node.name, f"field of {_shown(node.of)}")

    def _field(self, of: Kind, name: str, what: str) -> Kind:
        if name in of.fields:
            return of.fields[name]
        near = difflib.get_close_matches(name, of.fields, n=1)
        hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(of.fields)}"
        self.problems.append(f"{name} is no {what}{hint}")
        return ANY

    def _call(self, node: Call, local: Mapping[str, Kind]) -> Kind:
        if node.method and node.name in MACROS and len(node.parts) >= 3 and isinstance(node.parts[1], Name):
            return self._macro(node, node.parts[1].name, local)
        if node.name not in _RETURNS:
            self.problems.append(f"{node.name}() is no function of CEL's; known are {', '.join(sorted({*_RETURNS, *MACROS}))}")
            return ANY
        kinds = [self._kind(part, local) for part in node.parts]
        first = kinds[0] if kinds else ANY
        if node.name == "size" and node.parts and first.name not in ("string", "list", "map", "any"):
            self.problems.append(f"size() is of a text or a list, and {_shown(node.parts[0])} is {_a(first)}")
        if node.name in _OF_TEXT and any(kind.name not in ("string", "any") for kind in kinds):
            self.problems.append(f"{node.name}() is of a text and another text")
        return Kind(_RETURNS[node.name])

    def _macro(self, node: Call, name: str, local: Mapping[str, Kind]) -> Kind:
        of = self._kind(node.parts[0], local)
        if of.name not in ("list", "any"):
            self.problems.append(f"{node.name}() goes over a list, and {_shown(node.parts[0])} is {_a(of)}")
        inside = {**local, name: of.item or ANY}
        kinds = [self._kind(part, inside) for part in node.parts[2:]]
        if node.name != "map" and kinds[0].name not in ("bool", "any"):
            self.problems.append(f"what {node.name}() asks of each has to be true or false, and gives {_a(kinds[0])}")
        if node.name == "map":
            return Kind("list", item=kinds[-1])
        return of if node.name == "filter" else BOOL

    def _operation(self, node: Operation, local: Mapping[str, Kind]) -> Kind:
        kinds = [self._kind(part, local) for part in node.parts]
        names = [kind.name for kind in kinds]
        if node.sign in ("&&", "||", "!"):
            for part, kind in zip(node.parts, kinds, strict=True):
                if kind.name not in ("bool", "any"):
                    self.problems.append(f"{node.sign} joins what is true or false, and {_shown(part)} is {_a(kind)}")
            return BOOL
        if node.sign == "?:":
            if names[0] not in ("bool", "any"):
                self.problems.append(
                    f"what stands before ? has to be true or false, and {_shown(node.parts[0])} is {_a(kinds[0])}"
                )
            return kinds[1] if names[1] == names[2] else ANY
        if node.sign == "list":
            return Kind("list", item=kinds[0] if len(set(names)) == 1 else ANY)
        if node.sign == "[]":
            return (kinds[0].item or ANY) if names[0] == "list" else ANY
        if "any" in names:
            return BOOL if node.sign in ("==", "!=", "<", "<=", ">", ">=", "in") else ANY
        return self._relation(node, kinds) if len(kinds) == 2 else kinds[0]

    def _relation(self, node: Operation, kinds: list[Kind]) -> Kind:
        """Of two kinds that are known: a comparison, or a sum and its like."""
        one, other = kinds
        shown = f"{_shown(node.parts[0])} {node.sign} {_shown(node.parts[1])}"
        if node.sign == "in":
            if other.name not in ("list", "map"):
                self.problems.append(f"{shown}: what stands after `in` is a list, not {_a(other)}")
            elif other.item is not None and not _comparable(one, other.item):
                self.problems.append(f"{shown}: {_a(one)} is never in a list of {other.item.name}s")
            return BOOL
        if node.sign in ("==", "!="):
            if not _comparable(one, other):
                self.problems.append(f"{shown}: {_a(one)} and {_a(other)} are never equal")
            return BOOL
        if node.sign in ("<", "<=", ">", ">="):
            if not _comparable(one, other) or one.name not in (*_NUMBERS, "string"):
                self.problems.append(f"{shown}: {_a(one)} cannot be compared with {_a(other)}")
            return BOOL
        if one.name != other.name or one.name not in (*_NUMBERS, *(("string", "list") if node.sign == "+" else ())):
            hint = "; CEL mixes no int with double: write double(…)" if {one.name, other.name} <= set(_NUMBERS) else ""
            self.problems.append(f"{shown}: cannot be worked out from {_a(one)} and {_a(other)}{hint}")
            return ANY
        return one


def _comparable(one: Kind, other: Kind) -> bool:
    if "any" in (one.name, other.name):
        return True
    if "null" in (one.name, other.name):
        return one.optional or other.optional or one.name == other.name
    return one.name == other.name or {one.name, other.name} <= set(_NUMBERS)


def _a(kind: Kind) -> str:
    return {"int": "an int", "null": "null", "map": "a record", "string": "a text"}.get(kind.name, f"a {kind.name}")


def _shown(node: Node) -> str:
    """A part of the condition, short."""
    if isinstance(node, Constant):
        return "null" if node.value is None else repr(node.value) if not isinstance(node.value, bool) else str(node.value).lower()
    if isinstance(node, Name):
        return node.name
    if isinstance(node, Member):
        return f"{_shown(node.of)}.{node.name}"
    if isinstance(node, Call):
        return f"{_shown(node.parts[0])}.{node.name}(…)" if node.method else f"{node.name}(…)"
    return "[…]" if node.sign == "list" else "(…)"
