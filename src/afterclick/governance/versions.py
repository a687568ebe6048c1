"""The versions of the policy: proposed, put in force by somebody else, and taken back in one step."""

import hashlib
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, get_args

import msgspec

from afterclick.governance import replays
from afterclick.governance.actor import Actor
from afterclick.governance.in_force import of_the_whole_office
from afterclick.governance.policy_check import usable
from afterclick.governance.regimes import Regime, before_this, current, put_in_force
from afterclick.store import log
from afterclick.store.database import Database
from afterclick.store.log import Block, Event
from afterclick.store.transaction import Tx

State = Literal["proposed", "scheduled", "shadow", "canary", "active", "superseded", "withdrawn"]
STATES: Final[tuple[State, ...]] = get_args(State)
StartsAs = Literal["active", "shadow", "canary"]
STARTS: Final[tuple[StartsAs, ...]] = ("active", "shadow", "canary")
FROM_FILE: Final = "policy.file"
"""Who proposed the first version: the file that lay in the office's folder when it was first opened."""
LONGEST_NOTE: Final = 1_000
_COLUMNS: Final = (
    "number, text, digest, proposed_by, proposed_ms, note, state, starts_as, share, activates_ms, activated_by, activated_ms,"
    " because"
)


class NotAllowed(PermissionError):
    """Whoever asks may not do this to a version of the policy; the message says who may."""


class NotPossible(ValueError):
    """This cannot be done with that version; the message says why, and what to do instead."""


class Version(msgspec.Struct, frozen=True):
    """One version. `activates_ms`: when it is to start, 0 for at once; `because`: why no replay was needed, or how it ended."""

    number: int
    text: str
    digest: str
    proposed_by: str
    proposed_ms: int
    note: str
    state: State
    starts_as: str
    share: int
    activates_ms: int
    activated_by: str
    activated_ms: int
    because: str


class Start(NamedTuple):
    """How a version is to be put in force: as what, on which share (percent, of a canary), when (0: now)."""

    starts_as: StartsAs = "active"
    share: int = 0
    at_ms: int = 0
    without_replay: str = ""
    """Why it may start although no replay of it was made; stays on record."""


def begin(tx: Tx, text: str, *, now_ms: int) -> None:
    """Make the file of an office that has no version yet its first, active one; else do nothing.

    Raises:
        PolicyError: the file cannot be used.
    """
    if current(tx) is not None:
        return
    usable(text)
    tx.take("policy_regimes", 0)  # of two that open the office at once, one waits here
    if current(tx) is None:
        number = _written(tx, text, by=FROM_FILE, note="the file of the office when it was first opened", now_ms=now_ms)
        tx.run("UPDATE policy_versions SET activated_by = ?, because = 'the first version' WHERE number = ?", (FROM_FILE, number))
        put_in_force(tx, Regime(0, now_ms, number, 0, "", 0, FROM_FILE, "the first version"))
        tx.run("UPDATE policy_versions SET state = 'active', activated_ms = ? WHERE number = ?", (now_ms, number))
        record(tx, FROM_FILE, now_ms, [event_of("policy.activated", tx, number, "the first version")])


def opened(database: Database, text: str, *, now_ms: int) -> None:
    """See that an office has a policy; `text` is its file, which counts only when the office is opened for the first time.

    Raises:
        PolicyError: the file cannot be used.
    """
    with database.reading() as tx:
        first = current(tx) is None
    if first:
        with database.transaction() as tx:
            begin(tx, text, now_ms=now_ms)


def active_text(tx: Tx) -> str:
    """The text of the active version; empty in an office that was never opened."""
    now = current(tx)
    return version(tx, now.active).text if now is not None else ""


def propose(tx: Tx, text: str, *, who: Actor, note: str, now_ms: int) -> int:
    """Write down a new version; nothing is in force by that. Returns its number.

    Raises:
        PolicyError: the text cannot be used. NotAllowed, NotPossible: it is the active one already.
    """
    _must_have(who, "policy.propose")
    usable(text)
    active = current(tx)
    if active is not None and version(tx, active.active).digest == digest_of(text):
        raise NotPossible(f"this is version {active.active} word for word, which is active; change something first")
    number = _written(tx, text, by=who.id, note=note[:LONGEST_NOTE], now_ms=now_ms)
    record(tx, who.id, now_ms, [event_of("policy.proposed", tx, number, note[:LONGEST_NOTE])])
    return number


