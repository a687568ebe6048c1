"""The policy for programs: its versions proposed, checked, replayed, put in force and taken back."""

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from fastapi import Query, Response

from afterclick.control_room.api import limits
from afterclick.control_room.api.answers import Given
from afterclick.control_room.api.kit import MOST_ROWS, Interface
from afterclick.control_room.api.limits import Number
from afterclick.control_room.api.pace import Pace
from afterclick.control_room.api.sent import Sends, Sent, refusing
from afterclick.control_room.policy.access import (
    ActivatesPolicy,
    Policing,
    ProposesPolicy,
    ReplaysPolicy,
    SeesPolicy,
)  # fmt: skip
from afterclick.control_room.policy.replaying_page import begin_replay
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.governance import replays, versions
from afterclick.governance.actor import Actor
from afterclick.governance.policy import PolicyError
from afterclick.governance.policy_check import LONGEST, Checked, check
from afterclick.governance.replays import Case, Replay
from afterclick.governance.versions import NotAllowed, NotPossible, Start, StartsAs, State, Version
from afterclick.store.transaction import Tx

Text = Annotated[str, msgspec.Meta(max_length=LONGEST)]
Fate = Annotated[str, Query(max_length=60)]
Reason = Annotated[str, msgspec.Meta(max_length=500)]


class NewVersion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A policy as TOML, and what it changes and why."""

    text: Text
    note: Reason = ""


class Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A policy as TOML, to be looked at only."""

    text: Text


