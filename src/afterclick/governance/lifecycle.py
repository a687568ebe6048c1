"""The life of a bot in the register: which step follows which, who may take it, and what stands in its way."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final, Literal, NamedTuple

import msgspec

from afterclick.governance import replays
from afterclick.governance.actor import Actor
from afterclick.governance.cards import MODES, Card
from afterclick.governance.owners import no_owner
from afterclick.governance.permissions import Permission, conflicts
from afterclick.store import log
from afterclick.store.log import Block, Event
from afterclick.store.transaction import Tx

State = Literal["draft", "tested", "approved", "active", "paused", "retired"]
Verb = Literal["propose", "test", "approve", "activate", "pause", "resume", "retire"]


class Step(NamedTuple):
    """One step in a bot's life: from which states, to which, who may take it, its event, and what it means."""

    takes: tuple[State, ...]
    to: State
    needs: Permission
    event: str
    says: str


STEPS: Final[Mapping[Verb, Step]] = {
    "propose": Step(("tested", "approved", "paused", "retired"), "draft", "bots.propose", "bot.proposed",
                    "puts its card forward, to be tested and approved anew"),
    "test": Step(("draft",), "tested", "bots.propose", "bot.tested", "its card is whole, so that somebody may approve it"),
    "approve": Step(("tested",), "approved", "bots.approve", "bot.approved", "a second person stands for the card as it is"),
    "activate": Step(("approved",), "active", "bots.operate", "bot.activated", "lets it work"),
    "pause": Step(("active",), "paused", "bots.operate", "bot.paused", "it finishes what it has in hand; what comes waits"),
    "resume": Step(("paused",), "active", "bots.operate", "bot.resumed", "lets it work again"),
    "retire": Step(("draft", "tested", "approved", "active", "paused"), "retired", "bots.approve", "bot.retired",
                   "ends its work for good; propose it to bring it back"),
}  # fmt: skip


class NoSuchBot(LookupError):
    """There is no bot of that name in the register."""


class NotAllowed(PermissionError):
    """This person may not do that with a bot; the message says what it takes."""


class NotPossible(ValueError):
    """The bot's state does not allow it, or something is missing; the message says what."""


class Kept(NamedTuple):
    """A bot's row, as far as its life goes."""

    id: str
    version: str
    owner: str
    text: str
    state: State
    mode: str
    digest: str
    approved: str
    proposed_by: str
    expires_ms: int

    @property
    def card(self) -> Card:
        return msgspec.json.decode(self.text, type=Card)


def kept(tx: Tx, bot_id: str) -> Kept:
    """A bot's row, held until the transaction ends.

    Raises:
        NoSuchBot: see there.
    """
    locked = " FOR UPDATE" if tx.dialect == "postgresql" else ""
    rows = tx.rows(
        "SELECT id, version, owner, card, state, mode, digest, approved, proposed_by, expires_ms FROM bots"  # noqa: S608
        f" WHERE id = ?{locked}",
        (bot_id,),
    )
    if not rows:
        raise NoSuchBot(f"there is no bot {bot_id[:80]}; `afterclick bots list` names them")
    return Kept._make(rows[0])


