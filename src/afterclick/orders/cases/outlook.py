"""What happens next with an order, in one sentence."""

from collections.abc import Sequence

from afterclick.control_room.words import age, instant
from afterclick.orders.cases.case import Case
from afterclick.orders.cases.stopped import Stopped
from afterclick.orders.records import AMEND, UNSTICK, WAKE
from afterclick.orders.stuck import bot_of

_WHO: dict[str, str] = {
    "stock": "stock to arrive", "payments": "the payment provider", "carrier": "a carrier", "warehouse": "the warehouse",
    "store": "the store", "mailbox": "the mailbox", "amendment": "a change that was asked for",
}  # fmt: skip


def next_step(case: Case, *, now_ms: int) -> str:
    """The sentence. It promises only what the office will do by itself, and says whom or which bot it waits for otherwise."""
    order, until = case.order, _until(in_the_way(case))
    if _is_changed(case):
        named = " and ".join(dict.fromkeys(one.action for one in case.amendments if one.state == "open"))
        if until:
            return f"Nothing happens until {until}; then the order is taken back as far as the change needs ({named})."
        return f"A change was asked for ({named}); the order is taken back as far as that needs, at its next stage."
    if order.state == "received":
        at = f"goes on at “{order.stage}”" if order.stage else "is checked from the start"
        if until:
            return f"Nothing happens until {until}; then it {at}."
        return f"It is queued and {at} as soon as the bots come to it."
    if order.state == "running":
        return "A bot has it in hand right now."
    if order.state == "waiting":
        return _waiting(case, now_ms, until)
    if order.state == "inbox":
        return _asked(case, now_ms) + (f" Even then nothing happens until {until}." if until else "")
    if order.state == "held":
        return "Nothing happens until somebody releases it" + (f", and even then not until {until}." if until else ".")
    if order.state == "shipped":
        return "Nothing more: it is paid, invoiced and on its way."
    return "Nothing more: it ended here." if order.state == "refused" else "Nothing more: it was cancelled and taken back."


def in_the_way(case: Case) -> Sequence[Stopped]:
    """The bots without which the order's next step is not done, and which do not work."""
    order, onward = case.order, bot_of(case.order.stage)
    if _is_changed(case) or order.state == "held":
        needed = {AMEND} if _is_changed(case) else {AMEND, onward}
    elif order.state == "waiting" and case.waiting_for == "stock":
        needed = {WAKE, onward}
    else:
        needed = {onward} if order.state in ("received", "waiting", "inbox") else set[str]()
    return [one for one in case.stopped if one.bot in needed]


def _is_changed(case: Case) -> bool:
    """Whether a change that was asked for is what happens next."""
    return case.order.state not in ("inbox", "cancelled", "refused") and any(one.state == "open" for one in case.amendments)


def _until(stopped: Sequence[Stopped]) -> str:
    """What has to come to pass before anything happens; empty where every bot works."""
    if not stopped:
        return ""
    said = " and ".join(f"{one.bot}, which is {_told(one)}," for one in stopped)
    return f"{said} {'works' if len(stopped) == 1 else 'work'} again"


def _told(one: Stopped) -> str:
    since = f" since {instant(one.since_ms)} UTC" if one.since_ms and one.state != "without owner" else ""
    return f"{one.state}{since}{f' by {one.by}' if one.by else ''}{f' ({one.because})' if one.because else ''}"


def _waiting(case: Case, now_ms: int, until: str) -> str:
    on = _WHO.get(case.waiting_for.partition(":")[0], case.waiting_for or "something")
    if case.waiting_for == "stock":
        if until:
            return f"Nothing happens until {until}, even when stock arrives; older orders come first."
        return "It goes on by itself when stock arrives; older orders come first."
    if until:
        return f"It waits for {on}, and is not tried again until {until}."
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
    when = f"within {age(left_ms)}" if left_ms > 0 else "now"
    if not any(one.bot == UNSTICK for one in case.stopped):
        when += ", or the question is passed on" if left_ms > 0 else "; the question is about to be passed on"
    return f"{whom[:1].upper()}{whom[1:]} has to decide question {asked.id} {when}."
