"""Part an order in two: the lines that cannot go yet become an order of their own, with its share of the money."""

from collections.abc import Collection
from typing import Final

import msgspec
from msgspec.structs import replace

from afterclick.domain.fingerprint import basket_key
from afterclick.domain.money import share
from afterclick.domain.order import Line, Order
from afterclick.store import tables
from afterclick.store.transaction import Tx

_ORDER: Final = (
    "id", "external_id", "parent", "total", "shipping", "discount", "basket_key", "state", "waiting_for", "because", "since_ms",
    "stage", "store", "placed_ms", "received_ms", "customer", "currency", "country", "card", "address_key", "priority",
    "promise_ms", "particulars",
)  # fmt: skip


def divide(order: Order, going: Collection[int]) -> tuple[Order, Order]:
    """The order without these lines (by number), and what is parted from it. Shipping stays, the discount is shared by value;
    the two totals add up to the old one.

    Raises:
        ValueError: all lines would be on one side.
    """
    staying = tuple(line for line in order.lines if line.no not in going)
    parted = tuple(line for line in order.lines if line.no in going)
    if not staying or not parted:
        raise ValueError("a split needs lines on both sides")
    # A discount may be worth more than the goods, since it counts against shipping too; that part of it stays, as shipping does.
    taken_along = min(share(order.discount, [_value(staying), _value(parted)])[1], _value(parted))
    total = _value(parted) - taken_along
    return (
        replace(order, lines=staying, discount=order.discount - taken_along, total=order.total - total),
        replace(order, lines=parted, discount=taken_along, total=total, shipping=0),
    )


def part_off(
    tx: Tx, order: Order, going: Collection[int], *, state: str, waiting_for: str, now_ms: int, stage: str = "reserve",
    because: str = "",
) -> int:  # fmt: skip
    """Move lines (by number) to a new order that rests at `stage`; returns its id. See `divide` for the money.

    The parent keeps its number, the new one is called `<number>/2` and so on. All that they share is taken from `order`, not
    from its row, which does not know yet what else was changed in the same round, such as the address.
    """
    kept, parted = divide(order, going)
    child = tx.take("orders")
    number = 2
    while tx.rows("SELECT 1 FROM orders WHERE store = ? AND external_id = ?", (order.store, f"{order.external_id}/{number}")):
        number += 1
    why = f"parted from order {order.external_id}"
    tx.insert(tables.orders, _ORDER, [(
        child, f"{order.external_id}/{number}", order.id, parted.total, parted.shipping, parted.discount,
        basket_key(parted.lines), state, waiting_for, f"{because}; {why}" if because else why, now_ms, stage,
        order.store, order.placed_ms, order.received_ms, order.customer, order.currency, order.country, order.card,
        order.address_key, order.priority, order.promise_ms, msgspec.json.encode(order.particulars).decode(),
    )])  # fmt: skip
    condition, value = tx.among([line.no for line in parted.lines])
    tx.run(f"DELETE FROM order_lines WHERE order_id = ? AND no {condition}", (order.id, value))  # noqa: S608
    tx.insert(
        tables.order_lines, ("order_id", "no", "sku", "quantity", "unit_price"),
        [(child, line.no, line.sku, line.quantity, line.unit_price) for line in parted.lines],
    )  # fmt: skip
    tx.run("UPDATE orders SET total = ?, discount = ? WHERE id = ?", (kept.total, kept.discount, order.id))
    return child


def _value(lines: Collection[Line]) -> int:
    return sum(line.quantity * line.unit_price for line in lines)
