"""Turn a vendor's price list into offers for SKUs of ours, with each line named that cannot be one."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from afterclick.domain.purchase import Offer, PriceBreak, Vendor
from afterclick.procurement.buying import records
from afterclick.procurement.documents.values import Unreadable, price
from afterclick.reading.price_lists.lines import ListLine, PriceList
from afterclick.reading.price_lists.read import read_price_list
from afterclick.reading.prices.texts import Hints
from afterclick.store.transaction import Tx


class PriceFile(NamedTuple):
    """The offers of a list, and the lines that are none: (line, why)."""

    lines: int
    offers: tuple[Offer, ...]
    rejected: tuple[tuple[int, str], ...]


def read_prices(path: Path, vendor: Vendor) -> PriceList:
    """Read a price list of this vendor (CSV, XLSX, Parquet, PDF, XML, JSON).

    Raises:
        BadFile: the file as a whole cannot be read.
    """
    return read_price_list(path, hints=Hints(currency=vendor.currency, country=vendor.address.country))


def as_offers(tx: Tx, listed: PriceList, vendor: Vendor, *, source: str, now_ms: int) -> PriceFile:
    """The list's lines as offers for SKUs of ours.

    A line is for the SKU that the vendor's number stood for before, else for the one of the same name as that number, or the
    one that its GTIN names. Numbers of lines are pieces: a price for a box of 6 is one for 6 pieces, bought in sixes.
    """
    ours = _Skus(tx, vendor, [line.vendor_sku.upper() for line in listed.lines], [line.gtin for line in listed.lines])
    rejected = list(listed.named)
    offers: dict[str, Offer] = {}
    for line in listed.lines:
        sku = ours.of(line)
        because = "" if sku else f"{line.vendor_sku or line.gtin or line.description[:40]} is none of our SKUs"
        because = because or (f"its price is doubtful: {line.doubt}" if line.doubt else "")
        because = because or (f"{sku} stands on an earlier line already" if sku in offers else "")
        try:
            if not because:
                offers[sku] = _offer(line, sku, vendor, source=source, now_ms=now_ms)
        except Unreadable as error:
            because = str(error)
        if because:
            rejected.append((line.number, because))
    return PriceFile(len(listed.lines) + listed.rejected, tuple(offers.values()), tuple(sorted(rejected)))


class _Skus:
    """Which SKU of ours a vendor means."""

    def __init__(self, tx: Tx, vendor: Vendor, numbers: list[str], gtins: list[str]) -> None:
        known = [one.offer for one in records.offers(tx, vendor_ids=[vendor.id])]
        self._before: Mapping[str, str] = {one.vendor_sku: one.sku for one in known if one.vendor_sku}
        condition, value = tx.among(sorted(set(numbers)))
        self._same = {row[0] for row in tx.rows(f"SELECT sku FROM items WHERE sku {condition}", (value,))}  # noqa: S608
        condition, value = tx.among(sorted({code for code in gtins if code}))
        codes = tx.rows(f"SELECT code, sku FROM item_codes WHERE pieces = 1 AND code {condition}", (value,))  # noqa: S608
        self._codes: Mapping[str, str] = dict(codes) | {one.gtin: one.sku for one in known if one.gtin}

    def of(self, line: ListLine) -> str:
        """The SKU of a line; empty where it cannot be told."""
        if line.vendor_sku in self._before:
            return self._before[line.vendor_sku]
        same = line.vendor_sku.upper()
        return same if same in self._same else self._codes.get(line.gtin, "") if line.gtin else ""


def _offer(line: ListLine, sku: str, vendor: Vendor, *, source: str, now_ms: int) -> Offer:
    currency = line.currency or vendor.currency
    steps = line.breaks if line.breaks and line.breaks[0][0] <= 1 else ((1, line.price), *line.breaks)
    priced = [(max(1, quantity), *price(amount, currency, basis=Decimal(line.pieces))) for quantity, amount in steps]
    basis = max(units for _, _, units in priced)
    breaks = tuple(PriceBreak(quantity, minor * basis // units) for quantity, minor, units in priced)
    return Offer(
        vendor.id, sku, breaks, currency, line.vendor_sku, line.gtin, line.description, minimum=max(1, line.minimum),
        pack=line.pack, price_basis=basis, source="price_list", source_name=source, read_ms=now_ms,
    )  # fmt: skip
