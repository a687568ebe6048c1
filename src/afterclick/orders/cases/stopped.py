"""Which of the bots that take orders on do not work, since when, by whom and why."""

from typing import Final

import msgspec

from afterclick.orders.records import AMEND, FULFIL, UNSTICK, WAKE
from afterclick.store.transaction import Tx

BOTS: Final = (FULFIL, AMEND, WAKE, UNSTICK)


class Stopped(msgspec.Struct, frozen=True):
    """A bot that takes no work: its state (`without owner` where it is active and nobody owns it), since when, by whom (empty:
    by itself) and why."""

    bot: str
    state: str
    since_ms: int
    by: str
    because: str


def stopped(tx: Tx) -> tuple[Stopped, ...]:
    """Those of the bots on which every order depends that do not work; one small query, for one case."""
    among, value = tx.among(BOTS)
    rows = tx.rows(
        "SELECT id, CASE WHEN state = 'active' THEN 'without owner' ELSE state END, since_ms,"  # noqa: S608
        " COALESCE((SELECT k.actor FROM events e JOIN blocks k ON k.number = e.block WHERE e.object = 'bot/' || bots.id"
        " AND e.verdict = bots.state AND k.at_ms = bots.since_ms ORDER BY e.block DESC LIMIT 1), ''), because"
        f" FROM bots WHERE id {among} AND (state <> 'active' OR owner = '') ORDER BY id",
        (value,),
    )
    return tuple(
        Stopped(bot, state, since_ms, "" if by == bot else by.removeprefix("person:"), because)
        for bot, state, since_ms, by, because in rows
    )
