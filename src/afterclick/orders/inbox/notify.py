"""Tell people by mail and chat which questions wait for them, and send what was asked back."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from afterclick.domain.message import ChatMessage, Notice
from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.engine.door import Act
from afterclick.engine.items import NoItems
from afterclick.governance import links
from afterclick.governance.cards import Card, Every
from afterclick.governance.links import Unsent, Wanted
from afterclick.governance.people import accounts
from afterclick.orders.desk import SEND
from afterclick.orders.inbox import letters
from afterclick.orders.inbox.handling import CUSTOMER
from afterclick.orders.inbox.letters import Writing
from afterclick.orders.inbox.recipients import recipients
from afterclick.orders.inbox.tasks import COLUMNS, Task
from afterclick.orders.records import load
from afterclick.ports.answer import Unavailable
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

CARD: Final = Card(
    id="inbox.notify",
    does="Tells people by mail and chat which questions wait for them, and sends what was asked back",
    owner="operations",
    works_on="task",
    starts_on=(Every(seconds=30),),
    may={"mailbox": frozenset({"send"}), "chat": frozenset({"say"})},
)
SAY: Final = Act("chat", "say", None)
CHAT: Final = "chat"
AT_ONCE: Final = 200
IN_ONE_MAIL: Final = 30
GAP_MS: Final = 15 * 60_000
"""Between two rounds of mails about new questions lies at least so much time; what comes meanwhile goes into the next."""
QUESTION_MS: Final = 14 * 24 * 3_600_000
_LAST: Final = "inbox.told"


class _Sent(NamedTuple):
    """What became of a mail or a post: its number, and whether it is settled."""

    mail: int
    settled: bool


@stage()
def choose(tasks: Batch[None]) -> None:
    """Decide who is told what, and make their links."""
    tx, now_ms, writing = tasks.tx, tasks.now_ms, tasks.use(Writing)
    chat = tasks.has(CHAT)
    last_ms = tx.value("SELECT next FROM counters WHERE name = ?", (_LAST,)) or 0
    if now_ms - last_ms >= GAP_MS:
        new = _untold(tx)
        told = _tell(tx, new, writing, chat=chat, now_ms=now_ms) if new else ""
        if told:
            for one in new:
                order_id = one.item if one.item_kind == "order" else None
                tasks.record(Event("task.told", order_id, f"task/{one.id}", "", f"told {told}"))
            sql = "INSERT INTO counters (name, next) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET next = ?"
            tx.run(sql, (_LAST, now_ms, now_ms))
    _ask_back(tx, now_ms=now_ms)


def post(tasks: Batch[None]) -> list[_Sent]:
    """Send every mail and post that has not gone out."""
    tx, writing = tasks.tx, tasks.use(Writing)
    waiting = links.unsent(tx)
    about = _about(tx, [one for some in waiting.values() for one in some])
    mails: dict[int, Notice] = {}
    posts: dict[int, ChatMessage] = {}
    for (mail, address), some in waiting.items():
        letter = letters.write(writing, some, about, in_chat=address == CHAT)
        if address == CHAT:
            posts[mail] = ChatMessage(f"mail:{mail}", letter.order_id, letter.text)
        else:
            values = {"subject": letter.subject, "text": letter.text}
            mails[mail] = Notice(f"mail:{mail}", letter.order_id, address, letter.template, values)
    answers: dict[int, object] = dict(tasks.ask(SEND, mails)) if mails else {}
    if posts and tasks.has(CHAT):
        answers |= dict(tasks.ask(SAY, posts))
    return [_Sent(mail, not isinstance(answer, Unavailable)) for mail, answer in answers.items()]


@stage(calls=post)
def forget(tasks: Batch[None], sent: list[_Sent]) -> None:
    """Forget the tokens of what has gone out; what got no answer is tried again under the same key."""
    links.sent(tasks.tx, [one.mail for one in sent if one.settled])


@bot(CARD, over=NoItems())
def notify(tasks: Batch[None]) -> None:
    choose(tasks)
    forget(tasks)


def _untold(tx: Tx) -> list[Task]:
    """Open tasks of which nobody has been told since they were asked, escalated or handed on."""
    sql = f"SELECT {COLUMNS} FROM tasks WHERE state = 'open' AND told <= level ORDER BY expires_ms, id LIMIT ?"  # noqa: S608
    return [Task(*row) for row in tx.rows(sql, (AT_ONCE,))]


def _tell(tx: Tx, new: Sequence[Task], writing: Writing, *, chat: bool, now_ms: int) -> str:
    """Make the links for one round; returns who is told, in words, empty where nobody can be."""
    wanted: dict[str, list[Wanted]] = {}
    for one in new:
        for person in recipients(tx, one, mail_to=writing.mail_to):
            purpose = f"task/{one.id}" if person.decides and one.item_kind == "order" else f"see/{one.id}"
            wanted.setdefault(person.address, []).append(Wanted(purpose, person.person, person.address, one.expires_ms))
    people = len(wanted)
    if chat:
        wanted[CHAT] = [Wanted(f"see/{one.id}", "", CHAT, now_ms) for one in new]
    if not wanted:
        return ""
    for some in wanted.values():
        links.make(tx, some[:IN_ONE_MAIL], mail=tx.take("mails"), now_ms=now_ms)
    among, value = tx.among([one.id for one in new])
    tx.run(f"UPDATE tasks SET told = level + 1 WHERE id {among}", (value,))  # noqa: S608
    by_mail = f"{people} {'person' if people == 1 else 'people'} by mail" if people else ""
    return " and ".join(filter(None, (by_mail, "the chat" if chat else "")))


def _ask_back(tx: Tx, *, now_ms: int) -> None:
    """Make the links of questions that go to a customer or a person by mail."""
    rows = tx.rows(
        "SELECT q.id, q.to_whom, t.item_kind, t.item FROM questions q JOIN tasks t ON t.id = q.task"
        " WHERE q.sent = ? AND q.answered_ms = 0 ORDER BY q.id LIMIT ?",
        (False, AT_ONCE),
    )
    orders = load(tx, [item for _, to_whom, kind, item in rows if to_whom == CUSTOMER and kind == "order"])
    people = {one.actor_id: one.email for one in accounts.listed(tx) if one.state == "active"} if rows else {}
    for number, to_whom, _, item in rows:
        address = orders[item].particulars.email if to_whom == CUSTOMER and item in orders else people.get(to_whom, "")
        if address:
            wanted = Wanted(f"question/{number}", to_whom, address, now_ms + QUESTION_MS)
            links.make(tx, [wanted], mail=tx.take("mails"), now_ms=now_ms)
    tx.run_many("UPDATE questions SET sent = ? WHERE id = ?", [(True, row[0]) for row in rows])


def _about(tx: Tx, some: Sequence[Unsent]) -> Mapping[str, letters.About]:
    """What each link is about: purpose → the task, its order and the question."""
    return {one.purpose: found for one in some if (found := letters.about(tx, one.purpose)) is not None}
