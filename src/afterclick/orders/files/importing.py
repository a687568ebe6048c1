"""Import a file of orders, so that each of its lines lands in exactly one class and the same file again adds nothing."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from typing import Final

import msgspec

from afterclick.domain.catalogue import Item
from afterclick.domain.money import CURRENCIES
from afterclick.domain.order import NewOrder
from afterclick.orders.catalogue import changed
from afterclick.orders.files import classify
from afterclick.orders.files.arranging import BETWEEN, Arranged, FileLine
from afterclick.orders.files.assembling import assemble, split, withheld
from afterclick.orders.files.cancelling import Cancellation, Matches
from afterclick.orders.files.classify import Judged, rejected
from afterclick.orders.files.columns import recognise
from afterclick.orders.files.report import Account, ImportReport
from afterclick.orders.files.values import LARGEST_VALUE, SCALE
from afterclick.orders.intake.delivery import MOST_LINES, Delivery
from afterclick.orders.intake.receive import Received, receive
from afterclick.reading.tables.rows import read_rows
from afterclick.store import tables
from afterclick.store.transaction import Tx

CANCEL_WINDOW_MS: Final = 24 * 3_600_000
"""An order that is cancelled whole within this time after it was placed was never meant to run."""

_IMPORTED: Final = ("line_key", "source", "class", "value", "reason", "document", "sku", "quantity", "at_ms")
_ITEM: Final = ("sku", "name", "category", "tax_category", "weight_g", "price", "currency")


class Written(msgspec.Struct, frozen=True):
    """What one transaction of an import has written: the caller adds the events, the queue entries and the cancellations."""

    received: Received
    items: tuple[str, ...]
    cancelled_orders: tuple[int, ...]
    lines: int


def import_orders(
    tx_factory: Callable[[], AbstractContextManager[Tx]],
    path: Path,
    *,
    source: str,
    currency: str,
    now_ms: int,
    columns: Mapping[str, str] | None = None,
    cancel_window_ms: int = CANCEL_WINDOW_MS,
    also_write: Callable[[Tx, Written], None] | None = None,
) -> ImportReport:
    """Import a CSV, XLSX or Parquet file.

    The file is read whole, put in the order of its orders' dates, and written about 20,000 lines to a transaction; killed
    in between, the same import goes on where it stopped. Lines already imported from the same `source` are known by their
    order number, SKU, quantity, price, date and count.

    Args:
        source: names where the lines come from, for example `file:shop-a`; it is the `store` of the orders.
        currency: holds where the file names none.
        columns: field → column name, where names are not to be recognised (see `columns.SYNONYMS`).
        also_write: called in each transaction after its rows are written.

    Raises:
        BadFile: the file as a whole cannot be read, or a required column is missing; nothing was written then.
    """
    file = Arranged(read_rows(path, lambda header: recognise(header, columns)))
    account = Account()
    with tx_factory() as tx:
        run = _Import(tx, source, currency, file, now_ms, cancel_window_ms, account)
    for part in file.parts():
        with tx_factory() as tx:
            written = run.write(tx, part)
            if also_write:
                also_write(tx, written)
    return account.report(tuple(file.notes))


class _Import:
    """One import under way: what it knows from part to part."""

    def __init__(
        self, tx: Tx, source: str, currency: str, file: Arranged, now_ms: int, cancel_window_ms: int, account: Account
    ) -> None:
        self._source = source
        self._currency = currency
        self._items = file.items()
        self._now_ms = now_ms
        self._window_ms = cancel_window_ms
        self._account = account
        self._withheld = withheld(file.fields)
        self._matches = Matches(tx, source)
        self._skus: set[str] = {row[0] for row in tx.rows("SELECT sku FROM items")}

    def write(self, tx: Tx, lines: Sequence[FileLine]) -> Written:
        """Judge some lines, write what they come to, and account for each."""
        keys = _keys(self._source, lines)
        known = self._known(tx, keys)
        came_in = self._came_in(tx, {line.order_no for line, key in zip(lines, keys, strict=True) if key not in known})
        judged = [
            Judged("already_known_lines", classify.KNOWN) if key in known else self._judge(line, came_in)
            for line, key in zip(lines, keys, strict=True)
        ]
        orders = self._orders(lines, judged)
        items = self._create_items(tx, orders)
        received = receive(tx, [Delivery("", order) for order in orders], now_ms=self._now_ms)
        credited = [i for i, found in enumerate(judged) if found.reason == classify.CANCELLATION]
        cancellations = self._matches.match(tx, [lines[i] for i in credited])
        cancelled = self._matches.whole_orders(tx, cancellations, window_ms=self._window_ms)
        reasons = dict(zip(credited, cancellations, strict=True))
        self._record(tx, lines, keys, judged, reasons)
        self._account.came_in(orders=len(orders), items=len(items), cancellations=cancellations, cancelled=cancelled)
        return Written(received, tuple(items), tuple(cancelled), len(lines) - len(known))

    def _judge(self, line: FileLine, came_in: set[str]) -> Judged:
        details = split(line.details)
        currency = details["currency"].upper() or self._currency
        fault = line.fault or classify.unfit_text(line.order_no, line.sku, details["customer"])
        if fault or line.pieces is None or line.price is None:
            return rejected(fault)
        if currency not in CURRENCIES:
            return rejected("the currency is not known")
        if abs(line.pieces * line.price) > LARGEST_VALUE:
            return rejected(f"the value is beyond {LARGEST_VALUE // SCALE:,}")
        if line.in_order > MOST_LINES:
            return rejected(classify.TOO_LONG)
        found = classify.classify(line.order_no, line.sku, line.pieces, line.price, currency)
        return rejected(classify.LATE) if found.kind == "order_lines" and line.order_no in came_in else found

    def _orders(self, lines: Sequence[FileLine], judged: list[Judged]) -> list[NewOrder]:
        """The orders of these lines; `judged` changes where an order's only lines are postage."""
        orders: list[NewOrder] = []
        places = (i for i, found in enumerate(judged) if found.kind == "order_lines")
        for _, group in groupby(places, key=lambda i: lines[i].order_no):
            own = list(group)
            if all(judged[i].reason == classify.POSTAGE for i in own):
                for i in own:
                    judged[i] = classify.adjustment(classify.POSTAGE_ALONE)
                continue
            orders.append(assemble(self._source, [lines[i] for i in own], currency=self._currency, withheld=self._withheld))
        return orders

    def _create_items(self, tx: Tx, orders: Iterable[NewOrder]) -> list[str]:
        """Take SKUs that the catalogue does not know into it, with their usual description.

        They get no list price: what customers paid, in bulk or one by one, is no price list to judge orders by.
        """
        rows: list[tuple[str, str, str, str, int, int, str]] = []
        for order in orders:
            for line in order.lines:
                if line.sku not in self._skus:
                    self._skus.add(line.sku)
                    item = Item(line.sku, self._items[line.sku])
                    rows.append(
                        (item.sku, item.name, item.category, item.tax_category, item.weight_g, item.price, order.currency)
                    )
        if rows:
            tx.insert(tables.items, _ITEM, rows)
            changed(tx)
        return [row[0] for row in rows]

    def _record(
        self,
        tx: Tx,
        lines: Sequence[FileLine],
        keys: Sequence[str],
        judged: Sequence[Judged],
        cancellations: Mapping[int, Cancellation],
    ) -> None:
        """Account for each line, and keep the new ones, so that they are known the next time."""
        rows: list[tuple[str, str, str, int, str, str, str, int, int]] = []
        for i, (line, key, found) in enumerate(zip(lines, keys, judged, strict=True)):
            cancellation = cancellations.get(i)
            value = _value(line)
            self._account.line(line, found.kind, cancellation.reason if cancellation else found.reason, value)
            if found.kind != "already_known_lines":
                reason = cancellation.recorded if cancellation else found.reason
                rows.append(
                    (key, self._source, found.kind, value, reason, line.order_no, line.sku, line.pieces or 0, line.placed_ms or 0)
                )
        tx.insert(tables.imported_lines, _IMPORTED, rows)

    def _known(self, tx: Tx, keys: Sequence[str]) -> set[str]:
        among, value = tx.among(keys)
        sql = f"SELECT line_key FROM imported_lines WHERE line_key {among}"  # noqa: S608  # `among` is a placeholder
        return {row[0] for row in tx.rows(sql, (value,))}

    def _came_in(self, tx: Tx, order_nos: set[str]) -> set[str]:
        among, value = tx.among(order_nos)
        sql = f"SELECT external_id FROM orders WHERE store = ? AND external_id {among}"  # noqa: S608  # `among` is a placeholder
        return {row[0] for row in tx.rows(sql, (self._source, value))}


def _keys(source: str, lines: Sequence[FileLine]) -> list[str]:
    """What tells each line from all others, within and across files of a source.

    It starts with the order number: lines of neighbouring orders then lie together in the table's index, which writes faster.
    """
    return [
        f"{line.order_no}:"
        + blake2b(
            f"{source}{BETWEEN}{line.content}{BETWEEN}{line.nth}".encode("utf-8", "surrogatepass"), digest_size=10
        ).hexdigest()
        for line in lines
    ]


def _value(line: FileLine) -> int:
    """Quantity × price in ten-thousandths; 0 when one of them cannot be read or the product is beyond any ledger."""
    value = (line.pieces or 0) * (line.price or 0)
    return value if abs(value) <= LARGEST_VALUE else 0
