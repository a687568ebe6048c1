"""The bots of an office as they are registered: what their cards allow, who approved that, and when they start next."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec
from croniter import croniter

from afterclick import __version__
from afterclick.engine.bots import Bot, Fleet
from afterclick.engine.replay import judges
from afterclick.governance import replays
from afterclick.governance.cards import Card, Cron, Every, Mode, digest_of, widened, written
from afterclick.governance.lifecycle import State, apart, ends_ms
from afterclick.store import log
from afterclick.store.log import Block, Event
from afterclick.store.transaction import Tx

NEVER_MS = 2**62
RELEASE: Final = f"release {__version__}"
"""Who stands for the cards that come with the program."""


class Registered(NamedTuple):
    """A bot's row: its id, version, owner, state (see `lifecycle`), mode, and when it last ran by the clock."""

    id: str
    version: str
    owner: str
    state: str
    mode: Mode
    last_run_ms: int


def enrol(tx: Tx, fleet: Fleet, *, now_ms: int) -> None:
    """Write the cards of the fleet into the register.

    In a new office they are active, approved with the release. Later, a card that may do more than the approved one puts its
    bot back to `tested`, until a person has approved it; one that may do no more goes on as it was, unless its
    rules are another version's: then it waits until `vetting` has seen what they would have decided.
    """
    rows = tx.rows("SELECT b.id, b.digest, b.state, b.owner, b.card, v.card, b.approved <> b.digest FROM bots b"
                   " LEFT JOIN bot_versions v ON v.bot = b.id AND v.digest = b.approved")  # fmt: skip
    known = {row[0]: _Known._make(row[1:]) for row in rows}
    is_new_office = not tx.rows("SELECT 1 FROM bot_versions LIMIT 1")
    for bot in fleet.values():
        before = known.get(bot.card.id)
        if before is None or before.digest != bot.digest:
            _write(tx, bot, before, is_new_office=is_new_office, now_ms=now_ms)


class _Known(NamedTuple):
    """What is registered of a bot; its approved card is missing where nobody has approved one."""

    digest: str
    state: State
    owner: str
    card: str
    approved: str | None
    goes_on: bool
    """Whether its card is another than the approved one, and may do no more than that."""

    @property
    def stands(self) -> Card | None:
        """The card that was approved. An office from before approvals were kept has only the card by which it worked."""
        text = self.approved if self.digest else self.card
        return msgspec.json.decode(text, type=Card) if text else None


def _write(tx: Tx, bot: Bot[Any], before: _Known | None, *, is_new_office: bool, now_ms: int) -> None:
    card, text = bot.card, written(bot.card)
    more = [] if is_new_office and before is None else widened(card, before.stands if before else None)
    more += [one.removeprefix("it ") for one in apart(card)]
    state = _state(before, more, new_rules=judges(bot) and replays.unseen(tx, card.id, card.version, bot.digest))
    put_back = state != (before.state if before is not None else "active")
    waits = f"to be approved: it {', '.join(more)}" if more else f"to be seen: version {card.version} may judge otherwise"
    because = f"waits {waits}" if put_back and state != "active" else ""
    by_release = not more and (before is None or not before.digest)
    values: dict[str, str | int] = {
        "version": card.version, "owner": _owner(card, before), "card": text, "state": state, "digest": bot.digest,
        "next_due_ms": _first_due_ms(card, now_ms), "expires_ms": ends_ms(card),
    }  # fmt: skip
    if by_release:
        values["approved"] = bot.digest
    if put_back:
        values |= {"proposed_by": RELEASE, "because": because, "since_ms": now_ms}
    if before is None:
        _insert(tx, "bots", {"since_ms": now_ms} | values | {"id": card.id, "mode": "live", "registered_ms": now_ms})
    else:
        assignments = ", ".join(f"{name} = ?" for name in values)
        tx.run(f"UPDATE bots SET {assignments} WHERE id = ?", (*values.values(), card.id))  # noqa: S608  # names from code
    _insert(tx, "bot_versions", {
        "bot": card.id, "digest": bot.digest, "version": card.version, "card": text, "seen_ms": now_ms,
        "approved_by": RELEASE if by_release else "", "approved_ms": now_ms if by_release else 0,
        "because": "" if more or by_release else "it may do no more than the card that was approved",
    })  # fmt: skip
    said = f"{card.does}; {because}" if because else card.does
    log.append(tx, Block(now_ms, card.id, card.version), [Event("bot.registered", None, f"bot/{card.id}", state, said, text)])