class Because(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The reason; it stays on record."""

    because: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class Beginning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How it starts: active, in shadow, or on a canary `share` in percent; at once, or at `at_ms`.

    `without_replay` says why, where none was made before.
    """

    starts_as: StartsAs = "active"
    share: Annotated[int, msgspec.Meta(ge=0, le=99)] = 0
    at_ms: Annotated[int, msgspec.Meta(ge=0, lt=2**53)] = 0
    without_replay: Reason = ""


class Span(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Over how many days, of which bot (empty: the one that judges orders), and against what: the active version, or what was
    `recorded`."""

    days: Annotated[int, msgspec.Meta(ge=1, le=9_999)] = 90
    bot: Annotated[str, msgspec.Meta(max_length=100)] = ""
    against: Literal["active", "recorded"] = "active"


class VersionPage(msgspec.Struct, frozen=True):
    """Versions, the newest first; `next` is the cursor of the page after it, 0 on the last."""

    versions: tuple[Version, ...]
    next: int


class Replayed(msgspec.Struct, frozen=True):
    """A replay, how far it is or what it found, with the cases that would have gone differently; `next` as in lists.

    `left_out` says so where the cases of orders are kept from whom may not see orders.
    """

    replay: Replay
    cases: tuple[Case, ...]
    next: int
    left_out: str = ""


def policy_api(room: Room, policing: Policing, pace: Pace | None = None) -> Interface:
    """The routes under `/api/v1/policy`."""
    api = Interface(room, "policy", pace=pace)
    _reads(api)
    _proposes(api)
    _replays(api, policing)
    _puts_in_force(api)
    limits.add(api)
    return api


def _reads(api: Interface) -> None:
    room = api.room

    @api.get("/policy/versions", VersionPage)
    def listed(
        who: SeesPolicy,
        state: Annotated[Literal[""] | State, Query(description="Only versions in it; empty for all.")] = "",
        cursor: Annotated[int, Query(ge=0, lt=2**62)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 50,
    ) -> Response:
        """Every version that was ever proposed, of one state or of all."""
        with room.database.reading() as tx:
            found = versions.listed(tx, limit=limit + 1, before=cursor or 2**62, state=state)
        return Given(VersionPage(tuple(found[:limit]), found[limit - 1].number if len(found) > limit else 0))

    @api.get("/policy/versions/{number}", Version, refuses=(404,))
    def shown(who: SeesPolicy, number: Number) -> Response:
        """One of them, with its text."""
        with room.database.reading() as tx:
            return Given(_version(tx, number))


def _proposes(api: Interface) -> None:
    room = api.room

    @api.post("/policy/check", Draft, Checked, keyed=False)
    def checks(who: ReplaysPolicy, sent: Sends) -> Response:
        """What is wrong, dead, shadowed or conflicting in a policy; nothing is kept."""
        return Given(check(sent.read(Draft).text))

    @api.post("/policy/versions", NewVersion, Version, status=201)
    def propose(who: ProposesPolicy, sent: Sends) -> Response:
        """Propose a version. It is in force only when somebody else has put it in force."""
        wish = sent.read(NewVersion)

        def proposes(tx: Tx) -> Version:
            return versions.version(tx, versions.propose(tx, wish.text, who=who, note=wish.note, now_ms=room.now_ms()))

        with refusing(422, PolicyError), refusing(409, NotPossible), refusing(403, NotAllowed):
            return sent.once(room, who, proposes, status=201)


def _replays(api: Interface, policing: Policing) -> None:
    room = api.room

    @api.post("/policy/versions/{number}/replay", Span, Replayed, refuses=(404,), status=202, keyed=False)
    def begin(who: ReplaysPolicy, number: Number, sent: Sends) -> Response:
        """Begin a replay over recorded facts: what would have gone differently? It only looks; ask for its result below."""
        wish = sent.read(Span)
        replay = begin_replay(room, policing, who, number, {"days": str(wish.days), "bot": wish.bot, "against": wish.against})
        return replayed(room, who, replay, status=202)

    @api.get("/policy/replays/{number}", Replayed, refuses=(404,))
    def result(
        who: SeesPolicy,
        number: Number,
        cursor: Annotated[int, Query(ge=0, lt=2**31)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 50,
        was: Fate = "",
        would: Fate = "",
    ) -> Response:
        """How far it is, or what it found; `was` and `would` narrow the cases down to one kind of difference."""
        return replayed(room, who, number, cursor, limit, was=was, would=would)


def replayed(
    room: Room, who: Actor, number: int, after: int = 0, limit: int = 50, *, status: int = 200, was: str = "", would: str = ""
) -> Response:
    """A replay with its cases, those of orders only for whom may see orders."""
    kinds = replays.seen_by(who)
    with room.database.reading() as tx:
        found = replays.found(tx, number)
        cases = replays.cases(tx, number, after=after, limit=limit + 1, was=was, would=would, kinds=kinds)
        left_out = replays.left_out(tx, number, kinds)
    if found is None:
        raise Problem(404, f"there is no replay {number}")
    more = cases[limit - 1].no if len(cases) > limit else 0
    return Given(Replayed(found, tuple(cases[:limit]), more, left_out), status)


def _puts_in_force(api: Interface) -> None:
    room = api.room

    @api.post("/policy/versions/{number}/activate", Beginning, Version, refuses=(404,))
    def activate(who: ActivatesPolicy, number: Number, sent: Sends) -> Response:
        """Put it in force; nobody does that with their own."""
        wish = sent.read(Beginning)
        start = Start(wish.starts_as, wish.share, wish.at_ms, wish.without_replay)

        def activates(tx: Tx) -> Version:
            _version(tx, number)
            versions.activate(tx, number, who=who, start=start, now_ms=room.now_ms())
            return _version(tx, number)

        return _once(room, who, sent, number, activates)

    @api.post("/policy/versions/{number}/withdraw", Because, Version, refuses=(404,))
    def withdraw(who: SeesPolicy, number: Number, sent: Sends) -> Response:
        """Take back what is proposed or scheduled: one's own, or what one might put in force."""
        because = sent.read(Because).because

        def withdraws(tx: Tx) -> Version:
            _version(tx, number)
            versions.withdraw(tx, number, who=who, because=because, now_ms=room.now_ms())
            return _version(tx, number)

        return _once(room, who, sent, number, withdraws)

    @api.post("/policy/roll-back", Because, Version)
    def roll_back(who: ActivatesPolicy, sent: Sends) -> Response:
        """One step back, at once; the answer is the version that is in force now."""
        because = sent.read(Because).because

        def rolls(tx: Tx) -> Version:
            return versions.version(tx, versions.roll_back(tx, who=who, because=because, now_ms=room.now_ms()))

        return _once(room, who, sent, 0, rolls)


def _once(room: Room, who: Actor, sent: Sent, number: int, does: Callable[[Tx], Version]) -> Response:
    def current(tx: Tx) -> object:
        return _version(tx, number) if number else versions.active_text(tx)

    with refusing(409, NotPossible), refusing(403, NotAllowed):
        return sent.once(room, who, does, current=current)


def _version(tx: Tx, number: int) -> Version:
    try:
        return versions.version(tx, number)
    except NotPossible as error:
        raise Problem(404, f"there is no version {number} of the policy") from error
