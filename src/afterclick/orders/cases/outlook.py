"""What happens next with an order, in one sentence."""

from afterclick.control_room.words import age, instant
from afterclick.orders.cases.case import Case

_WHO: dict[str, str] = {
    "stock": "stock to arrive", "payments": "the payment provider", "carrier": "a carrier", "warehouse": "the warehouse",
    "store": "the store", "mailbox": "the mailbox", "amendment": "a change that was asked for",
}  # fmt: skip


def next_step(case: Case, *, now_ms: int) -> str:
    """The sentence. It promises only what the office will do by itself, and says whom it waits for otherwise."""
    order = case.order
    wished = [one for one in case.amendments if one.state == "open"]
    if wished and order.state not in ("inbox", "cancelled", "refused"):
        named = " and ".join(dict.fromkeys(one.action for one in wished))
        return f"A change was asked for ({named}); the order is taken back as far as that needs, at its next stage."
    if order.state == "received":
        at = f"goes on at “{order.stage}”" if order.stage else "is checked from the start"
        return f"It is queued and {at} as soon as the bots come to it."
    if order.state == "running":
        return "A bot has it in hand right now."
    if order.state == "waiting":
        return _waiting(case, now_ms)
    if order.state == "inbox":
        return _asked(case, now_ms)
    if order.state == "held":
        return "Nothing happens until somebody releases it."
    if order.state == "shipped":
        return "Nothing more: it is paid, invoiced and on its way."
    return "Nothing more: it ended here." if order.state == "refused" else "Nothing more: it was cancelled and taken back."


def _waiting(case: Case, now_ms: int) -> str:
    on = _WHO.get(case.waiting_for.partition(":")[0], case.waiting_for or "something")
    if case.waiting_for == "stock":
        return "It goes on by itself when stock arrives; older orders come first."
    if case.retry_ms:
        due_ms = case.since_ms + case.retry_ms
        when = f"in {age(due_ms - now_ms)}" if due_ms > now_ms else f"any moment (it was due {instant(due_ms)} UTC)"
        return f"It waits for {on} and is tried again {when}."
    return f"It waits for {on} and goes on by itself."


def _asked(case: Case, now_ms: int) -> str:
    open_ones = [one for one in case.tasks if one.state == "open"]
    if not open_ones:
        return f"It waits for {case.waiting_for or 'a person'} to decide."
    asked = open_ones[-1]
    whom = asked.assignee.removeprefix("person:") or asked.who
    left_ms = asked.expires_ms - now_ms
    when = f"within {age(left_ms)}, or the question is passed on" if left_ms > 0 else "now; the question is about to be passed on"
    return f"{whom[:1].upper()}{whom[1:]} has to decide question {asked.id} {when}."
