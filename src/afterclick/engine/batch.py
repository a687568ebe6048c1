"""A batch: work items of one kind that travel through a story together, and leave it one by one when they cannot go on."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from afterclick.domain.verdict import Ask, Leaving, Verdict, Wait
from afterclick.engine import inbox, isolation, judging, outcome, queue
from afterclick.engine.door import Act, Answers, Request
from afterclick.engine.items import Items, Left
from afterclick.engine.row import Resume, Row
from afterclick.engine.surroundings import Surroundings
from afterclick.governance.cards import Card, Mode
from afterclick.governance.policy import Policy
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
Rule = Callable[..., Verdict]
Part = tuple[Sequence[int], Callable[[], None]]
"""Some of a batch's items, and a stage's work on them."""


class Batch(Generic[T]):
    """The items that are still going on, and what a story may do with them."""

    def __init__(self, row: Row, *, card: Card, items: Items[T], mode: Mode, around: Surroundings) -> None:
        self.id = row.id
        self.card = card
        self.mode: Mode = mode
        self.around = around
        self.row = row
        self.in_force = around.policies.of(row.policy)
        self.kind = items
        self._resume = Resume(row.resume)
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
        self._stage = ""

    # What a story says ------------------------------------------------------------------------------------------------

    def judge(self, rule: Rule) -> None:
        """Let a rule decide over each item: Ask and Refuse leave the batch, each with its reason.

        It is decided in the transaction of the next stage, on the facts as they are then; its name is the stage's name.
        """
        if not self._resume.skips(rule.__name__):
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
        """The shop's limits, as they were in force when this batch began."""
        return self.in_force.active.policy

    @property
    def now_ms(self) -> int:
        return self.around.now_ms()

    def use(self, kind: type[V]) -> V:
        """A piece of the desk's equipment: what is built once per process, such as rate tables."""
        return self.around.equipment[kind]

    def has(self, system: str) -> bool:
        """Whether the office has a connector of that name."""
        return system in self.around.door.ports

    def systems(self, port: str) -> list[str]:
        """The connectors of a port, by name: for `store`, every `store:<name>`."""
        return sorted(name for name in self.around.door.ports if name == port or name.startswith(f"{port}:"))

    def system(self, name: str) -> object:
        """A connector to read from. Acts go through `ask`."""
        return self.around.door.ports[name]

    def start_again(self) -> None:
        """Start this bot once more as soon as it is through: there is more to do than fits one run."""
        queue.put_start(self.tx, self.card.id, now_ms=self.now_ms)

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

    def renew(self, values: Mapping[int, T]) -> None:
        """Go on with changed items: what the stage has written of them holds for the stages after it."""
        going = self._loaded()
        going.update({item: value for item, value in values.items() if item in going})

    def record(self, event: Event) -> None:
        """Add an event to the stage's block."""
        self._events.append(event)

    def keep(self, what: str, values: Mapping[Any, Any]) -> None:
        """Keep values for later stages of this batch; `remember` must be able to load them again."""
        self._remembered.setdefault(what, {}).update(values)

    def remember(self, what: str, load: Callable[[Tx, list[int]], dict[K, V]]) -> dict[K, V]:
        """What an earlier stage kept, or the same from the database when another process worked it out."""
        if what not in self._remembered:
            loaded = load(self.tx, self.ids)
            if len(self.ids) < len(self._ids):
                return loaded  # perhaps a part of the batch only; the rest would not find theirs
            self._remembered[what] = loaded
        return self._remembered[what]

    def ask(self, act: Act, requests: Mapping[K, Request], *, system: str = "") -> Answers[K, Any]:
        """Ask the outside, through the door, for one thing per key of `requests`; answers come under the same keys."""
        approved: dict[int, str] = {}
        if self.row.resume and requests:
            approved = inbox.approved(self.tx, self.kind.kind, self.ids, self._stage, proposal=f"{act.port}.{act.name}")
        answers = self.around.door.ask(
            act, requests, card=self.card, mode=self.mode, batch=self.id, system=system, approved=approved, force=self.in_force
        )
        self._note(act, answers)
        return answers

    # How the engine runs it ---------------------------------------------------------------------------------------------

    def run_stage(self, name: str, *, does: Callable[..., None], calls: Callable[["Batch[T]"], object] | None) -> None:
        """Run one stage: its judgements and calls, then its transaction. Called by `Stage`."""
        if self._resume.skips(name) or (self.row.items and not self._ids):
            return
        self._stage = name
        with self.around.turn(urgent=self.row.priority == 0):
            if calls is None:
                self._commit(name, [(self._ids, partial(does, self))])
                return
            if self._judgements or not self._begun or self._wanted_back(name):
                self._commit(f"{name}.before", [])
            if self._ids or not self.row.items:
                answered = [] if name in self.row.progress else self._call(name, calls)
                self._commit(name, [(items, partial(does, self, given)) for items, given in answered], called=True)

    def finish(self) -> None:
        """Close the batch: what was judged last is recorded, and whoever is left goes free."""
        if self._ids or not self.row.items:
            self._commit("finish", [])

    def _wanted_back(self, name: str) -> bool:
        """Whether items have to leave before this stage calls: once it has called, what the outside did must be written down."""
        before = f"{name}.before"
        if not self.row.items or name in self.row.progress or before in self.row.progress:
            return before in self.row.progress  # a run that is taken up again repeats the commits it had
        with self.around.reading() as view:
            return bool(self.kind.interrupted(view, batch=self.id))

    def _call(self, name: str, calls: Callable[["Batch[T]"], object]) -> list[tuple[Sequence[int], object]]:
        """Let a stage call the outside; an item at which that fails is set aside. Returns what each part was answered."""
        answered: list[tuple[Sequence[int], object]] = []

        def work(items: Sequence[int]) -> None:
            self._going = {item: everyone[item] for item in items}
            try:
                answered.append((items, calls(self)))
            except Exception:
                # What was answered is recorded now, so that the parts do not ask for it again.
                self.around.door.record(self._outside, card=self.card, mode=self.mode, batch=self.id)
                self._outside = []
                raise

        with self.around.reading() as view:
            self._tx = view
            everyone = self._loaded()
            try:
                aside = self._stopped
                isolation.run(work, list(everyone), set_aside=lambda item, error: aside.append(_failed(item, name, error)))
            finally:
                self._tx, self._going = None, everyone
        return answered

    def _note(self, act: Act, answers: Answers[Any, Any]) -> None:
        """Keep what the door said until the stage's transaction records it."""
        self._outside.extend(answers.fresh)
        named = f"{act.port}.{act.name}"
        self._stopped.extend(
            Left(item, self._stage, Ask("operations", because, named)) for item, because in answers.barred.items()
        )
        self._stopped.extend(Left(item, self._stage, Wait("mode", because)) for item, because in answers.withheld.items())

    def _commit(self, name: str, does: Sequence[Part], *, called: bool = False) -> None:
        """One durable transaction: claim, interruptions, judgements, the stage itself, outcomes, events, progress."""
        done = self.around.commit(name, lambda tx: self._body(tx, name, does, called=called))
        self._begun = True
        gone = set(done["left"])
        self._ids = [item for item in self._ids if item not in gone]
        if self._going is not None and gone:
            self._going = {item: value for item, value in self._going.items() if item not in gone}
        self.row.progress.setdefault(name, done["left"])
        self._judgements.clear()
        self._outside, self._stopped = [], []

    def _body(self, tx: Tx, name: str, does: Sequence[Part], *, called: bool) -> dict[str, list[int]]:
        began = time.perf_counter()
        self._tx, self._events, self._left = tx, list(self._outside), []
        before = self._going
        self._going = None if before is None else dict(before)
        try:
            dropped = self._take_items(tx, name.removesuffix(".before"), called=called)
            judging.decide(self, tx, self._judgements, self._loaded())
            if does and (self._going or not self.row.items):
                self._do(tx, name, does)
            left = outcome.close(self, tx, name, self._events, self._left, dropped=dropped, began=began)
            return {"left": left}
        except BaseException:
            # The transaction will be tried again or given up: nothing that it thought may stay behind.
            self._going = before
            raise
        finally:
            self._tx = None

    def _take_items(self, tx: Tx, stage: str, *, called: bool) -> list[int]:
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
        interrupted = {} if called else self.kind.interrupted(tx, batch=self.id)
        for item, because in interrupted.items():
            if item in going:
                self.leave(item, Wait("amendment", because), stage=self._judgements[0][0] if self._judgements else stage)
        self._left.extend(one for one in {one.item: one for one in self._stopped}.values() if one.item not in interrupted)
        for one in self._stopped:
            going.pop(one.item, None)
        return dropped

    def _do(self, tx: Tx, name: str, does: Sequence[Part]) -> None:
        """Run the stage itself; an item at which it fails is set aside for a person, and the rest is done."""
        everyone = self._loaded()
        finished: dict[int, T] = {}

        def work(act: Callable[[], None], items: Sequence[int]) -> None:
            events, left = len(self._events), len(self._left)
            self._going = {item: everyone[item] for item in items}
            try:
                with tx.savepoint(kept=self.mode == "live"):
                    act()
            except BaseException:
                del self._events[events:], self._left[left:]
                raise
            finished.update(self._going)

        def set_aside(item: int, error: Exception) -> None:
            self._left.append(_failed(item, name, error))

        for part, act in does:
            here = [item for item in part if item in everyone]
            if here or not self.row.items:
                isolation.run(partial(work, act), here, set_aside=set_aside)
        self._going = finished

    def _loaded(self) -> dict[int, T]:
        if self._going is None:
            found: dict[int, T] = {}
            isolation.run(
                lambda items: found.update(self.kind.load(self.tx, items)),
                self._ids,
                set_aside=lambda item, error: self._stopped.append(_failed(item, "load", error)),
            )
            self._going = found
        return self._going


def _failed(item: int, name: str, error: Exception) -> Left:
    return Left(item, name, judging.failed(name, error))
