"""Tasks of the inbox: one, lists of them by deadline, and what has happened to each."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from afterclick.governance import figures
from afterclick.governance.audit import times
from afterclick.store.in_order_of_time import first_since
from afterclick.store.transaction import Tx, Value

STATES: Final = ("open", "decided", "approved", "edited", "rejected", "expired", "withdrawn", "any")
"""By which a list is chosen. Those that somebody has `decided` are in one of three, or were approved, which has lapsed since."""
_DECIDED: Final = (
    "(state IN ('approved', 'edited', 'rejected') OR state = 'expired' AND decided_by <> '' AND decided_by NOT LIKE 'bot:%')"
)
AGAIN: Final = "approve to try again"
"""What is proposed about an order that stands still."""
_FAILED: Final = f"{figures.FAILS} AND item_kind <> 'proposal' AND proposal <> '{AGAIN}'"
"""What people propose, or what stood still for long, may quote a failure; the question was not asked since it happened."""
COLUMNS: Final = (
    "id, bot, stage, item_kind, item, who, because, proposal, facts, state, asked_ms, expires_ms, decided_by, decided_ms, note,"
    " level, assignee"
)
MOST_KINDS: Final = 200


class Task(msgspec.Struct, frozen=True):
    """A question to a person; `facts` is JSON. `level` counts its escalations, `assignee` is the one person who should look."""

    id: int
    bot: str
    stage: str
    item_kind: str
    item: int
    who: str
    because: str
    proposal: str
    facts: str
    state: str
    asked_ms: int
    expires_ms: int
    decided_by: str
    decided_ms: int
    note: str
    level: int = 0
    assignee: str = ""

    @property
    def order_id(self) -> int:
        """The order that it is about; 0 where it is about something else."""
        return self.item if self.item_kind in ("order", "proposal") else 0


class Sought(NamedTuple):
    """Which tasks a list is about: those for which everything named holds. `waiting`: a question about them is unanswered.

    `day` (2026-11-20, UTC) is when they were asked where that is about `open` ones or `any`, else when they came to their state.
    `failed`: they were asked since something failed.
    """

    state: str = "open"
    who: str = ""
    stage: str = ""
    bot: str = ""
    assignee: str = ""
    waiting: bool = False
    day: str = ""
    failed: bool = False


class TaskPage(msgspec.Struct, frozen=True):
    """A page of tasks; `next` and `previous` are the cursors of the pages around it, empty where there is none."""

    tasks: tuple[Task, ...]
    next: str
    previous: str


class Kind(NamedTuple):
    """How many open tasks are of one kind."""

    who: str
    stage: str
    bot: str
    tasks: int


class Happened(NamedTuple):
    """One thing that happened to a task: when, by whom, what and why."""

    at_ms: int
    actor: str
    activity: str
    because: str


class Asked(msgspec.Struct, frozen=True):
    """A question that was asked back. `to_whom` is `customer`, a person (`person:anna`) or a team."""

    id: int
    task: int
    asked_by: str
    asked_ms: int
    to_whom: str
    question: str
    answer: str
    answered_by: str
    answered_ms: int
    sent: bool


class BadCursor(ValueError):
    """The cursor was not made by this list."""


def task(tx: Tx, task_id: int) -> Task | None:
    """One task of the inbox."""
    found = tx.rows(f"SELECT {COLUMNS} FROM tasks WHERE id = ?", (task_id,))  # noqa: S608
    return Task(*found[0]) if found else None


def tasks(tx: Tx, *, state: str = "open", limit: int = 50, after: int = 0) -> list[Task]:
    """Tasks of the inbox, oldest first; `after` is the id of the last one seen."""
    sql = f"SELECT {COLUMNS} FROM tasks WHERE state = ? AND id > ? ORDER BY id LIMIT ?"  # noqa: S608
    return [Task(*row) for row in tx.rows(sql, (state, after, limit))]


def of_ids(tx: Tx, ids: Sequence[int]) -> list[Task]:
    """The tasks of these numbers, in their order."""
    among, value = tx.among(ids)
    return [Task(*row) for row in tx.rows(f"SELECT {COLUMNS} FROM tasks WHERE id {among} ORDER BY id", (value,))]  # noqa: S608


def page(tx: Tx, sought: Sought, *, cursor: str = "", limit: int = 40) -> TaskPage:
    """Open tasks by their deadline; others, the latest first.

    Raises:
        BadCursor: see there. ValueError: there is no such state or day.
    """
    if sought.state not in STATES:
        raise ValueError(f"there is no state {sought.state!r}; choose one of {', '.join(STATES)}")
    by_deadline = sought.state == "open"
    where, values = _conditions(tx, sought)
    back, at = _position(cursor)
    if at and by_deadline:
        sign = "<" if back else ">"
        where.append(f"(expires_ms {sign} ? OR (expires_ms = ? AND id {sign} ?))")
        values += [at[0], at[0], at[1]]
    elif at:
        where.append("id > ?" if back else "id < ?")
        values.append(at[1])
    down = " DESC" if back is by_deadline else ""
    order = f"expires_ms{down}, id{down}" if by_deadline else f"id{down}"
    sql = f"SELECT {COLUMNS} FROM tasks WHERE {' AND '.join(where)} ORDER BY {order} LIMIT ?"  # noqa: S608
    rows = tx.rows(sql, (*values, limit + 1))
    found = [Task(*row) for row in rows[:limit]]
    if back:
        found.reverse()
    further = len(rows) > limit
    return TaskPage(
        tuple(found),
        next=_cursor(found[-1]) if found and (back or further) else "",
        previous=f"b{_cursor(found[0])}" if found and (further if back else bool(at)) else "",
    )


def chosen(tx: Tx, sought: Sought, *, most: int) -> list[int]:
    """The numbers of the open tasks for which this holds, by deadline, at most so many."""
    where, values = _conditions(tx, sought._replace(state="open"))
    sql = f"SELECT id FROM tasks WHERE {' AND '.join(where)} ORDER BY expires_ms, id LIMIT ?"  # noqa: S608
    return [row[0] for row in tx.rows(sql, (*values, most))]


def kinds(tx: Tx) -> list[Kind]:
    """The open tasks, counted by who is asked, at which stage and by which bot."""
    sql = "SELECT who, stage, bot, COUNT(*) FROM tasks WHERE state = 'open' GROUP BY who, stage, bot ORDER BY 4 DESC LIMIT ?"
    return [Kind._make(row) for row in tx.rows(sql, (MOST_KINDS,))]


def history(tx: Tx, task_id: int) -> list[Happened]:
    """What has happened to a task since it was asked."""
    rows = tx.rows(
        "SELECT b.at_ms, b.actor, e.activity, e.because FROM events e JOIN blocks b ON b.number = e.block"
        " WHERE e.object = ? ORDER BY e.block, e.seq LIMIT 200",
        (f"task/{task_id}",),
    )
    return [Happened._make(row) for row in rows]


def questions(tx: Tx, task_ids: Sequence[int]) -> dict[int, list[Asked]]:
    """What was asked back about these tasks, oldest first."""
    among, value = tx.among(task_ids)
    found: dict[int, list[Asked]] = {}
    for row in tx.rows(
        "SELECT id, task, asked_by, asked_ms, to_whom, question, answer, answered_by, answered_ms, sent FROM questions"  # noqa: S608
        f" WHERE task {among} ORDER BY id",
        (value,),
    ):
        found.setdefault(row[1], []).append(Asked(*row))
    return found


def _conditions(tx: Tx, sought: Sought) -> tuple[list[str], list[Value]]:
    # In the text, so that the index over open ones is seen to do.
    of_state = {"decided": _DECIDED, "any": "state <> ''"}.get(sought.state, f"state = '{sought.state}'")
    where, values = [of_state], list[Value]()
    if sought.day:
        span = times.day(sought.day)
        if sought.state in ("open", "any"):
            where.append("id >= ? AND id < ?")
            values += [first_since(tx, "tasks", "id", "asked_ms", at_ms) for at_ms in span]
        else:
            where.append("decided_ms > 0 AND decided_ms >= ? AND decided_ms < ?")  # the index's own condition first
            values += span
    if sought.failed:
        where.append(_FAILED)
    for column in ("who", "stage", "bot", "assignee"):
        value: str = getattr(sought, column)
        if value:
            where.append(f"{column} = ?")
            values.append(value)
    if sought.waiting:
        where.append("EXISTS (SELECT 1 FROM questions WHERE questions.task = tasks.id AND questions.answered_ms = 0)")
    return where, values


def _cursor(one: Task) -> str:
    return f"{one.expires_ms}.{one.id}"


def _position(cursor: str) -> tuple[bool, Sequence[int]]:
    """Whether a page lies before its cursor, and the cursor's place: (expires_ms, id); nothing for the first page."""
    if not cursor:
        return False, ()
    expires, _, task_id = cursor.removeprefix("b").partition(".")
    if not all(part.isascii() and part.isdecimal() and len(part) < 19 for part in (expires, task_id)):
        raise BadCursor(f"{cursor[:40]!r} is no cursor of this list; start again from its first page")
    return cursor.startswith("b"), (int(expires), int(task_id))
