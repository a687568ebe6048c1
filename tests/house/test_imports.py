"""The import contract holds, and it bites: an import that each of its clauses forbids is found."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

import pytest

from tests.house.tree import PACKAGE, ROOT, python

CONTRACTS: Final = [
    contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
]

# For each contract, in their order: a file, and an import that has no business there.
TRESPASSES: Final = [
    ("domain/trespass.py", "import afterclick.store.tables"),
    ("engine/trespass.py", "import dbos"),
    ("store/trespass.py", "import afterclick.settings"),
    ("simulator/trespass.py", "import afterclick.store.tables"),
    ("inventory/rules.py", "import afterclick.ports.answer"),
]


def lint(where: Path) -> subprocess.CompletedProcess[str]:
    """Run the import linter over a copy of the project."""
    command = [Path(sys.executable).parent / "lint-imports", "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=where, env={"PYTHONPATH": str(where / "src")}, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project's code in a folder of its own."""
    shutil.copytree(PACKAGE, tmp_path / "src" / "afterclick", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_room_imports_only_what_it_may(copy: Path) -> None:
    linted = lint(copy)
    assert linted.returncode == 0, linted.stdout
    assert f"{len(CONTRACTS)} kept, 0 broken" in linted.stdout


@pytest.mark.parametrize(("contract", "trespass"), list(zip(CONTRACTS, TRESPASSES, strict=True)), ids=CONTRACTS)
def test_an_import_that_a_contract_forbids_is_found(copy: Path, contract: str, trespass: tuple[str, str]) -> None:
    file, line = trespass
    path = copy / "src" / "afterclick" / file
    path.write_text(f"{line}\n", encoding="utf-8")
    linted = lint(copy)
    assert linted.returncode != 0
    assert f"{contract} BROKEN" in " ".join(linted.stdout.split())


def test_a_room_that_no_layer_names_is_found(copy: Path) -> None:
    room = copy / "src" / "afterclick" / "cellar"
    room.mkdir()
    (room / "__init__.py").write_text("", encoding="utf-8")
    linted = lint(copy)
    assert linted.returncode != 0
    assert "cellar" in linted.stdout


def test_the_contract_sees_every_file() -> None:
    assert all((path.parent / "__init__.py").exists() for path in python("src")), "a folder without __init__.py is not seen"
