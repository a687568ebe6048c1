"""An office whose vendors, pages and sensors are pretended, while everything else says yes at once."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from afterclick import settings as office_settings
from afterclick.app import Office
from afterclick.cli.company import know_vendors
from afterclick.domain.purchase import Offer
from afterclick.engine.clock import Clock
from afterclick.orders import catalogue
from afterclick.orders.desk import OrdersDesk
from afterclick.procurement.scouting import watches
from afterclick.procurement.scouting.watches import Watch
from afterclick.settings import Settings
from afterclick.simulator import places, suppliers
from afterclick.simulator.demand import Demand
from afterclick.simulator.ledger import Ledger
from afterclick.simulator.prompt import prompt_ports
from afterclick.simulator.vendor_plans import VendorFaults
from afterclick.simulator.vendor_site import Shown, VendorSite
from afterclick.simulator.vendors import SimulatedVendors
from afterclick.store import tables
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

START_MS: Final = 1_788_739_200_000
"""2026-09-07, a Monday, 00:00 UTC."""
DAY_MS: Final = 86_400_000
BUYER: Final = "machine:buyer"
SHARES: Final = {"WH-01": 0.55, "WH-02": 0.45}
"""Of the customers, those who live next to each warehouse."""
POLICY: Final = """\
# What a shop allows its bots that buys for some 2,500 euros a day, mostly once a week.
[buying]
order_most = 500000
day_most = 1500000
vendor_day_most = 800000
category_day_most = 500000
"""
_ITEM: Final = ("sku", "name", "category", "tax_category", "weight_g", "price", "currency")


class SupplyOffice(Office):
    """The real office; of what lies outside, vendors, their pages and their goods are simulated with faults."""

    def __init__(self, folder: Path, settings: Settings, *, clock: Clock, seed: int, faults: VendorFaults) -> None:
        super().__init__(folder, settings, clock=clock)
        self.ledger = Ledger(folder / "vendors.sqlite")
        self.vendors = SimulatedVendors(ledger=self.ledger, seed=seed, faults=faults, now_ms=clock.now_ms)
        self.site = VendorSite()

    def ports(self) -> dict[str, object]:
        return prompt_ports(places.tariffs()) | {"vendors": self.vendors, "goods_in": self.vendors.dock}

    def scouts(self) -> dict[str, object]:
        return {"web": self.site}

    def orders_desk(self) -> OrdersDesk:
        return OrdersDesk(
            seller=self.seller(), tariffs=places.tariffs(), series=self.settings.text("invoices.series"),
            credit_series=self.settings.text("invoices.credit_series"),
            reservation_ms=self.settings.number("stock.reservation_days") * DAY_MS,
        )  # fmt: skip

    def close(self) -> None:
        super().close()
        self.ledger.close()


def opened(folder: Path, demand: Demand, *, seed: int, clock: Clock, faults: VendorFaults, database: str = "") -> SupplyOffice:
    """A new office with its catalogue, two warehouses, seven vendors and their prices; nothing is sold or in stock yet."""
    values: dict[str, office_settings.Value] = {"shop.email": "buying@shop.example", "database.url": database}
    Office.create(folder, values)
    (folder / "policy.toml").write_text(POLICY, encoding="utf-8")
    Office.open(folder, clock=clock).close()  # brings the database up to date
    office = SupplyOffice(folder, office_settings.load(folder), clock=clock, seed=seed, faults=faults)
    asked = suppliers.offers([item.sku for item in demand.items], demand.costs.tolist(), seed=seed)
    with office.database.transaction() as tx:
        _furnish(tx, demand)
        events = know_vendors(tx, asked, allowed=[one.id for one in suppliers.vendors()], now_ms=clock.now_ms())
        events += _watch_pages(tx, office.site, demand, asked, now_ms=clock.now_ms())
        office.record(tx, events, by=BUYER)
    return office


def _furnish(tx: Tx, demand: Demand) -> None:
    tx.insert(tables.items, _ITEM, [
        (one.sku, one.name, one.category, one.tax_category, one.weight_g, one.price, one.currency) for one in demand.items
    ])  # fmt: skip
    tx.insert(
        tables.warehouses, ("id", "name", "country", "latitude", "longitude", "handling"),
        [(w.id, w.name, w.country, w.latitude, w.longitude, w.handling) for w in places.warehouses(len(SHARES))],
    )  # fmt: skip
    tx.run("INSERT INTO channels (store, kind) VALUES ('shop', 'webhook') ON CONFLICT DO NOTHING")
    catalogue.changed(tx)


def _watch_pages(tx: Tx, site: VendorSite, demand: Demand, asked: Sequence[Offer], *, now_ms: int) -> list[Event]:
    names = {item.sku: item.name for item in demand.items}
    events: list[Event] = []
    for offer in (one for one in asked if one.vendor == suppliers.PAGES_ONLY):
        site.show(suppliers.page_address(offer.sku), Shown(names[offer.sku], suppliers.on_page(offer)))
        watch = Watch(party=offer.vendor, address=suppliers.page_address(offer.sku), sku=offer.sku, currency="EUR", country="DE")
        events.append(watches.add(tx, watch, by=BUYER, now_ms=now_ms)[1])
    return events
