"""What the inbox writes to people: the words of its mails and posts."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from msgspec.structs import replace

from afterclick.control_room.words import money
from afterclick.domain.order import Order
from afterclick.governance.links import Unsent
from afterclick.orders.cases.other_orders import named, numbers
from afterclick.orders.inbox.tasks import Asked, Task, questions, task
from afterclick.orders.records import load
from afterclick.store.transaction import Tx

LONGEST_REASON: Final = 400
_IN_CHAT: Final = str.maketrans({"<": "‹", ">": "›", "@": "(at)", "&": "+", "*": "·", "_": "-", "`": "'", "~": "-"})
"""What chats read as mentions, links and marks."""


class Writing(NamedTuple):
    """How the shop writes: its name, the address under which people reach the office, who is written to besides people, and the
    one person to whom the chat belongs (as `person:anna`; empty where several read it)."""

    shop: str
    address: str
    mail_to: tuple[str, ...]
    chat_of: str = ""


class About(NamedTuple):
    """What a link is about."""

    task: Task
    order: Order | None
    question: Asked | None


class Letter(NamedTuple):
    """A text ready to go; `template` names its kind to the mailbox, `order_id` is the first order that it is about."""

    template: str
    subject: str
    text: str
    order_id: int


def about(tx: Tx, purpose: str) -> About | None:
    """What a purpose is about: `task/7`, `see/7` or `question/3`; None when it is gone."""
    kind, _, number = purpose.partition("/")
    task_id, question = int(number), None
    if kind == "question":
        task_id = tx.value("SELECT task FROM questions WHERE id = ?", (int(number),)) or 0
        question = next((one for one in questions(tx, [task_id]).get(task_id, []) if one.id == int(number)), None)
    found = task(tx, task_id)
    if found is None:
        return None
    order = load(tx, [found.order_id]).get(found.order_id)
    because = named(found.because, numbers(tx, [found.facts]))
    return About(replace(found, because=because), order, question)


def write(writing: Writing, some: Sequence[Unsent], known: Mapping[str, About], *, in_chat: bool, later: int) -> Letter:
    """One mail or post about these links; `later` counts the questions that wait for the next one."""
    found = [(one, known[one.purpose]) for one in some if one.purpose in known]
    order_id = found[0][1].task.order_id if found else 0
    if found and found[0][1].question is not None:
        one, what = found[0]
        number = f" {what.order.external_id}" if what.order is not None else ""
        question = what.question.question if what.question is not None else ""
        text = f"{_plain(question)}\n\nPlease answer here, the link works once:\n{writing.address}/answer/{one.token}\n"
        return Letter("question", f"{_plain(writing.shop)}: a question about your order{_plain(number)}", text, order_id)
    count = len(found)
    subject = f"{_plain(writing.shop)}: {count} question{'' if count == 1 else 's'} for you"
    parts = [_told(writing, one, what, in_chat=in_chat) for one, what in found]
    if later:
        it = "it" if later == 1 else "them"
        parts.append(f"{later:,} more {'waits' if later == 1 else 'wait'}: the next mails bring {it}, the most urgent first.")
    text = "\n\n".join([subject, *parts, f"All open questions: {writing.address}/inbox"])
    return Letter("inbox", subject, text + "\n", order_id)


def _told(writing: Writing, one: Unsent, what: About, *, in_chat: bool) -> str:
    reason = _plain(what.task.because)[:LONGEST_REASON]
    order = what.order
    number = f"order {_plain(order.external_id)}, {money(order.total, _plain(order.currency))}" if order is not None else ""
    lines = [f"Question {what.task.id}{' (passed on to you)' if what.task.level else ''}: {reason}", number]
    lines.append(f"Proposal: {_plain(what.task.proposal)}")
    if in_chat:
        lines = [line.translate(_IN_CHAT) for line in lines]
    if one.purpose.startswith("task/"):
        lines.append(f"Decide, the link works once: {writing.address}/decide/{one.token}")
    else:
        lines.append(f"Look: {writing.address}/inbox/{what.task.id}")
    return "\n".join(filter(None, lines))


def _plain(text: str) -> str:
    """One line without control characters: no order's field adds a line or a header to a mail."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
