"""Invoices, credit notes and the postings behind them."""

from typing import Literal

import msgspec

from afterclick.domain.order import Address

InvoiceKind = Literal["invoice", "credit_note"]
TaxCategory = Literal["S", "Z", "K", "G"]
"""UNTDID 5305: standard (any rate above zero), zero rated, intra-Community supply, export."""


class InvoiceLine(msgspec.Struct, frozen=True):
    """One line; `net` + its share of tax = `gross`; `rate_bp` is the tax rate in basis points (1900 = 19 %).

    `gross` is what the customer paid for the line, before the order's discount, which is a `Charge` of its own.
    """

    sku: str
    name: str
    quantity: int
    net: int
    gross: int
    rate_bp: int
    tax_category: TaxCategory


class Charge(msgspec.Struct, frozen=True):
    """What is added to or taken off the lines of one rate: EN 16931 BG-21 (shipping), BG-20 (discount; negative amounts)."""

    kind: Literal["shipping", "discount"]
    net: int
    gross: int
    rate_bp: int
    tax_category: TaxCategory


class TaxGroup(msgspec.Struct, frozen=True):
    """All lines and charges of one rate: EN 16931 BG-23. `tax` is `net` × rate, rounded half up."""

    rate_bp: int
    net: int
    tax: int
    tax_category: TaxCategory = "S"


class Invoice(msgspec.Struct, frozen=True):
    """A document in its final form. Credit notes carry positive amounts and `refers_to`.

    net + tax + rounding = gross, to the minor unit; net = sum of the lines' and charges' nets = sum of the groups' nets.
    `rounding` is the minor unit that no net amount and its tax can make up together (EN 16931 BT-114). `tax_country` is the
    country to which `tax` is owed.
    """

    series: str
    number: int
    kind: InvoiceKind
    order_id: int
    external_id: str
    issued_ms: int
    currency: str
    customer: str
    buyer: Address
    buyer_tax_id: str
    lines: tuple[InvoiceLine, ...]
    groups: tuple[TaxGroup, ...]
    net: int
    tax: int
    rounding: int
    gross: int
    refers_to: str = ""
    charges: tuple[Charge, ...] = ()
    tax_country: str = ""

    @property
    def name(self) -> str:
        """The number as printed, for example `INV-2026-000042`."""
        return f"{self.series}-{self.number:06d}"


class Posting(msgspec.Struct, frozen=True):
    """One side of a journal entry: debit positive, credit negative. The postings of an `entry` sum to zero."""

    entry: str
    account: str
    amount: int
    currency: str
    order_id: int
