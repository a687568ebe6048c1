"""The bots' health on the first page: who works, who rests, what failed, and what lies in the queues."""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

from afterclick.control_room.bots.view import failed_today, queue_of
from afterclick.control_room.first_page.overview import Figure, Line, Panel, Source
from afterclick.engine import queue
from afterclick.governance import figures
from afterclick.store.transaction import Tx

MOST_LINES: Final = 8
_KINDS: Final = {"order": "orders queued", "purchase": "purchase orders queued"}


def panels(tx: Tx, now_ms: int) -> Sequence[Panel]:
    """One panel, over the register, the queue and today's figures."""
    states = dict(tx.rows("SELECT id, state FROM bots ORDER BY id"))
    working = sum(1 for state in states.values() if state == "active")
    resting = sum(1 for state in states.values() if state == "paused")
    works_on = queue.works_on(tx)
    queued = {
        bot: (queue.count(tx, [bot]), oldest)
        for bot, oldest in tx.rows("SELECT bot, MIN(added_ms) FROM queue WHERE size > 0 GROUP BY bot")
        if bot in works_on
    }
    failed = _failed(tx, now_ms)
    shown = (
        Figure(f"{working:,}", "active", "/bots?state=active", f"of {len(states):,} registered", "", "Active"),
        Figure(f"{resting:,}", "paused", "/bots?state=paused", "", "warn" if resting else "", "Paused"),
        Figure(
            f"{sum(failed.values()):,}",
            "items failed today",
            failed_today(now_ms),
            "each was asked of people",
            "bad" if failed else "",
            "Failed",
        ),
        *_queued(tx, works_on),
    )
    lines = [
        Line(
            queue_of(bot, works_on[bot]) or _page(bot),
            (bot, states[bot], f"{failed.get(bot, 0):,}", f"{size:,}"),
            oldest,
        )
        for bot, (size, oldest) in sorted(queued.items(), key=lambda item: item[1][1])
    ]
    troubled = [bot for bot, state in states.items() if bot not in queued and (state == "paused" or failed.get(bot))]
    lines += [Line(_page(bot), (bot, states[bot], f"{failed.get(bot, 0):,}", "0")) for bot in troubled]
    columns = ("Bot", "State", "Failed today", "Queued", "Oldest")
    return [Panel("bots", "Bots", shown, columns, tuple(lines[:MOST_LINES]), term="Bot")]


SOURCE: Final = Source("bots.read", None, panels)


def _queued(tx: Tx, works_on: Mapping[str, str]) -> list[Figure]:
    """How many orders lie in queues, and purchase orders where any do. What only starts a bot is no case."""
    found: list[Figure] = []
    for kind, label in _KINDS.items():
        count = queue.count(tx, [bot for bot, over in works_on.items() if over == kind])
        if count or kind == "order":
            found.append(Figure(f"{count:,}", label, queue_of("any", kind), "", "", "Queue"))
    return found


def _failed(tx: Tx, now_ms: int) -> dict[str, int]:
    """Items that each bot failed at today."""
    today = figures.day_of(now_ms)
    found: dict[str, int] = {}
    for one in figures.of_days(tx, today, today).happened:
        if one.verdict == figures.FAILED and one.left_at:
            found[one.actor] = found.get(one.actor, 0) + one.count
    return found


def _page(bot: str) -> str:
    return f"/bots/{quote(bot, safe='')}"
