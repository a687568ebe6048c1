"""The whole pretend world of one folder and one seed: the company, its day, and every outside system behind its port."""

import hashlib
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from afterclick.domain.catalogue import Item, Range
from afterclick.domain.stock import Warehouse
from afterclick.simulator import places
from afterclick.simulator.carrier import SimulatedCarrier
from afterclick.simulator.catalogue import Baskets, Catalogue, Stock, customer_ranges
from afterclick.simulator.customers import Customers, Indices
from afterclick.simulator.day import Day
from afterclick.simulator.faults import Faults
from afterclick.simulator.ledger import Ledger
from afterclick.simulator.mailbox import SimulatedMailbox
from afterclick.simulator.payments import SimulatedPayments
from afterclick.simulator.reconcile import Reconciliation, reconcile
from afterclick.simulator.shop import SimulatedStore, Webhooks
from afterclick.simulator.vendor_plans import VendorFaults
from afterclick.simulator.vendors import SimulatedVendors
from afterclick.simulator.warehouse import SimulatedWarehouse

DEFAULT_DAY_MS: Final = 1_795_132_800_000
"""2026-11-20, a Friday, 00:00 UTC."""
PAST_BASKETS: Final = 100_000
"""How many orders the simulated past has, from which usual quantities and values are learnt."""


def _clock() -> int:
    return time.time_ns() // 1_000_000


class World:
    """Made in well under two seconds; opened again on the same folder, it goes on with the same ledger.

    `folder` holds `outside.sqlite`, the ledger; several processes may open the same world at once. `day_ms` is the midnight (UTC)
    at which the trading day starts, and `now_ms` the clock by which authorisations expire, parcels leave and webhooks are signed.

    Raises:
        LedgerError: the folder holds the ledger of a world made with other arguments.
        ValueError: an argument is out of range.
    """

    def __init__(
        self,
        folder: Path,
        *,
        seed: int = 1,
        orders: int = 20_000,
        faults: Faults | None = None,
        warehouses: int = 3,
        skus: int = 4_000,
        customers: int = 0,
        day_ms: int = DEFAULT_DAY_MS,
        now_ms: Callable[[], int] = _clock,
    ) -> None:
        if seed < 0 or not 1 <= orders <= 9_999_999 or not 10 <= skus <= 89_999:
            raise ValueError("the simulator needs seed ≥ 0, 1 to 9,999,999 orders and 10 to 89,999 SKUs")
        faults = faults or Faults.none()
        # More orders than customers would make everybody a repeat buyer, so a large day has a larger public.
        customers = customers or max(50_000, orders)
        self.seed = seed
        self.secret = hashlib.sha256(f"webhooks of world {seed}".encode()).hexdigest()
        self.catalogue = Catalogue(seed=seed, count=skus)
        self.customers = Customers(seed=seed, count=customers)
        self._warehouses = places.warehouses(warehouses)
        self._opening = self.catalogue.opening(seed=seed, warehouses=self._warehouses, orders=orders)
        self.day = Day(
            seed=seed, orders=orders, start_ms=day_ms, catalogue=self.catalogue, customers=self.customers, faults=faults
        )
        folder.mkdir(parents=True, exist_ok=True)
        self.ledger = Ledger(folder / "outside.sqlite")
        facts = {"seed": seed, "orders": orders, "warehouses": warehouses, "skus": skus, "customers": customers, "day_ms": day_ms}
        self.ledger.agree({name: str(value) for name, value in facts.items()} | {"faults": msgspec.json.encode(faults).decode()})
        self.store = SimulatedStore(day=self.day, ledger=self.ledger)
        self.payments = SimulatedPayments(ledger=self.ledger, seed=seed, faults=faults, now_ms=now_ms)
        self.carriers = tuple(
            SimulatedCarrier(tariff=tariff, ledger=self.ledger, seed=seed, faults=faults) for tariff in places.tariffs()
        )
        self.warehouse = SimulatedWarehouse(
            opening=self._opening,
            skus=frozenset(self.catalogue.index),
            ledger=self.ledger,
            seed=seed,
            faults=faults,
            now_ms=now_ms,
        )
        self.mailbox = SimulatedMailbox(ledger=self.ledger)
        self.vendors = SimulatedVendors(
            ledger=self.ledger, seed=seed, faults=VendorFaults.beside(faults), now_ms=now_ms, unload=self.warehouse.receive
        )
        self._webhooks = Webhooks(day=self.day, seed=seed, faults=faults, secret=self.secret, now_ms=now_ms)

    def close(self) -> None:
        """Let go of the ledger file."""
        self.ledger.close()

    def systems(self) -> dict[str, object]:
        """Every system but the store, by the name under which the door knows it."""
        found: dict[str, object] = {one.name: one for one in (self.payments, self.warehouse, self.mailbox, self.vendors)}
        found |= {dock.name: dock for dock in (self.vendors.dock, self.warehouse.dock)}
        return found | {f"carrier:{carrier.name}": carrier for carrier in self.carriers}

    def items(self) -> list[Item]:
        """Every SKU with the range of its usual quantities."""
        ranges = self.quantity_ranges()
        return [msgspec.structs.replace(item, quantity_range=ranges.get(item.sku, Range())) for item in self.catalogue.items]

    def warehouses(self) -> list[Warehouse]:
        return list(self._warehouses)

    def opening_stock(self) -> Stock:
        """Rows of (sku, warehouse, pieces) as recorded in the morning; with the fault `wrong_stock` some are untrue."""
        return list(self._opening)

    def quantity_ranges(self) -> dict[str, Range]:
        """SKU → how many pieces a line usually has, learnt from the simulated past."""
        return self.catalogue.ranges(self._past[0])

    def value_ranges(self) -> dict[str, Range]:
        """Customer → what an order is usually worth, in minor units; customers who have never ordered are not in it."""
        baskets, buyers = self._past
        return customer_ranges(baskets, buyers, [f"C-{number:07d}" for number in range(self.customers.count)])

    def webhooks(self) -> Webhooks:
        """Iterates over signed deliveries `(headers, body)` in the order of arrival."""
        return self._webhooks

    def reconcile(
        self, *, states: Mapping[str, str], touched: frozenset[str] = frozenset(), totals: Mapping[str, int] | None = None
    ) -> Reconciliation:
        """See `reconcile.reconcile`."""
        return reconcile(self.ledger, self.day, self.catalogue, states=states, touched=touched, totals=totals or {})

    @cached_property
    def _past(self) -> tuple[Baskets, Indices]:
        rng = np.random.default_rng((self.seed, 5))
        return self.catalogue.baskets(rng, PAST_BASKETS), rng.integers(0, self.customers.count, PAST_BASKETS)
