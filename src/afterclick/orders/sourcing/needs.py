"""What a batch of orders needs, SKU by SKU: bundles resolved into their components, pieces of one SKU summed per order."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from afterclick.domain.allocation import Allocated, Demand, Stock, Undeliverable
from afterclick.domain.catalogue import Item
from afterclick.orders.sourcing.costs import Sourcing, days_left

MOST_PIECES: Final = 10**7
HEAVIEST_PIECE_G: Final = 10**8
MOST_NESTED: Final = 5
_UNSEEN: Final = -2
_SPECIAL: Final = -1


class Needs(msgspec.Struct):
    """A batch as numbers. `outcomes` has a place per demand, filled where an order cannot be looked at at all.

    The n-th order looked at is demand `orders[n]`, goes to country `country[n]` within `days[n]` and wants `wants[n]` (SKU row
    → pieces), on behalf of `parts[n]` (line_no, sku, pieces). SKU rows count through `skus` and `weights_g`.
    """

    outcomes: list[Allocated | None]
    orders: list[int] = []
    country: list[int] = []
    days: list[int] = []
    wants: list[dict[int, int]] = []
    parts: list[Sequence[tuple[int, str, int]]] = []
    row: dict[str, int] = {}
    skus: list[str] = []
    weights_g: list[int] = []

    def available(self, stock: Stock, sourcing: Sourcing) -> npt.NDArray[np.int64]:
        """Pieces by [SKU row, warehouse]; SKUs that nobody needs and warehouses that `sourcing` does not know are left out."""
        width = len(sourcing.warehouses)
        cells: list[int] = []
        pieces: list[int] = []
        row_of, position = self.row, sourcing.position
        for sku, warehouse, available in stock.rows:
            row = row_of.get(sku, _UNSEEN)
            if row >= 0 and available > 0 and warehouse in position:
                cells.append(row * width + position[warehouse])
                pieces.append(available)
        table = np.zeros(len(self.skus) * width, np.int64)
        table[cells] = pieces
        return table.reshape(-1, width)

    def enter(self, sku: str, catalogue: Mapping[str, Item]) -> int:
        """Give a SKU its row; bundles and unknown SKUs are special and have none."""
        item = catalogue.get(sku)
        if item is None or item.components:
            self.row[sku] = _SPECIAL
            return _SPECIAL
        row = self.row[sku] = len(self.skus)
        self.skus.append(sku)
        self.weights_g.append(min(max(item.weight_g, 1), HEAVIEST_PIECE_G))
        return row

    def add(self, position: int, demand: Demand, days: int, sourcing: Sourcing, catalogue: Mapping[str, Item]) -> None:
        """Add one demand.

        Raises:
            ValueError: the demand can never be met; the text says why.
        """
        country = sourcing.country.get(demand.country)
        if country is None:
            raise ValueError(f"no carrier delivers to {demand.country[:40]!r}: ask for another address or add a rate")
        parts, want = demand.lines, _plain(self, demand.lines, catalogue)
        if want is None:
            parts = resolve(demand.lines, catalogue)
            want = _plain(self, parts, catalogue)
            if want is None:
                raise ValueError(f"an order asks for more than {MOST_PIECES:,} pieces of one SKU: correct its quantities")
        self.orders.append(position)
        self.country.append(country)
        self.days.append(max(0, min(days, sourcing.last_day)))
        self.wants.append(want)
        self.parts.append(parts)


def gather(demands: Sequence[Demand], catalogue: Mapping[str, Item], sourcing: Sourcing, now_ms: int) -> Needs:
    """Read a batch; demands that can never be met get their outcome here."""
    needs = Needs(outcomes=[None] * len(demands))
    for position, demand in enumerate(demands):
        days = days_left(promise_ms=demand.promise_ms, now_ms=now_ms)
        try:
            needs.add(position, demand, days, sourcing, catalogue)
        except ValueError as error:
            needs.outcomes[position] = Undeliverable(demand.order_id, str(error))
    return needs


def resolve(lines: Sequence[tuple[int, str, int]], catalogue: Mapping[str, Item]) -> list[tuple[int, str, int]]:
    """Lines with every bundle replaced by its components: (line_no, sku, pieces), each SKU once per line.

    Raises:
        ValueError: no lines, an unknown SKU, an impossible quantity, or bundles nested deeper than `MOST_NESTED`.
    """
    if not lines:
        raise ValueError("the order has no lines: nothing can be sent")
    parts: list[tuple[int, str, int]] = []
    for no, sku, quantity in lines:
        if not 0 < quantity <= MOST_PIECES:
            raise ValueError(f"line {no} asks for {quantity} pieces of {sku}: correct the quantity")
        pieces: dict[str, int] = {}
        _unpack(sku, quantity, catalogue, pieces, 0)
        parts += [(no, part, count) for part, count in pieces.items()]
    return parts


def _unpack(sku: str, quantity: int, catalogue: Mapping[str, Item], pieces: dict[str, int], depth: int) -> None:
    item = catalogue.get(sku)
    if item is None:
        raise ValueError(f"SKU {sku[:40]!r} is not in the catalogue: add it or correct the line")
    if not item.components:
        pieces[sku] = pieces.get(sku, 0) + quantity
        return
    if depth == MOST_NESTED:
        raise ValueError(f"bundle {sku} is nested deeper than {MOST_NESTED} bundles: correct its components")
    for part, count in item.components.items():
        if not 0 < count <= MOST_PIECES:
            raise ValueError(f"bundle {sku} has {count} pieces of {part}: correct its components")
        _unpack(part, quantity * count, catalogue, pieces, depth + 1)


def _plain(needs: Needs, lines: Sequence[tuple[int, str, int]], catalogue: Mapping[str, Item]) -> dict[int, int] | None:
    """SKU row → pieces, or None where a line is a bundle, unknown, or of an impossible quantity."""
    row_of = needs.row
    want: dict[int, int] = {}
    for _, sku, quantity in lines:
        row = row_of.get(sku, _UNSEEN)
        if row == _UNSEEN:
            row = needs.enter(sku, catalogue)
        if row == _SPECIAL or not 0 < quantity <= MOST_PIECES:
            return None
        want[row] = want.get(row, 0) + quantity
    return want or None
