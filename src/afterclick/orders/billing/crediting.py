"""Invoices into credit notes, in full or for the pieces that came back."""

from collections.abc import Sequence

import msgspec

from afterclick.domain.invoice import Invoice
from afterclick.domain.money import share
from afterclick.orders.billing.amounts import Goods, amounts_of


def credit_note(
    original: Invoice,
    *,
    number: int,
    series: str,
    issued_ms: int,
    returned: Sequence[tuple[str, int]] | None = None,
    before: Sequence[tuple[str, int]] = (),
) -> Invoice:
    """Take an invoice back: all of it (`returned` is None), or the pieces of `returned` (sku, quantity).

    The full one mirrors the invoice to the cent. A partial one gives back what was paid for the pieces after their share of the
    discount, and no shipping. `before` are the pieces of earlier credit notes, so that piece by piece gives back
    exactly what the line cost.

    Raises:
        ValueError: `original` is a credit note itself, or more pieces come back than were invoiced.
    """
    if original.kind == "credit_note":
        raise ValueError(f"{original.name} is a credit note; only an invoice can be credited")
    changes = {"kind": "credit_note", "number": number, "series": series, "issued_ms": issued_ms, "refers_to": original.name}
    if returned is None:
        return msgspec.structs.replace(original, **changes)
    goods, discounts = _returned(original, returned, before)
    exempt = original.groups[0].tax_category
    amounts = amounts_of(goods, shipping=0, discounts=discounts, zero="Z" if exempt == "S" else exempt)
    return msgspec.structs.replace(
        original,
        **changes,
        lines=amounts.lines,
        charges=amounts.charges,
        groups=amounts.groups,
        net=amounts.net,
        tax=amounts.tax,
        rounding=amounts.gross - amounts.net - amounts.tax,
        gross=amounts.gross,
    )


def _returned(
    original: Invoice, returned: Sequence[tuple[str, int]], before: Sequence[tuple[str, int]]
) -> tuple[list[Goods], dict[int, int]]:
    """What was paid for returned pieces: goods at full price, and rate → discount that goes back off."""
    taken, wanted = _pieces(before), _pieces(returned)
    goods: list[Goods] = []
    discounts: dict[int, int] = {}
    for line, off in zip(original.lines, _line_discounts(original), strict=True):
        start = min(taken.get(line.sku, 0), line.quantity)
        count = min(wanted.get(line.sku, 0), line.quantity - start)
        if start:
            taken[line.sku] -= start
        if not count:
            continue
        wanted[line.sku] -= count
        paid = _slice(line.gross - off, start, count, line.quantity)
        gross = max(paid, _slice(line.gross, start, count, line.quantity))
        goods.append(Goods(line.sku, line.name, count, gross, line.rate_bp))
        discounts[line.rate_bp] = discounts.get(line.rate_bp, 0) + gross - paid
    excess = [f"{count} of {sku[:40]}" for sku, count in wanted.items() if count]
    if excess or not goods:
        raise ValueError(f"{original.name}: cannot credit {', '.join(excess) or 'nothing'}; not invoiced, or credited already")
    return goods, discounts


def _line_discounts(original: Invoice) -> list[int]:
    """Each line's part of the discount on its rate; shipping bears its own part, which a partial credit note leaves alone."""
    off = [0] * len(original.lines)
    shipping = {charge.rate_bp: charge.gross for charge in original.charges if charge.kind == "shipping"}
    for charge in original.charges:
        if charge.kind == "discount":
            members = [at for at, line in enumerate(original.lines) if line.rate_bp == charge.rate_bp]
            parts = share(-charge.gross, [*(original.lines[at].gross for at in members), shipping.get(charge.rate_bp, 0)])
            for at, part in zip(members, parts, strict=False):
                off[at] = part
    return off


def _slice(amount: int, start: int, count: int, quantity: int) -> int:
    """The part of an amount for `count` of `quantity` pieces after the first `start`; the slices add up to the amount."""
    return amount * (start + count) // quantity - amount * start // quantity


def _pieces(pieces: Sequence[tuple[str, int]]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for sku, quantity in pieces:
        if quantity < 1:
            raise ValueError(f"cannot credit {quantity} of {sku[:40]}; quantities are whole and positive")
        counts[sku] = counts.get(sku, 0) + quantity
    return counts
