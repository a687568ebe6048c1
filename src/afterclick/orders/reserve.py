"""Reserve stock for whole orders, all lines or none, in the warehouses from which they ship cheapest."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from afterclick.domain.allocation import Allocation, Demand, Short, Stock
from afterclick.domain.catalogue import Item
from afterclick.domain.order import Order
from afterclick.domain.shipping import Parcel
from afterclick.domain.stock import Reservation, StockLevel
from afterclick.domain.verdict import Ask, Wait
from afterclick.engine.batch import Batch
from afterclick.engine.bots import stage
from afterclick.orders import pay
from afterclick.orders.desk import OrdersDesk
from afterclick.orders.records import load
from afterclick.orders.sourcing.allocation import allocate
from afterclick.orders.splitting import part_off
from afterclick.store import stock, tables
from afterclick.store.log import Event
from afterclick.store.stock import Place
from afterclick.store.transaction import Tx

PARCELS: Final = "parcels"
"""What `reserve` keeps for the stages after it: order → its parcels, as `(parcel number, parcel)`."""
_SHIPMENT: Final = ("order_id", "revision", "parcel", "warehouse", "weight_g", "state", "contents")
decode_contents = msgspec.json.Decoder(dict[str, int]).decode


@stage()
def release(orders: Batch[Order]) -> None:
    """Give reserved pieces back, and forget the parcels that were planned with them."""
    for one in stock.release(orders.tx, orders.ids):
        orders.record(Event("release", one))
    condition, value = orders.tx.among(orders.ids)
    orders.tx.run(f"UPDATE shipments SET state = 'dropped' WHERE state = 'planned' AND order_id {condition}", (value,))  # noqa: S608


@stage(undo=release)
def reserve(orders: Batch[Order]) -> None:
    """All lines of an order or none. Whom no warehouse can serve waits, and a replenishment is asked for."""
    desk, tx, now_ms = orders.use(OrdersDesk), orders.tx, orders.now_ms
    waiting = {order.id: order for order in orders}
    wants = demands(tx, list(waiting.values()))
    goods, sourcing = desk.goods(tx), desk.sourcing(tx)
    levels = stock.levels(tx, _skus(wants, goods))
    free = Stock([(level.sku, level.warehouse, level.available) for level in levels.values()])
    served: list[Allocation] = []
    parted: list[int] = []
    wanted: dict[Place, tuple[int, str]] = {}
    for found in allocate(wants, free, sourcing, goods, now_ms=now_ms):
        order = waiting[found.order_id]
        if isinstance(found, Allocation):
            served.append(found)
            if found.waiting_lines:
                part_off(tx, order, found.waiting_lines, state="waiting", waiting_for="stock", now_ms=now_ms)
                parted.append(order.id)
                wanted |= _missing(found.missing, levels, sourcing.warehouses)
        elif isinstance(found, Short):
            orders.leave(order.id, Wait("stock", found.because), stage="reserve")
            wanted |= _missing(found.missing, levels, sourcing.warehouses)
        else:
            orders.leave(order.id, Ask("orders", found.because, "change the address"), stage="reserve")
    if parted:
        orders.renew(load(tx, parted))
    _write(orders, served, waiting, expires_ms=now_ms + desk.reservation_ms)
    stock.ask_replenishment(tx, _low(tx, levels, served) | wanted, now_ms=now_ms)


def planned(tx: Tx, ids: Sequence[int]) -> dict[int, list[tuple[int, Parcel]]]:
    """The parcels of these orders that have no label yet: order → (parcel number, parcel)."""
    condition, value = tx.among(ids)
    found: dict[int, list[tuple[int, Parcel]]] = {}
    for order_id, number, warehouse, weight_g, contents in tx.rows(
        "SELECT order_id, parcel, warehouse, weight_g, contents FROM shipments"  # noqa: S608
        f" WHERE order_id {condition} AND state = 'planned' ORDER BY order_id, parcel",
        (value,),
    ):
        found.setdefault(order_id, []).append((number, Parcel(warehouse, weight_g, decode_contents(contents))))
    return found


def demands(tx: Tx, orders: Sequence[Order]) -> list[Demand]:
    """What each order wants from the shelf. One for which money was blocked or taken is not parted: that stays with the parent,
    and what is parted from it would be charged again."""
    paid = pay.standing(tx, [order.id for order in orders if order.particulars.partial_ok])
    return [
        Demand(
            order.id,
            [(line.no, line.sku, line.quantity) for line in order.lines],
            order.country,
            order.priority,
            order.placed_ms,
            order.promise_ms,
            order.particulars.partial_ok and order.id not in paid,
        )
        for order in orders
    ]


def _skus(demands: Sequence[Demand], goods: Mapping[str, Item]) -> set[str]:
    """What the orders need from the shelf: their SKUs, and of bundles the components."""
    needed: set[str] = set()
    found = {sku for demand in demands for _, sku, _ in demand.lines}
    while found:
        needed |= found
        bundles = [item.components for sku in found if (item := goods.get(sku)) is not None and item.components]
        found = {sku for components in bundles for sku in components} - needed
    return needed


def _write(orders: Batch[Order], served: Sequence[Allocation], by_id: Mapping[int, Order], *, expires_ms: int) -> None:
    reservations: list[Reservation] = []
    shipments: list[tuple[int | str, ...]] = []
    encode = msgspec.json.encode
    for one in served:
        revision = by_id[one.order_id].revision
        pieces: Counter[tuple[int, str, str]] = Counter()
        for line_no, sku, warehouse, quantity in one.reserves:
            pieces[line_no, sku, warehouse] += quantity
        for (line_no, sku, warehouse), quantity in pieces.items():
            reservations.append(Reservation(one.order_id, line_no, sku, warehouse, quantity, revision, "open", expires_ms))
        for number, parcel in enumerate(one.parcels, 1):
            contents = encode(parcel.contents).decode()
            shipments.append((one.order_id, revision, number, parcel.warehouse, parcel.weight_g, "planned", contents))
        late = "later than promised: nothing nearer has it" if one.late else ""
        orders.record(Event("reserve", one.order_id, None, "Pass", late))
    stock.reserve(orders.tx, reservations)
    orders.tx.insert(tables.shipments, _SHIPMENT, shipments)
    orders.keep(PARCELS, {one.order_id: list(enumerate(one.parcels, 1)) for one in served})


def _missing(
    missing: Mapping[str, int], levels: Mapping[Place, StockLevel], warehouses: Sequence[str]
) -> dict[Place, tuple[int, str]]:
    """Where to ask for what is in stock nowhere: at the warehouse that usually keeps most of it."""
    wanted: dict[Place, tuple[int, str]] = {}
    for sku, pieces in missing.items():
        homes = [level for warehouse in warehouses if (level := levels.get((sku, warehouse))) is not None]
        if homes:
            home = max(homes, key=lambda level: (level.reorder_point, level.on_hand, level.warehouse))
            wanted[sku, home.warehouse] = (pieces + home.reorder_point, "orders wait for it")
    return wanted


def _low(tx: Tx, levels: Mapping[Place, StockLevel], served: Sequence[Allocation]) -> dict[Place, tuple[int, str]]:
    """Places where available + on order has come down to the reorder point, and nothing is asked for yet."""
    taken: Counter[Place] = Counter()
    for one in served:
        for _, sku, warehouse, quantity in one.reserves:
            taken[sku, warehouse] += quantity
    low: dict[Place, tuple[int, str]] = {}
    for place, pieces in taken.items():
        level = levels[place]
        left = level.available - pieces + level.on_order
        if 0 < level.reorder_point >= left:
            low[place] = (2 * level.reorder_point - left, f"{left} available or on order, reorder point {level.reorder_point}")
    if not low:
        return low
    asked = stock.asked_for(tx)
    return {place: what for place, what in low.items() if place not in asked}
