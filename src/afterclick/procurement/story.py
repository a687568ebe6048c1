"""What happened to a purchase order or a transfer, as the log tells it."""

from typing import Final

import msgspec

from afterclick.governance.allowed import Allowed, Done, allowed_by
from afterclick.store.transaction import Tx

MOST_EVENTS: Final = 500


class SupplyEvent(msgspec.Struct, frozen=True):
    """One thing that happened: when, by whom, what and why; and what of the policy allowed it, if that is needed."""

    at_ms: int
    actor: str
    activity: str
    verdict: str
    because: str
    allowed: Allowed | None = None


def story(tx: Tx, named: str) -> tuple[SupplyEvent, ...]:
    """The events about an object (`purchase/12`), oldest first, the first `MOST_EVENTS` of them."""
    rows = tx.rows(
        "SELECT b.at_ms, b.actor, e.activity, e.verdict, e.because, b.batch, e.facts <> '' AND e.key IS NULL FROM events e"
        " JOIN blocks b ON b.number = e.block WHERE e.object = ? ORDER BY e.block, e.seq LIMIT ?",
        (named, MOST_EVENTS),
    )
    allowed = allowed_by(tx, [
        Done(activity, actor, batch, at_ms, None, verdict, bool(on_facts), because)
        for at_ms, actor, activity, verdict, because, batch, on_facts in rows
    ])  # fmt: skip
    return tuple(
        SupplyEvent(at_ms, actor, activity, verdict, because, by if by.text else None)
        for (at_ms, actor, activity, verdict, because, *_), by in zip(rows, allowed, strict=True)
    )
