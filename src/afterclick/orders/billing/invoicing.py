"""Orders into invoices."""

from collections.abc import Mapping, Sequence

from afterclick.domain.catalogue import Item
from afterclick.domain.invoice import Invoice
from afterclick.domain.money import share
from afterclick.domain.order import Line, Order
from afterclick.domain.seller import Seller
from afterclick.orders.billing.amounts import Goods, amounts_of, principal, worth_by_rate
from afterclick.orders.billing.tax import RateTable, rates_of, treatment, unknown_category


def invoice(
    order: Order,
    *,
    number: int,
    series: str,
    items: Mapping[str, Item],
    seller: Seller,
    issued_ms: int,
    overrides: RateTable | None = None,
) -> Invoice:
    """The invoice of an order, over its `total`; `overrides` are the shop's own tax rates.

    Shipping is taxed as the goods that make up most of the value; a discount is shared over the rates.

    Raises:
        ValueError: the order does not add up, is worth less than nothing, has no lines, or its tax cannot be told. Says why.
    """
    particulars = order.particulars
    country = particulars.ship_to.country or order.country
    where = treatment(destination=country, buyer_tax_id=particulars.tax_id, seller=seller)
    rates = None if where.exempt else rates_of(where.country, at_ms=issued_ms, overrides=overrides)
    goods = _goods(order, order.lines, items, where.country, rates)
    discounts = _discounts(order, goods, order.shipping, order.discount)
    amounts = amounts_of(goods, shipping=order.shipping, discounts=discounts, zero=where.exempt or "Z")
    if amounts.gross != order.total:
        raise ValueError(_unequal(order, amounts.gross))
    return Invoice(
        series=series,
        number=number,
        kind="invoice",
        order_id=order.id,
        external_id=order.external_id,
        issued_ms=issued_ms,
        currency=order.currency,
        customer=order.customer,
        buyer=particulars.ship_to,
        buyer_tax_id=particulars.tax_id,
        lines=amounts.lines,
        groups=amounts.groups,
        net=amounts.net,
        tax=amounts.tax,
        rounding=amounts.gross - amounts.net - amounts.tax,
        gross=amounts.gross,
        charges=amounts.charges,
        tax_country=where.country,
    )


def _goods(
    order: Order, lines: Sequence[Line], items: Mapping[str, Item], country: str, rates: Mapping[str, int] | None
) -> list[Goods]:
    """Lines with their names and rates; `rates` are those of `country`, None where no tax is charged."""
    goods: list[Goods] = []
    for line in lines:
        item = items.get(line.sku)
        if item is None or line.quantity < 1 or line.unit_price < 0:
            raise ValueError(_unfit(order, line, known=item is not None))
        if rates is None:
            rate = 0
        elif (rate := rates.get(item.tax_category, -1)) < 0:
            raise ValueError(f"item {line.sku[:40]}: {unknown_category(item.tax_category, country, rates)}")
        goods.append(Goods(line.sku, item.name or line.sku, line.quantity, line.quantity * line.unit_price, rate))
    return goods


def _discounts(order: Order, goods: Sequence[Goods], shipping: int, discount: int) -> dict[int, int]:
    """Divide a discount over the rates, in proportion to what each is worth, shipping included."""
    if not goods:
        raise ValueError(f"order {order.external_id} has no lines to invoice")
    if shipping < 0 or discount < 0:
        raise ValueError(f"order {order.external_id} has negative shipping ({shipping}) or a negative discount ({discount})")
    if not discount:
        return {}
    worth = worth_by_rate(goods)
    worth[principal(worth)] += shipping
    whole = sum(worth.values())
    if discount > whole:
        raise ValueError(f"order {order.external_id}: the discount ({discount}) is more than goods and shipping ({whole})")
    return dict(zip(worth, share(discount, list(worth.values())), strict=True))


def _unfit(order: Order, line: Line, *, known: bool) -> str:
    """Why a line cannot be invoiced."""
    what = f"order {order.external_id}, line {line.no} ({line.sku[:40]})"
    if not known:
        return f"{what}: the item is not in the catalogue; add it, then invoice again"
    return f"{what}: quantity {line.quantity} at {line.unit_price} cannot be invoiced; correct the order"


def _unequal(order: Order, gross: int) -> str:
    """Why an order's total cannot be right."""
    return f"order {order.external_id}: lines, shipping and discount make {gross}, not its total {order.total}; correct the order"
