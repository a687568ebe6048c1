"""The policy in force for programs: each limit in words, one changed, and what a version changes."""

from typing import Annotated, Any

import msgspec
from fastapi import Path, Response

from afterclick.control_room.api.answers import Given
from afterclick.control_room.api.kit import Interface
from afterclick.control_room.api.sent import Sends, refusing
from afterclick.control_room.policy.access import ProposesPolicy, SeesPolicy, found_version, sees_orders
from afterclick.control_room.policy.pages import differences
from afterclick.control_room.policy.proposing import limit_named
from afterclick.governance import regimes, replays, versions
from afterclick.governance.policy import PolicyError, read
from afterclick.governance.policy_check import Checked, check
from afterclick.governance.policy_lines import Lines, Value, changed
from afterclick.governance.policy_words import Change, changes, entries
from afterclick.governance.regimes import Regime
from afterclick.governance.replays import Replay
from afterclick.governance.versions import NotAllowed, NotPossible, Version
from afterclick.store.transaction import Tx

Number = Annotated[int, Path(ge=1, lt=2**62)]
Said = Annotated[str, msgspec.Meta(max_length=1_000)]


class Limit(msgspec.Struct, frozen=True):
    """A limit: its value in force, the default, what it is for, and the line on which the shop has set it (0: nowhere)."""

    name: str
    value: Any
    default: Any
    help: str
    line: int


class Ruling(msgspec.Struct, frozen=True):
    """What is in force: the number of the active version, and of one on trial (0: none) with how and on which share.

    `waiting` are the numbers of versions that were proposed or are to start later.
    """

    active: int
    trial: int
    how: str
    share: int
    since_ms: int
    text: str
    limits: tuple[Limit, ...]
    checked: Checked
    waiting: tuple[int, ...]


class NewLimit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One limit by its name, such as `orders.ask_above`, with another value; `null` for its default. And why."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    value: bool | int | float | Said | Annotated[list[Said], msgspec.Meta(max_length=500)] | None
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


class Differing(msgspec.Struct, frozen=True):
    """A verdict that a version in shadow would have given otherwise."""

    order: int | None
    at_ms: int
    verdict: str
    because: str


class Compared(msgspec.Struct, frozen=True):
    """What a version changes against the active one, what is wrong with it, its replays, and what it decided otherwise.

    `differing` counts all verdicts that differ; `latest` are the last of them, for those who may see orders.
    """

    changes: tuple[Change, ...]
    checked: Checked
    replays: tuple[Replay, ...]
    differing: int
    latest: tuple[Differing, ...]


def add(api: Interface) -> None:
    """Add the routes under `/api/v1/policy`."""
    room = api.room

    @api.get("/policy", Ruling)
    def in_force(who: SeesPolicy) -> Response:
        """The limits and rules in force, and what is wrong with them."""
        with room.database.reading() as tx:
            return Given(_ruling(tx))

    @api.post("/policy/limits", NewLimit, Version, refuses=(404,), status=201)
    def propose(who: ProposesPolicy, sent: Sends) -> Response:
        """Propose a version in which one limit is different; comments in the file stay."""
        wish = sent.read(NewLimit)

        def proposes(tx: Tx) -> Version:
            text = versions.active_text(tx)
            entry = limit_named(text, wish.name)
            value: Value | None = wish.value
            note = wish.note or f"{wish.name} {entry.value} → {'its default' if value is None else value}"
            new = changed(text, entry.path, value)
            return versions.version(tx, versions.propose(tx, new, who=who, note=note[:500], now_ms=room.now_ms()))

        with refusing(422, PolicyError), refusing(409, NotPossible), refusing(403, NotAllowed):
            return sent.once(room, who, proposes, status=201)

    @api.get("/policy/versions/{number}/compared", Compared, refuses=(404, 409))
    def compared(who: SeesPolicy, number: Number) -> Response:
        """What a version changes."""
        with refusing(409, PolicyError), room.database.reading() as tx:
            version = found_version(tx, number)
            rows, count = differences(tx, number)
            latest = [Differing(one[0], *one[2:]) for one in rows] if sees_orders(who) else []
            return Given(Compared(
                tuple(changes(read(versions.active_text(tx)), read(version.text))), check(version.text),
                tuple(replays.listed(tx, version=number)), count, tuple(latest),
            ))  # fmt: skip


def _ruling(tx: Tx) -> Ruling:
    now = regimes.current(tx) or Regime(0, 0, 0, 0, "", 0, "", "")
    text = versions.active_text(tx)
    lines = Lines(text)
    limits = tuple(Limit(one.name, one.value, one.default, one.help, lines.exact(one.path)) for one in entries(read(text)))
    waiting = tuple(one.number for one in versions.listed(tx) if one.state in ("proposed", "scheduled"))
    return Ruling(now.active, now.trial, now.how, now.share, now.at_ms, text, limits, check(text), waiting)
