"""The inbox: what rules could not decide, with the facts, the reason and the proposal."""

from collections.abc import Sequence
from typing import Final

from afterclick.domain.verdict import Ask
from afterclick.engine.items import Left
from afterclick.store.log import Event
from afterclick.store.tables import tasks
from afterclick.store.transaction import Tx

_HOUR_MS: Final = 3_600_000
_COLUMNS: Final = ("bot", "stage", "item_kind", "item", "who", "because", "proposal", "facts", "state", "asked_ms", "expires_ms")


def ask(tx: Tx, bot: str, kind: str, left: Sequence[Left], happened: Sequence[Event], *, now_ms: int, hours: float) -> None:
    """Put a task into the inbox for every item that left with a question, to be decided within so many hours."""
    asked = [one for one in left if isinstance(one.leaving, Ask)]
    if not asked:
        return
    facts = {(event.order_id, event.object): event.facts for event in happened if event.facts and event.key is None}
    rows = [
        (bot, one.stage, kind, one.item, one.leaving.who, one.leaving.because, one.leaving.proposal,
         facts.get((one.item, None) if kind == "order" else (None, f"{kind}/{one.item}"), ""),
         "open", now_ms, now_ms + round(hours * _HOUR_MS))
        for one in asked
        if isinstance(one.leaving, Ask)
    ]  # fmt: skip
    tx.insert(tasks, _COLUMNS, rows)


def approved(tx: Tx, kind: str, items: Sequence[int], stage: str, *, proposal: str = "") -> dict[int, str]:
    """Items for which a person has said yes at this stage, and who; to this very act, where `proposal` names one (`port.act`)."""
    condition, value = tx.among(items)
    sql = (
        "SELECT item, proposal, decided_by FROM tasks WHERE item_kind = ? AND stage = ? AND state = 'approved'"  # noqa: S608
        f" AND item {condition} ORDER BY id"
    )
    return {item: by or "a person" for item, what, by in tx.rows(sql, (kind, stage, value)) if proposal in ("", what)}
