"""Find the order that a credit note's line cancels."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from afterclick.orders.files.arranging import FileLine
from afterclick.orders.files.assembling import split
from afterclick.store.transaction import Tx

FOUND: Final = "cancels an earlier order"
NOT_FOUND: Final = "cancels no earlier order of this customer that is in the office"
OF_A_GUEST: Final = "cancels an order of a guest, who cannot be told from others"
_RECORDED: Final = re.compile(r"cancels (.+) line (\d+)")


class Cancellation(msgspec.Struct, frozen=True):
    """Pieces of a SKU that a credit note took back; `external_id` is the order it was found to cancel, or ''."""

    external_id: str
    line_no: int
    sku: str
    quantity: int
    placed_ms: int
    reason: str

    @property
    def recorded(self) -> str:
        """The reason as it is kept with the line, from which `Matches` starts again."""
        return f"cancels {self.external_id} line {self.line_no}" if self.external_id else self.reason


class _Ordered(msgspec.Struct, frozen=True, gc=False):
    """A line of an earlier order."""

    placed_ms: int
    order_id: int
    external_id: str
    no: int
    quantity: int


class Matches:
    """Which pieces of which order lines of a source are cancelled already; one for an import."""

    def __init__(self, tx: Tx, source: str) -> None:
        self._source = source
        self._taken: dict[tuple[str, int], int] = {}
        rows = tx.rows(
            "SELECT reason, quantity FROM imported_lines "
            "WHERE source = ? AND class = 'cancellation_lines' AND reason LIKE 'cancels %'",
            (source,),
        )
        for reason, quantity in rows:
            if found := _RECORDED.fullmatch(reason):
                self._take(found[1], int(found[2]), -quantity)

    def match(self, tx: Tx, lines: Sequence[FileLine]) -> list[Cancellation]:
        """For each line of a credit note, the latest earlier order line of the same customer and SKU with enough pieces left."""
        earlier = self._earlier(tx, lines)
        found: list[Cancellation] = []
        for line in lines:
            customer = split(line.details)["customer"]
            pieces, placed_ms = -(line.pieces or 0), line.placed_ms or 0
            hit = next(
                (
                    ordered
                    for ordered in earlier.get((customer, line.sku), ())
                    if ordered.placed_ms <= placed_ms
                    and ordered.quantity - self._taken.get((ordered.external_id, ordered.no), 0) >= pieces
                ),
                None,
            )
            if hit is None:
                found.append(Cancellation("", 0, line.sku, pieces, placed_ms, NOT_FOUND if customer else OF_A_GUEST))
            else:
                self._take(hit.external_id, hit.no, pieces)
                found.append(Cancellation(hit.external_id, hit.no, line.sku, pieces, placed_ms, FOUND))
        return found

    def whole_orders(self, tx: Tx, cancellations: Iterable[Cancellation], *, window_ms: int) -> list[int]:
        """The orders of which these cancellations, within the window after the order, leave nothing."""
        latest: dict[str, int] = {}
        for cancellation in cancellations:
            if cancellation.external_id:
                latest[cancellation.external_id] = max(latest.get(cancellation.external_id, 0), cancellation.placed_ms)
        among, value = tx.among(latest)
        rows = tx.rows(
            "SELECT o.id, o.external_id, o.placed_ms, l.no, l.quantity "  # noqa: S608  # `among` is a placeholder
            "FROM orders o JOIN order_lines l ON l.order_id = o.id "
            f"WHERE o.store = ? AND o.external_id {among} ORDER BY o.id",
            (self._source, value),
        )
        whole: dict[int, bool] = {}
        for order_id, external_id, placed_ms, no, quantity in rows:
            gone = latest[external_id] - placed_ms <= window_ms and self._taken.get((external_id, no), 0) >= quantity
            whole[order_id] = gone and whole.get(order_id, True)
        return [order_id for order_id, gone in whole.items() if gone]

    def _take(self, external_id: str, line_no: int, pieces: int) -> None:
        self._taken[external_id, line_no] = self._taken.get((external_id, line_no), 0) + pieces

    def _earlier(self, tx: Tx, lines: Sequence[FileLine]) -> dict[tuple[str, str], list[_Ordered]]:
        """Order lines of the customers and SKUs concerned, the latest first."""
        customers, customer_list = tx.among({customer for line in lines if (customer := split(line.details)["customer"])})
        skus, sku_list = tx.among({line.sku for line in lines})
        rows = tx.rows(
            "SELECT o.store, o.customer, l.sku, o.placed_ms, o.id, o.external_id, l.no, l.quantity "  # noqa: S608  # placeholders
            "FROM orders o JOIN order_lines l ON l.order_id = o.id "
            f"WHERE o.customer {customers} AND l.sku {skus} ORDER BY o.placed_ms DESC, o.id DESC, l.no",
            (customer_list, sku_list),
        )
        earlier: dict[tuple[str, str], list[_Ordered]] = {}
        for store, customer, sku, *ordered in rows:
            if store == self._source:  # in the query this would tempt SQLite to walk the whole store
                earlier.setdefault((customer, sku), []).append(_Ordered(*ordered))
        return earlier
