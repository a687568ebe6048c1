"""Every setting, bot, port and command is explained somewhere in README.md or docs/."""

import ast
import importlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import typer

from afterclick import settings
from afterclick.governance.cards import Card
from afterclick.governance.permissions import DESKS, ROLES, SAYS
from tests.house.tree import PACKAGE, ROOT, parsed, python

_NAMED: Final = re.compile(r"`afterclick ([a-z][a-z-]*(?: [a-z][a-z-]*)?)")
COMMANDS: Final = PACKAGE / "cli" / "main.py"


@pytest.fixture(scope="module")
def pages() -> str:
    """All that is written for readers, as one text."""
    return "\n".join(path.read_text(encoding="utf-8") for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")))


def bots() -> list[str]:
    """The ids on the cards of all bots."""
    modules = [importlib.import_module(_module(path)) for path in _rooms_with_bots()]
    return sorted({value.id for module in modules for value in vars(module).values() if isinstance(value, Card)})


def ports() -> list[str]:
    """The names of all protocols in ports/."""
    classes = [node for path in python("src/afterclick/ports") for node in parsed(path).body if isinstance(node, ast.ClassDef)]
    return sorted(node.name for node in classes if any("Protocol" in ast.unparse(base) for base in node.bases))


def commands() -> list[str]:
    """Every command as it is typed, without the word `afterclick`."""
    if not COMMANDS.exists():
        return []
    from afterclick.cli.main import app

    return sorted(_typed(typer.main.get_command(app), ()))


def test_every_setting_is_documented(pages: str) -> None:
    assert len(settings.ALL) > 1
    assert not [one.name for one in settings.ALL if f"`{one.name}`" not in pages and one.variable not in pages]


def test_every_bot_is_documented(pages: str) -> None:
    assert bots() or not _rooms_with_bots()
    assert not [name for name in bots() if f"`{name}`" not in pages]


def test_every_port_is_documented(pages: str) -> None:
    assert {"Carrier", "Payments", "Store"} <= set(ports())
    assert not [name for name in ports() if f"`{name}`" not in pages]


def test_every_command_is_documented(pages: str) -> None:
    assert commands() or not COMMANDS.exists()
    assert not [name for name in commands() if not re.search(rf"afterclick {re.escape(name)}\b", pages)]


def test_every_command_that_the_program_or_a_page_names_exists(pages: str) -> None:
    known = set(commands())
    groups = {name.partition(" ")[0] for name in known}
    texts = [path.read_text(encoding="utf-8") for kind in ("py", "html", "toml") for path in PACKAGE.rglob(f"*.{kind}")]
    named = {said for text in (*texts, pages) for said in _NAMED.findall(text)}
    assert {said for said in named if said not in known | groups and said.partition(" ")[0] not in known} == set()


def test_the_page_about_people_says_what_each_role_may_and_names_every_desk() -> None:
    page = (ROOT / "docs" / "people.md").read_text(encoding="utf-8")
    assert [f"| {role} | {SAYS[role]} |" for role in ROLES if f"| {role} | {SAYS[role]} |" not in page] == []
    assert f"({', '.join(DESKS)})" in page


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)


def _rooms_with_bots() -> list[Path]:
    return [path for path in python("src") if re.search(r"^@bot\(", path.read_text(encoding="utf-8"), re.MULTILINE)]


def _typed(command: Any, words: tuple[str, ...]) -> Iterator[str]:
    below: Mapping[str, Any] = getattr(command, "commands", {})
    if not below:
        yield " ".join(words)
    for name, one in below.items():
        if not one.hidden:
            yield from _typed(one, (*words, name))
