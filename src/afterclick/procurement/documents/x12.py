"""The syntax of ANSI X12 interchanges: segments in, segments out."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from afterclick.domain.text import one_line
from afterclick.procurement.documents.edifact import MOST_SEGMENTS, Segment
from afterclick.procurement.documents.values import MOST_BYTES, Unreadable, Unsendable

ELEMENT, COMPONENT, TERMINATOR = "*", ">", "~"
_ISA_ELEMENTS: Final = 16
_TAG: Final = re.compile(r"[A-Z][A-Z0-9]{1,2}")
VERSION: Final = "004010"
_PLAIN: Final = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "ł": "l", "Ł": "L", "đ": "d", "×": "x"})
"""Letters that do not fall apart into a letter and an accent."""


def segments(content: bytes) -> tuple[list[Segment], list[str]]:
    """The segments of an interchange, and what was wrong with them; those without a proper tag are left out.

    The separators are what the ISA segment uses: the letter after `ISA`, its sixteenth element, and the one after that.

    Raises:
        Unreadable: too large, or without a whole ISA segment.
    """
    if len(content) > MOST_BYTES:
        raise Unreadable(f"the document has {len(content):,} bytes, more than {MOST_BYTES:,}: it is not read")
    problems: list[str] = []
    text = _decoded(content.removeprefix(b"\xef\xbb\xbf"), problems).lstrip()
    if not text.startswith("ISA") or len(text) < 5:
        raise Unreadable("segment 1: this is not an X12 interchange (it does not begin with ISA)")
    element = text[3]
    head = text.split(element, _ISA_ELEMENTS)
    if len(head) <= _ISA_ELEMENTS or len(head[_ISA_ELEMENTS]) < 2:
        raise Unreadable(f"segment 1: ISA has {len(head) - 1} elements, not {_ISA_ELEMENTS}")
    component, terminator = head[_ISA_ELEMENTS][0], head[_ISA_ELEMENTS][1]
    if element.isalnum() or terminator.isalnum() or element == terminator:
        raise Unreadable("segment 1: the separators of ISA are letters or alike: it is cut off or damaged")
    found: list[Segment] = []
    for at, raw in enumerate(text.split(terminator), 1):
        tag, *elements = raw.strip("\r\n\t ").split(element)
        if not tag and not elements:
            continue
        if at > MOST_SEGMENTS:
            raise Unreadable(f"segment {at}: more than {MOST_SEGMENTS:,} segments: it is not read")
        if not _TAG.fullmatch(tag):
            problems.append(f"segment {at}: {one_line(tag, longest=10)!r} is not a tag: the segment is left out")
            continue
        parts = tuple((one,) if tag == "ISA" else tuple(one.split(component)) for one in elements)
        found.append(Segment(tag, at, parts))
    return found, problems


def written(rows: Sequence[tuple[str, ...]]) -> bytes:
    """An interchange; a row is a tag and its elements, cut of empty ones at the end except in ISA, whose length is fixed."""
    texts: list[str] = []
    for row in rows:
        shown = row
        while shown[0] != "ISA" and not shown[-1]:
            shown = shown[:-1]
        texts.append(ELEMENT.join(shown) + TERMINATOR + "\n")
    return "".join(texts).encode("ascii")


def words(text: str, *, longest: int) -> str:
    """A text in the letters that X12 has: accents fall away, separators become spaces, what is left over a question mark."""
    text = text.translate(_PLAIN)
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", one_line(text)) if not unicodedata.combining(letter))
    safe = re.sub(rf"[{re.escape(ELEMENT + COMPONENT + TERMINATOR)}]", " ", bare).encode("ascii", "replace").decode()
    return one_line(safe, longest=longest)


def identifier(text: str, what: str, *, longest: int) -> str:
    """A number or SKU, which must come through whole or not at all."""
    if not text or words(text, longest=10_000) != text or len(text) > longest:
        allowed = f"at most {longest} Latin letters, none of {ELEMENT} {COMPONENT} {TERMINATOR}"
        raise Unsendable(f"{what} {one_line(text, longest=50)!r} does not fit X12 ({allowed})")
    return text


def _decoded(content: bytes, problems: list[str]) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        lines = content.count(b"\n", 0, error.start) + 1
        problems.append(f"line {lines}: a letter is not UTF-8: names may be misspelt")
        return content.decode("latin-1")
