"""Tasks that nobody decides in their time: each goes to the next of a chain, at whose end the policy says what happens."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from afterclick.domain.limits import InboxLimits
from afterclick.orders import amendments
from afterclick.orders.amendments import Action
from afterclick.orders.records import AMEND
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

AT_ONCE: Final = 1_000
_HOUR_MS: Final = 3_600_000
_ENDS: Final[dict[str, Action]] = {"hold": "hold", "reject": "cancel"}


class _Late(NamedTuple):
    id: int
    bot: str
    item_kind: str
    item: int
    who: str
    because: str
    asked_ms: int
    level: int

    def event(self, activity: str, because: str) -> Event:
        return Event(activity, self.item if self.item_kind == "order" else None, f"task/{self.id}", "Ask", because)


def pass_on(tx: Tx, limits: InboxLimits, *, by: str, now_ms: int) -> list[Event]:
    """Escalate or close the tasks whose time is up, the latest first; returns the events. `by` is the bot that does it."""
    locked = " FOR UPDATE" if tx.dialect == "postgresql" else ""
    late = [
        _Late._make(row)
        for row in tx.rows(
            "SELECT id, bot, item_kind, item, who, because, asked_ms, level FROM tasks"  # noqa: S608
            f" WHERE state = 'open' AND expires_ms > 0 AND expires_ms < ? ORDER BY expires_ms, id LIMIT ?{locked}",
            (now_ms, AT_ONCE),
        )
    ]
    closes = [one for one in late if one.level >= len(limits.chain) and limits.at_last in _ENDS and _closable(one)]
    ended = {one.id for one in closes}
    events = _escalate(tx, [one for one in late if one.id not in ended], limits, now_ms)
    return events + [_close(tx, one, limits, by, now_ms) for one in closes]


def _closable(one: _Late) -> bool:
    """An order that is being taken back cannot stay half undone: about it, people are asked until they answer."""
    return one.item_kind == "order" and one.bot != AMEND


def _escalate(tx: Tx, late: Sequence[_Late], limits: InboxLimits, now_ms: int) -> list[Event]:
    expires_ms = now_ms + round(limits.answer_hours * _HOUR_MS)
    going = [(one, _next(one, limits.chain)) for one in late]
    tx.run_many(
        "UPDATE tasks SET who = ?, assignee = '', level = level + 1, expires_ms = ? WHERE id = ?",
        [(who, expires_ms, one.id) for one, who in going],
    )
    tx.run_many(
        "UPDATE orders SET waiting_for = ? WHERE id = ? AND state = 'inbox'",
        [(who, one.item) for one, who in going if one.item_kind == "order"],
    )
    return [one.event("escalated", f"{one.who} did not decide in time; {who} is asked: {one.because}") for one, who in going]


def _next(one: _Late, chain: Sequence[str]) -> str:
    """Who is asked now; whoever was last is asked again."""
    return chain[min(one.level, len(chain) - 1)] if chain else one.who


def _close(tx: Tx, one: _Late, limits: InboxLimits, by: str, now_ms: int) -> Event:
    """Nobody has decided: the bot does what the policy says, and says so."""
    action = _ENDS[limits.at_last]
    days = (now_ms - one.asked_ms) / (24 * _HOUR_MS)
    because = f"nobody decided question {one.id} in {days:.0f} days (inbox.at_last = {limits.at_last}): {one.because}"
    tx.run(
        "UPDATE tasks SET state = 'expired', decided_by = ?, decided_ms = ?, note = ? WHERE id = ?",
        (f"bot:{by}", now_ms, f"nobody decided in time: {limits.at_last}", one.id),
    )
    amendments.ask(tx, one.item, action, {}, by=f"bot:{by}", because=because, now_ms=now_ms)
    return one.event("expired", because)
