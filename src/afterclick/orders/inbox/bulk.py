"""Many tasks at once: what a decision would do, in numbers and money, and then each decided in its own right."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Final, Literal, NamedTuple, get_args

from afterclick.governance.actor import Actor
from afterclick.orders.inbox import decisions, handling
from afterclick.orders.inbox.decisions import NotDecidable, proposers
from afterclick.orders.inbox.handling import NotPossible
from afterclick.orders.inbox.proposals import KIND
from afterclick.orders.inbox.tasks import Task, of_ids
from afterclick.orders.records import AMEND, load
from afterclick.store.transaction import Tx

MOST: Final = 500
Deed = Literal["approve", "reject", "reassign"]
DEEDS: Final[tuple[Deed, ...]] = get_args(Deed)


class Preview(NamedTuple):
    """What would happen: to which tasks, how many of which stage, for how much money (currency → minor units); to which not.

    `proposals` of the tasks only propose a change: rejected, they leave their order as it is. `first` counts the tasks whose
    bot proposes that something is done before they are approved, by what that is: approved without, they are asked again.
    """

    deed: Deed
    tasks: tuple[Task, ...]
    stages: dict[str, int]
    money: dict[str, int]
    oldest_ms: int
    not_possible: tuple[tuple[int, str], ...]
    proposals: int
    first: dict[str, int]


class Outcome(NamedTuple):
    """What happened to one task; `because` says why it could not be decided, empty when it was."""

    task: int
    because: str


def preview(tx: Tx, ids: Sequence[int], deed: Deed, *, by: Actor) -> Preview:
    """What this would do; of more than `MOST` tasks, the first ones."""
    found = of_ids(tx, ids[:MOST])
    barred = {one.id: because for one in found if (because := _barred(tx, one, deed, by))}
    barred |= {task_id: "there is no such task" for task_id in ids[:MOST] if task_id not in {one.id for one in found}}
    going = tuple(one for one in found if one.id not in barred)
    orders = load(tx, [one.order_id for one in going if one.order_id])
    money: Counter[str] = Counter()
    for order in orders.values():
        money[order.currency] += order.total
    return Preview(
        deed,
        going,
        dict(Counter(one.stage for one in going).most_common()),
        dict(money),
        min((one.asked_ms for one in going), default=0),
        tuple(sorted(barred.items())),
        sum(one.item_kind == KIND for one in going),
        dict(Counter(one.proposal for one in going if _asks_first(one)).most_common()) if deed == "approve" else {},
    )


def decide(
    writing: Callable[[], AbstractContextManager[Tx]], ids: Sequence[int], deed: Deed, *, by: Actor, note: str, to_whom: str,
    now_ms: int,
) -> list[Outcome]:  # fmt: skip
    """Decide each task in a transaction of its own: one that cannot be decided does not stop the others."""
    outcomes: list[Outcome] = []
    for task_id in ids[:MOST]:
        try:
            with writing() as tx:
                one(tx, task_id, deed, by=by, note=note, to_whom=to_whom, now_ms=now_ms)
            outcomes.append(Outcome(task_id, ""))
        except (NotDecidable, NotPossible) as error:
            outcomes.append(Outcome(task_id, str(error)))
    return outcomes


def one(tx: Tx, task_id: int, deed: Deed, *, by: Actor, note: str, to_whom: str, now_ms: int) -> None:
    """Decide one of many.

    Raises:
        NotDecidable, NotPossible: it cannot be; see there.
    """
    if deed == "reassign":
        handling.reassign(tx, task_id, to_whom=to_whom, by=by.id, because=note, now_ms=now_ms)
    elif deed == "approve":
        decisions.approve(tx, task_id, by=by, note=note, now_ms=now_ms, way="in bulk")
    else:
        decisions.reject(tx, task_id, by=by, note=note, now_ms=now_ms, way="in bulk")


def _asks_first(one: Task) -> bool:
    """Whether the proposal is work and no word for approving: `count the stock, then approve`, not `approve` or `retry`."""
    return one.item_kind != KIND and len(one.proposal.split()) > 1


def _barred(tx: Tx, one: Task, deed: Deed, by: Actor) -> str:
    """Why this task cannot be handled like this, as far as it can be told beforehand; empty when it can."""
    if one.state != "open":
        return f"{one.state} already{f' by {one.decided_by}' if one.decided_by else ''}"
    if deed == "reassign":
        return ""
    if not one.order_id:
        return "not about an order"
    if deed == "reject" and one.bot == AMEND and one.item_kind != KIND:
        return "the order is being taken back; approve to try again"
    if deed == "approve" and not all(by.may_second(who) for who in proposers(tx, one.id)):
        return "about a change that you asked for yourself"
    return ""
