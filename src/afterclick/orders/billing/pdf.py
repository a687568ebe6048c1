"""The printed invoice or credit note: letterhead, parties, lines, sums and remarks."""

from typing import Final, NamedTuple

from afterclick.domain.invoice import Charge, Invoice, InvoiceLine
from afterclick.domain.seller import Seller
from afterclick.orders.billing.text import issued_on, no_tax_reason, percent
from afterclick.printing.page import ACCENT, GREY, LEFT, LOWEST, RIGHT, WIDTH, Column, Page
from afterclick.printing.text import address_lines, amount, long_day


class _Row(NamedTuple):
    name: str
    below: str
    cells: tuple[str, str, str, str]


_COLUMNS: Final = (
    Column("Item", 82, "L"),
    Column("Quantity", 18, "R"),
    Column("Unit price", 26, "R"),
    Column("VAT", 16, "R"),
    Column("Amount", 28, "R"),
)
_MOST_NAME_LINES: Final = 3


def title(invoice: Invoice) -> str:
    """What kind of document it is."""
    return "Invoice" if invoice.kind == "invoice" else "Credit note"


def printed(invoice: Invoice, seller: Seller, *, paid: bool) -> bytes:
    """The visible pages, PDF/A-3 without an attachment yet."""
    foot = (
        (seller.name, *address_lines(seller.address)[:4]),
        (seller.email, seller.phone, seller.registration),
        (f"VAT number {seller.tax_id}", f"IBAN {seller.iban}" if seller.iban else ""),
    )
    page = Page(name=f"{title(invoice)} {invoice.name}", written_ms=invoice.issued_ms, foot=foot, archival=True)
    page.add_page()
    _letterhead(page, invoice, seller)
    y = _lines(page, invoice, _parties(page, invoice, seller))
    y = _sums(page, invoice, y + 4, paid=paid)
    _remarks(page, invoice, seller, y + 8, paid=paid)
    return bytes(page.output())


def _letterhead(page: Page, invoice: Invoice, seller: Seller) -> None:
    page.band()
    page.ink(15, ACCENT, bold=True)
    page.put(seller.name, x=LEFT, y=17, width=105, lines=2, height=6.5)
    page.ink(20)
    page.put(title(invoice), x=130, y=16.5, width=RIGHT - 130, align="R", height=8)


def _parties(page: Page, invoice: Invoice, seller: Seller) -> float:
    """Whom it is for on the left, what it is on the right; returns the y below."""
    y = 50.0
    page.ink(7.5, GREY)
    page.put("Bill and ship to", x=LEFT, y=y - 6, width=85, height=4)
    page.ink(10.5, bold=True)
    below = page.put(invoice.buyer.name or invoice.customer, x=LEFT, y=y, width=85, lines=2, height=5)
    page.ink(10.5)
    for line in address_lines(invoice.buyer, sent_from=seller.country):
        below = page.put(line, x=LEFT, y=below, width=85, lines=2, height=5)
    if invoice.buyer_tax_id:
        page.ink(8.5, GREY)
        below = page.put(f"VAT number {invoice.buyer_tax_id}", x=LEFT, y=below + 1, width=85)
    issued = long_day(issued_on(invoice.issued_ms))
    facts = [
        ("Number", invoice.name),
        ("Date", issued),
        ("Delivery date", issued if invoice.kind == "invoice" else ""),
        ("Order", invoice.external_id),
        ("Customer", invoice.customer),
        ("Corrects", invoice.refers_to),
    ]
    at = y
    for name, value in facts:
        if value:
            page.ink(9, GREY)
            page.put(name, x=120, y=at, width=28, height=5.2)
            page.ink(9.5, bold=name == "Number")
            at = page.put(value, x=146, y=at, width=RIGHT - 146, align="R", height=5.2)
    return max(below, at) + 12


def _lines(page: Page, invoice: Invoice, y: float) -> float:
    """The table of lines and charges, carried over to further pages with its heading; returns the y below."""
    y = page.heading(_COLUMNS, y)
    rows = [_line_row(invoice, line) for line in invoice.lines] + [_charge_row(invoice, charge) for charge in invoice.charges]
    for row in rows:
        page.ink(9.5)
        names = min(len(page.wrapped(row.name, _COLUMNS[0].width - 4)), _MOST_NAME_LINES)
        height = 3.2 + max(names, 1) * 4.6 + (3.8 if row.below else 0)
        if y + height > LOWEST:
            page.add_page()
            y = page.heading(_COLUMNS, 20)
        _row(page, row, y)
        y += height
        page.rule(y)
    return y


