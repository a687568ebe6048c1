"""Which warehouse sends what: the demand of orders, the stock it is met from, and what was decided."""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from afterclick.domain.shipping import Parcel

Reserve: TypeAlias = tuple[int, str, str, int]
"""(line_no, sku, warehouse, pieces): what one line takes from one warehouse; of a bundle, the sku of a component."""


class AllocationCosts(msgspec.Struct, frozen=True):
    """What sourcing costs beside the carrier and the warehouse, in minor units of the tariffs' currency.

    `per_100_km` is paid for each parcel by its distance, `per_split` for every warehouse after an order's first.
    """

    per_100_km: int = 10
    per_split: int = 100


class Demand(msgspec.Struct, frozen=True):
    """What one order needs. `lines` are (line_no, sku, quantity); `promise_ms` is 0 where no date was promised."""

    order_id: int
    lines: Sequence[tuple[int, str, int]]
    country: str
    priority: int
    placed_ms: int
    promise_ms: int = 0
    partial_ok: bool = False

    @property
    def age_key(self) -> tuple[int, int, int]:
        """Who comes first when stock is short: priority, then age, then the order's number."""
        return self.priority, self.placed_ms, self.order_id


class Stock(msgspec.Struct, frozen=True):
    """What may be promised: rows of (sku, warehouse, available pieces). A missing row means none; below zero counts as none."""

    rows: Sequence[tuple[str, str, int]]


class Allocation(msgspec.Struct, frozen=True):
    """An order with its place in the warehouses.

    `cost` is the sum of carrier, handling, distance and split in minor units. `late` says that no warehouse with the stock
    keeps the promised date. `waiting_lines` and `missing` (sku → pieces) are empty unless the order ships in part.
    """

    order_id: int
    reserves: list[Reserve]
    parcels: list[Parcel]
    cost: int
    late: bool = False
    waiting_lines: tuple[int, ...] = ()
    missing: dict[str, int] = {}


class Short(msgspec.Struct, frozen=True):
    """An order that has to wait for stock; `missing` is sku → pieces that no warehouse serving its country has left."""

    order_id: int
    missing: dict[str, int]

    @property
    def because(self) -> str:
        parts = [f"{pieces} × {sku}" for sku, pieces in sorted(self.missing.items())]
        more = f" and {len(parts) - 5} more SKUs" if len(parts) > 5 else ""
        return f"not in stock: {', '.join(parts[:5])}{more}"


class Undeliverable(msgspec.Struct, frozen=True):
    """An order that no amount of stock would free: a person has to decide, for the reason given."""

    order_id: int
    because: str


Allocated: TypeAlias = Allocation | Short | Undeliverable
