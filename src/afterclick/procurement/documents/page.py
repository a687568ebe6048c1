"""An A4 page to write a purchase document on: fonts, wrapped text, rules and a footer."""

from collections.abc import Set
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont
from fpdf import FPDF

from afterclick.procurement.documents.values import clean

Colour = tuple[int, int, int]

LEFT: Final = 20.0
RIGHT: Final = 190.0
WIDTH: Final = RIGHT - LEFT
LOWEST: Final = 262.0
INK: Final = (28, 32, 38)
GREY: Final = (104, 112, 122)
RULE: Final = (212, 217, 223)
TINT: Final = (242, 246, 247)
ACCENT: Final = (17, 94, 105)
_FAMILY: Final = "Roboto"
_OTHER_SCRIPTS: Final = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansArabic-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansHebrew-Regular.ttf",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/Library/Fonts/Arial Unicode.ttf",
)


class Page(FPDF):
    """Millimetres from the top left; text is cut rather than allowed to run into its neighbour.

    `foot` are the columns of lines at the foot of each page, `name` stands beside the page number.
    """

    def __init__(self, *, name: str, foot: tuple[tuple[str, ...], ...]) -> None:
        super().__init__(format="A4")
        self._name, self._foot = name, foot
        self.set_margins(0, 0, 0)
        self.c_margin = 0
        self.set_auto_page_break(auto=False)
        self._drawable = self._embed()

    def ink(self, size: float, colour: Colour = INK, *, bold: bool = False) -> None:
        """How the next text is written; `size` in points."""
        self.set_font(_FAMILY, "B" if bold else "", size)
        self.set_text_color(*colour)

    def put(self, text: str, *, x: float, y: float, width: float, align: str = "L", lines: int = 1, height: float = 4.6) -> float:
        """Write text wrapped to `width`, at most `lines` lines, the rest cut with an ellipsis; returns the y below it."""
        wrapped = self.wrapped(text, width)
        if len(wrapped) > lines:
            wrapped = [*wrapped[: lines - 1], self._cut(wrapped[lines - 1], width)]
        for line in wrapped:
            self.set_xy(x, y)
            self.current_font_is_set_on_page = False  # fpdf2 believes so after a fallback font
            self.cell(width, height, line, align=align)
            y += height
        return y

    def wrapped(self, text: str, width: float) -> list[str]:
        """The lines into which a text falls; none for an empty text. What no font can draw becomes a question mark."""
        shown = "".join(letter if ord(letter) in self._drawable else "?" for letter in clean(text))
        self.set_text_shaping(any("\u0590" <= letter <= "\u0fff" for letter in shown))
        if not shown:
            return []
        lines = self.multi_cell(width, 4, shown, dry_run=True, output="LINES", align="L")
        assert isinstance(lines, list)
        return lines

    def rule(self, y: float, *, left: float = LEFT, colour: Colour = RULE, weight: float = 0.2) -> None:
        self.set_draw_color(*colour)
        self.set_line_width(weight)
        self.line(left, y, RIGHT, y)

    def footer(self) -> None:
        y = 272.0
        self.rule(y - 3)
        self.ink(7.5, GREY)
        for column, texts in enumerate(self._foot):
            below = y
            for text in texts:
                below = self.put(text, x=LEFT + column * 58, y=below, width=54, height=3.5)
        self.put(f"{self._name}  ·  page {self.page_no()}", x=LEFT, y=286.5, width=WIDTH, align="R", height=3.5)

    def _cut(self, line: str, width: float) -> str:
        while line and self.get_string_width(line + "…") > width:
            line = line[:-1]
        return line.rstrip() + "…"

    def _embed(self) -> Set[int]:
        """Add Roboto, and what the machine has for other scripts; returns the code points that can be drawn."""
        found = find_spec("font_roboto")
        if found is None or not found.submodule_search_locations:
            raise ModuleNotFoundError("no module named font_roboto", name="font-roboto")
        folder = Path(found.submodule_search_locations[0]) / "files"
        self.add_font(_FAMILY, "", folder / "Roboto-Regular.ttf")
        self.add_font(_FAMILY, "B", folder / "Roboto-Medium.ttf")
        others = [Path(name) for name in _OTHER_SCRIPTS if Path(name).exists()]
        for path in others:
            self.add_font(path.stem, "", path)
        self.set_fallback_fonts([path.stem for path in others], exact_match=False)
        return frozenset[int]().union(*(_code_points(path) for path in [folder / "Roboto-Regular.ttf", *others]))


@lru_cache(maxsize=16)
def _code_points(path: Path) -> Set[int]:
    with TTFont(path, lazy=True) as font:
        return frozenset(font.getBestCmap() or ())
