"""An office that buys, for tests of its pages and its interface: some orders ask a person, others are at their vendor."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx

from afterclick.app import FLEET, Office
from afterclick.domain.purchase import Offer, PriceBreak, Vendor
from afterclick.domain.scouting import Judged, Reading
from afterclick.engine import register
from afterclick.governance.permissions import Role
from afterclick.procurement.buying import needs, records
from afterclick.procurement.buying.proposing import propose
from afterclick.procurement.scouting import readings
from afterclick.store.stock import Move, ensure_levels, move
from afterclick.store.transaction import Tx
from tests.control_room.api_office import ApiOffice

ASKING: Final = 8
SENT: Final = 4
PIECES: Final = 10
PRICE: Final = 250
SHOP: Final = {"shop.name": "Hafen", "shop.email": "shop@hafen.example", "shop.city": "Hamburg", "shop.postcode": "20095"}


class SupplyOffice(ApiOffice):
    """Anna (all roles), and whoever a test names by role; orders 1 to `ASKING` were proposed by Zoe, the last by Anna herself."""

    def submit(self, page: str, action: str, fields: dict[str, str], *roles: Role) -> httpx.Response:
        """What a form of a page is answered when it is sent."""
        token = re.search(r'name="form_token" value="([0-9a-f]+)"', self.get(page, *roles).text)
        return self.form(action, fields | {"form_token": token[1] if token else ""}, *roles)

    def state(self, number: int) -> str:
        """Where a purchase order stands."""
        return self.rows("SELECT state FROM purchase_orders WHERE id = ?", number)[0][0]

    def logged(self, activity: str) -> list[tuple[Any, ...]]:
        """Who did something of that name, to what and why, the latest last."""
        return self.rows(
            "SELECT b.actor, e.object, e.because FROM events e JOIN blocks b ON b.number = e.block WHERE e.activity = ?"
            " ORDER BY e.block, e.seq",
            activity,
        )


def order(tx: Tx, office: Office, vendor: str, *, by: str) -> None:
    """Propose ten cups of a vendor."""
    now_ms = office.clock.now_ms()
    need = needs.by_hand(tx, sku="CUP", warehouse="W1", pieces=PIECES, because="a fair", by=by)
    wanted, _ = needs.chosen(tx, [need], currency="EUR", now_ms=now_ms, vendor=vendor)
    office.record(tx, propose(tx, wanted, by=by, now_ms=now_ms)[1], by=by)


def furnish(office: Office) -> None:
    """Goods, vendors, prices and orders."""
    now_ms = office.clock.now_ms()
    with office.database.transaction() as tx:
        register.enrol(tx, FLEET, now_ms=now_ms)
        tx.run(
            "INSERT INTO warehouses (id, name, country, latitude, longitude, handling) VALUES ('W1', 'Berlin', 'DE', 52, 13, 1)"
        )
        tx.run("INSERT INTO items (sku, name, category, tax_category, weight_g, price, currency)"
               " VALUES ('CUP', 'Cup', 'table', 'standard', 1, 1000, 'EUR')")  # fmt: skip
        ensure_levels(tx, [("CUP", "W1")])
        move(tx, [Move("CUP", "W1", 5, "opening")], now_ms=now_ms)
        records.save_vendors(tx, [
            Vendor("ACME", "Acme", endpoint="0088:4000001000012", document="ubl", lead_days=5),
            Vendor("NEW", "New & Sons", endpoint="0088:4000001000029", document="edifact"),
        ], now_ms=now_ms)  # fmt: skip
        records.allow(tx, "ACME", allowed=True, because="known", now_ms=now_ms)
        offers = [Offer(vendor, "CUP", (PriceBreak(1, PRICE),), vendor_sku=f"{vendor}-1") for vendor in ("ACME", "NEW")]
        records.save_offers(tx, offers, now_ms=now_ms)
        for number in range(ASKING):
            order(tx, office, "NEW", by="person:anna" if number == ASKING - 1 else "person:zoe")
        for _ in range(SENT):
            order(tx, office, "ACME", by="person:zoe")
    with office.engine() as engine:
        engine.drain()


def read(office: Office, amount: int, verdict: Judged) -> int:
    """Put a reading of a price on record; returns its number."""
    with office.database.transaction() as tx:
        one = Reading(party="ACME", sku="CUP", at_ms=office.clock.now_ms(), amount=amount, currency="EUR")
        readings.keep(tx, [(one, verdict)])
        return int(tx.value("SELECT MAX(id) FROM price_readings"))


@contextmanager
def supply_office(folder: Path, url: str, *, empty: bool = False) -> Generator[SupplyOffice]:
    """An office that buys, open for the length of the block; an empty one has nothing in it."""
    Office.create(folder / "office", {"database.url": "" if url.startswith("sqlite") else url, **SHOP})
    office = Office.open(folder / "office")
    try:
        if not empty:
            furnish(office)
        yield SupplyOffice(office)
    finally:
        office.close()
