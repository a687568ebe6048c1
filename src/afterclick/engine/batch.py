"""A batch: work items of one kind that travel through a story together, and leave it one by one when they cannot go on."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from afterclick.domain.verdict import Ask, Leaving, Pass, Refuse, Verdict, Wait
from afterclick.engine import inbox, isolation, outcome
from afterclick.engine.door import Act, Answers, Door, Request
from afterclick.engine.items import Items, Left
from afterclick.governance.cards import Card, Mode
from afterclick.governance.policy import Policy
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
Rule = Callable[..., Verdict]


class Surroundings(Protocol):
    """What a running batch needs of its engine."""

    door: Door
    policy: Policy
    equipment: Mapping[type[Any], Any]

    def now_ms(self) -> int: ...

    def commit(self, name: str, body: Callable[[Tx], dict[str, list[int]]]) -> dict[str, list[int]]:
        """Run a stage's transaction once, durably; a stage that is through answers with what it returned then."""
        ...

    def reading(self) -> AbstractContextManager[Tx]: ...

    def turn(self, *, urgent: bool) -> AbstractContextManager[None]: ...

    def listeners(self, activity: str) -> Sequence[str]:
        """Bots that start when this activity is recorded."""
        ...


class Row(msgspec.Struct, frozen=True):
    """A batch as it was claimed. `resume` is where in the story it goes on: empty, `at:<stage>` or `after:<stage>`;
    `progress` holds, for each stage that is through, the items that left there."""

    id: int
    items: list[int]
    priority: int = 5
    resume: str = ""
    progress: dict[str, list[int]] = {}


