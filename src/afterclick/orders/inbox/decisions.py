"""What people decide about a task in the inbox: go on, change the order, or cancel it."""

import re
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

import msgspec

from afterclick.engine import queue
from afterclick.engine.undecidable import NotDecidable, OwnProposal
from afterclick.governance.actor import Actor
from afterclick.orders import amendments
from afterclick.orders.inbox import proposals
from afterclick.orders.records import AMEND, FULFIL
from afterclick.orders.rules import complete, genuine
from afterclick.store import log
from afterclick.store.log import Block, Event
from afterclick.store.transaction import Tx

__all__ = ["NotDecidable", "OwnProposal", "approve", "edit", "proposers", "reject"]

Decision = Literal["approved", "edited", "rejected"]
RULES: Final = (complete.__name__, genuine.__name__)
_JUDGED_FROM_THE_START: Final = "facts"
"""Where orders ask whose facts could not be gathered."""
EDITS: Final = ("address", "quantity", "split")
_ASKED_AT: Final = {"give_back": ("release", "refund"), "find_money": ("authorise", "capture")}
"""What a stage asks the outside for, where that is not called as the stage is."""
_ACT: Final = re.compile(r"[a-z]+\.[a-z_]+")
"""A proposal that names an act: one over its limit."""


class _Task(NamedTuple):
    id: int
    bot: str
    stage: str
    order_id: int
    priority: int


def approve(tx: Tx, task: int, *, by: Actor | str, note: str = "", now_ms: int, way: str = "") -> None:
    """Let the order go on: past the rule that asked, or once more at the stage that could not do its part.

    `by` is who decides; a name alone has no right to second its own. `way` says how, where it was not on a page or by command.

    Raises:
        OwnProposal: the question is about a change that they asked for themselves.
        NotDecidable: somebody else has decided, the order is being amended, or there is no such task.
    """
    if proposals.is_one(tx, task):
        proposals.decide(tx, task, yes=True, by=by, note=note, now_ms=now_ms)
        return
    alone = _second(tx, task, by)
    found = _decide(tx, task, "approved", by=by, note="; ".join(filter(None, (note, alone))), now_ms=now_ms, way=way)
    if found.stage.partition("/")[0] in RULES:  # a rule of the shop is judged with a built-in one: `genuine/large`
        resume = f"after:{found.stage}"
    elif found.stage == _JUDGED_FROM_THE_START:
        tx.run("UPDATE orders SET stage = '' WHERE id = ?", (found.order_id,))
        resume = ""
    else:
        _try_again(tx, found.order_id, found.stage)
        resume = f"at:{found.stage}"
    if found.bot == FULFIL:
        sql = "UPDATE orders SET state = 'received', waiting_for = '', because = '', since_ms = ? WHERE id = ?"
        tx.run(sql, (now_ms, found.order_id))
    queue.put(tx, found.bot, [found.order_id], now_ms=now_ms, priority=found.priority, resume=resume)


def edit(tx: Tx, task: int, change: Mapping[str, Mapping[str, object]], *, by: Actor | str, note: str = "", now_ms: int) -> None:
    """Change the order, which is judged again: `{"address": {"line1": "…"}}`, `{"quantity": {"lines": {"1": 2}}}` or both.

    Raises:
        NotDecidable: as `approve`; or nothing, or something else, is to be changed.
    """
    unknown = sorted(set(change) - set(EDITS))
    if unknown or not change:
        what = f"{unknown[0][:40]!r} cannot be edited" if unknown else "nothing is to be changed"
        raise NotDecidable(f"task {task}: {what}; change {', '.join(EDITS)}, or approve or reject the task")
    found = _decide(tx, task, "edited", by=by, note=note, now_ms=now_ms, facts=msgspec.json.encode(change).decode())
    for action in EDITS:
        if action in change:
            amendments.ask(
                tx, found.order_id, action, change[action], by=_name(by), because=note or "edited in the inbox", now_ms=now_ms
            )


def reject(tx: Tx, task: int, *, by: Actor | str, note: str = "", now_ms: int, way: str = "") -> None:
    """Cancel the order, taking back what was done for it.

    Raises:
        NotDecidable: as `approve`; or the task is about taking something back, which can only be tried again.
    """
    if proposals.is_one(tx, task):
        proposals.decide(tx, task, yes=False, by=by, note=note, now_ms=now_ms)
        return
    found = _decide(tx, task, "rejected", by=by, note=note, now_ms=now_ms, way=way)
    if found.bot == AMEND:
        raise NotDecidable(f"task {task}: the order is being taken back and cannot stay half undone; approve to try again")
    because = note or "rejected in the inbox"
    amendments.ask(tx, found.order_id, "cancel", {}, by=_name(by), because=because, now_ms=now_ms)


