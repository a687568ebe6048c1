"""Invoices and credit notes as documents: EN 16931 XML, and a PDF/A-3 page that carries it (Factur-X, ZUGFeRD).

Rendered on demand, never on the way of an order. The libraries come with `afterclick[documents]` and are imported when needed.
"""

from afterclick.domain.invoice import Invoice
from afterclick.domain.seller import Seller


class DocumentsNotInstalledError(RuntimeError):
    """The libraries that write documents are not installed."""

    def __init__(self, missing: str | None) -> None:
        super().__init__(f"cannot write invoice documents: {missing} is not installed; install afterclick[documents]")


def xml(invoice: Invoice, seller: Seller, *, paid: bool = True) -> bytes:
    """The invoice as UN/CEFACT Cross Industry Invoice in the Factur-X profile EN 16931, checked against its schema.

    `paid`: the amount was captured (a credit note: refunded) already, so that nothing is due.

    Raises:
        DocumentsNotInstalledError: see there.
        ValueError: the seller or the buyer lacks what the standard requires; says what.
    """
    try:
        from afterclick.orders.billing import xml as invoice_xml
    except ModuleNotFoundError as error:
        raise DocumentsNotInstalledError(error.name) from error
    return invoice_xml.cross_industry_invoice(invoice, seller, paid=paid)


def pdf(invoice: Invoice, seller: Seller, *, paid: bool = True) -> bytes:
    """The invoice as a printable A4 document with its XML inside (`factur-x.xml`); arguments and errors as in `xml`."""
    document = xml(invoice, seller, paid=paid)
    try:
        from facturx import generate_from_binary  # pyright: ignore[reportUnknownVariableType]  # has no types

        from afterclick.orders.billing import pdf as invoice_pdf
    except ModuleNotFoundError as error:
        raise DocumentsNotInstalledError(error.name) from error
    titles = {
        "author": seller.name,
        "title": f"{seller.name}: {invoice_pdf.title(invoice)} {invoice.name}",
        "subject": f"{invoice_pdf.title(invoice)} {invoice.name} for order {invoice.external_id}",
        "keywords": "Factur-X, EN 16931",
    }
    plain = invoice_pdf.printed(invoice, seller, paid=paid)
    return generate_from_binary(
        plain,
        document,
        flavor="factur-x",
        level="en16931",
        check_xsd=False,
        pdf_metadata=titles,
        lang="en",
        afrelationship="alternative",
    )
