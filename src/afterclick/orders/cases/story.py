"""An order's log as people read it: what belongs together under one heading, and each thing in words."""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from afterclick.governance.allowed import Allowed, Done, allowed_by
from afterclick.orders.cases.case import Case, Step, told
from afterclick.store.transaction import Tx

Kind = Literal["bot", "person", "outside", "store"]
WORDS: Final = {
    "received": "came in", "judged": "judged by the rules", "complete": "judged: is everything there?",
    "genuine": "judged: is it what it seems?", "reserve": "stock reserved", "authorise": "payment authorised",
    "label": "labels bought", "hand_over": "handed over", "capture": "payment taken", "invoice": "invoiced",
    "tell": "store and customer told", "shipped": "shipped", "cancelled": "cancelled", "held": "put on hold",
    "release": "stock given back", "credit": "credited", "give_back": "money given back",
    "find_money": "money looked for", "renamed": "called otherwise",
    "void": "labels given back",
    "recall": "parcels recalled", "change": "changed", "say": "told what is new", "settle": "change looked at",
    "stuck": "stood still", "escalated": "question passed on", "expired": "question expired", "door.approved": "let past a limit",
    "payments.authorise": "asked to block the money", "payments.capture": "asked to take the money",
    "payments.release": "asked to release the money", "payments.refund": "asked to refund", "carrier.label": "asked for a label",
    "carrier.void": "asked to take a label back", "warehouse.hand_over": "asked to hand over",
    "warehouse.recall": "asked to stop the parcels", "store.tell": "store told", "mailbox.send": "message sent",
    "decided.approved": "approved", "decided.edited": "edited", "decided.rejected": "rejected",
    "task.asked-back": "asked back", "task.answered": "answered", "task.reassigned": "question handed on",
    "task.noted": "noted", "task.told": "people told", "asked.cancel": "asked to cancel", "asked.hold": "asked to hold",
    "asked.release": "asked to release", "asked.address": "asked for another address",
    "asked.quantity": "asked for other quantities", "asked.split": "asked to split", "label.billed": "label will be billed",
}  # fmt: skip
_CHANGES: Final = {"amended.": "changed: {}", "refused.": "change refused: {}", "left.": "left at {}"}


class Told(NamedTuple):
    """One thing that happened: the step, in words, whether it was a call to the outside, and what of the policy allowed it."""

    step: Step
    words: str
    outside: bool
    allowed: Allowed | None


class Chapter(NamedTuple):
    """What one bot did in one batch, or one person at one time."""

    title: str
    kind: Kind
    actor: str
    version: str
    batch: int | None
    at_ms: int
    until_ms: int
    steps: tuple[Told, ...]


def chapters(tx: Tx, case: Case) -> list[Chapter]:
    """The timeline in chapters: consecutive steps of the same actor, version and batch; each with what allowed it."""
    steps = told(case.timeline)
    allowed = allowed_by(tx, [
        Done(
            one.activity, one.actor, one.batch, one.at_ms, case.order.id, one.verdict, bool(one.facts) and not one.key,
            one.because,
        )
        for one in steps
    ])  # fmt: skip
    groups: list[list[Told]] = []
    for step, by in zip(steps, allowed, strict=True):
        one = Told(step, words(step.activity), bool(step.key), by if by.text else None)
        if groups and _same(groups[-1][-1].step, step):
            groups[-1].append(one)
        else:
            groups.append([one])
    return [_chapter(group) for group in groups]


def words(activity: str) -> str:
    """An activity in words; its own name where it has none."""
    if activity in WORDS:
        return WORDS[activity]
    for start, said in _CHANGES.items():
        if activity.startswith(start):
            return said.format(activity.removeprefix(start).replace("_", " "))
    return activity.replace("_", " ").replace(".", ": ").replace("-", " ")


def messages(case: Case) -> list[Step]:
    """What the customer and the store were told, as the outside answered."""
    return [step for step in case.timeline if step.key and step.activity in ("mailbox.send", "store.tell")]


def _same(one: Step, other: Step) -> bool:
    return (one.actor, one.version, one.batch, one.mode) == (other.actor, other.version, other.batch, other.mode)


def _chapter(group: Sequence[Told]) -> Chapter:
    first = group[0].step
    return Chapter(
        first.actor, _kind(first.actor), first.actor, first.version, first.batch, first.at_ms, group[-1].step.at_ms,
        tuple(group),
    )  # fmt: skip


def _kind(actor: str) -> Kind:
    before, colon, _ = actor.partition(":")
    if not colon or before == "bot":
        return "bot"
    return "store" if before in ("webhook", "store") else "outside" if before in ("customer", "mail") else "person"
