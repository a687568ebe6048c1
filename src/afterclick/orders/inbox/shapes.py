"""What programs send and are given about the inbox."""

from typing import Annotated

import msgspec

from afterclick.orders.amendments import Action
from afterclick.orders.inbox.bulk import MOST, Deed
from afterclick.orders.inbox.tasks import Asked, Happened, Task
from afterclick.orders.shapes import Because, LineCount, Number, Text

Note = Annotated[str, msgspec.Meta(max_length=1_000)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Words = Annotated[str, msgspec.Meta(max_length=100)]
TaskNumber = Annotated[int, msgspec.Meta(ge=1, lt=2**62)]


class Decision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Yes or no, and why."""

    note: Note = ""


class NewAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The fields of the address that are new; the others stay."""

    name: Text | None = None
    line1: Text | None = None
    line2: Text | None = None
    city: Text | None = None
    region: Text | None = None
    postcode: Text | None = None
    country: Text | None = None


class Edit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be changed about the order, which is then judged again."""

    address: NewAddress | None = None
    quantity: Annotated[list[LineCount], msgspec.Meta(max_length=2_000)] | None = None
    split: Annotated[list[Number], msgspec.Meta(max_length=2_000)] | None = None
    note: Note = ""

    def change(self) -> dict[str, dict[str, object]]:
        """The change as `decisions.edit` takes it."""
        made: dict[str, dict[str, object]] = {}
        if self.address is not None:
            made["address"] = msgspec.to_builtins(self.address)
        if self.quantity:
            made["quantity"] = {"lines": {line.no: line.quantity for line in self.quantity}}
        if self.split:
            made["split"] = {"lines": list(self.split)}
        return made


class AskBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question about a task: to the `customer`, a person (`person:anna`) or a team."""

    to_whom: Name
    question: Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]


class HandOver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """To whom a task is handed: a team, or a person as `person:anna`."""

    to_whom: Name
    because: Note = ""


class Bulk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One decision on many tasks, or to `reassign` them `to_whom`. One that cannot be decided does not stop the others."""

    tasks: Annotated[list[TaskNumber], msgspec.Meta(min_length=1, max_length=MOST)]
    decision: Deed
    note: Note = ""
    to_whom: Annotated[str, msgspec.Meta(max_length=80)] = ""


class Matching(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Open tasks for which everything named holds; `waiting`: for an answer to what was asked back; `day`: asked that day (UTC);
    `failed`: asked since something failed."""

    team: Words = ""
    stage: Words = ""
    bot: Words = ""
    assignee: Words = ""
    waiting: bool = False
    day: Words = ""
    failed: bool = False


class Previewing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to look at beforehand: these tasks, or all that match (the first 500 by their deadline)."""

    decision: Deed
    tasks: Annotated[list[TaskNumber], msgspec.Meta(max_length=MOST)] = []
    matching: Matching | None = None


class Decided(msgspec.Struct, frozen=True):
    """A task as it stands now."""

    task: int
    state: str


class NotDone(msgspec.Struct, frozen=True):
    """A task that was left as it was, and why."""

    task: int
    because: str


class BulkDecided(msgspec.Struct, frozen=True):
    """What came of a decision on many tasks."""

    decided: tuple[int, ...]
    left: tuple[NotDone, ...]


class Previewed(msgspec.Struct, frozen=True):
    """What a decision would do: to which tasks, how many by stage, for orders worth how much (currency → minor units).

    `proposals` of them only propose a change: rejected, they leave their order as it is. `left` would be left as they are.
    """

    tasks: tuple[int, ...]
    stages: dict[str, int]
    money: dict[str, int]
    proposals: int
    oldest_ms: int
    left: tuple[NotDone, ...]


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was answered to something that was asked back."""

    answer: Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]


class Remark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something for whoever decides; it stays on record."""

    note: Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]


class Whole(msgspec.Struct, frozen=True):
    """A task with what happened to it and what was asked back; of a proposal, what is proposed in words."""

    task: Task
    history: tuple[Happened, ...]
    questions: tuple[Asked, ...]
    proposed: dict[str, str] = {}


class Proposal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody who may only look would do with an order, and why; a person decides. `change` as for the action itself."""

    order: Annotated[int, msgspec.Meta(ge=1, lt=2**62)]
    action: Action
    because: Because
    address: NewAddress | None = None
    lines: Annotated[list[LineCount], msgspec.Meta(max_length=2_000)] | None = None

    def change(self) -> dict[str, object]:
        """The change as amendments take it.

        Raises:
            ValueError: what the action needs is missing.
        """
        if self.action == "address":
            if self.address is None or not msgspec.to_builtins(self.address):
                raise ValueError("name at least one part of the address")
            return msgspec.to_builtins(self.address)
        if self.action in ("quantity", "split") and not self.lines:
            raise ValueError("name at least one line")
        if self.action == "quantity":
            return {"lines": {line.no: line.quantity for line in self.lines or ()}}
        return {"lines": [line.no for line in self.lines or ()]} if self.action == "split" else {}


class ProposalMade(msgspec.Struct, frozen=True):
    """The task by which a person decides about a proposal."""

    task: int