def take(tx: Tx, bot_id: str, verb: Verb, *, who: Actor, because: str = "", without_replay: str = "", now_ms: int) -> State:
    """Take a step in a bot's life, signed in the log; returns its new state.

    `without_replay` says why a version that judges otherwise than the one before may work although no replay of it was made.

    Raises:
        NoSuchBot, NotAllowed, NotPossible: see there.
    """
    step = STEPS[verb]
    _permitted(who, step.needs)
    bot = kept(tx, bot_id)
    if bot.state not in step.takes:
        raise NotPossible(f"{bot.id} is {bot.state}; to {verb} it, it must be {' or '.join(step.takes)}")
    if verb == "approve":
        _second(bot, who)
    wrong = problems(tx, bot, now_ms=now_ms) if step.to in ("tested", "approved", "active") else []
    if step.to in ("tested", "approved"):
        wrong += gaps(bot.card)
    if step.to == "active" and not without_replay.strip() and replays.unseen(tx, bot.id, bot.version, bot.digest):
        wrong.append(
            f"nobody has seen what version {bot.version} would have decided; run `afterclick bots replay {bot.id}` first, or say"
            " with --without-replay why it may work"
        )
    if wrong:
        raise NotPossible(f"{bot.id} cannot be {step.to}: {'; '.join(wrong)}")
    sets = {"state": step.to, "because": because, "since_ms": now_ms}
    facts = {"from": bot.state, "to": step.to, "digest": bot.digest, "without_replay": without_replay.strip()}
    if verb == "propose":
        sets["proposed_by"] = who.id
    if verb == "approve":
        sets["approved"] = bot.digest
        facts |= {"proposed_by": bot.proposed_by, "alone": who.alone_in(bot.proposed_by) or who.alone_in(bot.owner)}
        tx.run(
            "UPDATE bot_versions SET approved_by = ?, approved_ms = ?, because = ? WHERE bot = ? AND digest = ?",
            (who.id, now_ms, because, bot.id, bot.digest),
        )
    event = Event(step.event, None, f"bot/{bot.id}", step.to, because, _json(facts))
    _change(tx, bot, sets, event, Block(now_ms, who.id, ""))
    return step.to


def set_mode(tx: Tx, bot_id: str, mode: str, *, who: Actor, because: str = "", now_ms: int) -> None:
    """Let a bot act (`live`), or only say what it would do (`shadow`, `dry-run`).

    Raises:
        NoSuchBot, NotAllowed, NotPossible: see there.
    """
    _permitted(who, "bots.operate")
    if mode not in MODES:
        raise NotPossible(f"there is no mode {mode[:40]!r}; choose one of {', '.join(MODES)}")
    bot = kept(tx, bot_id)
    event = Event("bot.mode", None, f"bot/{bot.id}", mode, because, _json({"from": bot.mode, "to": mode, "digest": bot.digest}))
    _change(tx, bot, {"mode": mode}, event, Block(now_ms, who.id, ""))


def set_owner(tx: Tx, bot_id: str, owner: str, *, who: Actor, because: str = "", now_ms: int) -> None:
    """Give a bot another owner: a team that the office knows, or a person who may come in, as `person:<name>`.

    Raises:
        NoSuchBot, NotAllowed, NotPossible: see there.
    """
    _permitted(who, "bots.propose")
    bot = kept(tx, bot_id)
    if wrong := no_owner(tx, owner.strip()) or _vouched(tx, bot, owner.strip(), who):
        raise NotPossible(f"{bot.id} cannot belong to {owner[:80]!r}: {wrong}")
    event = Event("bot.owned", None, f"bot/{bot.id}", "", because, _json({"from": bot.owner, "to": owner.strip()}))
    _change(tx, bot, {"owner": owner.strip()}, event, Block(now_ms, who.id, ""))


def seen(tx: Tx, bot_id: str, card: str, *, by: str, replay: int, same: bool, said: str, now_ms: int) -> State:
    """Take note of a replay of a bot's version (its card's digest): one that went on under an old approval, and waits only
    since nobody has seen what it would decide, works where it decides the `same`, and else waits for a person.

    Returns its state.
    """
    bot = kept(tx, bot_id)
    if bot.state != "approved" or bot.digest != card or bot.approved == card:
        return bot.state
    facts = {"from": bot.state, "digest": bot.digest, "replay": replay}
    wrong = problems(tx, bot, now_ms=now_ms)
    if wrong or not same:
        because = "; ".join([*([] if same else [f"{said}: look at replay {replay}, then activate it"]), *wrong])
        event, sets = Event("bot.seen", None, f"bot/{bot.id}", bot.state, because, _json(facts)), {"because": because}
    else:
        because = f"{said}, by replay {replay}"
        event = Event("bot.activated", None, f"bot/{bot.id}", "active", because, _json(facts | {"to": "active"}))
        sets = {"state": "active", "because": "", "since_ms": now_ms}
    _change(tx, bot, sets, event, Block(now_ms, by, ""))
    return "active" if event.activity == "bot.activated" else bot.state