def proposers(tx: Tx, task: int) -> set[str]:
    """Who asked for the changes that this task wants approved; nobody, where it only tries something again."""
    found = tx.rows("SELECT item_kind, item, bot, stage, proposal, asked_ms, facts FROM tasks WHERE id = ?", (task,))
    if not found:
        return set()
    kind, order_id, bot, stage, proposal, asked_ms, facts = found[0]
    if kind == proposals.KIND:
        proposed = proposals.read(facts)
        return {proposed.proposed_by} if proposed is not None else set()
    if kind != "order" or not (stage.partition("/")[0] in RULES or _ACT.fullmatch(proposal)):
        return set()
    wanted = "state = 'open'" if bot == AMEND else "state IN ('open', 'done') AND action IN ('address', 'quantity', 'split')"
    rows = tx.rows(
        f"SELECT DISTINCT asked_by FROM amendments WHERE order_id = ? AND asked_ms <= ? AND {wanted}",  # noqa: S608
        (order_id, asked_ms),
    )
    return {row[0] for row in rows}


def _second(tx: Tx, task: int, by: Actor | str) -> str:
    """Nobody approves what they proposed; returns what the record must say where somebody alone in the shop does."""
    theirs = {by} & proposers(tx, task) if isinstance(by, str) else {one for one in proposers(tx, task) if by.is_self(one)}
    if not theirs:
        return ""
    if isinstance(by, str) or not all(by.may_second(one) for one in theirs):
        raise OwnProposal(f"task {task}: you asked for this change yourself; somebody else must approve it. Reassign it to them")
    return by.alone_in(theirs.pop())


def _name(by: Actor | str) -> str:
    return by if isinstance(by, str) else by.id


def _decide(
    tx: Tx, task: int, decision: Decision, *, by: Actor | str, note: str, now_ms: int, facts: str = "",
    way: str = "",
) -> _Task:  # fmt: skip
    """Close the task, so that nobody decides it twice, and write down who did, and how."""
    name = _name(by)
    rows = tx.rows(
        "UPDATE tasks SET state = ?, decided_by = ?, decided_ms = ?, note = ?"
        " WHERE id = ? AND state = 'open' AND item_kind = 'order' RETURNING bot, stage, item",
        (decision, name, now_ms, note, task),
    )
    if not rows:
        raise NotDecidable(_why_not(tx, task))
    bot, stage, order_id = rows[0]
    locked = " FOR UPDATE" if tx.dialect == "postgresql" else ""
    at, batch, priority = tx.rows(f"SELECT stage, batch, priority FROM orders WHERE id = ?{locked}", (order_id,))[0]  # noqa: S608
    if batch is not None or at != stage:
        raise NotDecidable(f"task {task}: order {order_id} is just being amended; look again in a moment")
    tx.run("UPDATE orders SET touched = ? WHERE id = ?", (True, order_id))
    because = "; ".join(filter(None, (way, note)))
    log.append(tx, Block(now_ms, name, ""), [Event(f"decided.{decision}", order_id, f"task/{task}", decision, because, facts)])
    return _Task(task, bot, stage, order_id, priority)


def _why_not(tx: Tx, task: int) -> str:
    found = tx.rows("SELECT state, decided_by, item_kind FROM tasks WHERE id = ?", (task,))
    if not found:
        return f"there is no task {task}"
    state, by, kind = found[0]
    if kind != "order":
        where = "; decide it on the page of the purchase order, or with `afterclick purchase`" if kind == "purchase" else ""
        return f"task {task} is not about an order{where}"
    return f"task {task} was {state} already{f' by {by}' if by else ''}; nothing was changed"


def _try_again(tx: Tx, order_id: int, stage: str) -> None:
    """A new revision asks the outside again, under new keys, for what it declined under the old ones.

    What it did not answer it may have done: that is asked for again under the same key, or it would be done twice.
    """
    revision = tx.value("SELECT revision FROM orders WHERE id = ?", (order_id,))
    asked = [f"{order_id}:{revision}:{act}" for act in _ASKED_AT.get(stage, (stage,))]
    declined = tx.rows("SELECT key FROM events WHERE order_id = ? AND verdict = 'Declined' AND key IS NOT NULL", (order_id,))
    if not any(key == one or key.startswith(f"{one}:") for (key,) in declined for one in asked):
        return
    tx.run("UPDATE orders SET revision = revision + 1 WHERE id = ?", (order_id,))
    tx.run(
        "UPDATE shipments SET revision = (SELECT revision FROM orders WHERE orders.id = shipments.order_id)"
        " WHERE order_id = ? AND state = 'planned'",
        (order_id,),
    )
