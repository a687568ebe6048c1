"""Deciding many questions at once: a preview in numbers and money, then the result, question by question."""

from collections.abc import Callable
from typing import Final

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.access import DecidesOrders
from afterclick.control_room.forms import LONGEST_FIELD, Seal, sent
from afterclick.control_room.html import Html
from afterclick.control_room.server import Room
from afterclick.governance.actor import Actor
from afterclick.orders.inbox import back, bulk
from afterclick.orders.inbox.bulk import DEEDS, MOST, Deed
from afterclick.orders.inbox.tasks import Sought, chosen
from afterclick.store.transaction import Tx

_TICK: Final = "tick_"


class Incomplete(ValueError):
    """The form does not say what is to be done to which questions."""


def add(router: APIRouter, html: Html, room: Room) -> None:
    @router.post("/inbox/bulk")
    async def many(who: DecidesOrders, request: Request) -> Response:
        """Preview what happens to the questions that were ticked, or to all that the filter shows."""
        fields = await sent(request)
        return await run_in_threadpool(_answered, html, who, fields, lambda: _previewed(html, room, who, request, fields))

    @router.post("/inbox/bulk/confirm")
    async def confirm(who: DecidesOrders, request: Request) -> Response:
        """Decide each of them, and say what came of it."""
        fields = await sent(request)
        return await run_in_threadpool(_answered, html, who, fields, lambda: _decided(html, room, who, fields))


def _answered(html: Html, who: Actor, fields: dict[str, str], page: Callable[[], Response]) -> Response:
    """The page, or one that says what is missing and leads back to the list."""
    try:
        return page()
    except Incomplete as error:
        return html.page("bulk.html", who=who, here="inbox", status=422, error=str(error), deed="", back=_back(fields))


def _back(fields: dict[str, str]) -> str:
    """The list that the form came from: it names it, or carries its filter."""
    return back.checked(fields["back"]) if "back" in fields else back.address(fields)


def _previewed(html: Html, room: Room, who: Actor, request: Request, fields: dict[str, str]) -> Response:
    deed = _deed(fields)
    with room.database.reading() as tx:
        if fields.get("all"):
            sought = Sought(
                "open", fields.get("who", ""), fields.get("stage", ""), fields.get("bot", ""),
                who.id if fields.get("mine") else "", waiting=bool(fields.get("asked")), day=fields.get("day", ""),
                failed=bool(fields.get("failed")),
            )  # fmt: skip
            ids = _matching(tx, sought)
        else:
            ticked = (name.removeprefix(_TICK) for name in fields if name.startswith(_TICK))
            ids = [int(number) for number in ticked if number.isascii() and number.isdecimal() and len(number) < 19]
        if not ids:
            raise Incomplete("No question is chosen: tick some, or choose all that the filter shows")
        found = bulk.preview(tx, ids, deed, by=who)
    seal = Seal(request)
    return seal.on(html.page(
        "bulk.html", who=who, here="inbox", error="", found=found, deed=deed, now_ms=room.now_ms(), token=seal.token,
        results=None, ids=_packed([one.id for one in found.tasks]), note=fields.get("note", ""), to_whom=fields.get("to", ""),
        most=MOST, full=len(ids) >= MOST, back=_back(fields),
    ))  # fmt: skip


def _matching(tx: Tx, sought: Sought) -> list[int]:
    try:
        return chosen(tx, sought, most=MOST)
    except ValueError as error:
        raise Incomplete(str(error)) from error


def _decided(html: Html, room: Room, who: Actor, fields: dict[str, str]) -> Response:
    deed = _deed(fields)
    numbers = ",".join(text for name, text in fields.items() if name.startswith("ids_")).split(",")
    ids = [int(number) for number in numbers if number.isascii() and number.isdecimal() and len(number) < 19]
    results = bulk.decide(
        room.database.transaction, ids, deed, by=who, note=fields.get("note", "").strip()[:1_000],
        to_whom=fields.get("to", ""), now_ms=room.now_ms(),
    )  # fmt: skip
    room.notify()
    failed = sum(bool(one.because) for one in results)
    return html.page(
        "bulk.html", who=who, here="inbox", error="", results=results, deed=deed, failed=failed, done=len(results) - failed,
        back=_back(fields),
    )  # fmt: skip


def _deed(fields: dict[str, str]) -> Deed:
    for deed in DEEDS:
        if fields.get("deed") == deed:
            if deed == "reassign" and not fields.get("to", "").strip():
                raise Incomplete("Say to whom the questions are to be given: a team, or a person as person:<name>")
            return deed
    raise Incomplete(f"Choose what to do: {', '.join(DEEDS)}")


def _packed(ids: list[int]) -> list[str]:
    """The numbers with commas between them, in texts that a field takes."""
    packed = [""]
    for number in map(str, ids):
        if len(packed[-1]) + len(number) + 1 > LONGEST_FIELD:
            packed.append("")
        packed[-1] += f"{',' if packed[-1] else ''}{number}"
    return packed
