"""Deciding and answering by a one-time link from a mail or a chat, without signing in.

Looking at a link changes nothing, since mail programs open links to scan them; only the form on the page decides.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, Literal, NamedTuple

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.forms import Seal, sent
from afterclick.control_room.html import Html
from afterclick.control_room.server import Room
from afterclick.domain.order import Order
from afterclick.governance import links
from afterclick.governance.actor import Actor
from afterclick.governance.links import Link
from afterclick.orders.cases.fact_words import in_words
from afterclick.orders.cases.other_orders import named, numbers
from afterclick.orders.inbox import decisions, handling
from afterclick.orders.inbox.decisions import NotDecidable
from afterclick.orders.inbox.handling import NotPossible
from afterclick.orders.inbox.recipients import standing
from afterclick.orders.inbox.tasks import Asked, Task, questions, task
from afterclick.orders.records import load
from afterclick.store.transaction import Tx

Kind = Literal["task", "question"]
MailTo = Callable[[], tuple[str, ...]]
"""The addresses that are written to besides people."""
WAY: Final = "through a one-time link"
_SAID: Final = {
    "unknown": (404, "This link is not known. Links are sent by mail and must be whole; perhaps a part of it was cut off."),
    "used": (410, "This link has been used. Each works once, so that nobody decides twice."),
    "expired": (410, "The time of this link is over. Sign in, and look at the question in the inbox."),
}


class NoLonger(ValueError):
    """The link is good, but what it is about can no longer be decided; the message says why."""


class Opened(NamedTuple):
    """What a good link is about, and as whom its owner decides."""

    link: Link
    who: Actor | None
    task: Task
    order: Order | None
    question: Asked | None


def add(router: APIRouter, html: Html, room: Room, mail_to: MailTo) -> None:
    @router.get("/decide/{token}")
    def look(token: str, request: Request) -> Response:
        """The question of a link, with its form. Nothing happens yet."""
        return _look(html, room, mail_to, request, token, "task")

    @router.post("/decide/{token}")
    async def decide(token: str, request: Request) -> Response:
        """Decide, once."""
        fields = await sent(request)
        return await run_in_threadpool(_act, html, room, mail_to, token, "task", fields)

    @router.get("/answer/{token}")
    def look_at_question(token: str, request: Request) -> Response:
        """What the shop asks, with a field for the answer."""
        return _look(html, room, mail_to, request, token, "question")

    @router.post("/answer/{token}")
    async def answer(token: str, request: Request) -> Response:
        """Answer, once."""
        fields = await sent(request)
        return await run_in_threadpool(_act, html, room, mail_to, token, "question", fields)


def _look(html: Html, room: Room, mail_to: MailTo, request: Request, token: str, kind: Kind) -> Response:
    with room.database.reading() as tx:
        link = links.look(tx, token, now_ms=room.now_ms())
        if link.standing != "good" or not link.about(kind):
            return _refused(html, link if link.about(kind) else links.NOT_KNOWN)
        try:
            found = _opened(tx, link, kind, mail_to())
            others = numbers(tx, [found.task.facts])
        except NoLonger as error:
            return _page(html, "Nothing left to do", str(error), "waiting", 410)
    seal = Seal(request)
    return seal.on(html.page(
        "link.html", who=None, here="", title="A question for you", said="", tone="", token=seal.token, order=found.order,
        task=found.task if kind == "task" else None, question=found.question, person=found.who.name if found.who else "",
        facts=in_words(found.task.facts, found.task.because), may_reject=found.task.bot != decisions.AMEND,
        named=partial(named, known=others),
    ))  # fmt: skip


def _act(html: Html, room: Room, mail_to: MailTo, token: str, kind: Kind, fields: dict[str, str]) -> Response:
    now_ms = room.now_ms()
    try:
        with room.database.transaction() as tx:
            link = links.look(tx, token, now_ms=now_ms)
            if link.standing != "good" or not link.about(kind):
                return _refused(html, link if link.about(kind) else links.NOT_KNOWN)
            found = _opened(tx, link, kind, mail_to())
            if not links.use(tx, link, now_ms=now_ms):
                return _refused(html, link._replace(standing="used"))
            said = _answer(tx, found, fields, now_ms) if kind == "question" else _decide(tx, found, fields, now_ms)
    except (NotDecidable, NotPossible, NoLonger) as error:
        # Nothing was committed, so that the link still works: for one who left the note empty, or came while a bot was at it.
        return _page(html, "That did not work", str(error), "waiting", 409)
    room.notify()
    return _page(html, "Thank you", said, "done", 200)


def _opened(tx: Tx, link: Link, kind: Kind, mail_to: tuple[str, ...]) -> Opened:
    """What the link is about.

    Raises:
        NoLonger: it was decided or answered already, or the person may no longer decide.
    """
    question = _question(tx, link) if kind == "question" else None
    found = task(tx, question.task if question is not None else link.about("task"))
    if found is None:
        raise NoLonger("What this link was about is no longer there.")
    who = standing(tx, link.person, mail_to=mail_to) if kind == "task" else None
    if kind == "task" and found.state != "open":
        by = f" by {found.decided_by}" if found.decided_by else ""
        raise NoLonger(f"Question {found.id} was {found.state} already{by}. Nothing is left to do.")
    if kind == "task" and who is None:
        raise NoLonger("You may no longer decide this. Ask an admin, or leave it to a colleague.")
    order = load(tx, [found.order_id]).get(found.order_id)
    return Opened(link, who, found, order, question)


def _question(tx: Tx, link: Link) -> Asked:
    number = link.about("question")
    task_id = tx.value("SELECT task FROM questions WHERE id = ?", (number,))
    for one in questions(tx, [task_id] if task_id else []).get(task_id, []):
        if one.id == number and not one.answered_ms:
            return one
    raise NoLonger("This question has been answered already. Thank you!")


def _decide(tx: Tx, found: Opened, fields: dict[str, str], now_ms: int) -> str:
    acts = {"approve": decisions.approve, "reject": decisions.reject}
    act = acts.get(fields.get("decision", ""))
    if act is None or found.who is None:
        raise NotPossible("choose to approve or to reject")
    note = fields.get("note", "").strip()[: handling.LONGEST_TEXT]
    act(tx, found.task.id, by=found.who, note=note, now_ms=now_ms, way=WAY)
    return f"Question {found.task.id} is decided; the bots go on."


def _answer(tx: Tx, found: Opened, fields: dict[str, str], now_ms: int) -> str:
    assert found.question is not None
    handling.answer(tx, found.question.id, fields.get("answer", ""), by=found.link.person, now_ms=now_ms, way=WAY)
    return "Your answer has arrived."


def _refused(html: Html, link: Link) -> Response:
    status, said = _SAID[link.standing]
    return _page(html, "This link does not work", said, "refused", status)


def _page(html: Html, title: str, said: str, tone: str, status: int) -> Response:
    return html.page(
        "link.html", who=None, here="", status=status, title=title, said=said, tone=tone, task=None, question=None, order=None
    )
