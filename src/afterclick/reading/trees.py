"""Markup as trees: HTML that may be broken, and XML that may not, with nothing fetched and no entity followed."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, Protocol, cast


class Element(Protocol):
    """As much of an element as readers use; the library that makes them tells no types."""

    tag: object
    text: str | None

    @property
    def attrib(self) -> Mapping[str, str]: ...
    def __iter__(self) -> Iterator["Element"]: ...
    def get(self, key: str, default: str = "") -> str: ...
    def getparent(self) -> "Element | None": ...
    def iter(self, *tags: str) -> Iterator["Element"]: ...
    def iterancestors(self, *tags: str) -> Iterator["Element"]: ...
    def iterdescendants(self) -> Iterator["Element"]: ...
    def itertext(self) -> Iterator[str]: ...


class NotMarkup(ValueError):
    """A text is no markup that can be read; says why."""


def html_tree(text: str) -> Element:
    """The tree of a page.

    Raises:
        NotMarkup: nothing in it can be read.
    """
    etree: Any = import_module("lxml.etree")
    html: Any = import_module("lxml.html")
    parser = html.HTMLParser(huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        return cast(Element, html.document_fromstring(text, parser=parser))
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise NotMarkup(str(error)[:200]) from error


def xml_tree(body: bytes) -> Element:
    """The root of an XML document.

    Raises:
        NotMarkup: it is not well-formed, or nested too deeply.
    """
    etree: Any = import_module("lxml.etree")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    try:
        return cast(Element, etree.fromstring(body, parser))
    except (etree.LxmlError, ValueError) as error:
        raise NotMarkup(str(error)[:200]) from error
