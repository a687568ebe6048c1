"""Take new orders into the tables, each exactly once however often it is delivered."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec

from afterclick.domain.fingerprint import address_key, basket_key
from afterclick.domain.order import NewOrder
from afterclick.orders.intake.delivery import Cancelled, Delivery
from afterclick.store import tables
from afterclick.store.transaction import Row, Tx

_REMEMBERED: Final = "cancel:"
"""An order cancelled before it came in is remembered as a delivery of this event + its external id."""

_ORDER_COLUMNS: Final = (
    "id", "store", "external_id", "placed_ms", "received_ms", "customer", "currency", "total", "shipping", "discount", "country",
    "card", "address_key", "basket_key", "priority", "promise_ms", "state", "since_ms", "particulars",
)  # fmt: skip
_LINE_COLUMNS: Final = ("order_id", "no", "sku", "quantity", "unit_price")
_encode: Final = msgspec.json.Encoder().encode
T = TypeVar("T")


class Received(msgspec.Struct, frozen=True):
    """What a set of deliveries came to.

    `new` are (order id, priority) in the order of the deliveries; `duplicates` counts the deliveries that were dropped because
    their event or their order is known;
    `cancelled_ids` are orders to cancel: known ones, and new ones whose cancellation came before or with them;
    `remembered` counts cancellations of orders that have not come in yet;
    `renamed` are parts of orders, with the number that they had to give up to an order of the store's own.
    """

    new: tuple[tuple[int, int], ...]
    duplicates: int
    cancelled_ids: tuple[int, ...]
    remembered: int
    renamed: tuple[tuple[int, str], ...] = ()


def receive(tx: Tx, deliveries: Sequence[Delivery], *, now_ms: int) -> Received:
    """Write the orders that are new, as `received`; two queries for each store that delivers, whatever the number of orders."""
    tx.take("orders", 0)  # locks the counter until commit, so that two workers cannot both find an order new
    results = [_receive(tx, store, group, now_ms) for store, group in _grouped(deliveries, lambda one: one.about.store)]
    if len(results) == 1:
        return results[0]
    return Received(
        new=tuple(new for result in results for new in result.new),
        duplicates=sum(result.duplicates for result in results),
        cancelled_ids=tuple(cancelled for result in results for cancelled in result.cancelled_ids),
        remembered=sum(result.remembered for result in results),
        renamed=tuple(renamed for result in results for renamed in result.renamed),
    )


def _grouped(items: Iterable[T], key: Callable[[T], str]) -> list[tuple[str, list[T]]]:
    groups: dict[str, list[T]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return list(groups.items())


def _receive(tx: Tx, store: str, deliveries: Sequence[Delivery], now_ms: int) -> Received:
    seen = _events_seen(tx, store, deliveries)
    known, parts = _orders_known(tx, store, deliveries)
    events: set[str] = set()
    placed: dict[str, NewOrder] = {}
    cancelled: dict[str, None] = {}
    duplicates = 0
    for delivery in deliveries:
        event = _event(delivery)
        if event and (event in seen or event in events):
            duplicates += 1
            continue
        if event:
            events.add(event)
        about = delivery.about
        if isinstance(about, Cancelled):
            cancelled[about.external_id] = None
        elif about.external_id in known or about.external_id in placed:
            duplicates += 1
        else:
            placed[about.external_id] = about
    renamed = _make_way(tx, store, {name: parts[name] for name in placed if name in parts}, placed) if parts else ()
    new = _write(tx, list(placed.values()), now_ms)
    known.update(zip(placed, new, strict=True))
    cancelled.update((name, None) for name in placed if _REMEMBERED + name in seen)
    early = [name for name in cancelled if name not in known and _REMEMBERED + name not in seen]
    tx.insert(
        tables.deliveries,
        ("store", "event", "at_ms"),
        [(store, event, now_ms) for event in (*sorted(events), *(_REMEMBERED + name for name in early))],
    )
    return Received(
        new=tuple((order_id, order.priority) for order_id, order in zip(new, placed.values(), strict=True)),
        duplicates=duplicates,
        cancelled_ids=tuple(known[name] for name in cancelled if name in known),
        remembered=len(early),
        renamed=renamed,
    )


def _event(delivery: Delivery) -> str:
    """The delivery's event, unless it could be taken for a remembered cancellation; the order's own id still tells a double."""
    return "" if delivery.event.startswith(_REMEMBERED) else delivery.event


def _events_seen(tx: Tx, store: str, deliveries: Sequence[Delivery]) -> set[str]:
    asked = {event for delivery in deliveries if (event := _event(delivery))}
    asked.update(_REMEMBERED + delivery.about.external_id for delivery in deliveries)
    among, value = tx.among(asked)
    sql = f"SELECT event FROM deliveries WHERE store = ? AND event {among}"  # noqa: S608  # `among` is a placeholder
    return {row[0] for row in tx.rows(sql, (store, value))}


def _orders_known(tx: Tx, store: str, deliveries: Sequence[Delivery]) -> tuple[dict[str, int], dict[str, int]]:
    """The store's orders that are here, and the parts of others that only we have given such a number: number → id."""
    among, value = tx.among({delivery.about.external_id for delivery in deliveries})
    sql = f"SELECT external_id, id, parent FROM orders WHERE store = ? AND external_id {among}"  # noqa: S608  # `among` is a placeholder
    rows = tx.rows(sql, (store, value))
    return {row[0]: row[1] for row in rows if row[2] is None}, {row[0]: row[1] for row in rows if row[2] is not None}


def _make_way(tx: Tx, store: str, parts: Mapping[str, int], placed: Collection[str]) -> tuple[tuple[int, str], ...]:
    """Call parts by the next number that is free, since the store has used theirs; returns (order, the number it had)."""
    for name, order_id in parts.items():
        whole, number = name.rpartition("/")[0], 2
        while (free := f"{whole}/{number}") in placed or tx.rows(
            "SELECT 1 FROM orders WHERE store = ? AND external_id = ?", (store, free)
        ):
            number += 1
        tx.run("UPDATE orders SET external_id = ? WHERE id = ?", (free, order_id))
    return tuple((order_id, name) for name, order_id in parts.items())


def _write(tx: Tx, orders: Sequence[NewOrder], now_ms: int) -> list[int]:
    """Insert orders and their lines; returns their ids, in the same order."""
    if not orders:
        return []
    first = tx.take("orders", len(orders))
    ids = list(range(first, first + len(orders)))
    tx.insert(tables.orders, _ORDER_COLUMNS, [_row(order_id, order, now_ms) for order_id, order in zip(ids, orders, strict=True)])
    tx.insert(
        tables.order_lines,
        _LINE_COLUMNS,
        [
            (order_id, line.no, line.sku, line.quantity, line.unit_price)
            for order_id, order in zip(ids, orders, strict=True)
            for line in order.lines
        ],
    )
    return ids


def _row(order_id: int, order: NewOrder, now_ms: int) -> Row:
    ship_to = order.particulars.ship_to
    return (
        order_id, order.store, order.external_id, order.placed_ms, now_ms, order.customer, order.currency, order.total,
        order.shipping, order.discount, ship_to.country, order.card, address_key(ship_to), basket_key(order.lines),
        order.priority, order.promise_ms, "received", now_ms, _encode(order.particulars).decode(),
    )  # fmt: skip
