"""What the pretend company sells, how baskets are filled from it, and what lies where at the start of the day."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from afterclick.domain.catalogue import Item, Range
from afterclick.domain.stock import Warehouse

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Stock = list[tuple[str, str, int]]
"""Rows of (sku, warehouse, pieces)."""

LINES: Final = (0.25, 0.22, 0.19, 0.14, 0.09, 0.06, 0.03, 0.02)
"""The share of baskets with 1, 2, … 8 lines; 3.0 lines on average."""
BUNDLES: Final = 0.04
OUT_OF_STOCK: Final = 0.005
"""Share of SKUs, among the slow half, of which nothing is left anywhere."""
COVER: Final = 3.0
"""Opening stock over the demand expected of the day."""

_KINDS: Final = (  # category, tax category, usual price in cents, usual weight in grams
    ("kitchen", "standard", 1900, 600), ("garden", "standard", 2400, 900), ("toys", "standard", 1700, 400),
    ("books", "books", 1500, 450), ("tea", "food", 700, 200), ("sweets", "food", 500, 250), ("candles", "standard", 900, 350),
    ("stationery", "standard", 600, 150), ("textiles", "standard", 2600, 500), ("tools", "standard", 3200, 1100),
    ("lamps", "standard", 4500, 1400), ("pet supplies", "standard", 1400, 800), ("plants", "reduced", 1200, 700),
    ("baby", "standard", 1800, 400), ("sports", "standard", 3500, 900), ("gifts", "standard", 1100, 300),
)  # fmt: skip


class Baskets(NamedTuple):
    """Baskets in a row: basket i has the lines `first[i]` to `first[i + 1]` of `sku` (index) and `quantity`, worth `value[i]`."""

    first: Ints
    sku: Ints
    quantity: Ints
    value: Ints


class Catalogue:
    """`count` SKUs of one seed, `SKU-00001` onwards; the last ones are bundles. Making 4,000 takes about 20 ms."""

    def __init__(self, *, seed: int, count: int) -> None:
        rng = np.random.default_rng((seed, 1))
        self.items = _items(rng, count)
        self.index = {item.sku: number for number, item in enumerate(self.items)}
        self.prices: Ints = np.array([item.price for item in self.items], dtype=np.int64)
        weights = np.array([item.weight_g for item in self.items])
        self._by_the_dozen = (rng.random(count) < 0.25) & (weights < 1000) & (self.prices < 2500)
        popularity = rng.permutation(1.0 / (np.arange(count) + 20.0) ** 0.8)
        self._popularity: Floats = popularity / popularity.sum()
        self._drawn: Floats = np.cumsum(self._popularity)
        self._line_shares: Floats = np.cumsum(LINES)

    def baskets(self, rng: np.random.Generator, count: int) -> Baskets:
        """Fill `count` baskets as customers would: popular SKUs more often, most lines of one piece, some by the dozen."""
        lines = _draw(rng, self._line_shares, count) + 1
        first = np.concatenate(([0], np.cumsum(lines)))
        many = int(first[-1])
        sku = _draw(rng, self._drawn, many)
        few, dozen = np.minimum(rng.geometric(0.78, many), 4), np.minimum(1 + rng.poisson(3.0, many), 12)
        quantity = np.where(self._by_the_dozen[sku], dozen, few)
        value = np.add.reduceat(quantity * self.prices[sku], first[:-1]) if count else np.zeros(0, np.int64)
        return Baskets(first, sku, quantity, value)

    def ranges(self, past: Baskets) -> dict[str, Range]:
        """How many pieces of each SKU usually go into a basket, learnt from past ones."""
        ln = np.log(past.quantity)
        return _ranges([item.sku for item in self.items], past.sku, ln, past.quantity)

    def opening(self, *, seed: int, warehouses: list[Warehouse], orders: int) -> Stock:
        """Pieces on record per SKU and warehouse, enough for `orders` orders `COVER` times over; a few SKUs have run out."""
        rng = np.random.default_rng((seed, 2))
        pieces = self._expected_pieces(orders)
        kept = rng.random((len(self.items), len(warehouses))) < 0.85
        kept[np.arange(len(self.items)), rng.integers(0, len(warehouses), len(self.items))] = True
        share = np.where(kept, rng.uniform(0.6, 1.4, kept.shape), 0.0)
        share /= share.sum(axis=1, keepdims=True)
        stock = np.where(kept, np.ceil(pieces[:, None] * share * COVER).astype(np.int64) + 4, 0)
        slow = self._popularity < np.median(self._popularity)
        stock[slow & (rng.random(len(self.items)) < 2 * OUT_OF_STOCK)] = 0
        return [
            (item.sku, warehouse.id, count)
            for item, row in zip(self.items, stock.tolist(), strict=True)
            if item.components is None
            for warehouse, count in zip(warehouses, row, strict=True)
            if count
        ]

    def _expected_pieces(self, orders: int) -> Floats:
        lines = float(np.dot(np.arange(1, len(LINES) + 1), LINES))
        pieces: Floats = self._popularity * orders * lines * np.where(self._by_the_dozen, 4.0, 1.3)
        for number, item in enumerate(self.items):
            for sku, count in (item.components or {}).items():
                pieces[self.index[sku]] += pieces[number] * count
        return pieces


def _draw(rng: np.random.Generator, cumulated: Floats, count: int) -> Ints:
    """`count` indices, each as likely as its step in `cumulated`."""
    drawn: Floats = rng.random(count) * cumulated[-1]
    return np.searchsorted(cumulated, drawn, side="right").astype(np.int64)


def customer_ranges(past: Baskets, customers: Ints, names: list[str]) -> dict[str, Range]:
    """How much each customer usually spends, in minor units; `customers[i]` is the index in `names` of who filled basket i."""
    return _ranges(names, customers, np.log(past.value), past.value)


def _ranges(names: list[str], of: Ints, ln: Floats, sizes: Ints) -> dict[str, Range]:
    seen = np.bincount(of, minlength=len(names))
    total = np.bincount(of, weights=ln, minlength=len(names))
    squares = np.bincount(of, weights=ln * ln, minlength=len(names))
    largest = np.zeros(len(names), dtype=np.int64)
    np.maximum.at(largest, of, sizes)
    columns = zip(names, seen.tolist(), total.tolist(), squares.tolist(), largest.tolist(), strict=True)
    return {name: Range(n, s, q, most) for name, n, s, q, most in columns if n}


def _items(rng: np.random.Generator, count: int) -> list[Item]:
    bundles = int(count * BUNDLES) if count >= 50 else 0
    kinds: list[int] = rng.integers(0, len(_KINDS), count).tolist()
    spread = np.exp(rng.normal(0.0, 0.5, (2, count)))
    items: list[Item] = []
    for number in range(count - bundles):
        category, tax, price, weight = _KINDS[kinds[number]]
        cents = max(int(price * spread[0, number]) // 100 * 100 + (99 if number % 3 else 50), 99)
        grams = min(max(int(weight * spread[1, number]), 20), 3000)
        items.append(Item(f"SKU-{number + 1:05d}", f"{category.capitalize()} no. {number + 1}", category, tax, grams, cents))
    parts = [item for item in items if item.weight_g < 1000]
    items.extend(
        _bundle(f"SKU-{number + 1:05d}", [parts[pick] for pick in rng.integers(0, len(parts), 2 + number % 2).tolist()])
        for number in range(count - bundles, count)
    )
    return items


def _bundle(sku: str, parts: list[Item]) -> Item:
    """A bundle at nine tenths of its parts' price; it is taxed at the standard rate, as mixed bundles are."""
    components: dict[str, int] = {}
    for part in parts:
        components[part.sku] = components.get(part.sku, 0) + 1
    price = sum(part.price for part in parts) * 9 // 10
    weight = sum(part.weight_g for part in parts)
    return Item(sku, f"Set of {len(parts)}: {parts[0].name}", "sets", "standard", weight, price, components=components)
