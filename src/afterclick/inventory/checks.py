"""Prove that the stock ledger adds up: levels, moves and reservations say the same."""

from collections.abc import Sequence

from afterclick.engine.checks import Check

_COUNT = "Count the place with `afterclick stock count`, and look at its moves with `afterclick stock show`"


def checks() -> Sequence[Check]:
    """What must hold of every SKU in every warehouse."""
    return (
        Check(
            "stock on hand is the sum of its moves",
            "SELECT COUNT(*) FROM stock_levels",
            "SELECT sku || ' in ' || warehouse || ': on hand ' || SUM(on_hand) || ', moves ' || SUM(moved) FROM ("
            " SELECT sku, warehouse, on_hand, 0 AS moved FROM stock_levels UNION ALL"
            " SELECT sku, warehouse, 0, SUM(quantity) FROM stock_moves GROUP BY sku, warehouse"
            ") AS both_sides GROUP BY sku, warehouse HAVING SUM(on_hand) <> SUM(moved)",
            _COUNT,
        ),
        Check(
            "reserved stock is the sum of open reservations",
            "SELECT COUNT(*) FROM reservations WHERE state = 'open'",
            "SELECT sku || ' in ' || warehouse || ': reserved ' || SUM(reserved) || ', reservations ' || SUM(held) FROM ("
            " SELECT sku, warehouse, reserved, 0 AS held FROM stock_levels UNION ALL"
            " SELECT sku, warehouse, 0, SUM(quantity) FROM reservations WHERE state = 'open' GROUP BY sku, warehouse"
            ") AS both_sides GROUP BY sku, warehouse HAVING SUM(reserved) <> SUM(held)",
            _COUNT,
        ),
        Check(
            "nothing available is below zero",
            "SELECT COUNT(*) FROM stock_levels",
            "SELECT sku || ' in ' || warehouse || ': ' || on_hand || ' on hand, ' || reserved || ' reserved' FROM stock_levels"
            " WHERE on_hand < reserved OR reserved < 0",
            "Run `afterclick run --until-idle`: after a count the newest reservations are given back; if it stays, count again",
        ),
        Check(
            "one replenishment at most is open per SKU and warehouse",
            "SELECT COUNT(*) FROM replenishments WHERE state = 'open'",
            "SELECT sku || ' in ' || warehouse || ': ' || COUNT(*) || ' open' FROM replenishments WHERE state = 'open'"
            " GROUP BY sku, warehouse HAVING COUNT(*) > 1",
            "Close all but one",
        ),
    )
