"""The project's own files, as the house tests walk them: what is committed, not what tools leave behind."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PACKAGE: Final = ROOT / "src" / "afterclick"
_PLACES: Final = ("src", "tests", "bench", "docs", "bin", ".ci", "requirements")
_LEFT_BEHIND: Final = {"__pycache__", ".hypothesis", ".pytest_cache"}


def texts() -> Iterator[Path]:
    """Every text file of the project; pictures count, since an SVG is text."""
    yield from sorted(
        path for path in ROOT.iterdir() if path.suffix in {".md", ".toml"} or path.name in {".gitignore", "LICENSE"}
    )
    for place in _PLACES:
        for path in sorted((ROOT / place).rglob("*")):
            if path.is_file() and not _LEFT_BEHIND & set(path.parts) and not _is_binary(path):
                yield path


def python(place: str) -> list[Path]:
    """Every Python file below a folder of the project."""
    return sorted(path for path in (ROOT / place).rglob("*.py") if not _LEFT_BEHIND & set(path.parts))


@functools.cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def named(path: Path) -> str:
    """A file as a message should name it."""
    return path.relative_to(ROOT).as_posix()


def _is_binary(path: Path) -> bool:
    with path.open("rb") as file:
        return b"\0" in file.read(4_096)
