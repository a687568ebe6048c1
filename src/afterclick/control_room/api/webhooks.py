"""Webhooks out for programs: who is told of what, what came of it, and telling again."""

from typing import Annotated, Literal

import msgspec
from fastapi import Depends, Path, Query, Response

from afterclick.control_room.access import Needs
from afterclick.control_room.api.answers import Given
from afterclick.control_room.api.kit import MOST_ROWS, Interface, Nothing
from afterclick.control_room.api.pace import Pace
from afterclick.control_room.api.sent import Sends, refusing
from afterclick.control_room.outgoing import subscriptions
from afterclick.control_room.outgoing.subscribing import REFUSALS, Subscribing
from afterclick.control_room.outgoing.subscriptions import Attempted, Impossible, NoSubscription, Subscription
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.governance.actor import Actor
from afterclick.store.transaction import Tx

SeesWebhooks = Annotated[Actor, Depends(Needs("integrations.read"))]
ManagesWebhooks = Annotated[Actor, Depends(Needs("webhooks.manage"))]
Number = Annotated[int, Path(ge=1, lt=2**62, description="The subscription's number.")]
Instant = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]


class NewWebhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to tell what: activities exactly, as `order.*`, or `*` for all."""

    url: Annotated[str, msgspec.Meta(min_length=8, max_length=2_000)]
    events: Annotated[list[Annotated[str, msgspec.Meta(min_length=1, max_length=100)]], msgspec.Meta(min_length=1, max_length=50)]


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pause it, or let it go on."""

    state: Literal["active", "paused"]


