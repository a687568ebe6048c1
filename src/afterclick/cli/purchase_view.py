"""How one purchase order looks in the terminal."""

from typing import TYPE_CHECKING, Final

from afterclick.cli.output import console, figures, plain, table
from afterclick.control_room.words import instant, money
from afterclick.procurement.buying.listing import WholePurchase

if TYPE_CHECKING:
    from rich.table import Table

LATEST: Final = 40
"""Events that are shown; `--json` has all of them."""


def print_whole(found: WholePurchase) -> None:
    """Print its head, its lines, what came, what is asked and what happened."""
    purchase, order = found.purchase, found.purchase.order
    figures({
        name: value
        for name, value in {
            "number": order.number, "vendor": order.vendor, "to": order.warehouse, "state": order.state,
            "because": purchase.because, "net": money(found.net, order.currency), "proposed by": purchase.proposed_by,
            "approved by": found.approved_by, "sent (UTC)": instant(order.ordered_ms), "due (UTC)": instant(purchase.due_ms)[:10],
            "vendor's number": order.vendor_reference, "reminders": purchase.reminders, "to be taken back": purchase.withdrawal,
        }.items()
        if value
    })  # fmt: skip
    console().print(_lines(found))
    if found.receipts:
        console().print(_receipts(found))
    for one in found.tasks:
        if one.state == "open":
            figures({f"question {one.id} to {one.who}": f"{one.because} — {one.proposal}?"})
    story = table("when (UTC)", "who", "what", "because", long=("because",))
    for one in found.story[-LATEST:]:
        why = "; ".join(filter(None, [one.because, one.allowed.said if one.allowed is not None else ""]))
        story.add_row(instant(one.at_ms), plain(one.actor), plain(one.activity), plain(why))
    console().print(story)


def _lines(found: WholePurchase) -> "Table":
    order = found.purchase.order
    right = ("line", "units", "price", "confirmed", "came", "open")
    shown = table("line", "SKU", "units", "price", "confirmed", "came", "open", "why", right=right, long=("why",))
    for line in order.lines:
        price = f"{money(line.price, order.currency)}{f' / {line.price_basis:,}' if line.price_basis > 1 else ''}"
        confirmed = "" if line.acknowledged is None else f"{line.acknowledged:,}"
        counts = (f"{line.quantity:,}", price, confirmed, f"{line.received:,}", f"{line.due:,}")
        shown.add_row(str(line.no), plain(line.sku), *counts, plain(line.because))
    return shown


def _receipts(found: WholePurchase) -> "Table":
    shown = table(
        "came (UTC)", "line", "units", "unfit", "too many", "delivery note", right=("line", "units", "unfit", "too many")
    )
    for one in found.receipts:
        counts = (str(one.line), f"{one.quantity:,}", f"{one.damaged:,}", f"{one.surplus:,}")
        shown.add_row(instant(one.at_ms), *counts, plain(one.delivery_note))
    return shown
