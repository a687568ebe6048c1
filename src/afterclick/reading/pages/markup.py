"""The tree of a page, from bytes that may lie about their encoding."""

import re
from collections.abc import Iterator
from typing import Final

from afterclick.reading.trees import Element, NotMarkup, html_tree

LARGEST_PAGE: Final = 8_000_000
"""Bytes of a page that are read; the largest product pages of big shops have about 2,000,000."""
MOST_ELEMENTS: Final = 120_000
UNSEEN: Final = frozenset({"script", "style", "noscript", "template", "head", "svg", "iframe", "select", "textarea"})
_CHARSET: Final = re.compile(rb"""<meta[^>]{0,200}charset\s*=\s*["']?\s*([\w-]{3,20})""", re.IGNORECASE)
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]*\?>")


class Unreadable(ValueError):
    """A page cannot be read; the message says why."""


def tree(body: bytes, content_type: str = "") -> Element:
    """The page as a tree.

    Raises:
        Unreadable: it is too large, empty, or no HTML.
    """
    if len(body) > LARGEST_PAGE:
        raise Unreadable(f"the page has {len(body):,} bytes, more than {LARGEST_PAGE:,}")
    text = _DECLARATION.sub("", decoded(body, content_type).replace("\0", ""))
    if "<" not in text:
        raise Unreadable("the page holds no HTML")
    try:
        root = html_tree(text)
    except NotMarkup as error:
        raise Unreadable(f"the page holds no HTML that can be read: {error}") from error
    for count, _ in enumerate(root.iter()):
        if count > MOST_ELEMENTS:
            raise Unreadable(f"the page has more than {MOST_ELEMENTS:,} elements")
    return root


def decoded(body: bytes, content_type: str = "") -> str:
    """The text of a page: in the encoding that the answer names, else the one that the page names, else UTF-8 or Windows-1252."""
    named = re.search(r"charset=[\"']?([\w-]{3,20})", content_type)
    inside = _CHARSET.search(body[:4096])
    tried = [named[1] if named else "", inside[1].decode("ascii") if inside else "", "utf-8"]
    for encoding in tried:
        try:
            return body.decode(encoding) if encoding else body.decode("utf-8")
        except (LookupError, UnicodeDecodeError):
            continue
    for encoding in tried:
        try:
            text = body.decode(encoding, errors="replace")
        except LookupError:
            continue
        if encoding and text.count("\ufffd") * 1_000 < len(text):
            return text
    return body.decode("cp1252", errors="replace")


def attribute(element: Element, name: str) -> str:
    """An attribute's text; '' where there is none."""
    return element.get(name) or ""


def told(element: Element) -> str:
    """The class and id of an element, in small letters."""
    return f"{attribute(element, 'class')} {attribute(element, 'id')}".lower()


def above(element: Element, levels: int) -> Iterator[Element]:
    """The elements around one, the nearest first."""
    one = element.getparent()
    while one is not None and levels > 0:
        yield one
        one, levels = one.getparent(), levels - 1


def is_unseen(element: Element) -> bool:
    """Whether a reader does not see the element for what it is, or is told not to."""
    if element.tag in UNSEEN or "hidden" in element.attrib or attribute(element, "type") == "hidden":
        return True
    return "display:none" in attribute(element, "style").replace(" ", "").lower()


def path_of(element: Element) -> str:
    """Where an element stands, short enough to read: the three nearest tags with id or first class."""
    parts: list[str] = []
    for one in [element, *above(element, 2)]:
        mark = attribute(one, "id") or attribute(one, "class").split(" ")[0]
        sign = "#" if attribute(one, "id") else "."
        parts.append(f"{one.tag}{sign}{mark[:40]}" if mark else str(one.tag))
    return " > ".join(reversed(parts))


def joined(element: Element, longest: int) -> str:
    """The text of an element as it reads; digits of two elements side by side are an amount and its cents, as shops print
    them."""
    text = ""
    for piece in element.itertext():
        part = " ".join(str(piece).split())
        if not part:
            continue
        if text and text[-1].isdigit() and part[0].isdigit():
            text += "." if re.match(r"\d\d(?!\d)", part) and not re.search(r"[.,]\d+$", text) else " "
        elif text and str(piece)[0].isspace() and not (text[-1] in ".," and part[0].isdigit()):
            text += " "
        text += part
        if len(text) > longest:
            return text
    return text
