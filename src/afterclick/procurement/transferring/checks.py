"""Prove that what has left one warehouse for another has come, is on its way, or was written off."""

from collections.abc import Sequence

from afterclick.engine.checks import Check

_TRANSFERS = "SELECT COUNT(*) FROM transfers"
_SHOW = "Look at it with `afterclick transfer show`"


def checks() -> Sequence[Check]:
    """What must hold of every transfer."""
    return (
        Check(
            "what a transfer has taken off the shelf is what it moves",
            _TRANSFERS,
            "SELECT number || ': takes ' || SUM(takes) || ', moves say ' || SUM(moved) FROM ("
            " SELECT number, CASE WHEN state IN ('proposed', 'cancelled') THEN 0 ELSE pieces END AS takes, 0 AS moved"
            " FROM transfers UNION ALL"
            " SELECT note, 0, -SUM(quantity) FROM stock_moves WHERE reason = 'transfer' GROUP BY note"
            ") AS both_sides GROUP BY number HAVING SUM(takes) <> SUM(moved)",
            f"{_SHOW}, and count the SKU with `afterclick stock count`",
        ),
        Check(
            "what a transfer has received is what its receipts say",
            _TRANSFERS,
            "SELECT number || ': received ' || received || ', receipts ' || COALESCE((SELECT SUM(pieces) FROM transfer_receipts r"
            " WHERE r.transfer = transfers.id), 0) FROM transfers WHERE received <> COALESCE((SELECT SUM(pieces)"
            " FROM transfer_receipts r WHERE r.transfer = transfers.id), 0)",
            f"{_SHOW}, and count the SKU with `afterclick stock count`",
        ),
        Check(
            "every transfer is on its way, has come or was lost as a whole, or was cancelled",
            _TRANSFERS,
            "SELECT number || ': ' || state || ', ' || received || ' received and ' || lost || ' lost of ' || pieces"
            " FROM transfers WHERE state NOT IN ('proposed', 'released', 'in_transit', 'received', 'lost', 'cancelled')"
            " OR received + lost > pieces OR (state IN ('received', 'lost') AND received + lost < pieces)",
            _SHOW,
        ),
    )
