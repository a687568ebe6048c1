"""The shop's own warehouses: what it says of them, and what it changes."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from afterclick.domain.country import MIDDLES
from afterclick.domain.stock import Warehouse
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

MOST_WAREHOUSES: Final = 20
_ALL: Final = "SELECT id, name, country, latitude, longitude, handling FROM warehouses ORDER BY id"
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
_LONGEST_NAME: Final = 100


class NotAWarehouse(ValueError):
    """What is said of a warehouse cannot be; says what is wrong, and what would be right."""


def known(tx: Tx) -> list[Warehouse]:
    """All warehouses, by id."""
    return [Warehouse(*row) for row in tx.rows(_ALL)]


def write(tx: Tx, warehouses: Sequence[Warehouse]) -> None:
    """Write these down as they are said, in place of what was said of them before."""
    tx.run_many(
        "INSERT INTO warehouses (id, name, country, latitude, longitude, handling) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name, country = excluded.country, latitude = excluded.latitude,"
        " longitude = excluded.longitude, handling = excluded.handling",
        [msgspec.structs.astuple(one) for one in warehouses],
    )


def put(tx: Tx, warehouse_id: str, said: dict[str, str | float | int]) -> tuple[Warehouse, list[Event]]:
    """Add a warehouse, or change what is said of one: fields of `Warehouse`; what is left out stays, or is its default.

    One without coordinates lies in the middle of its country: allocation reckons distances by them. The events are the caller's
    to log.

    Raises:
        NotAWarehouse: the id, the country, the name or the coordinates cannot be, or there are too many warehouses.
    """
    warehouses = {one.id: one for one in known(tx)}
    before = warehouses.get(warehouse_id)
    if before is None:
        _checked_new(warehouse_id, said, count=len(warehouses))
    country = str(said.get("country", before.country if before else ""))
    if country not in MIDDLES:
        raise NotAWarehouse(f"{country!r:.20} is no country we can place; use its two letters, as in --country DE")
    if not 1 <= len(str(said.get("name", "-"))) <= _LONGEST_NAME:
        raise NotAWarehouse(f"a name has 1 to {_LONGEST_NAME} characters")
    if before is None or before.country != country:
        latitude, longitude = MIDDLES[country]
        said = {"latitude": latitude, "longitude": longitude, **said}
    start = before or Warehouse(warehouse_id, warehouse_id, country)
    after = msgspec.structs.replace(start, **said)
    if not (-90 <= after.latitude <= 90 and -180 <= after.longitude <= 180):
        raise NotAWarehouse("a place lies between 90 degrees south and north, and 180 west and east")
    if after == before:
        return after, []
    write(tx, [after])
    activity = "warehouse.changed" if before else "warehouse.opened"
    where = f"{after.country} at {after.latitude:g}, {after.longitude:g}"
    because = f"{after.name}, {where}, handling {after.handling} a parcel"
    return after, [Event(activity, None, f"warehouse/{after.id}", "", because)]


def _checked_new(warehouse_id: str, said: dict[str, str | float | int], *, count: int) -> None:
    if not _ID.fullmatch(warehouse_id):
        raise NotAWarehouse("an id has 1 to 40 letters, digits, dots, dashes or underscores, as in MAIN or W1")
    if count >= MOST_WAREHOUSES:
        raise NotAWarehouse(f"an office has {MOST_WAREHOUSES} warehouses at most")
    if "country" not in said:
        raise NotAWarehouse(f"there is no warehouse {warehouse_id} yet; to add it, say where it is, as in --country DE")
