"""Invent an opening stock for a history that came without one, so that it can be worked through; and say that it is invented."""

import math
from typing import Final

from afterclick.domain.stock import Warehouse
from afterclick.inventory.warehouses import MOST_WAREHOUSES, write
from afterclick.store import stock
from afterclick.store.log import Event
from afterclick.store.stock import Move
from afterclick.store.transaction import Tx

MOST_DAYS: Final = 3_650
NOTE: Final = "invented"
_DAY_MS: Final = 86_400_000
_REORDER_DAYS: Final = 14
_PLACES: Final = (  # near large cities of Europe: country, degrees north, degrees east
    ("GB", 52.5, -1.9), ("DE", 51.3, 12.4), ("FR", 48.9, 2.4), ("NL", 51.6, 5.1), ("PL", 52.4, 16.9), ("ES", 41.7, -0.9),
    ("IT", 45.5, 9.2), ("SE", 55.6, 13.0), ("IE", 53.4, -6.3), ("AT", 48.2, 16.4),
)  # fmt: skip


class NotOpenable(ValueError):
    """There is nothing to open the stock for, or the figures are impossible; says which."""


def open_stock(tx: Tx, *, cover_days: int, warehouses: int, now_ms: int) -> list[Event]:
    """Put stock on the shelves for `cover_days` days of the demand that the orders here show; the events are the caller's to log.

    Demand per SKU and day = pieces on all order lines / days from the first order to the last; `cover_days` as long as the
    history itself covers all of it. Each SKU lies mostly in one warehouse, and a piece of it in the others, rounded up, so
    that nothing is short by rounding. Without warehouses, `W1` onwards are made. The reorder point is two weeks' demand.

    Raises:
        NotOpenable: there are no orders, stock was opened before, or a figure is out of range.
    """
    if not 1 <= cover_days <= MOST_DAYS or not 1 <= warehouses <= MOST_WAREHOUSES:
        raise NotOpenable(f"cover 1 to {MOST_DAYS:,} days in 1 to {MOST_WAREHOUSES} warehouses")
    if tx.rows("SELECT 1 FROM stock_moves LIMIT 1"):
        raise NotOpenable("there is stock on the books already; correct it with `afterclick stock count`")
    first_ms, last_ms = tx.rows("SELECT MIN(placed_ms), MAX(placed_ms) FROM orders WHERE placed_ms > 0")[0]
    if first_ms is None:
        raise NotOpenable("there are no orders to tell the demand from; import them first with `afterclick orders import`")
    days = (last_ms - first_ms) // _DAY_MS + 1
    made, ids = _warehouses(tx, warehouses)
    wanted = tx.rows(
        "SELECT l.sku, SUM(l.quantity) FROM order_lines l JOIN items i ON i.sku = l.sku WHERE i.components IS NULL"
        " GROUP BY l.sku HAVING SUM(l.quantity) > 0 ORDER BY l.sku"
    )
    moves: list[Move] = []
    reorder: list[tuple[int, str, str]] = []
    for number, (sku, pieces) in enumerate(wanted):
        covered = math.ceil(int(pieces) * cover_days / days)
        for warehouse, share in zip(_turned(ids, number), _shares(covered, len(ids)), strict=True):
            moves.append(Move(sku, warehouse, share, "opening", None, NOTE))
            reorder.append((min(share, math.ceil(int(pieces) * _REORDER_DAYS / days / len(ids))), sku, warehouse))
    stock.ensure_levels(tx, [(one.sku, one.warehouse) for one in moves])
    stock.move(tx, moves, now_ms=now_ms)
    tx.run_many("UPDATE stock_levels SET reorder_point = ? WHERE sku = ? AND warehouse = ?", reorder)
    total = sum(one.quantity for one in moves)
    because = (
        f"invented, not counted: {total:,} pieces of {len(wanted):,} SKUs in {len(ids)} warehouses,"
        f" {cover_days:,} days of the demand seen over {days:,} days"
    )
    invented = [
        Event("warehouse.opened", None, f"warehouse/{one.id}", "", f"invented, as is its place: {one.name}") for one in made
    ]
    opened = [Event(activity, None, "stock/*", "", because) for activity in ("stock.opened", "stock.arrived")]
    return [*invented, *opened]


def _warehouses(tx: Tx, count: int) -> tuple[list[Warehouse], list[str]]:
    """The warehouses made, if there were none, and the ids of the first `count`."""
    ids = [row[0] for row in tx.rows("SELECT id FROM warehouses ORDER BY id")]
    made = [] if ids else [
        Warehouse(f"W{number:02d}" if count > 9 else f"W{number}", f"Warehouse {number}", *_PLACES[(number - 1) % len(_PLACES)])
        for number in range(1, count + 1)
    ]  # fmt: skip
    write(tx, made)
    return made, (ids or [one.id for one in made])[:count]


def _turned(ids: list[str], number: int) -> list[str]:
    """The warehouses, starting with another one for each SKU, so that all are filled alike."""
    start = number % len(ids)
    return ids[start:] + ids[:start]


def _shares(pieces: int, places: int) -> list[int]:
    """Two thirds at home and the rest elsewhere; together at least `pieces`."""
    if places == 1:
        return [pieces]
    elsewhere = math.ceil(pieces / 3 / (places - 1))
    return [max(0, pieces - elsewhere * (places - 1)), *([elsewhere] * (places - 1))]
