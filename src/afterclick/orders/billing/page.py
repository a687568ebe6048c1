"""An A4 page to write on: fonts, wrapped text, rules, and the seller's particulars at the foot of each page."""

from typing import Final

from fpdf import FPDF

from afterclick.domain.order import Address
from afterclick.domain.seller import Seller
from afterclick.orders.billing.fonts import FAMILY, add_fonts, needs_shaping, printable

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


class Page(FPDF):
    """Millimetres from the top left; text is cut rather than allowed to run into its neighbour."""

    def __init__(self, *, name: str, seller: Seller) -> None:
        super().__init__(format="A4", enforce_compliance="PDF/A-3B")
        self._name = name
        self._seller = seller
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

    def footer(self) -> None:
        seller, y = self._seller, 272.0
        self.rule(y - 3)
        self.ink(7.5, GREY)
        columns = (
            (seller.name, *address_lines(seller.address)[:4]),
            (seller.email, seller.phone, seller.registration),
            (f"VAT number {seller.tax_id}", f"IBAN {seller.iban}" if seller.iban else ""),
        )
        for column, texts in enumerate(columns):
            below = y
            for text in texts:
                below = self.put(text, x=LEFT + column * 58, y=below, width=54, height=3.5)
        self.put(f"{self._name}  ·  page {self.page_no()}", x=LEFT, y=286.5, width=WIDTH, align="R", height=3.5)

    def _cut(self, line: str, width: float) -> str:
        while line and self.get_string_width(line + "…") > width:
            line = line[:-1]
        return line.rstrip() + "…"


def address_lines(address: Address, *, sent_from: str = "") -> list[str]:
    """An address as on an envelope, without the name; the country only where it is another than `sent_from`."""
    town = " ".join(part for part in (address.postcode, address.city) if part)
    place = ", ".join(part for part in (town, address.region) if part)
    country = "" if address.country == sent_from else address.country
    return [line for line in (address.line1, address.line2, place, country) if line]
