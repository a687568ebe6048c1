"""Move a simulated company into an office: its catalogue, its warehouses with their opening stock, and its vendors."""

from collections.abc import Sequence
from typing import Final

import msgspec

from afterclick.app import Office
from afterclick.domain.catalogue import Item, Range
from afterclick.domain.purchase import Offer
from afterclick.orders import catalogue
from afterclick.procurement.buying import records
from afterclick.simulator import suppliers
from afterclick.simulator.world import World
from afterclick.store import stock, tables
from afterclick.store.log import Event
from afterclick.store.stock import Move
from afterclick.store.transaction import Tx

ACTOR: Final = "simulator"
_ITEM: Final = ("sku", "name", "category", "tax_category", "weight_g", "price", "currency", "components", "active")
_RANGE: Final = ("kind", "ref", "seen", "ln_sum", "ln_sq", "largest")
_WAREHOUSE: Final = ("id", "name", "country", "latitude", "longitude", "handling")
COST_SHARE: Final = 0.55
"""Of what the shop asks for an item, about so much is what it pays for it."""
READINGS_AT_FIRST: Final = 2
"""So often the prices of the vendor without a price list were read before."""
NOT_YET_TRUSTED: Final = "WISLA"
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


def take_on_vendors(office: Office, world: World) -> None:
    """Let the office know the company's vendors and what they ask, so that its bots can buy; from one of them only when asked."""
    items = [one for one in world.items() if not one.components]
    asked = suppliers.offers([one.sku for one in items], [round(one.price * COST_SHARE) for one in items], seed=world.seed)
    trusted = [one.id for one in suppliers.vendors() if one.id != NOT_YET_TRUSTED]
    with office.database.transaction() as tx:
        office.record(tx, know_vendors(tx, asked, allowed=trusted, now_ms=office.clock.now_ms()), by=ACTOR)


def know_vendors(tx: Tx, asked: Sequence[Offer], *, allowed: Sequence[str], now_ms: int) -> list[Event]:
    """Write the pretend vendors and their prices down; from those that are `allowed`, bots buy without asking."""
    events = records.save_vendors(tx, suppliers.vendors(), now_ms=now_ms)
    for vendor in allowed:
        events += records.allow(tx, vendor, allowed=True, because="known for years", now_ms=now_ms)
    readings = {(one.vendor, one.sku): READINGS_AT_FIRST for one in asked if one.vendor == suppliers.PAGES_ONLY}
    records.save_offers(tx, asked, readings=readings, now_ms=now_ms)
    return events


def _item_row(item: Item) -> tuple[str | int | bool | None, ...]:
    components = msgspec.json.encode(item.components).decode() if item.components else None
    return (
        item.sku, item.name, item.category, item.tax_category, item.weight_g, item.price, item.currency, components, item.active,
    )  # fmt: skip


def _range_rows(kind: str, ranges: dict[str, Range]) -> list[tuple[str | int | float, ...]]:
    return [(kind, ref, one.seen, one.ln_sum, one.ln_sq, one.largest) for ref, one in ranges.items()]
