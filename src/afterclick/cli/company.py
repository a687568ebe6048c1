"""Move a simulated company into an office: its catalogue, its warehouses and their opening stock."""

from typing import Final

import msgspec

from afterclick.app import Office
from afterclick.domain.catalogue import Item, Range
from afterclick.orders import catalogue
from afterclick.simulator.world import World
from afterclick.store import stock, tables
from afterclick.store.log import Event
from afterclick.store.stock import Move

ACTOR: Final = "simulator"
_ITEM: Final = ("sku", "name", "category", "tax_category", "weight_g", "price", "currency", "components", "active")
_RANGE: Final = ("kind", "ref", "seen", "ln_sum", "ln_sq", "largest")
_WAREHOUSE: Final = ("id", "name", "country", "latitude", "longitude", "handling")
REORDER_SHARE: Final = 20
"""The reorder point of a place is its opening stock divided by this."""


def move_in(office: Office, world: World) -> None:
    """Write the company down, once: an office that has warehouses is left as it is."""
    with office.database.transaction() as tx:
        if tx.value("SELECT COUNT(*) FROM warehouses"):
            return
        tx.insert(tables.items, _ITEM, [_item_row(item) for item in world.items()])
        tx.insert(tables.ranges, _RANGE, _range_rows("quantity", world.quantity_ranges()))
        tx.insert(tables.ranges, _RANGE, _range_rows("value", world.value_ranges()))
        tx.insert(
            tables.warehouses, _WAREHOUSE,
            [(w.id, w.name, w.country, w.latitude, w.longitude, w.handling) for w in world.warehouses()],
        )  # fmt: skip
        opening = world.opening_stock()
        stock.ensure_levels(tx, [(sku, warehouse) for sku, warehouse, _ in opening])
        stock.move(
            tx, [Move(sku, warehouse, pieces, "opening") for sku, warehouse, pieces in opening], now_ms=office.clock.now_ms()
        )
        tx.run("UPDATE stock_levels SET reorder_point = on_hand / ?", (REORDER_SHARE,))
        catalogue.changed(tx)
        office.record(tx, [Event("company.moved_in", None, "office/simulated", "", f"{len(opening)} places stocked")], by=ACTOR)


def _item_row(item: Item) -> tuple[str | int | bool | None, ...]:
    components = msgspec.json.encode(item.components).decode() if item.components else None
    return (
        item.sku, item.name, item.category, item.tax_category, item.weight_g, item.price, item.currency, components, item.active,
    )  # fmt: skip


def _range_rows(kind: str, ranges: dict[str, Range]) -> list[tuple[str | int | float, ...]]:
    return [(kind, ref, one.seen, one.ln_sum, one.ln_sq, one.largest) for ref, one in ranges.items()]
