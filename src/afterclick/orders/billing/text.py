"""The wording of invoices that both the XML and the printed page need: days, rates, reasons for no tax."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from afterclick.domain.invoice import TaxCategory
from afterclick.orders.billing.tax import EU

_NO_TAX: Final[dict[TaxCategory, tuple[str, str]]] = {
    "K": ("VAT-exempt intra-Community supply, Article 138 of Directive 2006/112/EC", "VATEX-EU-IC"),
    "G": ("VAT-exempt export of goods, Article 146 of Directive 2006/112/EC", "VATEX-EU-G"),
}


def no_tax_reason(category: TaxCategory, seller_country: str) -> tuple[str, str]:
    """Why no tax is charged, and the code of that reason in the list VATEX; empty where tax is charged or the rate is zero."""
    if category in _NO_TAX and seller_country not in EU:
        return "Export of goods, no VAT charged", ""
    return _NO_TAX.get(category, ("", ""))


def issued_on(issued_ms: int) -> date:
    """The day of an instant in UTC."""
    return datetime.fromtimestamp(issued_ms / 1000, UTC).date()


def percent(rate_bp: int) -> str:
    """A rate as people write it: 1900 → `19`, 2550 → `25.5`."""
    return f"{Decimal(rate_bp) / 100:f}"
