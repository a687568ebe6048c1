"""Journal entries of invoices, credit notes and the money that settles them: debit positive, credit negative, sum zero."""

from afterclick.domain.accounts import CASH_CLEARING, ROUNDING_DIFFERENCES, TRADE_RECEIVABLES, output_vat, sales_revenue
from afterclick.domain.invoice import Invoice, Posting


def postings(document: Invoice) -> list[Posting]:
    """Receivable against revenue by rate, tax by country and rounding; a credit note posts the same with the signs turned."""
    entry, currency, order_id = document.name, document.currency, document.order_id
    sign = 1 if document.kind == "invoice" else -1
    entries = [Posting(entry, TRADE_RECEIVABLES, sign * document.gross, currency, order_id)]
    entries += [
        Posting(entry, sales_revenue(group.tax_category, group.rate_bp), -sign * group.net, currency, order_id)
        for group in document.groups
        if group.net
    ]
    if document.tax:
        entries.append(Posting(entry, output_vat(document.tax_country), -sign * document.tax, currency, order_id))
    if document.rounding:
        entries.append(Posting(entry, ROUNDING_DIFFERENCES, -sign * document.rounding, currency, order_id))
    return entries


def capture_postings(*, entry: str, order_id: int, amount: int, currency: str) -> list[Posting]:
    """Money taken from the customer: the payment provider holds it, the customer owes it no longer. `entry` names the capture."""
    return [
        Posting(entry, CASH_CLEARING, amount, currency, order_id),
        Posting(entry, TRADE_RECEIVABLES, -amount, currency, order_id),
    ]


def refund_postings(*, entry: str, order_id: int, amount: int, currency: str) -> list[Posting]:
    """Money given back to the customer: the reverse of a capture. `entry` names the refund."""
    return capture_postings(entry=entry, order_id=order_id, amount=-amount, currency=currency)