def activate(tx: Tx, number: int, *, who: Actor, start: Start, now_ms: int) -> None:
    """Put a version in force, now or at a time; in shadow, on a share, or whole.

    Raises:
        NotAllowed: it needs `policy.activate`, and nobody puts in force what they proposed (unless alone in the shop).
        NotPossible: no replay of it counts and no reason is given why not, or its state does not allow it.
    """
    _must_have(who, "policy.activate")
    one = version(tx, number)
    if not who.may_second(one.proposed_by):
        raise NotAllowed(
            f"version {number} was proposed by {one.proposed_by}: somebody else with policy.activate puts it in force"
        )
    replay, said = _must_be_possible(tx, one, start)
    facts = {
        "starts_as": start.starts_as, "share": start.share, "at_ms": start.at_ms, "proposed_by": one.proposed_by,
        "replay": replay, "replay_said": said, "without_replay": start.without_replay, "alone": who.alone_in(one.proposed_by),
    }  # fmt: skip
    later = start.at_ms > now_ms
    tx.run(
        "UPDATE policy_versions SET state = ?, starts_as = ?, share = ?, activates_ms = ?, activated_by = ?, because = ?"
        " WHERE number = ?",
        ("scheduled" if later else one.state, start.starts_as, start.share, start.at_ms, who.id, start.without_replay, number),
    )
    happened = [event_of("policy.scheduled", tx, number, start.without_replay, facts)] if later else []
    if not later:
        happened = enter_force(tx, version(tx, number), now_ms=now_ms, facts=facts)
    record(tx, who.id, now_ms, happened)


def withdraw(tx: Tx, number: int, *, who: Actor, because: str, now_ms: int) -> None:
    """Take back what is proposed or scheduled; who proposed it may, and whoever may put versions in force.

    One that is on trial until its time comes is on trial no more; that takes `policy.activate`, as every end of a trial does.

    Raises:
        NotAllowed, NotPossible: it is in force or over; roll back instead.
    """
    tx.take("policy_regimes", 0)  # else it might start meanwhile
    one, now = version(tx, number), current(tx)
    on_trial = now is not None and now.trial == number
    if on_trial or not who.is_self(one.proposed_by) or not who.may("policy.propose"):
        _must_have(who, "policy.activate")
    if one.state not in ("proposed", "scheduled"):
        raise NotPossible(f"version {number} is {one.state}; only what is proposed or scheduled is withdrawn")
    if now is not None and on_trial:
        put_in_force(tx, Regime(0, now_ms, now.active, 0, "", 0, who.id, because[:LONGEST_NOTE]))
    tx.run("UPDATE policy_versions SET state = 'withdrawn', because = ? WHERE number = ?", (because[:LONGEST_NOTE], number))
    facts = {"trial_ended": on_trial}
    record(tx, who.id, now_ms, [event_of("policy.withdrawn", tx, number, because[:LONGEST_NOTE], facts)])


def roll_back(tx: Tx, *, who: Actor, because: str, now_ms: int) -> int:
    """One step back: end the trial where there is one, else the version before this one is active again; returns which is.

    It needs no replay and no second person: what it brings back was in force before.

    Raises:
        NotAllowed, NotPossible: there is nothing before the first version.
    """
    _must_have(who, "policy.activate")
    tx.take("policy_regimes", 0)
    now = current(tx)
    assert now is not None, "an office has a policy from its first opening on"
    because = because[:LONGEST_NOTE] or "rolled back"
    if now.trial:
        ended, back = now.trial, now.active
    else:
        before = before_this(tx)
        if not before:
            raise NotPossible(f"there is nothing to go back to: no version before {now.active} was in force and not taken back")
        ended, back = now.active, before
    tx.run("UPDATE policy_versions SET state = 'withdrawn', because = ? WHERE number = ?", (because, ended))
    tx.run("UPDATE policy_versions SET state = 'active' WHERE number = ?", (back,))
    put_in_force(tx, Regime(0, now_ms, back, 0, "", 0, who.id, because))
    record(tx, who.id, now_ms, [event_of("policy.rolled-back", tx, ended, because, {"back_to": back})])
    return back


