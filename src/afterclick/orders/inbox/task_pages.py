"""One question: its facts, reason and history; decide it, edit the order, ask back, hand it on, note something."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.access import ChangesOrders, DecidesOrders, SeesOrders
from afterclick.control_room.forms import Seal, sent
from afterclick.control_room.html import Html
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.domain.limits import InboxLimits
from afterclick.governance.actor import Actor
from afterclick.governance.people import accounts
from afterclick.orders.cases import wishes
from afterclick.orders.cases.change_pages import MOST_FIELDS
from afterclick.orders.cases.other_orders import linked, numbers
from afterclick.orders.cases.possible import Changed, unchanged, version
from afterclick.orders.cases.story import words
from afterclick.orders.changing import Impossible
from afterclick.orders.inbox import back, decisions, handling, proposals
from afterclick.orders.inbox.handling import NotPossible
from afterclick.orders.inbox.pages import may_edit
from afterclick.orders.inbox.tasks import Task, history, kinds, questions, task
from afterclick.orders.records import load
from afterclick.store.transaction import Tx

LONGEST_NOTE: Final = 1_000
Act = Callable[[Tx, Actor, dict[str, str], int], object]


def add(router: APIRouter, html: Html, room: Room, limits: Callable[[], InboxLimits]) -> None:
    @router.get("/inbox/{task_id}")
    def question(who: SeesOrders, task_id: int, request: Request) -> Response:
        """One question, with the facts that the rule saw, and what can be done about it."""
        return _shown(html, room, who, request, task_id, came_from=request.query_params.get("back", ""))

    @router.post("/inbox/{task_id}/edit")
    async def edit(who: DecidesOrders, _changes: ChangesOrders, task_id: int, request: Request) -> Response:
        """Change the order; it is then judged again."""
        fields = await sent(request, most_fields=MOST_FIELDS)
        return await run_in_threadpool(_edited, html, room, who, request, task_id, fields)

    @router.post("/inbox/{task_id}/{deed}")
    async def handle(who: DecidesOrders, task_id: int, deed: str, request: Request) -> Response:
        """Approve or reject, and go back to the inbox; or ask back, answer, hand on or note, and stay."""
        fields = await sent(request)
        act = _deeds(task_id, limits).get(deed)
        if act is None:
            raise Problem(404, "there is no such decision")
        await run_in_threadpool(_done, room, who, task_id, act, fields)
        came_from = fields.get("back", "")
        return RedirectResponse(back.after(came_from, task_id) if deed in ("approve", "reject") else _at(task_id, came_from), 303)


def _at(task_id: int, came_from: str) -> str:
    """The question's page, which knows the way back to the list."""
    came_from = back.checked(came_from)
    return f"/inbox/{task_id}" + (f"?{urlencode({'back': came_from})}" if came_from != back.INBOX else "")


def _shown(html: Html, room: Room, who: Actor, request: Request, task_id: int, error: str = "", *, came_from: str) -> Response:
    found = _task(room, task_id)
    with room.database.reading() as tx:
        about = load(tx, [found.order_id]).get(found.order_id)
        seen = version(tx, found.item) if about else ""
        own = [] if who.alone else [one for one in decisions.proposers(tx, task_id) if who.is_self(one)]
        people = [one for one in accounts.listed(tx) if one.state == "active"]
        among, skus = tx.among([line.sku for line in about.lines] if about else [])
        names = dict(tx.rows(f"SELECT sku, name FROM items WHERE sku {among}", (skus,)))  # noqa: S608
        others = numbers(tx, [found.facts])
        happened, asked, teams = history(tx, task_id), questions(tx, [task_id]).get(task_id, []), {one.who for one in kinds(tx)}
    seal, proposes = Seal(request), found.item_kind == proposals.KIND
    return seal.on(html.page(
        "task.html", who=who, here="inbox", status=422 if error else 200, task=found, about=about, version=seen, error=error,
        facts=proposals.facts_of(found), token=seal.token, now_ms=room.now_ms(), history=happened, questions=asked,
        may_decide=found.state == "open" and who.may("orders.decide", desk="orders"), may_edit=may_edit(who) and
        not proposes, own=bool(own), proposes=proposes,
        people=people, teams=sorted({*teams, found.who}), labels=wishes.LABELS, words=words, names=names, may_reject=
        proposes or found.bot != decisions.AMEND, back=back.checked(came_from), linked=partial(linked, known=others),
    ))  # fmt: skip


