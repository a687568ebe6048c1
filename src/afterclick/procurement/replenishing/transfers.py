"""Move goods from places that have too many to places that would buy them, where moving costs less than it saves."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from afterclick.procurement.forecasting.panel import Numbers


@dataclass(frozen=True)
class Moving:
    """What a transfer costs: `fixed` for each SKU moved between two places, `piece` for each piece; money. `most` are the
    pieces of one transfer; 0: any number. `barred` are (SKU, from, to) between which nothing is moved now."""

    fixed: float
    piece: float
    most: int = 0
    barred: frozenset[tuple[str, str, str]] = frozenset()


@dataclass(frozen=True)
class _Free:
    """Between which rows something may be moved."""

    skus: Sequence[str]
    places: Sequence[str]
    barred: frozenset[tuple[str, str, str]]

    def between(self, start: int, end: int) -> bool:
        return not self.places or (self.skus[start], self.places[start], self.places[end]) not in self.barred


@dataclass(frozen=True)
class Move:
    """Pieces to send from one row to another, and the money that it saves."""

    start: int
    end: int
    pieces: int
    saves: float


def moves(
    skus: Sequence[str], spare: Numbers, wanted: Numbers, *, worth: Numbers, unit_cost: Numbers, order_line: float,
    moving: Moving, places: Sequence[str] = (),
) -> list[Move]:  # fmt: skip
    """The transfers that save money, the largest spare stock of each SKU first.

    A piece that is moved need not be bought, and it leaves a place where it would have lain: that saves what it costs to keep
    it there (`worth`: holding until it is sold, and the chance that it is written off, a piece), and the order line if nothing
    is left to buy. It does not save the price: the piece will have to be replaced when its place needs it.

    Args:
        skus: the SKU of each row; rows of one SKU are its places.
        spare: free pieces on hand beyond what the row will need until its next order.
        wanted: pieces that the row would buy.
        worth: money saved by moving a piece away, per row.
        unit_cost: money a piece; a transfer never costs more than the goods.
        order_line: money for a line of a purchase order.
        moving: cost of a transfer.
        places: the place of each row; without them nothing is barred.
    """
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row in np.flatnonzero((spare > 0) | (wanted > 0)):
        rows[skus[int(row)]].append(int(row))
    found: list[Move] = []
    for some in rows.values():
        givers = sorted((row for row in some if spare[row] >= 1), key=lambda row: (-spare[row], row))
        takers = sorted((row for row in some if wanted[row] > 0), key=lambda row: (-wanted[row], row))
        if givers and takers:
            free = _Free(skus, places, moving.barred)
            found += _between(givers, takers, spare, wanted, worth, unit_cost, order_line, moving, free)
    return found


def _between(
    givers: Sequence[int], takers: Sequence[int], spare: Numbers, wanted: Numbers, worth: Numbers, unit_cost: Numbers,
    order_line: float, moving: Moving, free: _Free,
) -> list[Move]:  # fmt: skip
    left = {row: int(spare[row]) for row in givers}
    found: list[Move] = []
    for taker in takers:
        need = int(np.ceil(wanted[taker]))
        for giver in givers:
            pieces = min(left[giver], need, moving.most or need)
            if giver == taker or not pieces or not free.between(giver, taker):
                continue
            saved = pieces * float(worth[giver]) + (order_line if pieces == need else 0)
            cost = moving.fixed + pieces * moving.piece
            if saved > cost and cost < pieces * float(unit_cost[taker]):
                found.append(Move(giver, taker, pieces, saved - cost))
                left[giver] -= pieces
                need -= pieces
    return found
