"""The fonts of printed documents: Roboto from a package, and what the machine has for scripts that Roboto lacks."""

from collections.abc import Set
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont
from fpdf import FPDF

from afterclick.domain.text import one_line

FAMILY: Final = "Roboto"
_FALLBACKS: Final = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansArabic-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansHebrew-Regular.ttf",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/Library/Fonts/Arial Unicode.ttf",
    "C:/Windows/Fonts/seguisym.ttf",
)


def add_fonts(page: FPDF) -> Set[int]:
    """Embed the fonts; returns the code points that can be drawn."""
    folder = _roboto()
    files = [folder / "Roboto-Regular.ttf"]
    page.add_font(FAMILY, "", folder / "Roboto-Regular.ttf")
    page.add_font(FAMILY, "B", folder / "Roboto-Medium.ttf")
    others = [Path(name) for name in _FALLBACKS if Path(name).exists()]
    for path in others:
        page.add_font(path.stem, "", path)
    page.set_fallback_fonts([path.stem for path in others], exact_match=False)
    return frozenset[int]().union(*(_drawable(path) for path in [*files, *others]))


def printable(text: str, coverage: Set[int]) -> str:
    """One line of text in which every character can be drawn; what no font has becomes a question mark."""
    shown = (letter if ord(letter) in coverage else "?" for letter in one_line(text))
    return "".join(shown)


def needs_shaping(text: str) -> bool:
    """Whether letters join or run from right to left: Hebrew, Arabic, and the scripts beyond them up to Tibetan."""
    return any("\u0590" <= letter <= "\u0fff" for letter in text)


def _roboto() -> Path:
    """Where the package keeps its files; it is not imported, since only the files are wanted."""
    found = find_spec("font_roboto")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("no module named font_roboto", name="font-roboto")
    return Path(found.submodule_search_locations[0]) / "files"


@lru_cache(maxsize=16)
def _drawable(path: Path) -> Set[int]:
    """The code points of a font."""
    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap() or ())