def _deeds(task_id: int, limits: Callable[[], InboxLimits]) -> dict[str, Act]:
    """What can be done with one question: the last part of the path → the act."""

    def note_of(fields: dict[str, str]) -> str:
        return fields.get("note", "").strip()[:LONGEST_NOTE]

    def approve(tx: Tx, who: Actor, fields: dict[str, str], now_ms: int) -> object:
        return decisions.approve(tx, task_id, by=who, note=note_of(fields), now_ms=now_ms)

    def reject(tx: Tx, who: Actor, fields: dict[str, str], now_ms: int) -> object:
        return decisions.reject(tx, task_id, by=who, note=note_of(fields), now_ms=now_ms)

    def ask(tx: Tx, who: Actor, fields: dict[str, str], now_ms: int) -> object:
        to_whom, text = fields.get("to", ""), fields.get("question", "")
        return handling.ask_back(tx, task_id, to_whom=to_whom, question=text, by=who.id, now_ms=now_ms, limits=limits())

    def answer(tx: Tx, who: Actor, fields: dict[str, str], now_ms: int) -> object:
        number = fields.get("question", "")
        known = [one.id for one in questions(tx, [task_id]).get(task_id, [])]
        if not (number.isascii() and number.isdecimal() and len(number) < 19 and int(number) in known):
            raise NotPossible(f"task {task_id} has no such question")
        return handling.answer(tx, int(number), fields.get("answer", ""), by=who.id, now_ms=now_ms)

    def reassign(tx: Tx, who: Actor, fields: dict[str, str], now_ms: int) -> object:
        to_whom = fields.get("to", "")
        return handling.reassign(tx, task_id, to_whom=to_whom, by=who.id, because=note_of(fields), now_ms=now_ms)

    def note(tx: Tx, who: Actor, fields: dict[str, str], now_ms: int) -> object:
        return handling.note(tx, task_id, note_of(fields), by=who.id, now_ms=now_ms)

    return {"approve": approve, "reject": reject, "ask": ask, "answer": answer, "reassign": reassign, "note": note}


def _done(room: Room, who: Actor, task_id: int, act: Act, fields: dict[str, str]) -> None:
    _task(room, task_id)
    try:
        with room.database.transaction() as tx:
            act(tx, who, fields, room.now_ms())
    except (decisions.NotDecidable, NotPossible) as error:
        raise Problem(409, str(error)) from error
    room.notify()


def _edited(html: Html, room: Room, who: Actor, request: Request, task_id: int, fields: dict[str, str]) -> Response:
    found, now_ms, came_from = _task(room, task_id), room.now_ms(), fields.get("back", "")
    note = fields.get("note", "").strip()[:LONGEST_NOTE]
    try:
        with room.database.transaction() as tx:
            order = load(tx, [found.item]).get(found.item) if found.item_kind == "order" else None
            if order is None:
                raise Problem(409, f"question {task_id} is not about an order; nothing can be edited")
            unchanged(tx, order.id, fields.get("version", ""))
            change = wishes.edited(order, fields)
            wishes.would(order, change, by=who.id)
            decisions.edit(tx, task_id, change, by=who, note=note, now_ms=now_ms)
    except Impossible as error:
        return _shown(html, room, who, request, task_id, str(error), came_from=came_from)
    except Changed as error:
        return html.page("conflict.html", who=who, here="inbox", status=409, because=str(error), back=_at(task_id, came_from))
    except decisions.NotDecidable as error:
        raise Problem(409, str(error)) from error
    room.notify()
    return RedirectResponse(back.after(came_from, task_id), 303)


def _task(room: Room, task_id: int) -> Task:
    with room.database.reading() as tx:
        found: Any = task(tx, task_id) if 0 < task_id < 2**62 else None
    if found is None:
        raise Problem(404, f"there is no question {task_id}")
    return found
