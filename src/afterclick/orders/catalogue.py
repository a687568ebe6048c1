"""The catalogue as the orders desk's rules see it, kept in memory and read again when it has changed."""

from typing import Final

from afterclick.domain.catalogue import Range
from afterclick.domain.facts import ItemFacts, Usual
from afterclick.store.transaction import Row, Tx

CHANGES: Final = "catalogue"
"""The counter that moves when items change."""
LEARNT: Final = "ranges"
"""The counter that moves by the lines from which ranges were learnt."""
_UNKNOWN: Final = Usual(0, 0.0, 0.0, 0)
_ROWS: Final = (
    "SELECT i.sku, i.active, i.price, i.currency, r.seen, r.ln_sum, r.ln_sq, r.largest "
    "FROM items i LEFT JOIN ranges r ON r.kind = 'quantity' AND r.ref = i.sku"
)


class Catalogue:
    """Every item's facts by SKU. One per process; `refresh` in each transaction that judges."""

    def __init__(self) -> None:
        self._items: dict[str, ItemFacts] = {}
        self._version = (-1, -1)
        self._learnt = 0

    @staticmethod
    def only(tx: Tx, skus: set[str]) -> "Catalogue":
        """The facts of a few SKUs, read now: for a caller that keeps no catalogue."""
        catalogue = Catalogue()
        among, value = tx.among(sorted(skus))
        catalogue._items = _items(tx.rows(f"{_ROWS} WHERE i.sku {among}", (value,)))
        return catalogue

    def refresh(self, tx: Tx) -> bool:
        """Read everything again if items changed or a tenth more lines were learnt from; returns whether it did."""
        changes, learnt, count = tx.rows(
            "SELECT COALESCE((SELECT next FROM counters WHERE name = ?), 1), "
            "COALESCE((SELECT next FROM counters WHERE name = ?), 1), (SELECT COUNT(*) FROM items)",
            (CHANGES, LEARNT),
        )[0]
        if (changes, count) == self._version and self._learnt <= learnt < 1_000 + self._learnt * 1.1:
            return False
        self._items = _items(tx.rows(_ROWS))
        self._version, self._learnt = (changes, count), learnt
        return True

    def get(self, sku: str) -> ItemFacts | None:
        return self._items.get(sku)


def changed(tx: Tx) -> None:
    """Say that items changed: to be called in the transaction that wrote to `items`."""
    tx.take(CHANGES)


def _items(rows: list[Row]) -> dict[str, ItemFacts]:
    facts: dict[str, ItemFacts] = {}
    for sku, active, price, currency, seen, ln_sum, ln_sq, largest in rows:
        usual = _UNKNOWN if seen is None else Usual.of(Range(seen, ln_sum, ln_sq, largest))
        facts[sku] = ItemFacts(bool(active), price, currency, usual)
    return facts
