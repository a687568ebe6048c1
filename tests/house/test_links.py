"""Whoever reads README.md or docs/ gets where a link points, and finds every page from the index of its folder."""

import re
import struct
from pathlib import Path
from typing import Final

import pytest

from tests.house.tree import ROOT, named

DOCS: Final = ROOT / "docs"
PICTURES: Final = DOCS / "pictures"
PAGES: Final = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]
LINK: Final = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE: Final = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
ELSEWHERE: Final = ("https://", "http://", "mailto:")
LARGEST_BYTES: Final = 150_000
LARGEST_SUM_BYTES: Final = 1_000_000


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    astray = [link for link in links(page) if not link.startswith(ELSEWHERE) and not _leads(page, link)]
    assert not astray, f"{named(page)} links to what is not there: {astray}"


@pytest.mark.parametrize("folder", [DOCS, DOCS / "decisions"], ids=named)
def test_every_page_is_in_the_index_of_its_folder(folder: Path) -> None:
    index = folder / "README.md"
    linked = {link.partition("#")[0] for link in links(index)}
    assert not [page.name for page in sorted(folder.glob("*.md")) if page != index and page.name not in linked]


def test_every_picture_is_shown_somewhere_and_light_enough_to_load() -> None:
    shown = {(page.parent / link).resolve() for page in PAGES for link in links(page) if not link.startswith(ELSEWHERE)}
    pictures = [path for path in sorted(PICTURES.iterdir()) if path.is_file()]
    assert not [path.name for path in pictures if path.resolve() not in shown]
    assert not [path.name for path in pictures if path.stat().st_size > LARGEST_BYTES]
    assert sum(path.stat().st_size for path in pictures) < LARGEST_SUM_BYTES


def test_the_picture_of_each_page_is_as_wide_as_a_desk_or_a_phone() -> None:
    widths = {path.name: struct.unpack(">I", path.read_bytes()[16:20])[0] for path in sorted(PICTURES.glob("*.png"))}
    assert widths
    assert not {name: width for name, width in widths.items() if width != (390 if name.endswith("-phone.png") else 1280)}


def links(page: Path) -> list[str]:
    """Where a page's links point, without those in code."""
    return LINK.findall(CODE.sub("", page.read_text(encoding="utf-8")))


def _leads(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return target.exists() and (not anchor or anchor in _anchors(target))


def _anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings: list[str] = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}
