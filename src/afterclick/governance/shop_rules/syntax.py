"""Reads a CEL condition into a tree that can be looked through; the library evaluates, but shows no tree of its own.

Covers CEL's expressions but for maps, raw and triple-quoted texts and messages; a condition with one of these works all the
same, and is only not looked through.
"""

import re
from typing import Any, Final

import msgspec

MACROS: Final = ("all", "exists", "exists_one", "map", "filter")
_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<number>\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+u?)(?![\w.])|(?P<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")"""
    r"""|(?P<name>[A-Za-z_]\w*)|(?P<sign>&&|\|\||[=!<>]=|[-+*/%!<>?:.,()\[\]]))"""
)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r"}
_RELATIONS: Final = ("==", "!=", "<", "<=", ">", ">=", "in")
_LEVELS: Final = (("||",), ("&&",), _RELATIONS, ("+", "-"), ("*", "/", "%"))
DEEPEST: Final = 60
DEEPEST_TREE: Final = 150
"""Levels of a whole tree, such as the parts of one long sum; whoever walks it goes down a few calls for each."""


class Unreadable(ValueError):
    """The condition uses what this reader does not know."""


class Constant(msgspec.Struct, frozen=True):
    """A number, a text, true, false or null."""

    value: Any

    def __hash__(self) -> int:
        return hash(repr(self.value))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Constant) and (type(self.value), self.value) == (type(other.value), other.value)


class Name(msgspec.Struct, frozen=True):
    """A fact, or the variable of a macro."""

    name: str


class Member(msgspec.Struct, frozen=True):
    """`of.name`."""

    of: "Node"
    name: str


class Operation(msgspec.Struct, frozen=True):
    """An operator over its parts: `&&`, `==`, `!`, `?:`, `[]` (index), `list`, and so on."""

    sign: str
    parts: tuple["Node", ...]


class Call(msgspec.Struct, frozen=True):
    """A function or, with the receiver as the first part, a method."""

    name: str
    parts: tuple["Node", ...]
    method: bool = False


Node = Constant | Name | Member | Operation | Call


def read(condition: str) -> Node:
    """The tree of a condition.

    Raises:
        Unreadable: it has a part that this reader does not know; it may be right all the same.
    """
    found = _Reader(condition).whole()
    level: list[Node] = [found]
    for _ in range(DEEPEST_TREE):
        level = [part for node in level for part in below(node)]
    if level:
        raise Unreadable("too deeply nested")
    return found


def below(node: Node) -> tuple[Node, ...]:
    """The parts of a node."""
    return (node.of,) if isinstance(node, Member) else node.parts if isinstance(node, Operation | Call) else ()


class _Reader:
    def __init__(self, condition: str) -> None:
        self._tokens = list(_tokens(condition))
        self._place = 0
        self._depth = 0

    def whole(self) -> Node:
        found = self._expression()
        if self._place < len(self._tokens):
            raise Unreadable(f"{self._tokens[self._place][1]!r} is not expected there")
        return found

    def _expression(self) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Unreadable("too deeply nested")
        found = self._level(0)
        if self._took("?"):
            then = self._expression()
            self._must(":")
            found = Operation("?:", (found, then, self._expression()))
        self._depth -= 1
        return found

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        found = self._level(level + 1)
        while (sign := self._next()) in _LEVELS[level]:
            self._place += 1
            found = Operation(sign, (found, self._level(level + 1)))
        return found

    def _unary(self) -> Node:
        signs: list[str] = []
        while (sign := self._next()) in ("!", "-"):
            signs.append(sign)
            self._place += 1
        found = self._member()
        for sign in reversed(signs):
            if sign == "-" and isinstance(found, Constant) and isinstance(found.value, int | float):
                found = Constant(-found.value)
            else:
                found = Operation(sign, (found,))
        return found

    def _member(self) -> Node:
        found = self._primary()
        while True:
            if self._took("."):
                name = self._name()
                found = Call(name, (found, *self._arguments(")")), method=True) if self._took("(") else Member(found, name)
            elif self._took("["):
                found = Operation("[]", (found, self._expression()))
                self._must("]")
            else:
                return found

    def _primary(self) -> Node:
        if self._place >= len(self._tokens):
            raise Unreadable("it ends too early")
        kind, token = self._tokens[self._place]
        self._place += 1
        if kind == "number":
            return Constant(float(token) if re.search(r"[.eE]", token) else int(token.removesuffix("u")))
        if kind == "text":
            return Constant(_unescaped(token[1:-1]))
        if kind == "name":
            if token in ("true", "false", "null"):
                return Constant({"true": True, "false": False, "null": None}[token])
            return Call(token, self._arguments(")")) if self._took("(") else Name(token)
        if (kind, token) == ("sign", "("):
            found = self._expression()
            self._must(")")
            return found
        if (kind, token) == ("sign", "["):
            return Operation("list", self._arguments("]"))
        raise Unreadable(f"{token!r} is not expected there")

    def _arguments(self, end: str) -> tuple[Node, ...]:
        found: list[Node] = []
        while not self._took(end):
            if found:
                self._must(",")
                if self._took(end):
                    break
            found.append(self._expression())
        return tuple(found)

    def _name(self) -> str:
        if self._place >= len(self._tokens) or self._tokens[self._place][0] != "name":
            raise Unreadable("a name is missing after a dot")
        self._place += 1
        return self._tokens[self._place - 1][1]

    def _next(self) -> str:
        if self._place >= len(self._tokens):
            return ""
        kind, token = self._tokens[self._place]
        return token if kind == "sign" or (kind, token) == ("name", "in") else ""

    def _took(self, sign: str) -> bool:
        if self._next() == sign:
            self._place += 1
            return True
        return False

    def _must(self, sign: str) -> None:
        if not self._took(sign):
            raise Unreadable(f"{sign!r} is missing")


def _tokens(condition: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    place, condition = 0, condition.rstrip()
    while place < len(condition):
        token = _TOKEN.match(condition, place)
        if token is None or token.lastgroup is None:
            raise Unreadable(f"{condition[place : place + 20]!r} cannot be read")
        kind = token.lastgroup
        if kind == "text" and token.end() < len(condition) and condition[token.end()] in "'\"":
            raise Unreadable("texts in three quotes cannot be read")
        if kind == "name" and token[kind] in ("r", "b", "R", "B") and condition[token.end() : token.end() + 1] in ("'", '"'):
            raise Unreadable("raw texts and bytes cannot be read")
        found.append((kind, token[kind]))
        place = token.end()
    return found


def _unescaped(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        letter = match[1]
        if letter in "\\'\"`?":
            return letter
        if letter in _ESCAPES:
            return _ESCAPES[letter]
        raise Unreadable(f"the escape \\{letter} cannot be read")

    return re.sub(r"\\(.)", one, text)