def _row(page: Page, row: _Row, y: float) -> None:
    page.ink(9.5)
    width = _COLUMNS[0].width
    below = page.put(row.name, x=LEFT + 2, y=y + 1.6, width=width - 4, lines=_MOST_NAME_LINES)
    x = LEFT + width
    for cell, column in zip(row.cells, _COLUMNS[1:], strict=True):
        page.put(cell, x=x, y=y + 1.6, width=column.width - 2, align=column.align)
        x += column.width
    if row.below:
        page.ink(7.5, GREY)
        page.put(row.below, x=LEFT + 2, y=below, width=width - 4, height=3.6)


def _line_row(invoice: Invoice, line: InvoiceLine) -> _Row:
    each, rest = divmod(line.gross, line.quantity)
    price = "" if rest else amount(each, invoice.currency)
    cells = (f"{line.quantity:,}", price, f"{percent(line.rate_bp)} %", amount(line.gross, invoice.currency))
    return _Row(line.name, line.sku if line.sku != line.name else "", cells)


def _charge_row(invoice: Invoice, charge: Charge) -> _Row:
    name = "Shipping" if charge.kind == "shipping" else "Discount"
    return _Row(name, "", ("", "", f"{percent(charge.rate_bp)} %", amount(charge.gross, invoice.currency)))


def _sums(page: Page, invoice: Invoice, y: float, *, paid: bool) -> float:
    """Net, tax by rate, rounding and total; kept together on one page. Returns the y below."""
    sums = [("Total without VAT", invoice.net)]
    sums += [(f"VAT {percent(group.rate_bp)} % on {amount(group.net, invoice.currency)}", group.tax) for group in invoice.groups]
    if invoice.rounding:
        sums.append(("Rounding", invoice.rounding))
    if y + len(sums) * 5.4 + 30 > LOWEST:
        page.add_page()
        y = 20
    for name, value in sums:
        page.ink(9.5, GREY)
        page.put(name, x=100, y=y, width=58)
        page.ink(9.5)
        page.put(amount(value, invoice.currency), x=158, y=y, width=RIGHT - 160, align="R")
        y += 5.4
    page.rule(y + 1, left=100, colour=ACCENT, weight=0.5)
    page.ink(12.5, bold=True)
    page.put("Total", x=100, y=y + 3, width=40, height=6)
    total = amount(invoice.gross, invoice.currency)
    y = page.put(f"{invoice.currency} {total}", x=130, y=y + 3, width=RIGHT - 132, align="R", height=6)
    if not paid:
        return y
    page.ink(9.5, GREY)
    page.put("Paid" if invoice.kind == "invoice" else "Refunded", x=100, y=y + 1, width=40)
    page.put(total, x=130, y=y + 1, width=RIGHT - 132, align="R")
    page.put("Amount due", x=100, y=y + 6.4, width=40)
    return page.put(amount(0, invoice.currency), x=130, y=y + 6.4, width=RIGHT - 132, align="R")


def _remarks(page: Page, invoice: Invoice, seller: Seller, y: float, *, paid: bool) -> None:
    """How it is settled, and why no tax is charged where none is."""
    thing = title(invoice).lower()
    remarks = [no_tax_reason(group.tax_category, seller.country)[0] for group in invoice.groups]
    if invoice.tax:
        remarks.append("Prices and amounts in the table include VAT.")
    if invoice.kind == "credit_note":
        remarks.append(f"This {thing} corrects invoice {invoice.refers_to}.")
    elif not paid and seller.iban:
        remarks.append(f"Please pay to IBAN {seller.iban} on receipt and name {invoice.name}.")
    elif paid:
        remarks.append("Your payment has been received. Thank you for your order.")
    remarks.append(f"The data of this {thing} are attached as XML according to EN 16931 (factur-x.xml).")
    texts = list(dict.fromkeys(remark for remark in remarks if remark))
    if y + len(texts) * 6 > LOWEST:
        page.add_page()
        y = 20
    for text in texts:
        page.ink(8.5, GREY)
        y = page.put(text, x=LEFT, y=y, width=WIDTH, lines=2, height=4.4) + 0.8
