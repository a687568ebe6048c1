"""The printed purchase order: letterhead, parties, lines, total and what we ask for."""

from typing import Final

from afterclick.domain.purchase import PurchaseLine
from afterclick.printing.page import ACCENT, GREY, LEFT, LOWEST, RIGHT, WIDTH, Column, Page
from afterclick.printing.text import address_lines, amount, long_day
from afterclick.procurement.documents.parties import Letter
from afterclick.procurement.documents.units import in_words
from afterclick.procurement.documents.values import day_of

_COLUMNS: Final = (
    Column("", 9, "L"),
    Column("Item", 79, "L"),
    Column("Quantity", 30, "R"),
    Column("Price", 26, "R"),
    Column("Amount", 26, "R"),
)
_MOST_NAME_LINES: Final = 3
_BLOCK: Final = 52.0
"""Width of each of the three blocks below the letterhead."""


def printed_order(letter: Letter) -> bytes:
    """The pages, with all fonts embedded; the same letter gives the same bytes."""
    order, seller = letter.order, letter.buyer.seller
    title = f"Purchase order {order.number}"
    foot = (
        (seller.name, *address_lines(seller.address)[:4]),
        (seller.email, seller.phone, seller.registration),
        (f"VAT number {seller.tax_id}" if seller.tax_id else "", f"GLN {letter.buyer.gln}" if letter.buyer.gln else ""),
    )
    page = Page(name=title, written_ms=order.ordered_ms, foot=foot)
    page.add_page()
    _letterhead(page, letter)
    y = _table(page, letter, _parties(page, letter))
    y = _total(page, letter, y + 4)
    _requests(page, letter, y + 9)
    return bytes(page.output())


def _letterhead(page: Page, letter: Letter) -> None:
    page.band()
    page.ink(15, ACCENT, bold=True)
    page.put(letter.buyer.seller.name, x=LEFT, y=17, width=95, lines=2, height=6.5)
    page.ink(20)
    page.put("Purchase order", x=115, y=16.5, width=RIGHT - 115, align="R", height=8)
    page.ink(10.5, GREY)
    said = letter.order.number + (f"  ·  change {letter.order.revision}" if letter.order.revision else "")
    page.put(said, x=115, y=25.5, width=RIGHT - 115, align="R", height=5)


def _parties(page: Page, letter: Letter) -> float:
    """The vendor, where it goes, and the terms, side by side; returns the y below."""
    order, vendor, goal = letter.order, letter.vendor, letter.order.deliver_to
    further = [f"VAT number {vendor.tax_id}" if vendor.tax_id else "", f"GLN {vendor.gln}" if vendor.gln else ""]
    ends = [
        _block(page, LEFT, "To", vendor.name, address_lines(vendor.address), further),
        _block(page, LEFT + 58, "Deliver to", goal.name or letter.buyer.seller.name, address_lines(goal), []),
    ]
    facts = [
        ("Date", long_day(day_of(order.ordered_ms))),
        ("Deliver by", long_day(order.deliver_on) if order.deliver_on else ""),
        ("Delivery", f"{order.incoterm} (Incoterms 2020)" if order.incoterm else ""),
        ("Payment", f"{order.payment_days} days net" if order.payment_days else "on receipt"),
        ("Your reference", order.vendor_reference),
    ]
    at = 50.0
    for name, value in facts:
        if value:
            page.ink(9, GREY)
            page.put(name, x=136, y=at, width=24, height=5.2)
            page.ink(9.5, bold=name == "Deliver by")
            at = page.put(value, x=154, y=at, width=RIGHT - 154, align="R", lines=2, height=5.2)
    return max(*ends, at) + 11


def _block(page: Page, x: float, title: str, name: str, lines: list[str], further: list[str]) -> float:
    page.ink(7.5, GREY)
    page.put(title, x=x, y=44, width=_BLOCK, height=4)
    page.ink(10.5, bold=True)
    y = page.put(name, x=x, y=50, width=_BLOCK, lines=2, height=5)
    page.ink(10)
    for line in lines:
        y = page.put(line, x=x, y=y, width=_BLOCK, lines=2, height=5)
    page.ink(8, GREY)
    for line in further:
        y = page.put(line, x=x, y=y + 0.8, width=_BLOCK, height=3.8) if line else y
    return y