def suspend(tx: Tx, *, now_ms: int) -> list[str]:
    """Pause every active bot that nobody owns or whose time is up, in its own name; returns their ids."""
    found = lapsed(tx, now_ms=now_ms)
    for bot_id, because in found.items():
        bot = kept(tx, bot_id)
        facts = _json({"from": bot.state, "to": "paused", "digest": bot.digest})
        event = Event("bot.paused", None, f"bot/{bot_id}", "paused", because, facts)
        sets = {"state": "paused", "because": because, "since_ms": now_ms}
        _change(tx, bot, sets, event, Block(now_ms, bot_id, bot.version))
    return list(found)


def lapsed(tx: Tx, *, now_ms: int) -> dict[str, str]:
    """Active bots that must not go on: id → why."""
    rows = tx.rows("SELECT id, owner, expires_ms FROM bots WHERE state = 'active' ORDER BY id")
    told = {bot_id: no_owner(tx, owner) or over(expires_ms, now_ms) for bot_id, owner, expires_ms in rows}
    return {bot_id: because for bot_id, because in told.items() if because}


def problems(tx: Tx, bot: Kept, *, now_ms: int) -> list[str]:
    """What stands in the way of a bot's work, whoever approved it."""
    return [one for one in (no_owner(tx, bot.owner), over(bot.expires_ms, now_ms)) if one] + apart(bot.card)


def gaps(card: Card) -> list[str]:
    """What is missing on a card, so that nobody could say what they approve."""
    found: list[str] = []
    if not card.does or not card.purpose:
        found.append("its card does not say what it does and why it exists")
    if card.acts and not card.handles:
        found.append("it acts outside, and its card does not say with which classes of data")
    if card.unknown:
        found.append(f"nobody says what {', '.join(card.unknown)} takes: name a permission for it on the card (`takes`)")
    if card.replaces is not None and (card.replaces.minutes <= 0 or not card.replaces.source):
        found.append("the work that it replaces has no minutes, or no source for them")
    if card.expires and not ends_ms(card):
        found.append(f"its card expires on {card.expires!r}, which is no date (write 2027-12-31)")
    return found


def apart(card: Card) -> list[str]:
    """Duties that a card would put into one hand, although they are kept apart."""
    return [
        f"it would hold both {one.one} and {one.other}, but {one.because}; make it two bots"
        for one in conflicts(card.permissions)
    ]


def ends_ms(card: Card) -> int:
    """The instant at which a card expires; 0 for never, or where the date cannot be read."""
    try:
        day = date.fromisoformat(card.expires)
    except ValueError:
        return 0
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


def over(expires_ms: int, now_ms: int) -> str:
    if not expires_ms or now_ms < expires_ms:
        return ""
    return f"it expired on {datetime.fromtimestamp(expires_ms / 1000, UTC):%Y-%m-%d}; renew its card, and have it approved"


def _second(bot: Kept, who: Actor) -> None:
    """Nobody approves what they proposed or own: who answers for a bot's work does not vouch for its card as well."""
    if not who.may_second(bot.proposed_by):
        raise NotAllowed(f"{bot.proposed_by} proposed {bot.id}; somebody else has to approve it")
    if not who.may_second(bot.owner):
        raise NotAllowed(f"{bot.owner} owns {bot.id}; somebody else has to approve it")


def _vouched(tx: Tx, bot: Kept, owner: str, who: Actor) -> str:
    """Why the one who approved a bot's card may not own it; empty for anybody else, and where one person runs the shop."""
    by = tx.value("SELECT approved_by FROM bot_versions WHERE bot = ? AND digest = ?", (bot.id, bot.approved))
    return "" if by != owner or who.alone else f"{owner} approved its card; have it approved anew by somebody else first"


def _permitted(who: Actor, permission: Permission) -> None:
    if not who.may(permission):
        raise NotAllowed(f"this needs the permission {permission}, which {who.name} does not have; ask an admin")


def _change(tx: Tx, bot: Kept, sets: Mapping[str, str | int], event: Event, head: Block) -> None:
    assignments = ", ".join(f"{name} = ?" for name in sets)
    tx.run(f"UPDATE bots SET {assignments} WHERE id = ?", (*sets.values(), bot.id))  # noqa: S608  # names from code
    log.append(tx, head, [event])


def _json(facts: Mapping[str, Any]) -> str:
    return msgspec.json.encode({name: value for name, value in facts.items() if value != ""}).decode()
