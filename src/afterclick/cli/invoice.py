"""`afterclick invoice`: one invoice or credit note, shown or written as a document."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from afterclick.cli.output import HERE, JsonOption, OfficeOption, Refused, console, figures, opened, plain, say_json, table, tell

if TYPE_CHECKING:
    from afterclick.domain.invoice import Invoice
    from afterclick.store.transaction import Tx


def invoice(
    name: Annotated[str, typer.Argument(metavar="ID", help="The invoice's number, for example INV-000042, or its order's.")],
    folder: OfficeOption = HERE,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", metavar="FILE", help="Write it as PDF with the EN 16931 XML inside.")
    ] = None,
    xml: Annotated[Path | None, typer.Option("--xml", metavar="FILE", help="Write the EN 16931 XML alone.")] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show an invoice, or write it as PDF or XML."""
    from afterclick.orders.billing import document as invoice_document

    with opened(folder, "orders.read") as office:
        with office.database.reading() as tx:
            found = _find(tx, name)
            paid = bool(tx.value("SELECT COALESCE(SUM(captured), 0) FROM payments WHERE order_id = ?", (found.order_id,)))
        seller = office.seller()
    written: list[str] = []
    for path, render in ((pdf, invoice_document.pdf), (xml, invoice_document.xml)):
        if path is not None:
            try:
                path.write_bytes(render(found, seller, paid=paid))
            except ValueError as error:
                raise Refused(f"{found.name} cannot be written: {error}") from error
            written.append(str(path))
    if as_json:
        say_json({"name": found.name, "paid": paid, "written": written, "invoice": found})
        return
    if written:
        tell(f"{found.name} is written to {', '.join(written)}")
    else:
        _show(found)


def _find(tx: "Tx", name: str) -> "Invoice":
    """The document of that number, or the newest one of the order of that number."""
    import msgspec

    from afterclick.domain.invoice import Invoice
    from afterclick.orders.records import find

    series, _, number = name.rpartition("-")
    rows = []
    if series and number.isascii() and number.isdecimal() and len(number) < 19:
        rows = tx.rows("SELECT document FROM invoices WHERE series = ? AND number = ?", (series, int(number)))
    order_id = None if rows else find(tx, name)
    if order_id is not None:
        rows = tx.rows(
            "SELECT document FROM invoices WHERE order_id = ? ORDER BY issued_ms DESC, number DESC LIMIT 1", (order_id,)
        )
    if not rows:
        raise Refused(f"there is no invoice {name}, and no invoiced order of that number")
    return msgspec.json.decode(rows[0][0], type=Invoice)


def _show(found: "Invoice") -> None:
    from afterclick.control_room.words import instant, money

    shown = table("SKU", "name", "pieces", "VAT", "gross", right=("pieces", "VAT", "gross"))
    for line in found.lines:
        shown.add_row(
            plain(line.sku),
            plain(line.name),
            f"{line.quantity:,}",
            f"{line.rate_bp / 100:g} %",
            money(line.gross, found.currency),
        )
    for charge in found.charges:
        shown.add_row("", charge.kind, "", f"{charge.rate_bp / 100:g} %", money(charge.gross, found.currency), style="dim")
    figures({
        "number": found.name, "kind": found.kind.replace("_", " "), "issued": f"{instant(found.issued_ms)} UTC",
        "order": f"{found.order_id} ({found.external_id})", "for": found.buyer.name or found.customer,
        "refers_to": found.refers_to or "-",
    })  # fmt: skip
    console().print(shown)
    figures({name: money(getattr(found, name), found.currency) for name in ("net", "tax", "rounding", "gross")})
