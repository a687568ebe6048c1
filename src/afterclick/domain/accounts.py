"""The small chart of accounts that orders post to; an accounting connector maps these codes onto the books of the shop."""

from typing import Final

TRADE_RECEIVABLES: Final = "trade_receivables"
CASH_CLEARING: Final = "cash_clearing"
ROUNDING_DIFFERENCES: Final = "rounding_differences"
SALES_REVENUE: Final = "sales_revenue"
OUTPUT_VAT: Final = "output_vat"

CHART: Final = {
    TRADE_RECEIVABLES: "Trade receivables: what customers owe",
    CASH_CLEARING: "Cash clearing: what payment providers hold for the shop",
    ROUNDING_DIFFERENCES: "Rounding differences on invoices",
    SALES_REVENUE: "Sales revenue, net of tax; one sub-account per tax category and rate",
    OUTPUT_VAT: "Output VAT payable; one sub-account per country",
}


def sales_revenue(tax_category: str, rate_bp: int) -> str:
    """The revenue account of a tax category and rate: `sales_revenue:S1900`, `sales_revenue:G0`."""
    return f"{SALES_REVENUE}:{tax_category}{rate_bp}"


def output_vat(country: str) -> str:
    """The account of tax owed to a country: `output_vat:DE`."""
    return f"{OUTPUT_VAT}:{country}"


def title(account: str) -> str:
    """What an account is for; sub-accounts have their parent's title."""
    return CHART[account.partition(":")[0]]
