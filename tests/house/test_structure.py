"""The shape of the code: short files that say what they are for, tests that mirror the tree, nothing left for later."""

import ast
import re
from pathlib import Path
from typing import Final

import pytest

from tests.house.tree import PACKAGE, ROOT, named, parsed, python, texts

LONGEST_FILE: Final = 300
LONGEST_FUNCTION: Final = 50

# Folders of tests that belong to no single room.
BESIDE_THE_ROOMS: Final = {"house", "journeys"}

# Written so that this file does not find itself.
LEFT_FOR_LATER: Final = re.compile(r"\b(TO[D]O|FIX[M]E|pragma: no [c]over)\b")
OF_ONE_MACHINE: Final = re.compile(
    r"py[p]i\.(org|python)|python[h]osted\.|registry\.n[p]mjs|deb\.[d]ebian|/(work|root|opt/[p]ypi|home/[a-z]+)/|file:/[/]/"
)
BANNED_CALLS: Final = {"mock.patch", "patch.object", "mocker.patch", "time.sleep", "asyncio.sleep"}
BANNED_IMPORTS: Final = {"unittest.mock", "mock", "pytest_mock"}


@pytest.mark.parametrize("path", python("src") + python("bench"), ids=named)
def test_a_file_starts_with_a_sentence_that_says_what_it_is_for(path: Path) -> None:
    sentence = (ast.get_docstring(parsed(path)) or "").split("\n\n")[0]
    assert len(sentence.split()) >= 3, f"{named(path)} does not say what it is for"
    assert sentence.endswith((".", "?", ":")), f"not a sentence: {sentence}"


@pytest.mark.parametrize("path", python("src") + python("tests") + python("bench"), ids=named)
def test_no_file_is_too_long(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_FILE, f"{named(path)} has {lines} lines: which noun is missing?"


@pytest.mark.parametrize("path", python("src") + python("bench"), ids=named)
def test_no_function_is_too_long(path: Path) -> None:
    functions = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    too_long = {node.name: length for node in functions if (length := _lines_of(node)) > LONGEST_FUNCTION}
    assert not too_long, f"{named(path)}: {too_long} lines"


def test_the_folders_of_tests_mirror_the_rooms() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and any(path.rglob("*.py"))}
    tested = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and any(path.rglob("test_*.py"))}
    assert tested - BESIDE_THE_ROOMS <= rooms, "tests for a room that does not exist"
    assert rooms <= tested, f"rooms without a test: {sorted(rooms - tested)}"


def test_every_rules_file_has_its_table_of_tests() -> None:
    """In `test_rules.py`, or, where there is much to say, one `test_rules_<rule>.py` for each of its rules."""
    rules = [path for path in python("src") if path.name == "rules.py"]
    assert rules
    assert not [f"{named(path)}: {rule}" for path in rules for rule in _untested_rules(path)]


@pytest.mark.parametrize("path", python("tests"), ids=named)
def test_tests_neither_patch_nor_sleep(path: Path) -> None:
    tree = parsed(path)
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = {call for call in calls if call.endswith(tuple(BANNED_CALLS))}
    found |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)} & BANNED_IMPORTS
    found |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names} & BANNED_IMPORTS
    found |= {
        f"{node.module}.{name.name}" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for name in node.names
    } & (BANNED_CALLS | BANNED_IMPORTS)
    found |= {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Call) and _replaces_code(node)}
    assert not found, f"{named(path)} uses {sorted(found)}: write a fake that passes the contract, or hand in a clock"


@pytest.mark.parametrize("path", python("tests"), ids=named)
def test_every_test_says_something(path: Path) -> None:
    silent = [node.name for node in _tests_in(path) if not _asserts(node)]
    assert not silent, f"{named(path)}: nothing is asserted in {silent}"


def test_nothing_is_left_for_later() -> None:
    assert not _lines_with(LEFT_FOR_LATER)


def test_nothing_names_one_machine_or_a_package_index() -> None:
    assert not _lines_with(OF_ONE_MACHINE)


def test_the_walk_sees_the_project() -> None:
    seen = {named(path) for path in texts()}
    assert {"pyproject.toml", "bin/test", ".ci/run", "src/afterclick/__init__.py", "requirements/base.txt"} <= seen


def _lines_with(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{named(path)}:{number}: {line.strip()[:100]}"
        for path in texts()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if pattern.search(line)
    ]


def _untested_rules(path: Path) -> list[str]:
    folder = ROOT / "tests" / path.parent.relative_to(PACKAGE)
    rules = [node.name for node in parsed(path).body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]
    return (
        [] if (folder / "test_rules.py").exists() else [rule for rule in rules if not (folder / f"test_rules_{rule}.py").exists()]
    )


def _lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _tests_in(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    functions = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [node for node in functions if node.name.startswith("test_")]


def _replaces_code(call: ast.Call) -> bool:
    """Whether it puts anything but a figure or a text in the place of what the product has."""
    return ast.unparse(call.func) == "monkeypatch.setattr" and not isinstance(call.args[-1], ast.Constant)


def _asserts(test: ast.AST) -> bool:
    """Whether a test asserts, expects an error, or calls something named for checking."""
    for node in ast.walk(test):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call) and re.search(r"raises|warns|assert|check|expect", ast.unparse(node.func)):
            return True
    return False
