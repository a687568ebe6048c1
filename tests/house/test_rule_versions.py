"""Whoever changes a rule raises the version on its bot's card: the code of the rules is pinned to the version."""

import ast
import functools
import hashlib
from typing import Any, Final, NamedTuple

import pytest

from afterclick.engine.bots import Bot
from afterclick.fleet import FLEET
from tests.house.tree import PACKAGE, parsed

PINS: Final = {
    "orders.fulfil": ("1", "6ef67796120ffd97"),
    "procurement.buy": ("1", "172989bc7c698568"),
    "procurement.follow": ("2", "524be482d5aedef6"),
}  # fmt: skip
"""Bot → the version on its card, and the fingerprint of its rules' code by which that version judges."""
JUDGING: Final = {bot.card.id: bot for bot in FLEET.values() if any(step.is_rule for step in bot.steps)}


class _Place(NamedTuple):
    """A name at the top of a module of the program; without a name: the module itself."""

    module: str
    name: str = ""


class _Reach:
    """What decides a rule's verdict: its own code, the functions and constants that it names, and the methods of the classes."""

    def __init__(self) -> None:
        self.code: dict[str, ast.AST] = {}
        self.asked: set[str] = set()
        """Every attribute that some code looks at: a method counts where one of this name is looked at."""
        self._classes: dict[_Place, ast.ClassDef] = {}

    def follow(self, start: _Place) -> None:
        """Add what stands at a place, and what that names in turn."""
        place = _found(start)
        if place is None or not place.name or f"{place.module}.{place.name}" in self.code or place in self._classes:
            return
        node = _top(place.module)[place.name]
        if isinstance(node, ast.ClassDef):
            self._classes[place] = node
            for field in node.body:
                if isinstance(field, ast.AnnAssign):
                    self._classes_of(place.module, field.annotation)
        elif isinstance(node, ast.AST):
            self.code[f"{place.module}.{place.name}"] = node
            self._names(place.module, node)

    def methods(self) -> None:
        """Add the methods and properties that are looked at, until nothing new is named by them."""
        before = -1
        while before != len(self.code) + len(self.asked):
            before = len(self.code) + len(self.asked)
            for place, node in list(self._classes.items()):
                for method in node.body:
                    key = f"{place.module}.{place.name}.{getattr(method, 'name', '')}"
                    if isinstance(method, ast.FunctionDef) and method.name in self.asked and key not in self.code:
                        self.code[key] = method
                        self._names(place.module, method)

    def _classes_of(self, module: str, annotation: ast.expr) -> None:
        """The classes of a field; what numbers it may hold is said where policies are read, and judges nothing."""
        for node in ast.walk(annotation):
            place = _found(_Place(module, node.id)) if isinstance(node, ast.Name) else None
            if place is not None and isinstance(_top(place.module).get(place.name), ast.ClassDef):
                self.follow(place)

    def _names(self, module: str, tree: ast.AST) -> None:
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                self.follow(_Place(module, node.id))
            elif isinstance(node, ast.Attribute):
                self.asked.add(node.attr)
                owner = _found(_Place(module, node.value.id)) if isinstance(node.value, ast.Name) else None
                if owner is not None and not owner.name:
                    self.follow(_Place(owner.module, node.attr))


def _found(place: _Place) -> _Place | None:
    """Where a name is defined that a module defines or imports; nothing for what is not the program's own."""
    node = _top(place.module).get(place.name)
    if not isinstance(node, _Place):
        return None if node is None else place
    below = f"{node.module}.{node.name}"
    return _Place(below) if _top(below) else _found(node)


@functools.cache
def _top(module: str) -> dict[str, ast.stmt | _Place]:
    """What a module defines at its top, and where what it imports from the program comes from."""
    path = PACKAGE.parent.joinpath(*module.split("."))
    file = next((one for one in (path.with_suffix(".py"), path / "__init__.py") if one.is_file()), None)
    if file is None:
        return {}
    found: dict[str, ast.stmt | _Place] = {}
    for node in ast.walk(parsed(file)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == PACKAGE.name:
            found |= {one.asname or one.name: _Place(node.module or "", one.name) for one in node.names}
    for node in parsed(file).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {one.id: node for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)}
    return found


def _plain(value: Any) -> Any:
    """A syntax tree as lists, without docstrings and what is empty: the same in every version of Python, unlike its text."""
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if not isinstance(value, ast.AST):
        return repr(value)
    is_said = isinstance(value, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(value, clean=False) is not None
    fields = ((name, part[1:] if is_said and name == "body" else part) for name, part in ast.iter_fields(value))
    return [type(value).__name__, *([name, _plain(part)] for name, part in fields if part is not None and part != [])]


def reach(bot: Bot[Any]) -> dict[str, ast.AST]:
    """The code on which a bot's verdicts depend, by where it stands."""
    found = _Reach()
    for step in bot.steps:
        if step.is_rule:
            found.follow(_Place(step.does.__module__, step.does.__name__))
    found.methods()
    return found.code


def fingerprint(code: dict[str, ast.AST]) -> str:
    """A short hash of this code; comments, docstrings and how it is laid out do not count."""
    said = repr([[place, _plain(code[place])] for place in sorted(code)])
    return hashlib.sha256(said.encode()).hexdigest()[:16]


@pytest.mark.parametrize("bot", JUDGING.values(), ids=list(JUDGING))
def test_a_rule_that_changes_raises_the_version_on_the_card(bot: Bot[Any]) -> None:
    card, now = bot.card, fingerprint(reach(bot))
    version, before = PINS.get(card.id, ("", ""))
    assert now == before or card.version != version, (
        f"the rules of {card.id} changed, and the card still says version {version}: an office would not try them before they"
        f' judge. Raise `version` on the card, then put ("<the new version>", "{now}") for it into PINS'
    )
    assert (card.version, now) == (version, before), f'put "{card.id}": ("{card.version}", "{now}") into PINS'


def test_no_bot_is_pinned_that_does_not_judge() -> None:
    assert sorted(PINS) == sorted(JUDGING)


RULE: Final = "def rule(facts):\n    return few(facts.lines, 3)"


@pytest.mark.parametrize(
    ("text", "is_same"),
    [
        ('def rule(facts):\n    """Asks."""\n    # three, since two are usual\n    return few(facts.lines,\n        3)', True),
        ("def rule(facts):\n    return few(facts.lines, 4)", False),
        ("def rule(facts):\n    return many(facts.lines, 3)", False),
    ],
    ids=["said otherwise", "another number", "another function"],
)
def test_what_is_said_about_a_rule_does_not_count_and_what_it_does_counts(text: str, is_same: bool) -> None:
    assert (fingerprint({"rule": ast.parse(text)}) == fingerprint({"rule": ast.parse(RULE)})) is is_same


@pytest.mark.parametrize(
    "place", ["orders.rules._line_problems", "domain.money.to_text", "orders.forms.COUNTRIES", "domain.facts.Usual.deviation"]
)
def test_what_a_rule_calls_counts_with_it(place: str) -> None:
    """A function beside it, one of another module, a constant, and a method of what it is given."""
    assert f"afterclick.{place}" in reach(FLEET["orders.fulfil"])
