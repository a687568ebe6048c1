"""Where in the text of a policy each entry stands, and how one is changed there."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final

_HEADER: Final = re.compile(r"^\s*(\[\[?)([^\]]+)\]\]?\s*(?:#.*)?$")
_ENTRY: Final = re.compile(
    r"""^\s*((?:"[^"\n]*"|'[^'\n]*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"\n]*"|'[^'\n]*'|[A-Za-z0-9_-]+))*)\s*="""
)
_KEY: Final = re.compile(r""""([^"\n]*)"|'([^'\n]*)'|([A-Za-z0-9_-]+)""")
_COMMENT: Final = re.compile(r"""^((?:"(?:[^"\\]|\\.)*"|'[^']*'|[^"'#])*)(#.*)?$""")
Path = tuple[str | int, ...]
Value = str | int | float | bool | Sequence[str]


class Lines:
    """The lines of a policy's text, found by the path of an entry: `("door", "largest", "payments.refund")`."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._known = dict[Path, int]()
        for number, path in _paths(self._lines):
            self._known.setdefault(path, number)

    def of(self, path: Path) -> int:
        """The number of the line, from 1; that of the nearest table around it where it has none, and 0 for none at all."""
        for length in range(len(path), 0, -1):
            if path[:length] in self._known:
                return self._known[path[:length]]
        return 0

    def exact(self, path: Path) -> int:
        """The number of the line on which this very entry stands; 0 for none."""
        return self._known.get(path, 0)

    def text(self, number: int) -> str:
        """A line, without the space around it; empty for number 0."""
        return self._lines[number - 1].strip() if 0 < number <= len(self._lines) else ""

    def rule(self, name: str) -> int:
        """The line on which the shop's rule of that name is named; 0 for none."""
        for path, number in self._known.items():
            if len(path) == 3 and path[0] == "rules" and path[2] == "name" and _value(self.text(number)) == name:
                return number
        return 0


def path_of(place: str) -> Path:
    """A path from the place that a message names: `$.rules[0].when` → `("rules", 0, "when")`."""
    found = re.findall(r"\.([^.\[\]]+)|\[(\d+)\]", place.removeprefix("$"))
    return tuple(int(number) if number else name for name, number in found)


def changed(text: str, path: tuple[str, ...], value: Value | None) -> str:
    """The text with one entry set, or with None taken out; comments and everything else stay as they are."""
    lines = text.splitlines()
    number = Lines(text).exact(path)
    said = f"{_quoted(path[-1])} = {_written(value)}" if value is not None else ""
    if number:
        if value is None:
            del lines[number - 1]
        else:
            comment = _COMMENT.match(lines[number - 1].partition("=")[2])
            kept = comment[2] if comment is not None and comment[2] else ""
            lines[number - 1] = f"{said}  {kept}".rstrip()
    elif value is not None:
        header = Lines(text).exact(path[:-1])
        if header:
            lines.insert(header, said)
        else:
            lines += ["", f"[{'.'.join(map(_quoted, path[:-1]))}]", said]
    return "\n".join(lines).rstrip("\n") + "\n"


def _paths(lines: Sequence[str]) -> Iterator[tuple[int, Path]]:
    """(line, path) of every table and entry; what stands within a text over several lines is no entry."""
    table: Path = ()
    counted: dict[Path, int] = {}
    inside = ""
    for number, line in enumerate(lines, 1):
        if inside:
            inside = "" if inside in line else inside
            continue
        header = _HEADER.match(line)
        entry = _ENTRY.match(line)
        if header is not None and entry is None:
            table = _keys(header[2])
            if header[1] == "[[":
                counted[table] = counted.get(table, -1) + 1
                yield number, table
                table = (*table, counted[table])
            yield number, table
        elif entry is not None:
            yield number, (*table, *_keys(entry[1]))
        for quotes in ('"""', "'''"):
            if line.count(quotes) % 2:
                inside = quotes


def _keys(dotted: str) -> Path:
    return tuple(one or other or bare for one, other, bare in _KEY.findall(dotted))


def _value(line: str) -> str:
    return line.partition("=")[2].partition("#")[0].strip().strip("\"'")


def _quoted(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return json.dumps(value if isinstance(value, str) else list(value), ensure_ascii=False)
