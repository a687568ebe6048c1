"""What people do with a task before they decide it: ask back, answer, hand it to somebody, note something."""

from typing import Final

from afterclick.domain.limits import InboxLimits
from afterclick.orders.inbox.tasks import Task
from afterclick.orders.inbox.tasks import task as find
from afterclick.store import log
from afterclick.store.log import Block, Event
from afterclick.store.transaction import Tx

CUSTOMER: Final = "customer"
LONGEST_TEXT: Final = 1_000
MOST_QUESTIONS: Final = 20
LONGEST_NAME: Final = 80
_HOUR_MS: Final = 3_600_000


class NotPossible(ValueError):
    """A task cannot be handled like this; the message says why, and what to do instead."""


def ask_back(tx: Tx, task_id: int, *, to_whom: str, question: str, by: str, now_ms: int, limits: InboxLimits) -> int:
    """Ask the customer, a person or a team something about a task; it waits with the question. Returns the question's number.

    Whoever is asked has as long as a step of the chain, so the deadline moves behind that.

    Raises:
        NotPossible: there is no such open task, nothing is asked, or too much has been asked already.
    """
    found = _open(tx, task_id)
    text = _text(question, "the question")
    if not to_whom.strip() or len(to_whom) > LONGEST_NAME:
        raise NotPossible(f"task {task_id}: say who is asked: the customer, a person or a team")
    if tx.value("SELECT COUNT(*) FROM questions WHERE task = ?", (task_id,)) >= MOST_QUESTIONS:
        raise NotPossible(f"task {task_id}: {MOST_QUESTIONS} questions were asked about it; decide it, or talk to them")
    number: int = tx.value(
        "INSERT INTO questions (task, asked_by, asked_ms, to_whom, question) VALUES (?, ?, ?, ?, ?) RETURNING id",
        (task_id, by, now_ms, to_whom, text),
    )
    expires_ms = max(found.expires_ms, now_ms + round(limits.answer_hours * _HOUR_MS))
    tx.run("UPDATE tasks SET expires_ms = ? WHERE id = ?", (expires_ms, task_id))
    # The words stay out of the log, which keeps them for good: a question may name the customer.
    _note(tx, found, "task.asked-back", f"asked {to_whom}", by=by, now_ms=now_ms)
    return number


def answer(tx: Tx, question_id: int, text: str, *, by: str, now_ms: int, way: str = "") -> int:
    """Answer what was asked back; returns the task's number.

    Raises:
        NotPossible: there is no such question, it has been answered, or the answer is empty.
    """
    said = _text(text, "the answer")
    rows = tx.rows(
        "UPDATE questions SET answer = ?, answered_by = ?, answered_ms = ? WHERE id = ? AND answered_ms = 0 RETURNING task",
        (said, by, now_ms, question_id),
    )
    if not rows:
        known = tx.value("SELECT 1 FROM questions WHERE id = ?", (question_id,))
        raise NotPossible(f"question {question_id} was answered already" if known else f"there is no question {question_id}")
    found = find(tx, rows[0][0])
    assert found is not None
    _note(tx, found, "task.answered", way, by=by, now_ms=now_ms)
    return found.id


def reassign(tx: Tx, task_id: int, *, to_whom: str, by: str, now_ms: int, because: str = "") -> None:
    """Hand a task to a team (`finance`) or to one person (`person:anna`); anybody who may decide still can.

    Raises:
        NotPossible: there is no such open task, or nobody is named.
    """
    found = _open(tx, task_id)
    name = to_whom.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise NotPossible(f"task {task_id}: name a team, or a person as person:<name>")
    because = because.strip()[:LONGEST_TEXT]
    if name.startswith("person:"):
        tx.run("UPDATE tasks SET assignee = ?, told = 0 WHERE id = ?", (name, task_id))
    else:
        tx.run("UPDATE tasks SET who = ?, assignee = '', told = 0 WHERE id = ?", (name, task_id))
        if found.item_kind == "order":
            tx.run("UPDATE orders SET waiting_for = ? WHERE id = ? AND state = 'inbox'", (name, found.item))
    _note(tx, found, "task.reassigned", f"to {name}{f': {because}' if because else ''}", by=by, now_ms=now_ms)


def note(tx: Tx, task_id: int, text: str, *, by: str, now_ms: int) -> None:
    """Write something down about a task, for whoever decides it.

    Raises:
        NotPossible: there is no such open task, or nothing is noted.
    """
    found = _open(tx, task_id)
    _note(tx, found, "task.noted", _text(text, "the note"), by=by, now_ms=now_ms)


def _open(tx: Tx, task_id: int) -> Task:
    """The task, held until commit where that needs saying."""
    if tx.dialect == "postgresql":
        tx.rows("SELECT id FROM tasks WHERE id = ? FOR UPDATE", (task_id,))
    found = find(tx, task_id)
    if found is None:
        raise NotPossible(f"there is no task {task_id}")
    if found.state != "open":
        by = f" by {found.decided_by}" if found.decided_by else ""
        raise NotPossible(f"task {task_id} was {found.state} already{by}; nothing was changed")
    return found


def _text(text: str, what: str) -> str:
    said = text.strip()
    if not said or len(said) > LONGEST_TEXT:
        raise NotPossible(f"{what} needs 1 to {LONGEST_TEXT:,} characters")
    return said


def _note(tx: Tx, found: Task, activity: str, because: str, *, by: str, now_ms: int) -> None:
    log.append(tx, Block(now_ms, by, ""), [Event(activity, found.order_id or None, f"task/{found.id}", "", because)])
