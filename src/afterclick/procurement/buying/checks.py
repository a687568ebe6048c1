"""Prove that purchase orders, receipts and what is on order say the same, and that no need is bought twice."""

from collections.abc import Sequence
from typing import Final, get_args

from afterclick.domain.purchase import PurchaseState
from afterclick.engine.checks import Check
from afterclick.store import transfers
from afterclick.store.purchases import IS_OPEN

_SHOW: Final = "Look at it with `afterclick purchase show`"
_LINES: Final = "SELECT COUNT(*) FROM purchase_lines"


def checks() -> Sequence[Check]:
    """What must hold of every purchase order."""
    states = ", ".join(f"'{state}'" for state in get_args(PurchaseState))
    return (
        Check(
            "what is on order is what open purchase lines and transfers still owe",
            _LINES,
            "SELECT sku || ' in ' || warehouse || ': on order ' || SUM(on_order) || ', owed ' || SUM(owed) FROM ("  # noqa: S608
            " SELECT sku, warehouse, on_order, 0 AS owed FROM stock_levels UNION ALL"
            f" SELECT sku, to_warehouse, 0, pieces - received - lost FROM transfers WHERE {transfers.IS_OPEN} UNION ALL"
            " SELECT l.sku, o.warehouse, 0, (l.quantity - l.received - l.cancelled) * l.per_unit FROM purchase_lines l"
            f" JOIN purchase_orders o ON o.id = l.purchase WHERE o.{IS_OPEN} AND l.quantity > l.received + l.cancelled"
            ") AS both_sides GROUP BY sku, warehouse HAVING SUM(on_order) <> SUM(owed)",
            f"{_SHOW}; somebody has changed a line or a level beside the ledger",
        ),
        Check(
            "what a purchase line has received is what its receipts say",
            _LINES,
            "SELECT 'order ' || purchase || ' line ' || no || ': received ' || SUM(received) || ', receipts ' || SUM(booked)"
            " FROM ("
            " SELECT purchase, no, received, 0 AS booked FROM purchase_lines UNION ALL"
            " SELECT purchase, line, 0, SUM(quantity) FROM receipts GROUP BY purchase, line"
            ") AS both_sides GROUP BY purchase, no HAVING SUM(received) <> SUM(booked)",
            f"{_SHOW}, and count the SKU with `afterclick stock count`",
        ),
        Check(
            "no need has more than one purchase line",
            "SELECT COUNT(*) FROM purchase_lines WHERE need <> ''",
            # Goods that came although all of a line was cancelled were kept by a person, and are no second order.
            "SELECT need || ': ' || COUNT(*) || ' lines' FROM purchase_lines"
            " WHERE need <> '' AND (live OR (received > 0 AND cancelled < quantity)) GROUP BY need HAVING COUNT(*) > 1",
            "Cancel all but one with `afterclick purchase cancel`",
        ),
        Check(
            "every purchase order has one state, and one that is closed owes nothing",
            "SELECT COUNT(*) FROM purchase_orders",
            f"SELECT o.number || ': ' || o.state FROM purchase_orders o WHERE o.state NOT IN ({states}) OR (NOT (o.{IS_OPEN})"  # noqa: S608
            " AND EXISTS (SELECT 1 FROM purchase_lines l WHERE l.purchase = o.id AND l.quantity > l.received + l.cancelled))",
            f"{_SHOW}; the log tells where it last moved",
        ),
        Check(
            "every purchase order that asks has an open task, or an answer that is being followed",
            "SELECT COUNT(*) FROM purchase_orders WHERE state = 'asked'",
            "SELECT o.number || ' asks ' || o.waiting_for FROM purchase_orders o WHERE o.state = 'asked' AND o.batch IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.item_kind = 'purchase' AND t.item = o.id AND t.state = 'open')",
            "Nobody will be asked: cancel it with `afterclick purchase cancel`; the next plan buys it anew",
        ),
    )
