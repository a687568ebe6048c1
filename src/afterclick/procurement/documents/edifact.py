"""The syntax of EDIFACT (ISO 9735): segments in, segments out.

Read here and not with a library for two reasons: real files have faults, and of a file with one bad segment the rest is still
wanted; and a segment's number belongs into every complaint.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from afterclick.domain.text import one_line
from afterclick.procurement.documents.values import MOST_BYTES, Unreadable

_CHARSETS: Final = {
    "UNOA": "ascii", "UNOB": "ascii", "UNOC": "latin-1", "UNOD": "iso8859-2", "UNOE": "iso8859-5", "UNOF": "iso8859-7",
    "UNOG": "iso8859-3", "UNOH": "iso8859-4", "UNOI": "iso8859-6", "UNOJ": "iso8859-8", "UNOK": "iso8859-9", "UNOW": "utf-8",
    "UNOX": "utf-8", "UNOY": "utf-8",
}  # fmt: skip
_SYNTAX: Final = re.compile(rb"UNB.(UNO[A-Z])")
_TAG: Final = re.compile(r"[A-Z][A-Z0-9]{2}")
MOST_SEGMENTS: Final = 500_000


class Segment(msgspec.Struct, frozen=True):
    """A segment: its tag, its place in the file from 1, and its elements, each a tuple of components."""

    tag: str
    at: int
    elements: tuple[tuple[str, ...], ...]

    def part(self, element: int, component: int = 0) -> str:
        """A component counted from 0 after the tag; '' where it is missing."""
        if element >= len(self.elements) or component >= len(self.elements[element]):
            return ""
        return one_line(self.elements[element][component])


def segments(content: bytes) -> tuple[list[Segment], list[str]]:
    """The segments of an interchange, and what was wrong with them; segments without a proper tag are left out.

    Raises:
        Unreadable: too large, or not EDIFACT.
    """
    if len(content) > MOST_BYTES:
        raise Unreadable(f"the document has {len(content):,} bytes, more than {MOST_BYTES:,}: it is not read")
    problems: list[str] = []
    text = _decoded(content.removeprefix(b"\xef\xbb\xbf").lstrip(), problems)
    component, element, release, terminator = ":", "+", "?", "'"
    if text.startswith("UNA"):
        component, element, release, terminator = text[3:4], text[4:5], text[6:7], text[8:9]
        text = text[9:]
    if terminator not in "\r\n":
        text = text.replace("\r", "").replace("\n", "")  # files are often wrapped at some column
    if not text.lstrip().startswith("UNB") or len({component, element, terminator}) < 3:
        raise Unreadable("segment 1: this is not an EDIFACT interchange (it does not begin with UNB)")
    found: list[Segment] = []
    for at, raw in enumerate(_split(text, terminator, release), 1):
        if at > MOST_SEGMENTS:
            raise Unreadable(f"segment {at}: more than {MOST_SEGMENTS:,} segments: it is not read")
        tag, *elements = _split(raw.strip(), element, release)
        if not tag and not elements:
            continue
        if not _TAG.fullmatch(tag):
            problems.append(f"segment {at}: {one_line(tag, longest=10)!r} is not a tag: the segment is left out")
            continue
        parts = (tuple(_plain(one, release) for one in _split(each, component, release)) for each in elements)
        found.append(Segment(tag, at, tuple(parts)))
    return found, problems


def written(rows: Sequence[tuple[str, ...]], *, control: int, encoding: str) -> bytes:
    """An interchange of one message. A row is a tag and its elements; `:` within an element separates components.

    What stands between two `:` must be released by `released` beforehand. The rows are those between UNB and UNT, both left
    out of the count as the standard has it: UNT counts from UNH to itself.
    """
    head, *body = rows
    message = [*body, ("UNT", str(len(body) + 1), "1"), ("UNZ", "1", str(control))]
    text = "UNA:+.? '\n" + "".join("+".join(_shortened(row)) + "'\n" for row in [head, *message])
    return text.encode(encoding)


def _shortened(row: tuple[str, ...]) -> tuple[str, ...]:
    """Without empty elements at the end, which the standard has left out."""
    while row and not row[-1]:
        row = row[:-1]
    return row


def released(text: str, *, longest: int) -> str:
    """A text as a component: cut to the length of the field, with separators marked as letters."""
    return re.sub(r"([?:+'])", r"?\1", one_line(text, longest=longest))


def _decoded(content: bytes, problems: list[str]) -> str:
    declared = _SYNTAX.search(content[:200])
    name = declared[1].decode() if declared else "UNOC"
    encoding = _CHARSETS.get(name, "latin-1")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        at = content.count(b"'", 0, error.start) + (0 if content.startswith(b"UNA") else 1)
        problems.append(f"segment {at}: a letter is not in the declared character set {name}: names may be misspelt")
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            return content.decode("latin-1")


def _split(text: str, separator: str, release: str) -> Iterator[str]:
    """The parts between separators that are not released; the release characters stay."""
    if release.strip() and release in text:
        yield from _split_released(text, separator, release)
        return
    yield from text.split(separator)


def _split_released(text: str, separator: str, release: str) -> Iterator[str]:
    start = at = 0
    step = re.compile(f"[{re.escape(release)}{re.escape(separator)}]")
    while found := step.search(text, at):
        if found[0] == release:
            at = found.end() + 1
            continue
        yield text[start : found.start()]
        start = at = found.end()
    yield text[start:]


def _plain(text: str, release: str) -> str:
    """A component with its release characters taken away."""
    if not release.strip() or release not in text:
        return text
    return re.sub(f"{re.escape(release)}(.)", r"\1", text, flags=re.DOTALL)
