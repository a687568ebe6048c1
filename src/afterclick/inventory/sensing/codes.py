"""Which SKU a code means: the SKU itself, or the barcode behind a tag, with the pieces that it stands for."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from afterclick.domain import barcode
from afterclick.inventory.places import LARGEST_QUANTITY, UnknownPlace
from afterclick.store.transaction import Tx

MOST_PIECES: Final = 100_000


class Meant(NamedTuple):
    """A SKU, the pieces that one such code stands for, and the serial where the code has one."""

    sku: str
    pieces: int
    serial: str


def meanings(tx: Tx, codes: Iterable[str]) -> dict[str, Meant]:
    """What each of these codes means; those that nobody knows are left out.

    A code is a SKU as it stands, or names a trade item (barcode, EPC, Digital Link) whose number is in `item_codes`, or is the
    SKU. A serial is told with its item's number before it, so that it is the same however the tag was read.
    """
    wanted = sorted({code for code in codes if code})
    skus = _skus(tx, wanted)
    items = {code: found for code in wanted if code not in skus and (found := barcode.read(code)) is not None}
    forms = {form for found in items.values() for form in _forms(found.gtin)}
    condition, value = tx.among(sorted(forms))
    rows = tx.rows(f"SELECT code, sku, pieces FROM item_codes WHERE code {condition}", (value,))  # noqa: S608
    numbered: dict[str, tuple[str, int]] = {code: (sku, pieces) for code, sku, pieces in rows}
    named = _skus(tx, sorted(forms))
    meant = {code: Meant(code, 1, "") for code in skus}
    for code, found in items.items():
        if found.gtin in numbered:
            meant[code] = Meant(*numbered[found.gtin], _serial(found))
        elif same := next((form for form in _forms(found.gtin) if form in named), ""):
            meant[code] = Meant(same, 1, _serial(found))
    return meant


def learn(tx: Tx, rows: Mapping[str, tuple[str, int]]) -> int:
    """Keep what barcodes mean: code → (SKU, pieces); what was known of a code is replaced. Returns how many.

    Raises:
        UnknownPlace: a code is no barcode, a SKU is not in the catalogue, or the pieces are impossible; nothing was kept.
    """
    known = _skus(tx, sorted({sku for sku, _ in rows.values()}))
    kept: list[tuple[str, str, int]] = []
    for code, (sku, pieces) in rows.items():
        found = barcode.read(code)
        if found is None:
            raise UnknownPlace(f"{code[:40]!r} is no barcode: its length or its check digit is wrong")
        if sku not in known:
            raise UnknownPlace(f"SKU {sku[:40]!r} is not in the catalogue; add it, or correct the row")
        if not 1 <= pieces <= min(MOST_PIECES, LARGEST_QUANTITY):
            raise UnknownPlace(f"{code[:40]}: {pieces} pieces are not between 1 and {MOST_PIECES:,}")
        kept.append((found.gtin, sku, pieces))
    tx.run_many(
        "INSERT INTO item_codes (code, sku, pieces) VALUES (?, ?, ?)"
        " ON CONFLICT (code) DO UPDATE SET sku = excluded.sku, pieces = excluded.pieces", kept,
    )  # fmt: skip
    return len(kept)


def _serial(found: barcode.Code) -> str:
    return f"{found.gtin}.{found.serial}" if found.serial else ""


def _skus(tx: Tx, texts: list[str]) -> set[str]:
    condition, value = tx.among(texts)
    return {row[0] for row in tx.rows(f"SELECT sku FROM items WHERE sku {condition}", (value,))}  # noqa: S608


def _forms(number: str) -> tuple[str, ...]:
    """A GTIN-14 as it may be written: 14 digits, and 13, 12 or 8 where those before are zeros."""
    return tuple(number[14 - length :] for length in (14, 13, 12, 8) if not number[: 14 - length].strip("0"))