class Batch(Generic[T]):
    """The items that are still going on, and what a story may do with them."""

    def __init__(self, row: Row, *, card: Card, items: Items[T], mode: Mode, around: Surroundings) -> None:
        self.id = row.id
        self.card = card
        self.mode: Mode = mode
        self.around = around
        self.row = row
        self.kind = items
        self._how, _, self._resume_at = row.resume.partition(":")
        self._begun = False
        self._ids = list(row.items)
        self._going: dict[int, T] | None = None
        self._judgements: list[tuple[str, Rule]] = []
        self._remembered: dict[str, dict[Any, Any]] = {}
        self._tx: Tx | None = None
        self._events: list[Event] = []
        self._left: list[Left] = []
        self._outside: list[Event] = []
        self._stopped: list[Left] = []

    # What a story says ------------------------------------------------------------------------------------------------

    def judge(self, rule: Rule) -> None:
        """Let a rule decide over each item: Ask and Refuse leave the batch, each with its reason.

        It is decided in the transaction of the next stage, on the facts as they are then; its name is the stage's name.
        """
        if not self._skips(rule.__name__):
            self._judgements.append((rule.__name__, rule))

    # What a stage sees and does -----------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._loaded().values()))

    def __len__(self) -> int:
        return len(self._loaded())

    @property
    def ids(self) -> list[int]:
        """The items that are still going on."""
        return list(self._loaded())

    @property
    def policy(self) -> Policy:
        """The shop's limits in force."""
        return self.around.policy

    @property
    def now_ms(self) -> int:
        return self.around.now_ms()

    def use(self, kind: type[V]) -> V:
        """A piece of the desk's equipment: what is built once per process, such as rate tables."""
        return self.around.equipment[kind]

    def has(self, system: str) -> bool:
        """Whether the office has a connector of that name."""
        return system in self.around.door.ports

    @property
    def tx(self) -> Tx:
        """The stage's transaction; in a stage's calls, a view to read from."""
        if self._tx is None:
            raise RuntimeError("a story touches the world in its stages only; move this into a stage")
        return self._tx

    def leave(self, item: int, leaving: Leaving, *, stage: str) -> None:
        """Take an item out of the batch; the rest goes on."""
        if self._loaded().pop(item, None) is not None:
            self._left.append(Left(item, stage, leaving))

    def record(self, event: Event) -> None:
        """Add an event to the stage's block."""
        self._events.append(event)

    def keep(self, what: str, values: Mapping[Any, Any]) -> None:
        """Keep values for later stages of this batch; `remember` must be able to load them again."""
        self._remembered.setdefault(what, {}).update(values)

    def remember(self, what: str, load: Callable[[Tx, list[int]], dict[K, V]]) -> dict[K, V]:
        """What an earlier stage kept, or the same from the database when another process worked it out."""
        if what not in self._remembered:
            self._remembered[what] = load(self.tx, self.ids)
        return self._remembered[what]

    def ask(self, act: Act, requests: Mapping[K, Request], *, system: str = "") -> Answers[K, Any]:
        """Ask the outside, through the door, for one thing per key of `requests`; answers come under the same keys."""
        approved = frozenset[int]()
        if self.row.resume and requests:
            approved = inbox.approved(self.tx, self.kind.kind, self.ids, f"{act.port}.{act.name}")
        answers = self.around.door.ask(act, requests, card=self.card, mode=self.mode, batch=self.id, system=system, approved=approved)
        self._note(act, answers)
        return answers

    # How the engine runs it ---------------------------------------------------------------------------------------------

    def run_stage(self, name: str, *, does: Callable[..., None], calls: Callable[["Batch[T]"], object] | None) -> None:
        """Run one stage: its judgements and calls, then its transaction. Called by `Stage`."""
        if self._skips(name) or (self.row.items and not self._ids):
            return
        with self.around.turn(urgent=self.row.priority == 0):
            if calls is None:
                self._commit(name, lambda: does(self))
                return
            if self._judgements or not self._begun:
                self._commit(f"{name}.before", None)
            if self._ids or not self.row.items:
                given = None if name in self.row.progress else self._call(calls)
                self._commit(name, lambda: does(self, given))

    def finish(self) -> None:
        """Close the batch: what was judged last is recorded, and whoever is left goes free."""
        if self._ids or not self.row.items:
            self._commit("finish", None)

    def _call(self, calls: Callable[["Batch[T]"], object]) -> object:
        with self.around.reading() as view:
            self._tx = view
            try:
                return calls(self)
            finally:
                self._tx = None

    def _note(self, act: Act, answers: Answers[Any, Any]) -> None:
        """Keep what the door said until the stage's transaction records it."""
        self._outside.extend(answers.fresh)
        named = f"{act.port}.{act.name}"
        self._stopped.extend(Left(item, named, Ask("operations", because)) for item, because in answers.barred.items())
        self._stopped.extend(Left(item, named, Wait("mode", because)) for item, because in answers.withheld.items())

    def _commit(self, name: str, does: Callable[[], None] | None) -> None:
        """One durable transaction: claim, interruptions, judgements, the stage itself, outcomes, events, progress."""
        done = self.around.commit(name, lambda tx: self._body(tx, name, does))
        self._begun = True
        gone = set(done["left"])
        self._ids = [item for item in self._ids if item not in gone]
        if self._going is not None and gone:
            self._going = {item: value for item, value in self._going.items() if item not in gone}
        self.row.progress.setdefault(name, done["left"])
        self._judgements.clear()
        self._outside, self._stopped = [], []

    def _body(self, tx: Tx, name: str, does: Callable[[], None] | None) -> dict[str, list[int]]:
        began = time.perf_counter()
        self._tx, self._events, self._left = tx, list(self._outside), []
        before = self._going
        self._going = None if before is None else dict(before)
        try:
            dropped = self._take_items(tx)
            self._judge_all(tx)
            if does is not None and (self._going or not self.row.items):
                self._do(tx, name, does)
            left = outcome.close(self, tx, name, self._events, self._left, dropped=dropped, began=began)
            return {"left": left}
        except BaseException:
            # The transaction will be tried again or given up: nothing that it thought may stay behind.
            self._going = before
            raise
        finally:
            self._tx = None

    def _take_items(self, tx: Tx) -> list[int]:
        """Claim the items when the batch is new, and let go of those that somebody wants back; returns what was not free."""
        if not self.row.items:
            self._going = {}
            return []
        dropped: list[int] = []
        if not self.row.progress:
            free = set(self.kind.claim(tx, self.row.items, batch=self.id, now_ms=self.now_ms))
            dropped = [item for item in self.row.items if item not in free]
            self._ids = [item for item in self.row.items if item in free]
        going = self._loaded()
        for item, because in self.kind.interrupted(tx, batch=self.id).items():
            if item in going:
                self.leave(item, Wait("amendment", because), stage="interrupted")
        for one in self._stopped:
            self.leave(one.item, one.leaving, stage=one.stage)
        return dropped

    def _judge_all(self, tx: Tx) -> None:
        going = self._loaded()
        if not self._judgements or not going:
            return
        facts = dict(zip(going, self.kind.gather(self, list(going.values())), strict=True))
        limits = self.kind.limits(self.policy)
        for position, (name, rule) in enumerate(self._judgements):
            approved = inbox.approved(tx, self.kind.kind, list(going), name) if self.row.resume else frozenset[int]()
            for item in list(going):
                verdict = rule(facts[item], limits)
                if item in approved and not isinstance(verdict, Pass):
                    verdict = Pass(f"approved by a person: {verdict.because}")
                self._events.append(outcome.judged(self.kind.kind, item, name, verdict, facts[item] if position == 0 else None))
                if isinstance(verdict, Ask | Refuse):
                    self.leave(item, verdict, stage=name)

    def _do(self, tx: Tx, name: str, does: Callable[[], None]) -> None:
        """Run the stage itself; an item at which it fails is set aside for a person, and the rest is done."""
        everyone = self._loaded()
        finished: dict[int, T] = {}

        def work(items: Sequence[int]) -> None:
            events, left = len(self._events), len(self._left)
            self._going = {item: everyone[item] for item in items}
            try:
                with tx.savepoint(kept=self.mode == "live"):
                    does()
            except BaseException:
                del self._events[events:], self._left[left:]
                raise
            finished.update(self._going)

        def set_aside(item: int, error: Exception) -> None:
            self._left.append(Left(item, name, Ask("operations", f"{name} failed: {type(error).__name__}: {error}", "retry")))

        isolation.run(work, list(everyone), set_aside=set_aside)
        self._going = finished

    def _loaded(self) -> dict[int, T]:
        if self._going is None:
            self._going = self.kind.load(self.tx, self._ids)
        return self._going

    def _skips(self, name: str) -> bool:
        """Whether the story has not yet come to where this batch goes on."""
        if not self._resume_at:
            return False
        if name != self._resume_at:
            return True
        self._resume_at = ""
        return self._how == "after"