def _table(page: Page, letter: Letter, y: float) -> float:
    """The lines, carried over to further pages with their heading; returns the y below."""
    y = page.heading(_COLUMNS, y)
    for line in letter.order.lines:
        page.ink(9.5)
        names = min(len(page.wrapped(line.name or line.sku, _COLUMNS[1].width - 4)), _MOST_NAME_LINES)
        height = 3.4 + max(names, 1) * 4.6 + 3.8
        if y + height > LOWEST:
            page.add_page()
            y = page.heading(_COLUMNS, 20)
        _row(page, line, letter, y)
        y += height
        page.rule(y)
    return y


def _row(page: Page, line: PurchaseLine, letter: Letter, y: float) -> None:
    currency = letter.order.currency
    page.ink(9, GREY)
    page.put(str(line.no), x=LEFT + 2, y=y + 1.6, width=_COLUMNS[0].width - 2)
    page.ink(9.5)
    x = LEFT + _COLUMNS[0].width
    below = page.put(line.name or line.sku, x=x + 2, y=y + 1.6, width=_COLUMNS[1].width - 4, lines=_MOST_NAME_LINES)
    cells = (f"{line.quantity:,} {in_words(line.unit)}", amount(line.price, currency), amount(line.net, currency))
    small = ("" if line.per_unit == 1 else f"of {line.per_unit:,} pieces", _per(line), "")
    right = x + _COLUMNS[1].width
    for cell, note, column in zip(cells, small, _COLUMNS[2:], strict=True):
        page.ink(9.5)
        page.put(cell, x=right, y=y + 1.6, width=column.width - 2, align=column.align)
        page.ink(7.5, GREY)
        page.put(note, x=right, y=y + 6.2, width=column.width - 2, align=column.align, height=3.6)
        right += column.width
    page.ink(7.5, GREY)
    page.put(_numbers(line, letter), x=x + 2, y=below, width=_COLUMNS[1].width - 4, height=3.6)


def _numbers(line: PurchaseLine, letter: Letter) -> str:
    """The item's numbers, the vendor's first, since that is who picks it."""
    known = (
        f"your no. {line.vendor_sku}" if line.vendor_sku else "",
        f"our no. {line.sku}",
        f"GTIN {line.gtin}" if line.gtin else "",
    )
    other_day = line.deliver_on is not None and line.deliver_on != letter.order.deliver_on
    when = f"by {long_day(line.deliver_on)}" if other_day and line.deliver_on else ""
    return "  ·  ".join(part for part in (when, *known) if part)


def _per(line: PurchaseLine) -> str:
    return "" if line.price_basis == 1 else f"for {line.price_basis:,} {in_words(line.unit)}"


def _total(page: Page, letter: Letter, y: float) -> float:
    if y + 14 > LOWEST:
        page.add_page()
        y = 24
    page.rule(y + 1, left=110, colour=ACCENT, weight=0.5)
    page.ink(12.5, bold=True)
    page.put("Total", x=110, y=y + 3, width=30, height=6)
    total = f"{letter.order.currency} {amount(letter.order.net, letter.order.currency)}"
    y = page.put(total, x=130, y=y + 3, width=RIGHT - 132, align="R", height=6)
    page.ink(8.5, GREY)
    return page.put("Goods without VAT", x=110, y=y + 0.5, width=RIGHT - 112, align="R", height=4)


def _requests(page: Page, letter: Letter, y: float) -> None:
    """What we ask of the vendor, and the note."""
    order, seller = letter.order, letter.buyer.seller
    where = f" to {seller.email}" if seller.email else ""
    asked = f"Please confirm quantities, prices and the day of delivery{where}, and state {order.number} on every document."
    for text in (order.note, asked):
        page.ink(9.5)
        height = 4.8 * len(page.wrapped(text, WIDTH))
        if y + height > LOWEST:
            page.add_page()
            y = 24
        y = page.put(text, x=LEFT, y=y, width=WIDTH, lines=40, height=4.8) + (3 if text else 0)
