"""An A4 page to write on: fonts, wrapped text, rules, table headings, and the writer's particulars at its foot."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from fpdf import FPDF

from afterclick.printing.fonts import FAMILY, add_fonts, needs_shaping, printable

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


class Column(NamedTuple):
    """A column of a table, `width` in millimetres; `align` is L or R."""

    title: str
    width: float
    align: str


class Page(FPDF):
    """Millimetres from the top left; text is cut rather than allowed to run into its neighbour.

    `name` stands in the document's title and beside each page's number, `foot` are the columns of lines at the foot of each
    page. With `archival` the file is PDF/A-3B, which also notes when it was rendered; any other file has the same bytes for the
    same words and `written_ms`.
    """

    def __init__(self, *, name: str, written_ms: int, foot: Sequence[Sequence[str]], archival: bool = False) -> None:
        super().__init__(format="A4", enforce_compliance="PDF/A-3B" if archival else None)
        self._name, self._foot = name, foot
        self.set_title(name)
        self.set_creation_date(datetime.fromtimestamp(written_ms / 1000, UTC))
        self.set_margins(0, 0, 0)
        self.c_margin = 0
        self.set_auto_page_break(auto=False)
        self._coverage = add_fonts(self)

    def ink(self, size: float, colour: Colour = INK, *, bold: bool = False) -> None:
        """How the next text is written; `size` in points."""
        self.set_font(FAMILY, "B" if bold else "", size)
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
        """The lines into which a text falls; none for an empty text."""
        shown = printable(text, self._coverage)
        self.set_text_shaping(needs_shaping(shown))
        if not shown:
            return []
        lines = self.multi_cell(width, 4, shown, dry_run=True, output="LINES", align="L")
        assert isinstance(lines, list)
        return lines

    def rule(self, y: float, *, left: float = LEFT, colour: Colour = RULE, weight: float = 0.2) -> None:
        self.set_draw_color(*colour)
        self.set_line_width(weight)
        self.line(left, y, RIGHT, y)

    def band(self) -> None:
        """The band of colour at the head of a letter."""
        self.set_fill_color(*ACCENT)
        self.rect(0, 0, 210, 3, style="F")

    def heading(self, columns: Sequence[Column], y: float) -> float:
        """The head of a table; returns the y below it."""
        self.set_fill_color(*TINT)
        self.rect(LEFT, y, WIDTH, 8, style="F")
        self.ink(8.5, GREY, bold=True)
        x = LEFT
        for column in columns:
            self.put(column.title, x=x + 2, y=y + 1.7, width=column.width - 4, align=column.align)
            x += column.width
        return y + 8

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
