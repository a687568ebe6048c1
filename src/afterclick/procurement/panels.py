"""What the procurement desk shows on the first page: purchases that need a person, what comes late, and what lacks."""

from collections.abc import Sequence
from typing import Final

from afterclick.control_room.first_page.overview import Figure, Line, Panel, Source
from afterclick.control_room.words import money
from afterclick.procurement.buying import stopping
from afterclick.procurement.buying.listing import LATE
from afterclick.procurement.scouting.readings import how_many_wait
from afterclick.procurement.transferring.listing import how_many_late
from afterclick.store.transaction import Tx

MOST_LINES: Final = 6
_LACKING: Final = (
    "SELECT COUNT(*) FROM stock_levels s WHERE s.reorder_point > 0 AND s.on_hand - s.reserved <= s.reorder_point"
    " AND s.on_order = 0"
)


def panels(tx: Tx, now_ms: int) -> Sequence[Panel]:
    """One panel."""
    asked = tx.value("SELECT COUNT(DISTINCT item) FROM tasks WHERE item_kind = 'purchase' AND state = 'open'")
    late = tx.value(f"SELECT COUNT(*) FROM purchase_orders o WHERE {LATE}", (now_ms,))  # noqa: S608
    lacking, doubted, stop = tx.value(_LACKING), how_many_wait(tx), stopping.standing(tx)
    figures = [
        Figure(f"{asked:,}", "to decide", "/supply/orders?state=to_decide", "purchases that ask a person", "ask" if asked else "",
               "Purchase order"),
        Figure(f"{late:,}", "late", "/supply/orders?state=late", "deliveries after their day", "warn" if late else "", "Late"),
        Figure(f"{lacking:,}", "low, none coming", "/stock?only=lacking", "low, and nothing on order", "bad" if lacking else "",
               "Reorder point"),
        Figure(f"{doubted:,}", "prices in doubt", "/supply/scouts#waiting", "read, and not believed", "ask" if doubted else "",
               "Doubtful"),
    ]  # fmt: skip
    if moved_late := how_many_late(tx, now_ms):
        figures.insert(2, Figure(f"{moved_late:,}", "transfers late", "/supply/transfers?state=late", "on their way over 7 days",
                                 "warn", "Transfer"))  # fmt: skip
    if stop is not None:
        figures.insert(0, Figure("stopped", "buying", "/supply/orders", stop.said[:120], "bad", "Stop buying"))
    return [Panel("supply", "Supply", tuple(figures), ("To decide longest", "Net", "Since"), _oldest(tx), term="Plan")]


def _oldest(tx: Tx) -> tuple[Line, ...]:
    """The purchases that have asked for a person longest."""
    rows = tx.rows(
        "SELECT o.id, o.number, o.vendor, o.net, o.currency, MIN(t.asked_ms) FROM tasks t JOIN purchase_orders o ON o.id = t.item"
        " WHERE t.item_kind = 'purchase' AND t.state = 'open' GROUP BY o.id, o.number, o.vendor, o.net, o.currency"
        " ORDER BY 6, 1 LIMIT ?",
        (MOST_LINES,),
    )
    return tuple(
        Line(f"/supply/orders/{number}", (f"{name} at {vendor}", money(net, currency)), since_ms)
        for number, name, vendor, net, currency, since_ms in rows
    )


SOURCE: Final = Source("supply.read", "procurement", panels)
