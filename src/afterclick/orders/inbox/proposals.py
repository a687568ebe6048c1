"""What somebody who may only look proposes for an order: it becomes a task, and is done when a person approves it."""

from collections.abc import Mapping
from typing import Final

import msgspec

from afterclick.engine.undecidable import NotDecidable, OwnProposal
from afterclick.governance.actor import Actor
from afterclick.orders import amendments
from afterclick.orders.amendments import ACTIONS, LONGEST_CHANGE, Action, UnknownOrder
from afterclick.orders.cases.fact_words import Fact, in_words
from afterclick.orders.inbox.tasks import Task
from afterclick.orders.records import AMEND
from afterclick.store import log
from afterclick.store.log import Block, Event
from afterclick.store.transaction import Tx

KIND: Final = "proposal"
"""The kind of such a task's item; its number is the order's."""
MOST_OPEN: Final = 200
"""Proposals of one proposer that may be open at a time, so that nobody fills the inbox."""


EXPIRES_MS: Final = 72 * 3_600_000


class Proposed(msgspec.Struct, frozen=True):
    """What is proposed (`change` as amendments take it), and by whom; a task's `facts` in JSON."""

    proposed_by: str
    order: int
    action: Action
    change: dict[str, object]

    def in_words(self) -> dict[str, str]:
        """What a person reads: who proposes what, and each part that would be different."""
        told = {"Proposed by": self.proposed_by, "What": said(self.action)}
        for name, value in self.change.items():
            if name != "lines":
                told[_named(name)] = str(value)
            elif isinstance(value, dict):
                told |= {f"Line {no}": f"{count} pieces" for no, count in value.items()}  # pyright: ignore[reportUnknownVariableType]
            else:
                told["Lines that go first"] = ", ".join(map(str, value if isinstance(value, list) else ()))  # pyright: ignore[reportUnknownArgumentType]
        return told


class NotOnCard(PermissionError):
    """A bot's token proposes something, which no card allows."""


class TooMany(ValueError):
    """The same proposer has too many open proposals."""


def propose(tx: Tx, order_id: int, action: Action, change: Mapping[str, object], *, by: Actor, because: str, now_ms: int) -> int:
    """Put a proposal into the inbox; returns the task's number. The same proposal again is the same task.

    Raises:
        UnknownOrder: there is no such order. TooMany, NotOnCard: see there. ValueError: no such action, or it is too long.
    """
    if by.bot:
        raise NotOnCard(f"{by.bot} acts through the door, as its card allows; a bot's token only reads")
    if action not in ACTIONS:
        raise ValueError(f"there is no action {action!r}; choose one of {', '.join(ACTIONS)}")
    if not tx.value("SELECT 1 FROM orders WHERE id = ?", (order_id,)):
        raise UnknownOrder(f"there is no order {order_id}")
    facts = msgspec.json.encode(Proposed(by.id, order_id, action, dict(change))).decode()
    if len(facts) > LONGEST_CHANGE:
        raise ValueError(f"the change has {len(facts):,} characters, more than {LONGEST_CHANGE:,}")
    same = "SELECT id FROM tasks WHERE item_kind = ? AND item = ? AND state = 'open' AND facts = ?"
    if known := tx.value(same, (KIND, order_id, facts)):
        return int(known)
    mine = "SELECT COUNT(*) FROM tasks WHERE state = 'open' AND item_kind = ? AND facts LIKE ?"
    if tx.value(mine, (KIND, f'{{"proposed_by":{msgspec.json.encode(by.id).decode()}%')) >= MOST_OPEN:
        raise TooMany(f"{by.name} has {MOST_OPEN} open proposals; people decide those first")
    task: int = tx.value(
        "INSERT INTO tasks (bot, stage, item_kind, item, who, because, proposal, facts, state, asked_ms, expires_ms)"
        " VALUES (?, 'proposal', ?, ?, 'operations', ?, ?, ?, 'open', ?, ?) RETURNING id",
        (AMEND, KIND, order_id, f"{by.name} proposes to {said(action)}: {because}", action, facts, now_ms, now_ms + EXPIRES_MS),
    )
    log.append(tx, Block(now_ms, by.id, ""), [Event(f"proposed.{action}", order_id, f"task/{task}", "Ask", because, facts)])
    return task


def said(action: Action) -> str:
    """An action in words."""
    words = {"address": "change the address", "quantity": "change the quantities", "split": "split the order"}
    return words.get(action, f"{action} the order")


def read(facts: str) -> Proposed | None:
    """What a task's facts propose; None where they were erased, or are another task's."""
    try:
        return msgspec.json.decode(facts, type=Proposed)
    except msgspec.DecodeError:
        return None


def facts_of(found: Task) -> list[Fact]:
    """What the rule saw that asked, in words; of a proposal, what is proposed."""
    proposed = read(found.facts) if found.item_kind == KIND else None
    if proposed is None:
        return in_words(found.facts, found.because)
    return [Fact(name, text, marked=False) for name, text in proposed.in_words().items()]


def is_one(tx: Tx, task: int) -> bool:
    """Whether the task is a proposal."""
    return tx.value("SELECT item_kind FROM tasks WHERE id = ?", (task,)) == KIND


def decide(tx: Tx, task: int, *, yes: bool, by: Actor | str, note: str = "", now_ms: int) -> None:
    """Approve a proposal, which is then asked for in the approver's name and done by the bot; or reject it, and nothing is.

    Raises:
        OwnProposal: they proposed it themselves. NotDecidable: somebody else has decided.
    """
    name, state = (by if isinstance(by, str) else by.id), ("approved" if yes else "rejected")
    rows = tx.rows(
        "UPDATE tasks SET state = ?, decided_by = ?, decided_ms = ?, note = ? WHERE id = ? AND state = 'open' AND item_kind = ?"
        " RETURNING facts, item",
        (state, name, now_ms, note, task, KIND),
    )
    if not rows:
        raise NotDecidable(f"task {task} was decided already; nothing was changed")
    found, order_id = read(rows[0][0]), rows[0][1]
    alone = ""
    if yes:
        if found is None:
            raise NotDecidable(f"task {task}: what was proposed has been erased; reject it")
        alone = _second(found.proposed_by, by, task)
        because = f"proposed by {found.proposed_by}, approved by {name}"
        amendments.ask(tx, found.order, found.action, found.change, by=name, because=because, now_ms=now_ms)
    because = "; ".join(filter(None, (note, alone)))
    log.append(tx, Block(now_ms, name, ""), [Event(f"decided.{state}", order_id, f"task/{task}", state, because)])


def _named(field: str) -> str:
    """A field of an address in words."""
    return {"line1": "Street", "line2": "Further line", "name": "Recipient"}.get(field, field.capitalize())


def _second(proposed_by: str, by: Actor | str, task: int) -> str:
    """Nobody approves what they proposed; returns what the record must say where somebody alone in the shop does."""
    mine = by == proposed_by if isinstance(by, str) else not by.may_second(proposed_by)
    if mine:
        raise OwnProposal(f"task {task}: you proposed this yourself; somebody else must approve it")
    return "" if isinstance(by, str) else by.alone_in(proposed_by)
