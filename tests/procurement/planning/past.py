"""An office with half a year of sales behind it, of which everything is known."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from afterclick.store import tables
from afterclick.store.stock import Move, ensure_levels, move
from afterclick.store.transaction import Tx
from tests.procurement.buying.buying_office import DAY_MS, START_MS

WEEKS: Final = 26
RATES: Final = {"CUP": 6.0, "PLATE": 2.0, "SPOON": 0.3}
"""Pieces a day."""
_ORDER: Final = ("id", "store", "external_id", "placed_ms", "received_ms", "customer", "currency", "state", "particulars")
_LINE: Final = ("order_id", "no", "sku", "quantity", "unit_price")


def sell(tx: Tx, orders: Iterable[tuple[int, str, int]], *, first: int = 1, state: str = "shipped") -> None:
    """Write orders down that were placed so many ms before the start: (ms, sku, pieces)."""
    rows = list(orders)
    tx.insert(
        tables.orders, _ORDER,
        [
            (no, "shop", f"S-{no}", START_MS - ago, START_MS - ago, "C", "EUR", state, "{}")
            for no, (ago, _, _) in enumerate(rows, first)
        ],
    )  # fmt: skip
    tx.insert(tables.order_lines, _LINE, [(no, 1, sku, pieces, 1000) for no, (_, sku, pieces) in enumerate(rows, first)])


def half_a_year(seed: int = 7) -> list[tuple[int, str, int]]:
    """Orders of one SKU each, with a Poisson number of pieces a day."""
    dice = np.random.default_rng(seed)
    found: list[tuple[int, str, int]] = []
    for day in range(WEEKS * 7, 0, -1):
        for sku, rate in RATES.items():
            pieces = int(dice.poisson(rate))
            if pieces:
                found.append((day * DAY_MS - DAY_MS // 2, sku, pieces))
    return found


def stock(tx: Tx, pieces: dict[tuple[str, str], int], *, days_ago: int = 0, reason: str = "opening") -> None:
    """Put pieces on shelves, some days before the start; below 0 they leave."""
    ensure_levels(tx, pieces)
    moves = [Move(sku, place, count, reason) for (sku, place), count in pieces.items()]  # pyright: ignore[reportArgumentType]
    move(tx, moves, now_ms=START_MS - days_ago * DAY_MS)