class Again(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One telling once more, or all that happened from one instant (inclusive) to another (exclusive)."""

    telling: Annotated[int, msgspec.Meta(ge=1, lt=2**62)] | None = None
    from_ms: Instant | None = None
    to_ms: Instant | None = None


class Webhook(msgspec.Struct, frozen=True):
    """Somebody who is told; `waiting` and `dead` count its tellings. `secret` is shown once, when it is made or renewed."""

    id: int
    url: str
    events: tuple[str, ...]
    state: str
    made_by: str
    made_ms: int
    waiting: int = 0
    dead: int = 0
    secret: str | None = None


class Webhooks(msgspec.Struct, frozen=True):
    """Everyone who is told."""

    webhooks: tuple[Webhook, ...]


class AttemptPage(msgspec.Struct, frozen=True):
    """Tellings, the newest first; `next` is the cursor of the page after it, 0 on the last."""

    tellings: tuple[Attempted, ...]
    next: int


class Replayed(msgspec.Struct, frozen=True):
    """How many events are told once more."""

    events: int


def webhooks_api(room: Room, desk: Subscribing, pace: Pace | None = None) -> Interface:
    """The routes under `/api/v1/webhooks`."""
    api = Interface(room, "webhooks", pace=pace)
    _reads(api)
    _makes(api, desk)
    _changes(api, desk)
    return api


def _reads(api: Interface) -> None:
    room = api.room

    @api.get("/webhooks", Webhooks)
    def listed(who: SeesWebhooks) -> Response:
        """Everyone who is told, and how it goes."""
        with room.database.reading() as tx:
            counted = subscriptions.counted(tx)
            return Given(Webhooks(tuple(_shown(one, counted.get(one.id)) for one in subscriptions.listed(tx))))

    @api.get("/webhooks/{number}", Webhook, refuses=(404,))
    def one(who: SeesWebhooks, number: Number) -> Response:
        """One of them."""
        with refusing(404, NoSubscription), room.database.reading() as tx:
            return Given(_current(tx, number))

    @api.get("/webhooks/{number}/tellings", AttemptPage, refuses=(404,))
    def tellings(
        who: SeesWebhooks,
        number: Number,
        state: Annotated[Literal["", "waiting", "told", "dead"], Query()] = "",
        cursor: Annotated[int, Query(ge=0, lt=2**62)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 50,
    ) -> Response:
        """What it was told, and what came of it; `dead` are those that were given up."""
        with refusing(404, NoSubscription), room.database.reading() as tx:
            subscriptions.one(tx, number)
            found = subscriptions.attempts(tx, number, state=state, before=cursor or 2**62, limit=limit + 1)
        return Given(AttemptPage(tuple(found[:limit]), found[limit - 1].id if len(found) > limit else 0))


def _makes(api: Interface, desk: Subscribing) -> None:
    room = api.room

    @api.post("/webhooks", NewWebhook, Webhook, status=201)
    def subscribe(who: ManagesWebhooks, sent: Sends) -> Response:
        """Tell somebody of events from now on; the answer has the secret by which they are signed, this once."""
        wish = sent.read(NewWebhook)
        with refusing(422, *REFUSALS):
            made = desk.prepare(wish.url, by=who.id)

            def adds(tx: Tx) -> Webhook:
                return _shown(desk.add(tx, made, wish.events, by=who.id), None, made.secret)

            return sent.once(room, who, adds, status=201, secret=True)

    @api.post("/webhooks/{number}/renew", Nothing, Webhook, refuses=(404,))
    def renew(who: ManagesWebhooks, number: Number, sent: Sends) -> Response:
        """Sign with a new secret from now on, which the answer shows this once."""
        sent.read(Nothing)
        with refusing(404, NoSubscription), refusing(422, *REFUSALS):
            made = desk.prepare("", by=who.id)

            def renews(tx: Tx) -> Webhook:
                return _shown(desk.renew(tx, number, made, by=who.id), None, made.secret)

            return sent.once(room, who, renews, current=lambda tx: _current(tx, number), secret=True)


def _changes(api: Interface, desk: Subscribing) -> None:
    room = api.room

    def change(who: Actor, number: int, sent: Sends, state: str) -> Response:
        def changes(tx: Tx) -> Webhook:
            return _shown(subscriptions.change(tx, number, state, by=who.id, now_ms=room.now_ms()), None)

        with refusing(404, NoSubscription):
            return sent.once(room, who, changes, current=lambda tx: _current(tx, number))

    @api.post("/webhooks/{number}/state", Change, Webhook, refuses=(404,))
    def state(who: ManagesWebhooks, number: Number, sent: Sends) -> Response:
        """Pause it (what comes waits), or let it go on."""
        return change(who, number, sent, sent.read(Change).state)

    @api.delete("/webhooks/{number}", Webhook, refuses=(404,))
    def end(who: ManagesWebhooks, number: Number, sent: Sends) -> Response:
        """Tell it nothing more; what waits is dropped."""
        return change(who, number, sent, "ended")

    @api.post("/webhooks/{number}/replay", Again, Replayed, refuses=(404,))
    def replay(who: ManagesWebhooks, number: Number, sent: Sends) -> Response:
        """Tell once more: one telling, or a span of time."""
        wish = sent.read(Again)

        def replays(tx: Tx) -> Replayed:
            if wish.telling is not None:
                again = subscriptions.tell_again(tx, number, wish.telling, by=who.id, now_ms=room.now_ms())
            elif wish.from_ms is not None and wish.to_ms is not None:
                again = subscriptions.replay(tx, number, from_ms=wish.from_ms, to_ms=wish.to_ms, by=who.id, now_ms=room.now_ms())
            else:
                raise Problem(422, "name a telling, or from_ms and to_ms")
            return Replayed(again)

        with refusing(404, NoSubscription), refusing(422, Impossible):
            return sent.once(room, who, replays)


def _current(tx: Tx, number: int) -> Webhook:
    return _shown(subscriptions.one(tx, number), subscriptions.counted(tx).get(number))


def _shown(one: Subscription, counted: dict[str, int] | None, secret: str | None = None) -> Webhook:
    known = counted or {}
    return Webhook(
        one.id, one.url, one.events, one.state, one.made_by, one.made_ms, known.get("waiting", 0), known.get("dead", 0), secret
    )
