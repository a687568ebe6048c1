"""The bots of an office as they are registered: active or paused, in which mode, and when they start next."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from croniter import croniter

from afterclick.engine.bots import Bot, Fleet
from afterclick.governance.cards import MODES, Card, Cron, Every, Mode
from afterclick.store import log
from afterclick.store.log import Block, Event
from afterclick.store.transaction import Tx

NEVER_MS = 2**62


class Registered(NamedTuple):
    """A bot's row: its id, version, state (`active` or `paused`), mode, and when it last ran."""

    id: str
    version: str
    owner: str
    state: str
    mode: Mode
    last_run_ms: int


def enrol(tx: Tx, fleet: Fleet, *, now_ms: int) -> None:
    """Write the cards of the fleet into the register; state and mode of bots that are there already stay."""
    known = {row[0]: row[1] for row in tx.rows("SELECT id, card FROM bots")}
    for bot in fleet.values():
        card = bot.card
        text = msgspec.json.encode(card).decode()
        if known.get(card.id) == text:
            continue
        tx.run(
            "INSERT INTO bots (id, version, owner, card, state, mode, registered_ms, last_run_ms, next_due_ms)"
            " VALUES (?, ?, ?, ?, 'active', 'live', ?, 0, ?) ON CONFLICT (id) DO UPDATE SET version = excluded.version,"
            " owner = excluded.owner, card = excluded.card, next_due_ms = excluded.next_due_ms",
            (card.id, card.version, card.owner, text, now_ms, _first_due_ms(card, now_ms)),
        )
        log.append(
            tx, Block(now_ms, card.id, card.version), [Event("bot.registered", None, f"bot/{card.id}", "", card.does, text)]
        )


def listed(tx: Tx) -> list[Registered]:
    """Every registered bot, by id."""
    return [Registered._make(row) for row in tx.rows("SELECT id, version, owner, state, mode, last_run_ms FROM bots ORDER BY id")]


def ready(tx: Tx, fleet: Fleet) -> Mapping[str, tuple[str, int]]:
    """The mounted bots that are active: id → (version, largest batch)."""
    active = [row[0] for row in tx.rows("SELECT id FROM bots WHERE state = 'active'")]
    return {bot_id: (fleet[bot_id].card.version, fleet[bot_id].card.batch_size) for bot_id in active if bot_id in fleet}


def change(tx: Tx, bot_id: str, *, by: str, now_ms: int, state: str | None = None, mode: str | None = None) -> None:
    """Pause or resume a bot, or set its mode; who did it is logged.

    Raises:
        KeyError: there is no such bot. ValueError: there is no such mode.
    """
    if mode is not None and mode not in MODES:
        raise ValueError(f"there is no mode {mode!r}; choose one of {', '.join(MODES)}")
    found = tx.rows("SELECT state, mode FROM bots WHERE id = ?", (bot_id,))
    if not found:
        raise KeyError(f"there is no bot {bot_id!r}; `afterclick bots list` names them")
    new = (state or found[0][0], mode or found[0][1])
    tx.run("UPDATE bots SET state = ?, mode = ? WHERE id = ?", (*new, bot_id))
    log.append(tx, Block(now_ms, by, ""), [Event("bot.changed", None, f"bot/{bot_id}", new[0], f"mode {new[1]}")])


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