def version(tx: Tx, number: int) -> Version:
    """One version.

    Raises:
        NotPossible: there is none of that number.
    """
    rows = tx.rows(f"SELECT {_COLUMNS} FROM policy_versions WHERE number = ?", (number,))  # noqa: S608
    if not rows:
        raise NotPossible(f"there is no version {number} of the policy; `afterclick policy versions` names them")
    return Version(*rows[0])


def listed(tx: Tx, *, limit: int = 50, before: int = 2**62, state: str = "") -> list[Version]:
    """Versions, the latest first; `before` is the number of the last one seen. `state` empty: of all states."""
    sql = f"SELECT {_COLUMNS} FROM policy_versions WHERE number < ? AND ? IN ('', state) ORDER BY number DESC LIMIT ?"  # noqa: S608
    return [Version(*row) for row in tx.rows(sql, (before, state, limit))]


def digest_of(text: str) -> str:
    """SHA-256 of a policy's text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def _must_have(who: Actor, permission: Literal["policy.propose", "policy.activate"]) -> None:
    if not who.may(permission):
        raise NotAllowed(f"this needs the permission {permission}, which {who.name} does not have; ask an admin")


def _must_be_possible(tx: Tx, one: Version, start: Start) -> tuple[int, str]:
    """The replay that lets it start, and what is to be said about that one; see `replays.counting`."""
    tx.take("policy_regimes", 0)
    now = current(tx)
    assert now is not None, "an office has a policy from its first opening on"
    if one.state in ("withdrawn", "active"):
        raise NotPossible(f"version {one.number} is {one.state}; propose its text again to have it in force")
    if start.starts_as == "canary" and not 1 <= start.share <= 99:
        raise NotPossible("a canary needs a share of 1 to 99 percent")
    if start.starts_as == "canary" and (whole := ", ".join(of_the_whole_office(active_text(tx), one.text))):
        raise NotPossible(f"what it changes in {whole} holds for the whole office: start it whole, or propose that part alone")
    replay, said = replays.counting(tx, one.digest, now.active)
    if not replay and not start.without_replay.strip():
        raise NotPossible(
            f"version {one.number} may not start unseen: {said}; run `afterclick policy replay --version {one.number}` first,"
            " over more days where need be, or say with --without-replay why it may start"
        )
    return replay, said


def enter_force(tx: Tx, one: Version, *, now_ms: int, facts: Mapping[str, object]) -> list[Event]:
    """Put a version in force now, in place of whatever was on trial."""
    now = current(tx)
    assert now is not None, "an office has a policy from its first opening on"
    whole = one.starts_as == "active"
    if now.trial and now.trial != one.number:
        ended = "UPDATE policy_versions SET state = 'proposed' WHERE number = ? AND state IN ('shadow', 'canary', 'scheduled')"
        tx.run(ended, (now.trial,))
    if whole:
        tx.run("UPDATE policy_versions SET state = 'superseded' WHERE number = ?", (now.active,))
    tx.run("UPDATE policy_versions SET state = ?, activated_ms = ? WHERE number = ?", (one.starts_as, now_ms, one.number))
    active, trial, how = (one.number, 0, "") if whole else (now.active, one.number, one.starts_as)
    put_in_force(tx, Regime(0, now_ms, active, trial, how, one.share if how == "canary" else 0, one.activated_by, one.because))
    return [event_of("policy.activated", tx, one.number, one.because, facts)]


def _written(tx: Tx, text: str, *, by: str, note: str, now_ms: int) -> int:
    number = tx.take("policy_versions")
    tx.run(
        "INSERT INTO policy_versions (number, text, digest, proposed_by, proposed_ms, note, state)"
        " VALUES (?, ?, ?, ?, ?, ?, 'proposed')",
        (number, text, digest_of(text), by, now_ms, note),
    )
    return number


def event_of(activity: str, tx: Tx, number: int, because: str, facts: Mapping[str, object] | None = None) -> Event:
    """The event of a step that a version took, with its digest."""
    one = version(tx, number)
    known = {"version": number, "digest": one.digest, **(facts or {})}
    return Event(activity, None, f"policy/{number}", one.state, because, msgspec.json.encode(known).decode())


def record(tx: Tx, by: str, now_ms: int, happened: list[Event]) -> None:
    """Log what was done with a version."""
    log.append(tx, Block(now_ms, by, ""), happened)
