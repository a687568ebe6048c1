"""The pages /integrations/webhooks: who is told of what happens, what came of it, and telling again."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from afterclick.control_room.api.webhooks import ManagesWebhooks, SeesWebhooks
from afterclick.control_room.forms import Seal, sent
from afterclick.control_room.html import Html
from afterclick.control_room.outgoing import subscriptions
from afterclick.control_room.outgoing.subscribing import REFUSALS, Subscribing
from afterclick.control_room.outgoing.subscriptions import Impossible, NoSubscription, Subscription
from afterclick.control_room.problems import Problem
from afterclick.control_room.routes import Routes
from afterclick.control_room.server import Room
from afterclick.governance.actor import Actor
from afterclick.store.transaction import Tx

PLACE: Final = "/integrations/webhooks"
ROWS: Final = 50
STATES: Final = {"pause": "paused", "resume": "active", "end": "ended"}
LARGEST: Final = 2**62


def webhook_pages(room: Room, desk: Subscribing) -> APIRouter:
    """The routes of the pages."""
    html = Html(Path(__file__).with_name("templates"), shop=room.shop)
    router = Routes(include_in_schema=False)
    _lists(router, html, room)
    _adds(router, html, room, desk)
    _changes(router, room)
    return router


def _lists(router: APIRouter, html: Html, room: Room) -> None:
    @router.get(PLACE)
    def everyone(who: SeesWebhooks, request: Request) -> Response:
        """Who is told, and how it goes."""
        return _everyone(html, room, who, request)

    @router.get(PLACE + "/{number}")
    def one(
        who: SeesWebhooks,
        number: int,
        request: Request,
        state: Annotated[str, Query(max_length=10)] = "",
        before: Annotated[int, Query(ge=0, lt=LARGEST)] = 0,
    ) -> Response:
        """One subscriber, with what it was told."""
        if state and state not in subscriptions.STATES:
            raise Problem(422, f"there is no state {state!r}; choose one of {', '.join(subscriptions.STATES)}")
        with room.database.reading() as tx:
            found = _found(tx, number)
            tellings = subscriptions.attempts(tx, number, state=state, before=before or LARGEST, limit=ROWS + 1)
        more = tellings[ROWS - 1].id if len(tellings) > ROWS else 0
        seal = Seal(request)
        return seal.on(html.page(
            "webhook.html", who=who, here="integrations", hook=found, tellings=tellings[:ROWS], more=more, first=not before,
            state=state, states=subscriptions.STATES, token=seal.token, now_ms=room.now_ms(), today=_day(room.now_ms()),
        ))  # fmt: skip


def _everyone(html: Html, room: Room, who: Actor, request: Request, *, status: int = 200, **given: str) -> Response:
    with room.database.reading() as tx:
        found, counted = subscriptions.listed(tx), subscriptions.counted(tx)
    seal = Seal(request)
    values = {"wrong": "", "secret": "", "url": "", "events": ""} | given
    return seal.on(html.page(
        "webhooks.html", who=who, status=status, here="integrations", hooks=found, counted=counted, token=seal.token,
        now_ms=room.now_ms(), **values,
    ))  # fmt: skip


def _adds(router: APIRouter, html: Html, room: Room, desk: Subscribing) -> None:
    @router.post(PLACE)
    async def add(who: ManagesWebhooks, request: Request) -> Response:
        """Tell somebody from now on; the answer shows the secret, this once."""
        fields = await sent(request)
        url, events = fields.get("url", "").strip(), fields.get("events", "")

        def adds() -> Response:
            try:
                made = desk.prepare(url, by=who.id)
                with room.database.transaction() as tx:
                    desk.add(tx, made, events.replace(",", " ").split(), by=who.id)
            except REFUSALS as error:
                return _everyone(html, room, who, request, status=422, wrong=str(error), url=url, events=events)
            return _everyone(html, room, who, request, secret=made.secret)

        return await run_in_threadpool(adds)

    @router.post(PLACE + "/{number}/renew")
    async def renew(who: ManagesWebhooks, number: int, request: Request) -> Response:
        """Sign with a new secret, which the answer shows this once."""
        await sent(request)

        def renews() -> Response:
            with room.database.reading() as tx:
                _found(tx, number)
            made = desk.prepare("", by=who.id)
            with room.database.transaction() as tx:
                desk.renew(tx, number, made, by=who.id)
            return _everyone(html, room, who, request, secret=made.secret)

        return await run_in_threadpool(renews)


def _changes(router: APIRouter, room: Room) -> None:
    @router.post(PLACE + "/{number}/replay")
    async def replay(who: ManagesWebhooks, number: int, request: Request) -> Response:
        """Tell once more: one telling, or whole days (UTC), both included."""
        fields = await sent(request)

        def again(tx: Tx) -> None:
            telling = fields.get("telling", "")
            if telling.isdecimal() and len(telling) < 19:
                subscriptions.tell_again(tx, number, int(telling), by=who.id, now_ms=room.now_ms())
                return
            from_ms, to_ms = _start(fields.get("from", "")), _start(fields.get("to", "")) + 86_400_000
            subscriptions.replay(tx, number, from_ms=from_ms, to_ms=to_ms, by=who.id, now_ms=room.now_ms())

        await run_in_threadpool(_written, room, again)
        return RedirectResponse(f"{PLACE}/{number}", 303)

    @router.post(PLACE + "/{number}/{change}")
    async def change(who: ManagesWebhooks, number: int, change: str, request: Request) -> Response:
        """Pause it, let it go on, or end it."""
        await sent(request)
        if change not in STATES:
            raise Problem(404, "there is no such page")

        def changes(tx: Tx) -> None:
            subscriptions.change(tx, number, STATES[change], by=who.id, now_ms=room.now_ms())

        await run_in_threadpool(_written, room, changes)
        return RedirectResponse(PLACE if change == "end" else f"{PLACE}/{number}", 303)


def _written(room: Room, does: Callable[[Tx], None]) -> None:
    try:
        with room.database.transaction() as tx:
            does(tx)
    except NoSubscription as error:
        raise Problem(404, str(error)) from error
    except Impossible as error:
        raise Problem(422, str(error)) from error
    room.notify()


def _found(tx: Tx, number: int) -> Subscription:
    if not 0 < number < LARGEST:
        raise Problem(404, f"there is no subscription {number}")
    try:
        return subscriptions.one(tx, number)
    except NoSubscription as error:
        raise Problem(404, str(error)) from error


def _start(day: str) -> int:
    try:
        return round(datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError as error:
        raise Problem(422, "name both days as 2026-11-20") from error


def _day(now_ms: int) -> str:
    return f"{datetime.fromtimestamp(now_ms / 1000, UTC):%Y-%m-%d}"
