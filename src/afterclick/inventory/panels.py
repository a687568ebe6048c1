"""What the inventory desk shows on the first page: places that run low or out, and goods that were asked for."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

from afterclick.control_room.first_page.overview import Figure, Line, Panel, Source
from afterclick.inventory.shapes import Alerts, Wanted
from afterclick.inventory.shelves import CONDITIONS
from afterclick.store.transaction import Tx

MOST_LINES: Final = 6


def alarming(tx: Tx) -> Alerts:
    """Where stock runs out; walks the stock levels once, of which there is one for each SKU and place."""
    low, none, over = tx.rows(
        f"SELECT COALESCE(SUM(CASE WHEN {CONDITIONS['low']} THEN 1 ELSE 0 END), 0),"  # noqa: S608  # conditions from code
        f" COALESCE(SUM(CASE WHEN {CONDITIONS['none']} THEN 1 ELSE 0 END), 0),"
        f" COALESCE(SUM(CASE WHEN {CONDITIONS['over']} THEN 1 ELSE 0 END), 0) FROM stock_levels s"
    )[0]
    opened = tx.value("SELECT COUNT(*) FROM replenishments WHERE state = 'open'")
    oldest = tx.rows(
        "SELECT sku, warehouse, quantity, asked_ms FROM replenishments WHERE state = 'open' ORDER BY asked_ms, id LIMIT ?",
        (MOST_LINES,),
    )
    return Alerts(low, none, over, opened, tuple(Wanted(*row) for row in oldest))


def panels(tx: Tx, now_ms: int) -> Sequence[Panel]:
    """One panel."""
    found = alarming(tx)
    low, none, over, opened = found.low, found.nothing_free, found.over_reserved, found.asked_for
    figures = (
        Figure(f"{low:,}", "running low", "/stock?only=low", "at or below the reorder point", "warn" if low else "", "Low"),
        Figure(f"{none:,}", "nothing free", "/stock?only=none", "all there is is reserved", "warn" if none else "", "Available"),
        Figure(f"{over:,}", "over-reserved", "/stock?only=over", "more promised than there is", "bad" if over else "",
               "Over-reserved"),
        Figure(f"{opened:,}", "asked for", "/stock?only=asked", "replenishments that are open", "", "Replenishment"),
    )  # fmt: skip
    lines = tuple(
        Line(f"/stock?{urlencode({'q': one.sku})}", (f"{one.sku} at {one.warehouse}", f"{one.quantity:,}"), one.asked_ms)
        for one in found.oldest
    )
    return [Panel("stock", "Stock", figures, ("Asked for longest", "Pieces", "Since"), lines, term="Stock level")]


SOURCE: Final = Source("stock.read", "inventory", panels)
