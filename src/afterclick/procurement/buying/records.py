"""Vendors and what they offer, in the database."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

import msgspec
from msgspec.structs import replace

from afterclick.domain.purchase import Offer, Vendor
from afterclick.store.log import Event
from afterclick.store.transaction import Tx, Value

TRUSTED: Final = ("price_list", "person", "document")
"""Sources that somebody stands for; what was read from a page or a feed counts only after several readings."""
_vendor = msgspec.json.Decoder(Vendor).decode
_offer = msgspec.json.Decoder(Offer).decode


class UnknownVendor(ValueError):
    """There is no such vendor; says which are near."""


class Asked(NamedTuple):
    """An offer as it is on record, and how many independent readings found its price."""

    offer: Offer
    readings: int


def vendors(tx: Tx, ids: Iterable[str] | None = None) -> dict[str, Vendor]:
    """Vendors by id: these, or all."""
    if ids is None:
        rows = tx.rows("SELECT id, terms FROM vendors ORDER BY id")
    else:
        condition, value = tx.among(sorted(set(ids)))
        rows = tx.rows(f"SELECT id, terms FROM vendors WHERE id {condition} ORDER BY id", (value,))  # noqa: S608
    return {row[0]: _vendor(row[1]) for row in rows}


def vendor(tx: Tx, vendor_id: str) -> Vendor:
    """One vendor.

    Raises:
        UnknownVendor: there is none of that id.
    """
    found = vendors(tx, [vendor_id]).get(vendor_id)
    if found is None:
        known = ", ".join(row[0] for row in tx.rows("SELECT id FROM vendors ORDER BY id LIMIT 20")) or "none"
        raise UnknownVendor(f"there is no vendor {vendor_id[:40]!r}; known are {known}")
    return found


def save_vendors(tx: Tx, some: Sequence[Vendor], *, now_ms: int) -> list[Event]:
    """Write vendors down, new ones and changed ones; returns an event for each that is new or changed.

    Whether we may buy from a vendor is changed by `allow` alone: a file that is imported again changes nothing about it, and a
    new vendor begins unallowed.
    """
    known = vendors(tx, [one.id for one in some])
    events: list[Event] = []
    rows: list[tuple[str | bool | int, ...]] = []
    for one in {each.id: each for each in some}.values():
        before = known.get(one.id)
        now = replace(one, allowed=before.allowed if before is not None else False)
        if now != before:
            rows.append((now.id, now.name, now.category, now.currency, now.allowed, msgspec.json.encode(now).decode(), now_ms))
            events.append(_event("vendor.changed" if before else "vendor.added", now, now.name))
    _write(tx, rows)
    return events


def allow(tx: Tx, vendor_id: str, *, allowed: bool, because: str, now_ms: int) -> list[Event]:
    """Let the bots buy from a vendor without asking, or no longer; returns the event, none where it was so already.

    Raises:
        UnknownVendor: there is none of that id.
    """
    before = vendor(tx, vendor_id)
    if before.allowed == allowed:
        return []
    now = replace(before, allowed=allowed)
    _write(tx, [(now.id, now.name, now.category, now.currency, allowed, msgspec.json.encode(now).decode(), now_ms)])
    return [_event("vendor.allowed" if allowed else "vendor.disallowed", now, because)]


def offers(
    tx: Tx, *, skus: Iterable[str] | None = None, vendor_ids: Iterable[str] | None = None, after: str = "", limit: int = 2**31
) -> list[Asked]:
    """What vendors ask: for these SKUs, from these vendors, or all that is on record; at most `limit`, of SKUs after `after`."""
    where, values = ["1 = 1"], list[Value]()
    for column, some in (("sku", skus), ("vendor", vendor_ids)):
        if some is not None:
            condition, value = tx.among(sorted(set(some)))
            where.append(f"{column} {condition}")
            values.append(value)
    if after:
        where.append("sku > ?")
        values.append(after)
    sql = f"SELECT terms, readings FROM offers WHERE {' AND '.join(where)} ORDER BY sku, vendor LIMIT ?"  # noqa: S608
    return [Asked(_offer(terms), readings) for terms, readings in tx.rows(sql, (*values, limit))]


def save_offers(tx: Tx, some: Sequence[Offer], *, readings: Mapping[tuple[str, str], int] | None = None, now_ms: int) -> int:
    """Write offers down, each in place of the vendor's last for that SKU; returns how many are new or changed.

    `readings`: (vendor, sku) → how many independent readings found this very price; 0 where nothing is said. An offer that
    somebody stands for needs none.
    """
    found = {(one.vendor, one.sku): one for one in some}
    counted = readings or {}
    known = {
        (one.offer.vendor, one.offer.sku): one
        for one in offers(tx, skus=[sku for _, sku in found], vendor_ids=[name for name, _ in found])
    }
    rows = [
        (*key, msgspec.json.encode(one).decode(), counted.get(key, 0), now_ms)
        for key, one in found.items()
        if known.get(key) != Asked(one, counted.get(key, 0))
    ]
    tx.run_many(
        "INSERT INTO offers (vendor, sku, terms, readings, changed_ms) VALUES (?, ?, ?, ?, ?) ON CONFLICT (vendor, sku)"
        " DO UPDATE SET terms = excluded.terms, readings = excluded.readings, changed_ms = excluded.changed_ms",
        rows,
    )
    return len(rows)


def day_of(now_ms: int) -> tuple[int, str]:
    """The UTC day of an instant: its first millisecond, and its date in ISO 8601."""
    start = now_ms - now_ms % 86_400_000
    return start, datetime.fromtimestamp(start / 1000, UTC).date().isoformat()


def _write(tx: Tx, rows: Sequence[tuple[str | bool | int, ...]]) -> None:
    tx.run_many(
        "INSERT INTO vendors (id, name, category, currency, allowed, terms, changed_ms) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name, category = excluded.category, currency = excluded.currency,"
        " allowed = excluded.allowed, terms = excluded.terms, changed_ms = excluded.changed_ms",
        rows,
    )


def _event(activity: str, one: Vendor, because: str) -> Event:
    return Event(activity, None, f"vendor/{one.id}", "", because)
