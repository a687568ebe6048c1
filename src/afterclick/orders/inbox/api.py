"""The inbox for programs: tasks listed, decided, handed on, and proposals made."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Path, Query, Response

from afterclick.control_room.access import ChangesOrders, DecidesOrders, SeesOrders
from afterclick.control_room.api.answers import Given
from afterclick.control_room.api.kit import MOST_ROWS, Interface
from afterclick.control_room.api.pace import Pace
from afterclick.control_room.api.sent import Sends, Sent, refusing
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.domain.limits import InboxLimits
from afterclick.engine.undecidable import NotDecidable, OwnProposal
from afterclick.governance.actor import Actor
from afterclick.orders.amendments import UnknownOrder
from afterclick.orders.inbox import bulk_api, decisions, handling, proposals, tasks
from afterclick.orders.inbox.shapes import (
    Answer,
    AskBack,
    Decided,
    Decision,
    Edit,
    HandOver,
    Proposal,
    ProposalMade,
    Remark,
    Whole,
)
from afterclick.orders.inbox.tasks import Sought, Task, TaskPage
from afterclick.store.transaction import Tx

TaskId = Annotated[int, Path(ge=1, lt=2**62, description="The task's number.")]
Words = Annotated[str, Query(max_length=100)]


def inbox_api(room: Room, limits: Callable[[], InboxLimits], pace: Pace | None = None) -> Interface:
    """The routes under `/api/v1/inbox`, and `/api/v1/proposals`. `limits` are those in force."""
    api = Interface(room, "inbox", pace=pace)
    _reads(api)
    _decides(api)
    bulk_api.add(api)
    _handles(api, limits)
    _tells(api)
    _proposes(api)
    return api


def _reads(api: Interface) -> None:
    room = api.room

    @api.get("/inbox", TaskPage)
    def listed(
        who: SeesOrders,
        state: Annotated[str, Query(max_length=100, description=f"{', '.join(tasks.STATES)}.")] = "open",
        team: Words = "",
        stage: Words = "",
        bot: Words = "",
        assignee: Words = "",
        day: Annotated[
            str, Query(max_length=40, description="As 2026-11-20 (UTC): open ones and any asked then; else decided.")
        ] = "",
        cursor: Annotated[str, Query(max_length=60)] = "",
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 50,
        *,
        waiting: Annotated[bool, Query(description="Only what waits for an answer.")] = False,
        failed: Annotated[bool, Query(description="Only what was asked since something failed.")] = False,
    ) -> Response:
        """Tasks of one state or any: open ones by their deadline, others the latest first."""
        sought = Sought(state, team, stage, bot, assignee, waiting, day, failed)
        with refusing(422, ValueError), room.database.reading() as tx:
            return Given(tasks.page(tx, sought, cursor=cursor, limit=limit))

    @api.get("/inbox/{task_id}", Whole, refuses=(404,))
    def shown(who: SeesOrders, task_id: TaskId) -> Response:
        """One task, with the facts that the rule saw and what happened since."""
        with room.database.reading() as tx:
            return Given(_whole(tx, task_id))


def _decides(api: Interface) -> None:
    room = api.room

    def decide(who: Actor, task_id: int, sent: Sent, does: Callable[[Tx], None]) -> Response:
        def decides(tx: Tx) -> Decided:
            found = _task(tx, task_id)
            does(tx)
            return Decided(found.id, _task(tx, task_id).state)

        with refusing(409, NotDecidable), refusing(403, OwnProposal):
            return sent.once(room, who, decides, current=lambda tx: _whole(tx, task_id))

    @api.post("/inbox/{task_id}/approve", Decision, Decided, refuses=(404,))
    def approve(who: DecidesOrders, task_id: TaskId, sent: Sends) -> Response:
        """Let it go on: past the rule that asked, or once more at the stage that could not do its part."""
        note = sent.read(Decision).note
        return decide(who, task_id, sent, lambda tx: decisions.approve(tx, task_id, by=who, note=note, now_ms=room.now_ms()))

    @api.post("/inbox/{task_id}/reject", Decision, Decided, refuses=(404,))
    def reject(who: DecidesOrders, task_id: TaskId, sent: Sends) -> Response:
        """Cancel the order, taking back what was done for it; a proposal is simply not done."""
        note = sent.read(Decision).note
        return decide(who, task_id, sent, lambda tx: decisions.reject(tx, task_id, by=who, note=note, now_ms=room.now_ms()))

    @api.post("/inbox/{task_id}/edit", Edit, Decided, refuses=(404,))
    def edit(who: DecidesOrders, _changes: ChangesOrders, task_id: TaskId, sent: Sends) -> Response:
        """Correct the order, which is then judged again."""
        wish = sent.read(Edit)

        def edits(tx: Tx) -> None:
            decisions.edit(tx, task_id, wish.change(), by=who, note=wish.note, now_ms=room.now_ms())

        return decide(who, task_id, sent, edits)


def _handles(api: Interface, limits: Callable[[], InboxLimits]) -> None:
    room = api.room

    @api.post("/inbox/{task_id}/ask", AskBack, Whole, refuses=(404,))
    def ask(who: DecidesOrders, task_id: TaskId, sent: Sends) -> Response:
        """Ask the customer, a person or a team something about it; it waits with the question."""
        wish = sent.read(AskBack)

        def asks(tx: Tx) -> Whole:
            _task(tx, task_id)
            handling.ask_back(
                tx, task_id, to_whom=wish.to_whom, question=wish.question, by=who.id, now_ms=room.now_ms(), limits=limits()
            )
            return _whole(tx, task_id)

        with refusing(409, handling.NotPossible):
            return sent.once(room, who, asks)

    @api.post("/inbox/{task_id}/reassign", HandOver, Whole, refuses=(404,))
    def reassign(who: DecidesOrders, task_id: TaskId, sent: Sends) -> Response:
        """Hand it to a team or to one person."""
        wish = sent.read(HandOver)

        def hands(tx: Tx) -> Whole:
            _task(tx, task_id)
            handling.reassign(tx, task_id, to_whom=wish.to_whom, by=who.id, now_ms=room.now_ms(), because=wish.because)
            return _whole(tx, task_id)

        with refusing(409, handling.NotPossible):
            return sent.once(room, who, hands)


def _tells(api: Interface) -> None:
    room = api.room

    @api.post("/inbox/{task_id}/questions/{number}/answer", Answer, Whole, refuses=(404,))
    def answer(who: DecidesOrders, task_id: TaskId, number: TaskId, sent: Sends) -> Response:
        """Write down what was answered to something that was asked back, by telephone for example."""
        wish = sent.read(Answer)

        def answers(tx: Tx) -> Whole:
            if number not in [one.id for one in _whole(tx, task_id).questions]:
                raise Problem(404, f"task {task_id} has no question {number}")
            handling.answer(tx, number, wish.answer, by=who.id, now_ms=room.now_ms())
            return _whole(tx, task_id)

        with refusing(409, handling.NotPossible):
            return sent.once(room, who, answers)

    @api.post("/inbox/{task_id}/note", Remark, Whole, refuses=(404,))
    def note(who: DecidesOrders, task_id: TaskId, sent: Sends) -> Response:
        """Note something about it, and decide nothing."""
        wish = sent.read(Remark)

        def notes(tx: Tx) -> Whole:
            _task(tx, task_id)
            handling.note(tx, task_id, wish.note, by=who.id, now_ms=room.now_ms())
            return _whole(tx, task_id)

        with refusing(409, handling.NotPossible):
            return sent.once(room, who, notes)


def _proposes(api: Interface) -> None:
    room = api.room

    @api.post("/proposals", Proposal, ProposalMade, refuses=(404,), status=201)
    def propose(who: SeesOrders, sent: Sends) -> Response:
        """Propose something for an order. Whoever may look may propose; a person who may decide approves it in the inbox."""
        wish = sent.read(Proposal)

        def proposes(tx: Tx) -> ProposalMade:
            task = proposals.propose(
                tx, wish.order, wish.action, wish.change(), by=who, because=wish.because, now_ms=room.now_ms()
            )
            return ProposalMade(task)

        with (
            refusing(422, ValueError), refusing(409, proposals.TooMany), refusing(404, UnknownOrder),
            refusing(403, proposals.NotOnCard),
        ):  # fmt: skip
            return sent.once(room, who, proposes, status=201)


def _task(tx: Tx, task_id: int) -> Task:
    found = tasks.task(tx, task_id)
    if found is None:
        raise Problem(404, f"there is no task {task_id}")
    return found


def _whole(tx: Tx, task_id: int) -> Whole:
    found = _task(tx, task_id)
    proposed = proposals.read(found.facts) if found.item_kind == proposals.KIND else None
    return Whole(
        found, tuple(tasks.history(tx, task_id)), tuple(tasks.questions(tx, [task_id]).get(task_id, ())),
        {} if proposed is None else proposed.in_words(),
    )  # fmt: skip
