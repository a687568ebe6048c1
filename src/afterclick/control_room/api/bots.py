"""The register of bots for programs: who works here, and every step of a bot's life."""

from typing import Annotated, Any, Literal

import msgspec
from fastapi import Depends, Path, Query, Response

from afterclick.control_room.access import Needs
from afterclick.control_room.api.answers import Given
from afterclick.control_room.api.kit import Interface
from afterclick.control_room.api.pace import Pace
from afterclick.control_room.api.policy import Replayed, replayed
from afterclick.control_room.api.sent import Sends, Sent, refusing
from afterclick.control_room.policy.access import Policing, TriesBots
from afterclick.control_room.policy.replaying_page import begin_replay_of_bot
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.governance import lifecycle
from afterclick.governance.actor import Actor
from afterclick.governance.cards import Card
from afterclick.governance.lifecycle import STEPS, NoSuchBot, NotAllowed, NotPossible, State, Verb
from afterclick.governance.permissions import Permission
from afterclick.store.transaction import Tx

SeesBots = Annotated[Actor, Depends(Needs("bots.read"))]
OperatesBots = Annotated[Actor, Depends(Needs("bots.operate"))]
ProposesBots = Annotated[Actor, Depends(Needs("bots.propose"))]
BotId = Annotated[str, Path(min_length=1, max_length=100)]
_COLUMNS = "id, version, owner, state, mode, because, registered_ms, last_run_ms, since_ms, expires_ms, proposed_by"


