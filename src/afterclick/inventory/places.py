"""Rows of goods in places, as people and files bring them, checked before anything is booked."""

from collections.abc import Sequence
from typing import Final

from afterclick.store.transaction import Tx

Goods = tuple[str, str, int]
"""(sku, warehouse, pieces)."""
LARGEST_QUANTITY: Final = 10**9


class UnknownPlace(ValueError):
    """A row names a SKU or a warehouse that the office does not have, or an impossible quantity; says which, and what to do."""


def check(tx: Tx, rows: Sequence[Goods], *, least: int) -> None:
    """Refuse rows that cannot be booked, at the first that is wrong.

    Raises:
        UnknownPlace: a SKU or warehouse is not known, or a quantity is not between `least` and `LARGEST_QUANTITY`.
    """
    condition, value = tx.among(sorted({sku for sku, _, _ in rows}))
    skus = {row[0] for row in tx.rows(f"SELECT sku FROM items WHERE sku {condition}", (value,))}  # noqa: S608
    warehouses = {row[0] for row in tx.rows("SELECT id FROM warehouses")}
    for number, (sku, warehouse, pieces) in enumerate(rows, 1):
        if sku not in skus:
            raise UnknownPlace(f"row {number}: SKU {sku[:40]!r} is not in the catalogue; add it, or correct the row")
        if warehouse not in warehouses:
            known = ", ".join(sorted(warehouses)[:20]) or "none"
            raise UnknownPlace(f"row {number}: there is no warehouse {warehouse[:40]!r}; known are {known}")
        if not least <= pieces <= LARGEST_QUANTITY:
            raise UnknownPlace(f"row {number}: {pieces} pieces of {sku[:40]} are not between {least} and {LARGEST_QUANTITY:,}")
