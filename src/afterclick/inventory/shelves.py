"""Lists of stock levels: where each SKU lies, page by page."""

from typing import Final

import msgspec

from afterclick.store.transaction import Tx, Value

CONDITIONS: Final = {
    "low": "s.reorder_point > 0 AND s.on_hand - s.reserved <= s.reorder_point AND s.on_hand > s.reserved",
    "none": "s.on_hand <= s.reserved",
    "over": "s.reserved > s.on_hand",
    "asked": "r.quantity IS NOT NULL",
    "lacking": "s.reorder_point > 0 AND s.on_hand - s.reserved <= s.reorder_point AND s.on_order = 0",
}
"""What a list may be narrowed to, over `stock_levels s` and the open `replenishments r`."""
SEPARATOR: Final = "\x1f"


class Level(msgspec.Struct, frozen=True):
    """The pieces of one SKU at one place. `asked` is what an open replenishment asks for (0: none is open)."""

    sku: str
    name: str
    warehouse: str
    on_hand: int
    reserved: int
    on_order: int
    reorder_point: int
    asked: int

    @property
    def available(self) -> int:
        """What may still be promised; below zero where more is reserved than there is."""
        return self.on_hand - self.reserved

    @property
    def state(self) -> str:
        """`over`, `none`, `low` or `enough`."""
        if self.available < 0:
            return "over"
        if self.available == 0:
            return "none"
        return "low" if self.reorder_point and self.available <= self.reorder_point else "enough"


class Page(msgspec.Struct, frozen=True):
    """A page of levels; `next` is the cursor of the page after it, empty on the last."""

    levels: tuple[Level, ...]
    next: str


class Unlisted(ValueError):
    """No such list can be made; the message says which can."""


def listed(tx: Tx, *, only: str = "", warehouse: str = "", q: str = "", cursor: str = "", limit: int = 50) -> Page:
    """A page of stock levels by SKU and place; `q` is how a SKU begins.

    Raises:
        Unlisted: there is no such condition, or no such name is possible.
    """
    if only and only not in CONDITIONS:
        raise Unlisted(f"there is no list {only[:40]!r} of stock; choose one of {', '.join(CONDITIONS)}")
    if "\0" in warehouse + q + cursor:
        raise Unlisted("no SKU and no warehouse is called that; start again from the first page")
    where, values = ["1 = 1"], list[Value]()
    if only:
        where.append(f"({CONDITIONS[only]})")
    if warehouse:
        where.append("s.warehouse = ?")
        values.append(warehouse)
    if q:
        where.append("substr(s.sku, 1, ?) = ?")
        values += [len(q), q]
    if cursor:
        sku, _, place = cursor.partition(SEPARATOR)
        where.append("(s.sku > ? OR (s.sku = ? AND s.warehouse > ?))")
        values += [sku, sku, place]
    rows = tx.rows(
        "SELECT s.sku, COALESCE(i.name, ''), s.warehouse, s.on_hand, s.reserved, s.on_order, s.reorder_point,"  # noqa: S608
        " COALESCE(r.quantity, 0) FROM stock_levels s LEFT JOIN items i ON i.sku = s.sku LEFT JOIN replenishments r"
        f" ON r.sku = s.sku AND r.warehouse = s.warehouse AND r.state = 'open' WHERE {' AND '.join(where)}"
        " ORDER BY s.sku, s.warehouse LIMIT ?",
        (*values, limit + 1),
    )
    found = tuple(Level(*row) for row in rows[:limit])
    return Page(found, f"{found[-1].sku}{SEPARATOR}{found[-1].warehouse}" if len(rows) > limit else "")
