"""The arithmetic of tax-included prices: gross amounts into nets and taxes, to the cent.

For each rate, net is the amount nearest to gross ÷ (1 + rate), and tax = net × rate, rounded half up, as EN 16931 asks. Where no
net amount and its tax make up the gross (0.03 EUR at 19 %: 0.02 + 0.00, or 0.03 + 0.01), one minor unit is left over, which
the invoice carries as its `rounding`. A group's net is divided over its lines by largest remainder, so that lines, charges,
groups and totals add up exactly. Without tax the price stays what the customer has paid: net = gross.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from afterclick.domain.invoice import Charge, InvoiceLine, TaxCategory, TaxGroup
from afterclick.domain.money import share


class Goods(NamedTuple):
    """An invoice line before its net is known."""

    sku: str
    name: str
    quantity: int
    gross: int
    rate_bp: int


_UNKNOWN: Final = InvoiceLine(sku="", name="", quantity=0, net=0, gross=0, rate_bp=0, tax_category="S")


class Amounts(NamedTuple):
    """The arithmetic part of an invoice."""

    lines: tuple[InvoiceLine, ...]
    charges: tuple[Charge, ...]
    groups: tuple[TaxGroup, ...]
    net: int
    tax: int
    gross: int


def net_of(gross: int, rate_bp: int) -> int:
    """The net nearest to gross ÷ (1 + rate); net + tax then is the gross or, where none can be, one minor unit beside it."""
    return (20_000 * gross + 10_000 + rate_bp) // (20_000 + 2 * rate_bp)


def tax_of(net: int, rate_bp: int) -> int:
    """Tax on a net amount, rounded half up."""
    return (net * rate_bp + 5_000) // 10_000


def worth_by_rate(goods: Sequence[Goods]) -> dict[int, int]:
    """What the goods of each rate are worth, gross."""
    worth: dict[int, int] = {}
    for piece in goods:
        worth[piece.rate_bp] = worth.get(piece.rate_bp, 0) + piece.gross
    return worth


def principal(worth: Mapping[int, int]) -> int:
    """The rate of the goods that make up most of the value; of two alike, the higher rate."""
    return next(iter(worth)) if len(worth) == 1 else max(worth, key=lambda rate: (worth[rate], rate))


def amounts_of(goods: Sequence[Goods], *, shipping: int, discounts: Mapping[int, int], zero: TaxCategory) -> Amounts:
    """Find nets and taxes; `discounts` is rate → amount taken off, `zero` the category of what is not taxed."""
    worth = worth_by_rate(goods)
    shipping_rate = principal(worth) if shipping else -1
    lines: list[InvoiceLine] = [_UNKNOWN] * len(goods)
    charges: list[Charge] = []
    groups: list[TaxGroup] = []
    net = tax = gross = 0
    for rate in sorted(worth, reverse=True):
        category: TaxCategory = "S" if rate else zero
        off = discounts.get(rate, 0)
        members = [at for at, piece in enumerate(goods) if piece.rate_bp == rate]
        parts = [goods[at].gross for at in members]
        if rate == shipping_rate:
            parts.append(shipping)
        group_gross = sum(parts)
        nets = share(net_of(group_gross, rate), parts)
        for at, part in zip(members, nets, strict=False):
            piece = goods[at]
            lines[at] = InvoiceLine(piece.sku, piece.name, piece.quantity, part, piece.gross, rate, category)
        if rate == shipping_rate:
            charges.append(Charge("shipping", nets[-1], shipping, rate, category))
        group_net = net_of(group_gross - off, rate)
        if off:
            charges.append(Charge("discount", group_net - sum(nets), -off, rate, category))
        group_tax = tax_of(group_net, rate)
        groups.append(TaxGroup(rate, group_net, group_tax, category))
        net, tax, gross = net + group_net, tax + group_tax, gross + group_gross - off
    return Amounts(tuple(lines), tuple(charges), tuple(groups), net, tax, gross)
