"""Tell people by mail and chat which questions wait for them, and send what was asked back."""

from collections import Counter
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
from afterclick.orders.inbox.recipients import Recipient, recipients
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
    purpose="So that no order waits because nobody knew of its question, and an answer is one click away",
    handles=frozenset({"personal", "order"}),
)
SAY: Final = Act("chat", "say", None)
CHAT: Final = "chat"
AT_ONCE: Final = 200
IN_ONE_MAIL: Final = 30
"""So many questions are told in one round. What is beyond waits for the next: one mail that can be worked through each quarter of
an hour, the most urgent first, is of more use than six at once; whatever is decided in the meantime is never mailed at all. A
question goes to all whom it concerns in the same round, so that "told" is true of each of them.
"""
MOST_UNTOLD: Final = 1_000
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
    last_ms = tx.value("SELECT next FROM counters WHERE name = ?", (_LAST,)) or 0
    if now_ms - last_ms >= GAP_MS and (told := _tell(tx, writing, chat=tasks.has(CHAT), now_ms=now_ms)):
        for one, whom in told:
            order_id = one.item if one.item_kind == "order" else None
            tasks.record(Event("task.told", order_id, f"task/{one.id}", "", f"told {_in_words(whom)}"))
        sql = "INSERT INTO counters (name, next) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET next = ?"
        tx.run(sql, (_LAST, now_ms, now_ms))
    _ask_back(tx, now_ms=now_ms)


def post(tasks: Batch[None]) -> list[_Sent]:
    """Send every mail and post that has not gone out."""
    tx, writing = tasks.tx, tasks.use(Writing)
    waiting = links.unsent(tx)
    about = _about(tx, [one for some in waiting.values() for one in some])
    later = _later(tx, writing, chat=tasks.has(CHAT)) if waiting else Counter[str]()
    mails: dict[int, Notice] = {}
    posts: dict[int, ChatMessage] = {}
    for (mail, address), some in waiting.items():
        letter = letters.write(writing, some, about, in_chat=address == CHAT, later=later[address])
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


def _whom(tx: Tx, who: str, assignee: str, writing: Writing, *, chat: bool) -> list[Recipient]:
    """Who is told of questions to this team or person; nobody where no address is known. In a chat of their own somebody decides
    as by mail; one that several read gets no link that decides."""
    found = recipients(tx, who, assignee, mail_to=writing.mail_to)
    owner = next((one.person for one in found if one.decides and one.person == writing.chat_of), "")
    return [*found, Recipient(owner, CHAT, decides=bool(owner))] if chat else found


def _untold(tx: Tx) -> list[Task]:
    """Open tasks of which nobody has been told since they were asked, escalated or handed on; of each team or person the first.

    Taken by team, so that questions to a team that nobody can be reached for keep no others from being told.
    """
    place = "ROW_NUMBER() OVER (PARTITION BY who, assignee ORDER BY expires_ms, id) AS place"
    rows = tx.rows(
        f"SELECT {COLUMNS} FROM (SELECT {COLUMNS}, {place} FROM tasks WHERE state = 'open' AND told <= level) AS untold"  # noqa: S608
        " WHERE place <= ? ORDER BY expires_ms, id LIMIT ?",
        (IN_ONE_MAIL, MOST_UNTOLD),
    )
    return [Task(*row) for row in rows]


def _tell(tx: Tx, writing: Writing, *, chat: bool, now_ms: int) -> list[tuple[Task, list[Recipient]]]:
    """Make the links of one round; returns which questions are told in it, and whom."""
    new = _untold(tx)
    groups = {(one.who, one.assignee) for one in new}
    known = {group: whom for group in groups if (whom := _whom(tx, *group, writing, chat=chat))}
    wanted: dict[str, list[Wanted]] = {}
    told: list[tuple[Task, list[Recipient]]] = []
    for one in new:
        whom = known.get((one.who, one.assignee), [])
        if not whom or any(len(wanted.get(to.address, ())) >= IN_ONE_MAIL for to in whom):
            continue
        told.append((one, whom))
        for to in whom:
            purpose = f"task/{one.id}" if to.decides and one.item_kind == "order" else f"see/{one.id}"
            ends_ms = one.expires_ms if to.person else now_ms
            wanted.setdefault(to.address, []).append(Wanted(purpose, to.person, to.address, ends_ms))
    for some in wanted.values():
        links.make(tx, some, mail=tx.take("mails"), now_ms=now_ms)
    among, value = tx.among([one.id for one, _ in told])
    tx.run(f"UPDATE tasks SET told = level + 1 WHERE id {among}", (value,))  # noqa: S608
    return told


def _later(tx: Tx, writing: Writing, *, chat: bool) -> Counter[str]:
    """How many open questions each address has not been told of, and will be in the rounds to come."""
    sql = "SELECT who, assignee, COUNT(*) FROM tasks WHERE state = 'open' AND told <= level GROUP BY who, assignee LIMIT ?"
    later = Counter[str]()
    for who, assignee, count in tx.rows(sql, (AT_ONCE,)):
        later.update({to.address: count for to in _whom(tx, who, assignee, writing, chat=chat)})
    return later


def _in_words(whom: Sequence[Recipient]) -> str:
    """Who is told, for the log."""
    people = sum(to.address != CHAT for to in whom)
    by_mail = f"{people} {'person' if people == 1 else 'people'} by mail" if people else ""
    return " and ".join(filter(None, (by_mail, "the chat" if people < len(whom) else "")))


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
