"""When a vendor is reminded, and what the reminder says."""

from datetime import UTC, datetime
from typing import Final, NamedTuple

from afterclick.domain.buying_limits import BuyingLimits
from afterclick.domain.vendor_messages import Asks
from afterclick.procurement.buying.purchases import Purchase

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000


class Chase(NamedTuple):
    """A reminder that is due: what is asked for, why, and whether enough were sent, so that a person is asked instead."""

    asks: Asks
    because: str
    to_person: bool


def due(purchase: Purchase, limits: BuyingLimits, *, now_ms: int) -> Chase | None:
    """The reminder that is due now, None for none.

    An order without an answer is to be confirmed; one whose goods are late is to be delivered. `due_ms` is the end of the
    day on which they are expected.
    """
    order = purchase.order
    outstanding = sum(line.due for line in order.lines)
    if order.state not in ("sent", "acknowledged", "part_received") or not outstanding:
        return None
    if purchase.reminded_ms and now_ms - purchase.reminded_ms < limits.remind_days * DAY_MS:
        return None
    late_ms = now_ms - purchase.due_ms - limits.late_days * DAY_MS
    enough = purchase.reminders >= limits.reminders_most
    if purchase.due_ms and late_ms >= 0:
        days = (now_ms - purchase.due_ms) // DAY_MS + 1
        return Chase("deliver", f"{outstanding:,} units are {days} days late at {order.vendor}{_said(purchase)}", enough)
    silent_ms = now_ms - order.ordered_ms
    if order.state == "sent" and silent_ms >= limits.confirm_hours * HOUR_MS:
        return Chase("confirm", f"{order.vendor} has not answered for {silent_ms // HOUR_MS} hours{_said(purchase)}", enough)
    return None


def letter(purchase: Purchase, asks: Asks) -> str:
    """The reminder in words."""
    order = purchase.order
    day = datetime.fromtimestamp(order.ordered_ms / 1000, UTC).date().isoformat()
    if asks == "confirm":
        return f"Please confirm our purchase order {order.number} of {day}: we have no answer to it yet."
    lines = "\n".join(f"  line {one.no}: {one.due:,} of {one.vendor_sku or one.sku}" for one in order.lines if one.due)
    return f"These goods of our purchase order {order.number} of {day} are late:\n{lines}\nPlease tell us when they will come."


def _said(purchase: Purchase) -> str:
    return f", reminded {purchase.reminders} times" if purchase.reminders else ""