class Because(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The reason; it stays on record."""

    because: Annotated[str, msgspec.Meta(max_length=500)] = ""


class Start(Because, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`without_replay` says why a new version may work although no replay showed what it would have decided."""

    without_replay: Annotated[str, msgspec.Meta(max_length=500)] = ""


class Days(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Over how many days."""

    days: Annotated[int, msgspec.Meta(ge=1, le=3_650)] = 90


class NewMode(Because, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Act (`live`), or only say what would be done."""

    mode: Literal["live", "shadow", "dry-run"]


class NewOwner(Because, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A team that the office knows, or `person:<name>` who may come in."""

    owner: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class RegisteredBot(msgspec.Struct, frozen=True):
    """A bot as it is registered; `queued` items wait for it. `expires_ms` is 0 for never."""

    id: str
    version: str
    owner: str
    state: str
    mode: str
    because: str
    registered_ms: int
    last_run_ms: int
    since_ms: int
    expires_ms: int
    proposed_by: str
    queued: int


class BotAndCard(msgspec.Struct, frozen=True):
    """A bot with its card, and what that holds of the table of permissions."""

    bot: RegisteredBot
    card: dict[str, Any]
    permissions: tuple[Permission, ...]


class Bots(msgspec.Struct, frozen=True):
    """Registered bots, by id."""

    bots: tuple[RegisteredBot, ...]


def bots_api(room: Room, policing: Policing, pace: Pace | None = None) -> Interface:
    """The routes under `/api/v1/bots`."""
    api = Interface(room, "bots", pace=pace)
    _reads(api)
    for verb in STEPS:
        _step(api, verb)
    _sets(api)
    _tries(api, policing)
    return api


def _reads(api: Interface) -> None:
    room = api.room

    @api.get("/bots", Bots)
    def listed(
        who: SeesBots, state: Annotated[Literal[""] | State, Query(description="Only bots in it; empty for all.")] = ""
    ) -> Response:
        """Who works here."""
        with room.database.reading() as tx:
            return Given(Bots(tuple(one for one in _found(tx) if state in ("", one.state))))

    @api.get("/bots/{bot_id}", BotAndCard, refuses=(404,))
    def shown(who: SeesBots, bot_id: BotId) -> Response:
        """One bot with its card: what it does, who owns it, what starts it, and what it may do outside."""
        with room.database.reading() as tx:
            return Given(_shown(tx, bot_id))


def _step(api: Interface, verb: Verb) -> None:
    step = STEPS[verb]
    body = Start if step.to == "active" else Because

    @api.post(f"/bots/{{bot_id}}/{verb}", body, BotAndCard, refuses=(404,))
    def take(who: Annotated[Actor, Depends(Needs(step.needs))], bot_id: BotId, sent: Sends) -> Response:
        wish = sent.read(body)
        unseen = wish.without_replay if isinstance(wish, Start) else ""

        def takes(tx: Tx) -> BotAndCard:
            now_ms = api.room.now_ms()
            lifecycle.take(tx, bot_id, verb, who=who, because=wish.because, without_replay=unseen, now_ms=now_ms)
            return _shown(tx, bot_id)

        return _once(api.room, who, sent, bot_id, takes)

    take.__doc__ = f"{verb.capitalize()}: {step.says}."


def _sets(api: Interface) -> None:
    room = api.room

    @api.post("/bots/{bot_id}/mode", NewMode, BotAndCard, refuses=(404,))
    def mode(who: OperatesBots, bot_id: BotId, sent: Sends) -> Response:
        """Let it act, or only say what it would do."""
        wish = sent.read(NewMode)

        def sets(tx: Tx) -> BotAndCard:
            lifecycle.set_mode(tx, bot_id, wish.mode, who=who, because=wish.because, now_ms=room.now_ms())
            return _shown(tx, bot_id)

        return _once(room, who, sent, bot_id, sets)

    @api.post("/bots/{bot_id}/owner", NewOwner, BotAndCard, refuses=(404,))
    def owner(who: ProposesBots, bot_id: BotId, sent: Sends) -> Response:
        """Give it another owner."""
        wish = sent.read(NewOwner)

        def sets(tx: Tx) -> BotAndCard:
            lifecycle.set_owner(tx, bot_id, wish.owner, who=who, because=wish.because, now_ms=room.now_ms())
            return _shown(tx, bot_id)

        return _once(room, who, sent, bot_id, sets)


def _tries(api: Interface, policing: Policing) -> None:
    @api.post("/bots/{bot_id}/replay", Days, Replayed, refuses=(404,), status=202, keyed=False)
    def replay(who: TriesBots, bot_id: BotId, sent: Sends) -> Response:
        """Judge what it decided by its rules as they are now: what would have gone differently? Ask for the result under
        `/policy/replays`."""
        number = begin_replay_of_bot(api.room, policing, who, bot_id, str(sent.read(Days).days))
        return replayed(api.room, who, number, status=202)


def _once(room: Room, who: Actor, sent: Sent, bot_id: str, does: Any) -> Response:
    with refusing(404, NoSuchBot), refusing(403, NotAllowed), refusing(409, NotPossible):
        return sent.once(room, who, does, current=lambda tx: _shown(tx, bot_id))


def _found(tx: Tx, bot_id: str = "") -> list[RegisteredBot]:
    queued = dict(tx.rows("SELECT bot, CAST(SUM(size) AS BIGINT) FROM queue GROUP BY bot"))
    where, values = ("WHERE id = ?", (bot_id,)) if bot_id else ("", ())
    rows = tx.rows(f"SELECT {_COLUMNS} FROM bots {where} ORDER BY id", values)  # noqa: S608
    return [RegisteredBot(*row, queued.get(row[0], 0)) for row in rows]  # pyright: ignore[reportCallIssue]  # 11 columns


def _shown(tx: Tx, bot_id: str) -> BotAndCard:
    found = _found(tx, bot_id)
    if not found:
        raise Problem(404, f"there is no bot {bot_id[:80]}")
    card: str = tx.value("SELECT card FROM bots WHERE id = ?", (bot_id,))
    held = msgspec.json.decode(card, type=Card).permissions
    return BotAndCard(found[0], msgspec.json.decode(card, type=dict[str, Any]), tuple(sorted(held)))
