"""The inbox: open questions by deadline, each with its reason, proposal and money."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from afterclick.control_room.access import SeesOrders
from afterclick.control_room.forms import Seal
from afterclick.control_room.html import Html
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.governance.actor import Actor
from afterclick.orders.cases.other_orders import linked, numbers
from afterclick.orders.inbox import back, proposals
from afterclick.orders.inbox.tasks import STATES, Sought, Task, kinds, page, questions
from afterclick.orders.records import load

ROWS: Final = 40
"""With a tick each, a page's form stays within the fields that are taken."""
Text = Annotated[str, Query(max_length=100)]
Cursor = Annotated[str, Query(max_length=60)]


def add(router: APIRouter, html: Html, room: Room) -> None:
    @router.get("/inbox")
    def inbox(
        who: SeesOrders,
        request: Request,
        state: Text = "open",
        to: Annotated[str, Query(max_length=100, alias="who")] = "",
        stage: Text = "",
        bot: Text = "",
        mine: Text = "",
        asked: Text = "",
        day: Text = "",
        failed: Text = "",
        cursor: Cursor = "",
        done: Text = "",
    ) -> Response:
        """Questions that the rules could not decide, those first whose time is up first."""
        assignee = who.id if mine else ""
        sought = Sought(state or "open", to, stage, bot, assignee, waiting=bool(asked), day=day.strip(), failed=bool(failed))
        with room.database.reading() as tx:
            try:
                found = page(tx, sought, cursor=cursor, limit=ROWS)
            except ValueError as error:
                raise Problem(422, str(error)) from error
            about = load(tx, [one.order_id for one in found.tasks if one.order_id])
            answers = questions(tx, [one.id for one in found.tasks])
            others = numbers(tx, [one.facts for one in found.tasks])
            counted, decided = kinds(tx), back.decided(tx, done)
        seal = Seal(request)
        chosen = as_query(sought, who)
        return seal.on(html.page(
            "inbox.html", who=who, here="inbox", page=found, about=about, asked=answers, kinds=counted, states=STATES,
            sought=sought, chosen=chosen, href=partial(_changed, chosen), first=not cursor, token=seal.token,
            now_ms=room.now_ms(), may_decide=who.may("orders.decide", desk="orders"), total=sum(one.tasks for one in counted),
            may_edit=may_edit(who), proposed=_proposed(found.tasks), decided=decided,
            here_again=back.address({**chosen, "cursor": cursor}), linked=partial(linked, known=others),
        ))  # fmt: skip


def _proposed(found: Sequence[Task]) -> dict[int, str]:
    """What somebody proposes, by task, in one line."""
    read = {one.id: proposals.read(one.facts) for one in found if one.item_kind == proposals.KIND}
    return {number: f"{proposals.said(one.action)}, by {one.proposed_by}" for number, one in read.items() if one is not None}


def may_edit(who: Actor) -> bool:
    """Whether somebody may decide by changing the order."""
    return who.may("orders.decide", desk="orders") and who.may("orders.change", desk="orders")


def as_query(sought: Sought, who: Actor) -> dict[str, str]:
    """What the list was chosen by, as it stands in the address."""
    given = {
        "state": "" if sought.state == "open" else sought.state, "who": sought.who, "stage": sought.stage, "bot": sought.bot,
        "mine": "1" if sought.assignee == who.id else "", "asked": "1" if sought.waiting else "",
        "day": sought.day, "failed": "1" if sought.failed else "",
    }  # fmt: skip
    return {name: value for name, value in given.items() if value}


def _changed(chosen: dict[str, str], **changes: str) -> str:
    """The address of this list, with something changed about it."""
    return back.address({**chosen, **changes})
