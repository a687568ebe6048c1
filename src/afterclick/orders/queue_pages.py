"""The queue: orders by state, age and reason, and the way from a number to its order."""

from functools import cache, partial
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse

from afterclick.control_room.access import SeesOrders
from afterclick.control_room.html import Html
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.orders.cases.story import words
from afterclick.orders.listing import ENDED, LATEST, MOVING, RISK_MS, STATES, STUCK, Sought, listed, rests
from afterclick.orders.overview import resting
from afterclick.orders.records import find

ROWS: Final = 50
Text = Annotated[str, Query(max_length=200)]
Cursor = Annotated[str, Query(max_length=60)]


def add(router: APIRouter, html: Html, room: Room) -> None:
    @router.get("/orders")
    def queue(
        who: SeesOrders,
        state: Text = "",
        waiting_for: Annotated[str, Query(max_length=200, alias="for")] = "",
        at: Text = "",
        risk: Text = "",
        older: Text = "",
        q: Text = "",
        day: Text = "",
        currency: Text = "",
        hands: Text = "",
        queued: Text = "",
        cursor: Cursor = "",
    ) -> Response:
        """Orders that a person looks for, those that rest longest first."""
        now_ms = room.now_ms()
        sought = Sought(
            state.strip(), waiting_for.strip(), at.strip(), risk.strip(), _hours(older.strip()), q.strip(), day.strip(),
            currency.strip(), hands.strip(), queued.strip(),
        )  # fmt: skip
        with room.database.reading() as tx:
            try:
                page = listed(tx, sought=sought, cursor=cursor, limit=ROWS, now_ms=now_ms)
            except ValueError as error:
                raise Problem(422, str(error)) from error
            counted = resting(tx)
        chosen = _chosen(sought)
        href = cache(partial(_changed, chosen))  # many rows lead to the same list
        return html.page(
            "queue.html", who=who, here="orders", page=page, counted=counted, states=STATES, sought=sought, now_ms=now_ms,
            chosen=chosen, href=href, tab=partial(_tab, chosen), to_customer=_to_customer(chosen), first=not cursor,
            risk_ms=now_ms + RISK_MS, stuck=STUCK, moving=MOVING, words=words, latest=LATEST, day_says=_day_says(sought),
        )  # fmt: skip

    @router.get("/find")
    def look_up(_who: SeesOrders, number: Text) -> Response:
        """From an order's number, ours or the store's, to its page; from a customer's to their orders; else to all."""
        wanted = number.strip()
        if not wanted:
            return RedirectResponse("/orders", 303)
        with room.database.reading() as tx:
            order_id = find(tx, wanted)
            customer = order_id is None and tx.value("SELECT 1 FROM orders WHERE customer = ? LIMIT 1", (wanted,))
        if customer:
            return RedirectResponse(_href({"q": wanted}), 303)
        if order_id is None:
            raise Problem(404, f"there is no order and no customer {wanted[:80]}")
        return RedirectResponse(f"/orders/{order_id}", 303)


def _hours(older: str) -> float:
    try:
        return float(older or 0)
    except ValueError as error:
        raise Problem(422, f"older={older[:20]}: give a number of hours") from error


def _chosen(sought: Sought) -> dict[str, str]:
    """What the list was chosen by, as it stands in the address."""
    given = {
        "state": sought.state, "for": sought.waiting_for, "at": sought.at, "risk": sought.risk,
        "older": f"{sought.older:g}" if sought.older else "", "q": sought.q, "day": sought.day, "currency": sought.currency,
        "hands": sought.hands, "queued": sought.queued,
    }  # fmt: skip
    return {name: value for name, value in given.items() if value}


def _day_says(sought: Sought) -> str:
    """What a day means for this list."""
    if sought.state in ENDED:
        return f"{sought.state.capitalize()} on"
    return "At rest since" if rests(sought) else "Came in on"


def _tab(chosen: dict[str, str], state: str) -> str:
    """The list of another state, with what can be asked of every state."""
    return _href({"state": state} | {name: chosen[name] for name in ("q", "day", "hands", "queued") if name in chosen})


def _changed(chosen: dict[str, str], **changes: str) -> str:
    """The address of this list, with something changed about it."""
    return _href({**chosen, **changes})


def _to_customer(chosen: dict[str, str]) -> str:
    """The address of this list for one customer, whose name is to be put at its end."""
    others = _changed(chosen, state="", q="")
    return f"{others}{'&' if '?' in others else '?'}q="


def _href(values: dict[str, str]) -> str:
    query = urlencode({name: value for name, value in values.items() if value})
    return f"/orders?{query}" if query else "/orders"