def _state(before: _Known | None, more: list[str], *, new_rules: bool) -> State:
    if before is None:
        return "tested" if more else "active"
    if more and before.state in ("approved", "active", "paused"):
        return "tested"
    if before.state == "approved" and before.goes_on and not new_rules:  # it waited to be seen, and a version that was is back
        return "active"
    return "approved" if new_rules and before.state == "active" else before.state


def _owner(card: Card, before: _Known | None) -> str:
    """The owner whom a person named, until the card itself names another one than it did."""
    if before is None or msgspec.json.decode(before.card, type=Card).owner != card.owner:
        return card.owner
    return before.owner


def _insert(tx: Tx, table: str, values: Mapping[str, str | int]) -> None:
    places = ", ".join("?" * len(values))
    sql = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places}) ON CONFLICT DO NOTHING"  # noqa: S608  # names from code
    tx.run(sql, tuple(values.values()))


def listed(tx: Tx) -> list[Registered]:
    """Every registered bot, by id."""
    return [Registered._make(row) for row in tx.rows("SELECT id, version, owner, state, mode, last_run_ms FROM bots ORDER BY id")]


def ready(tx: Tx, fleet: Fleet) -> Mapping[str, tuple[str, int]]:
    """The mounted bots that may take work: id → (version, largest batch).

    Active, owned, and by the very card that is registered: a worker from another release takes no work of a bot whose card
    has changed.
    """
    rows = tx.rows("SELECT id, digest FROM bots WHERE state = 'active' AND owner <> ''")
    return {
        bot_id: (fleet[bot_id].card.version, fleet[bot_id].card.batch_size)
        for bot_id, digest in rows
        if bot_id in fleet and fleet[bot_id].digest == digest
    }


def refusal(tx: Tx, card: Card, *, now_ms: int) -> str:
    """Why a bot with this card may do nothing outside, in a sentence; empty when it may. A paused one ends what it began."""
    rows = tx.rows("SELECT state, owner, expires_ms, digest FROM bots WHERE id = ?", (card.id,))
    if not rows:
        return f"{card.id} is not in the register, so it may do nothing outside; register it, or do it by hand"
    state, owner, expires_ms, digest = rows[0]
    if not owner:
        return f"nobody owns {card.id}, so it may do nothing outside; name an owner with `afterclick bots own`"
    if expires_ms and now_ms >= expires_ms:
        return f"{card.id} has expired, so it may do nothing outside; renew its card, and have it approved"
    if state not in ("active", "paused"):
        return f"{card.id} is {state}, so it may do nothing outside; see `afterclick bots show {card.id}`"
    if digest != digest_of(card):
        return f"the card of {card.id} is not the one in the register, so it may do nothing outside; restart the office"
    if wrong := apart(card):
        return f"{card.id} may do nothing outside: {wrong[0]}"
    return ""


def any_due(tx: Tx, fleet: Fleet, *, now_ms: int) -> bool:
    """Whether a mounted bot that starts by the clock should start now."""
    return any(row[0] in fleet for row in tx.rows("SELECT id FROM bots WHERE state = 'active' AND next_due_ms <= ?", (now_ms,)))


def due(tx: Tx, fleet: Fleet, *, now_ms: int) -> list[str]:
    """The mounted bots whose time has come; each is handed out once, to whoever asks first."""
    started: list[str] = []
    for (bot_id,) in tx.rows("SELECT id FROM bots WHERE state = 'active' AND next_due_ms <= ?", (now_ms,)):
        if bot_id not in fleet:
            continue
        after = _next_due_ms(fleet[bot_id], now_ms)
        if tx.run(
            "UPDATE bots SET next_due_ms = ?, last_run_ms = ? WHERE id = ? AND next_due_ms <= ?", (after, now_ms, bot_id, now_ms)
        ):
            started.append(bot_id)
    return started


def _first_due_ms(card: Card, now_ms: int) -> int:
    return now_ms if any(isinstance(one, Every) for one in card.starts_on) else _cron_ms(card, now_ms)


def _next_due_ms(bot: Bot[Any], now_ms: int) -> int:
    periods = [now_ms + round(one.seconds * 1000) for one in bot.card.starts_on if isinstance(one, Every)]
    return min([*periods, _cron_ms(bot.card, now_ms)])


def _cron_ms(card: Card, now_ms: int) -> int:
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    times = [croniter(one.expression, now).get_next(float) for one in card.starts_on if isinstance(one, Cron)]
    return min((round(time * 1000) for time in times), default=NEVER_MS)
