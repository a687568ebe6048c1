"""Read XML of strangers into a small tree, with line numbers and without anything that XML can be made to do."""

from dataclasses import dataclass, field
from typing import Final, Never
from xml.parsers import expat

from afterclick.domain.text import one_line
from afterclick.procurement.documents.values import MOST_BYTES, Unreadable

MOST_ELEMENTS: Final = 500_000
DEEPEST: Final = 50


@dataclass
class Element:
    """An element by its local name: namespaces only tell which version of UBL it is, and every version reads alike."""

    name: str
    line: int
    attributes: dict[str, str] = field(default_factory=dict[str, str])
    children: list["Element"] = field(default_factory=list["Element"])
    letters: list[str] = field(default_factory=list[str])

    @property
    def text(self) -> str:
        return one_line("".join(self.letters))

    def all(self, *path: str) -> list["Element"]:
        """The elements at the end of a path of names."""
        found: list[Element] = [self]
        for name in path:
            found = [child for one in found for child in one.children if child.name == name]
        return found

    def first(self, *path: str) -> "Element | None":
        found = self.all(*path)
        return found[0] if found else None

    def said(self, *path: str) -> str:
        """The text at the end of a path; '' where there is none."""
        found = self.first(*path)
        return found.text if found else ""


def tree(content: bytes) -> Element:
    """The root element of a document.

    Raises:
        Unreadable: too large or too deep, not well-formed, or with a document type (which is how XML bombs and references to
            other files come along; no trading document has one).
    """
    if len(content) > MOST_BYTES:
        raise Unreadable(f"the document has {len(content):,} bytes, more than {MOST_BYTES:,}: it is not read")
    builder = _Builder()
    try:
        builder.parser.Parse(content, True)
    except expat.ExpatError as error:
        raise Unreadable(f"line {error.lineno}: this is not XML ({expat.ErrorString(error.code)})") from error
    except (LookupError, UnicodeError, ValueError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("the XML declares an encoding that is not known: ask for UTF-8") from error
    assert builder.root is not None
    return builder.root


class _Builder:
    def __init__(self) -> None:
        self.root: Element | None = None
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._letters
        self.parser.StartDoctypeDeclHandler = self._refuse
        self._open: list[Element] = []
        self._count = 0

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MOST_ELEMENTS or len(self._open) >= DEEPEST:
            raise Unreadable(f"line {self.parser.CurrentLineNumber}: more than {MOST_ELEMENTS:,} elements, or {DEEPEST} deep")
        element = Element(name.rpartition("}")[2], self.parser.CurrentLineNumber, attributes)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _letters(self, letters: str) -> None:
        self._open[-1].letters.append(letters)

    def _refuse(self, *_declaration: object) -> Never:
        raise Unreadable(f"line {self.parser.CurrentLineNumber}: the XML declares a document type, which is not read")
