"""Changing one order: a form, a preview of what it undoes, and the wish itself, if nobody was faster."""

from typing import Final, get_args

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.access import ChangesOrders
from afterclick.control_room.forms import Seal, sent
from afterclick.control_room.html import Html
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.governance.actor import Actor
from afterclick.orders import amendments
from afterclick.orders.amendments import Action
from afterclick.orders.cases import wishes
from afterclick.orders.cases.case import Case
from afterclick.orders.cases.case_pages import found_case
from afterclick.orders.cases.possible import NAMES, Changed, faster, planned, possible, unchanged, undoes, version
from afterclick.orders.changing import SIMPLE, Impossible

MOST_FIELDS: Final = 4_100
"""Two for each line of the largest order, and the rest."""
LONGEST_REASON: Final = 500


def add(router: APIRouter, html: Html, room: Room) -> None:
    @router.get("/orders/{order_id}/change/{name}")
    def form(who: ChangesOrders, order_id: int, name: str, request: Request) -> Response:
        """What is to be changed; for what needs no form, the preview at once."""
        return _shown(html, room, who, request, order_id, _action(name), {})

    @router.post("/orders/{order_id}/change/{name}")
    async def change(who: ChangesOrders, order_id: int, name: str, request: Request) -> Response:
        """Preview a change, or ask for it when it is confirmed."""
        fields = await sent(request, most_fields=MOST_FIELDS)
        act = _asked if fields.get("confirm") == "yes" else _shown
        return await run_in_threadpool(act, html, room, who, request, order_id, _action(name), fields)


def _action(name: str) -> Action:
    for action in get_args(Action):
        if action == name:
            return action
    raise Problem(404, "there is no such change")


def _shown(
    html: Html, room: Room, who: Actor, request: Request, order_id: int, action: Action, fields: dict[str, str], error: str = ""
) -> Response:
    """The form, or the preview where the form has been filled in."""
    with room.database.reading() as tx:
        found = found_case(tx, order_id)
        seen, too_late = version(tx, order_id), faster(tx, order_id)
    if action not in [one.action for one in possible(found)]:
        raise Problem(409, f"order {order_id} is {found.order.state}; {NAMES[action].lower()} is not possible now")
    if fields.get("version", seen) != seen:
        return _conflict(html, who, order_id, too_late)
    ready, changes = action in (*SIMPLE, "cancel"), list[tuple[str, str, str]]()
    if fields and not error:
        try:
            changes = _checked(found, action, fields, who)
            ready = True
        except Impossible as problem:
            error = str(problem)
    seal = Seal(request)
    return seal.on(html.page(
        "change.html", who=who, here="orders", status=422 if error else 200, case=found, order=found.order, action=action,
        name=NAMES[action], undoes=undoes(found, action), version=seen, token=seal.token, changes=changes,
        ready=ready and not error, error=error, given=fields, labels=wishes.LABELS, back=f"/orders/{order_id}",
    ))  # fmt: skip


def _checked(found: Case, action: Action, fields: dict[str, str], who: Actor) -> list[tuple[str, str, str]]:
    change = wishes.read(action, found.order, fields)
    planned(found, action, change, by=who.id)
    return wishes.shown(found.order, action, change)


def _asked(
    html: Html, room: Room, who: Actor, request: Request, order_id: int, action: Action, fields: dict[str, str]
) -> Response:
    """Ask for the change, in one transaction with the look at whether the order is still as it was seen."""
    because = fields.get("because", "").strip()[:LONGEST_REASON] or f"{NAMES[action].lower()} by {who.name}"
    now_ms = room.now_ms()
    try:
        with room.database.transaction() as tx:
            found = found_case(tx, order_id)
            unchanged(tx, order_id, fields.get("version", ""))
            change = wishes.read(action, found.order, fields)
            planned(found, action, change, by=who.id)
            amendments.ask_and_log(tx, order_id, action, change, by=who.id, because=because, now_ms=now_ms)
    except Changed as error:
        return _conflict(html, who, order_id, str(error))
    except Impossible as error:
        return _shown(html, room, who, request, order_id, action, fields, str(error))
    room.notify()
    return RedirectResponse(f"/orders/{order_id}", 303)


def _conflict(html: Html, who: Actor, order_id: int, because: str) -> Response:
    return html.page("conflict.html", who=who, here="orders", status=409, because=because, back=f"/orders/{order_id}")
