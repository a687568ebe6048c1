"""When a vendor is reminded, and of what."""

from datetime import UTC, datetime
from typing import Final

from afterclick.domain.buying_limits import BuyingLimits
from afterclick.domain.vendor_messages import Asks
from afterclick.procurement.buying.purchases import Chase, Purchase

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000


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
    if purchase.due_ms and late_ms >= 0:
        days = (now_ms - purchase.due_ms) // DAY_MS + 1
        return _chase(purchase, "deliver", f"{outstanding:,} units are {days} days late at {order.vendor}", limits)
    silent_ms = now_ms - order.ordered_ms
    if order.state == "sent" and silent_ms >= limits.confirm_hours * HOUR_MS:
        return _chase(purchase, "confirm", f"{order.vendor} has not answered for {silent_ms // HOUR_MS} hours", limits)
    return None


def _chase(purchase: Purchase, asks: Asks, because: str, limits: BuyingLimits) -> Chase:
    order, so_far = purchase.order, purchase.reminders
    return Chase(
        asks, f"{because}, reminded {so_far} times" if so_far else because, so_far >= limits.reminders_most,
        f"purchase:{order.id}:{order.revision}:remind:{purchase.due_ms}:{so_far + 1}", so_far + 1,
        tuple(line.no for line in order.lines if line.due), _letter(purchase, asks),
    )  # fmt: skip


def _letter(purchase: Purchase, asks: Asks) -> str:
    """The reminder in words."""
    order = purchase.order
    day = datetime.fromtimestamp(order.ordered_ms / 1000, UTC).date().isoformat()
    if asks == "confirm":
        return f"Please confirm our purchase order {order.number} of {day}: we have no answer to it yet."
    lines = "\n".join(f"  line {one.no}: {one.due:,} of {one.vendor_sku or one.sku}" for one in order.lines if one.due)
    return f"These goods of our purchase order {order.number} of {day} are late:\n{lines}\nPlease tell us when they will come."
