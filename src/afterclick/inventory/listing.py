"""Stock as programs are given it: levels page by page, and one SKU with its moves."""

from typing import Final

from afterclick.inventory.shapes import Level, LevelPage, Replenishment, Sku, StockMove
from afterclick.inventory.shelves import listed
from afterclick.store.transaction import Row, Tx

LATEST_MOVES: Final = 50
_COLUMNS: Final = "sku, warehouse, on_hand, reserved, on_hand - reserved, on_order, reorder_point"


def levels(tx: Tx, *, cursor: str = "", limit: int = 50, only: str = "", warehouse: str = "", begins: str = "") -> LevelPage:
    """A page of levels by SKU and warehouse, narrowed down as on the page.

    Raises:
        Unlisted: there is no such list.
    """
    page = listed(tx, only=only, warehouse=warehouse, q=begins, cursor=cursor, limit=limit)
    return LevelPage(tuple(
        Level(one.sku, one.warehouse, one.on_hand, one.reserved, one.available, one.on_order, one.reorder_point)
        for one in page.levels
    ), page.next)  # fmt: skip


def show(tx: Tx, sku: str) -> Sku | None:
    """One SKU with its levels, its latest moves and what is asked for; None where neither catalogue nor shelves know it."""
    item = tx.rows("SELECT name FROM items WHERE sku = ?", (sku,))
    found = _levels(tx.rows(f"SELECT {_COLUMNS} FROM stock_levels WHERE sku = ? ORDER BY warehouse", (sku,)))  # noqa: S608
    if not item and not found:
        return None
    moves = tx.rows(
        "SELECT at_ms, warehouse, quantity, reason, order_id, note FROM stock_moves WHERE sku = ? ORDER BY id DESC LIMIT ?",
        (sku, LATEST_MOVES),
    )
    asked = tx.rows(
        "SELECT warehouse, quantity, because, asked_ms FROM replenishments WHERE sku = ? AND state = 'open' ORDER BY warehouse",
        (sku,),
    )
    return Sku(
        sku,
        item[0][0] if item else "",
        found,
        tuple(StockMove(*row) for row in moves),
        tuple(Replenishment(*row) for row in asked),
    )


def _levels(rows: list[Row]) -> tuple[Level, ...]:
    return tuple(Level(*row) for row in rows)
