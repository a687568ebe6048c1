"""The engine: claims batches from the queue, runs their stories durably, and starts bots on time."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

from afterclick.engine import isolation, queue, register, vetting
from afterclick.engine.batch import Batch
from afterclick.engine.bots import Fleet, listeners_of
from afterclick.engine.clock import Clock
from afterclick.engine.collector import Collector
from afterclick.engine.door import Door
from afterclick.engine.lanes import Lanes
from afterclick.engine.policies import Policies
from afterclick.engine.rounds import MOST_AT_ONCE, Rounds, count
from afterclick.engine.row import found
from afterclick.engine.runtime import STORY_VERSION, Runtime
from afterclick.engine.supervisor import watch
from afterclick.engine.tracing import Tracer, Untraced
from afterclick.governance.cards import Card
from afterclick.governance.policy import Policy
from afterclick.governance.vault.redaction import redact, without_secrets
from afterclick.store import log
from afterclick.store.database import Database
from afterclick.store.log import Block, Event
from afterclick.store.transaction import Tx

POLL_S: Final = 0.05
OUTAGE_PAUSE_S: Final = 1.0
REVIVE_AFTER_MS: Final = 3_000

logger = logging.getLogger("afterclick.engine")


class Engine:
    """Runs a fleet of bots on one database. Mount it, `start` it, and `stop` it; or call `run_until_idle`."""

    gathers_s: float = 0.5
    """At least so long lies between the beginnings of two bulk batches; each commits some fourteen times, however small it is."""

    def __init__(
        self,
        database: Database,
        fleet: Fleet,
        *,
        ports: Mapping[str, object],
        policy: Policy,
        executor: str,
        equipment: Mapping[type[Any], Any] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.database = database
        self.fleet = fleet
        self.policies = Policies(database, policy, now_ms=self.now_ms)
        self.equipment: Mapping[type[Any], Any] = equipment or {}
        self.executor = executor
        self.clock = clock or Clock()
        self.tracer: Tracer = Untraced()
        self.lanes = Lanes()
        self.door = Door(
            ports, limits=policy.door, reading=database.reading, writing=database.transaction, admits=self._refusal,
            now_ms=self.clock.now_ms,
        )  # fmt: skip
        self.runtime = Runtime(database, executor=executor, run_batch=self._run_batch)
        self._watch = watch(database, executor=executor, version=STORY_VERSION, runs=self.runtime, alarm=self._alarm)
        self._in_hand: set[int] = set()
        self._took_up_ms = 0
        self._collector = Collector()
        self._rounds = Rounds(database, now_ms=self.clock.now_ms)
        self._listeners = listeners_of(fleet)
        self._stopping = threading.Event()
        self._wake = threading.Event()
        self._threads: list[threading.Thread] = []
        self._outages: dict[int, str] = {}
        """What each thread that cannot go on has said of it."""

    # What a batch needs -------------------------------------------------------------------------------------------------

    def now_ms(self) -> int:
        return self.clock.now_ms()

    def commit(self, name: str, body: Callable[[Tx], dict[str, list[int]]]) -> dict[str, list[int]]:
        with self.tracer.span(name):
            return self.runtime.commit(name, body)

    def reading(self) -> AbstractContextManager[Tx]:
        return self.database.reading()

    def turn(self, *, urgent: bool) -> AbstractContextManager[None]:
        return self.lanes.turn(urgent=urgent)

    def holds(self) -> bool:
        return self._watch.holds()

    def listeners(self, activity: str) -> Sequence[str]:
        return self._listeners.get(activity, ())

    # Life ---------------------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Register the fleet and take up what an earlier process left unfinished.

        Raises:
            OfficeBusy: another process works in this SQLite office. NameTaken: another worker is called as this one.
        """
        self._watch.begin()
        count(self.database, most=MOST_AT_ONCE)  # by which version a bot has judged is told from the figures
        with self.database.transaction() as tx:
            register.enrol(tx, self.fleet, now_ms=self.now_ms())
        vetting.vet(self.database, self.fleet, now_ms=self.now_ms())
        self.policies.look()
        self.runtime.launch()
        self._collector.begin()

    def start(self) -> None:
        """Work in the background: one bulk lane, one urgent lane and the clock that starts bots on time."""
        for name, work in (("bulk", self._gathering), ("urgent", self._urgent), ("clock", self._tick)):
            thread = threading.Thread(target=self._keep_doing, args=(work,), name=f"afterclick-{name}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End after the stages in hand; what is unfinished is taken up at the next start."""
        self._stopping.set()
        self._wake.set()
        for thread in self._threads:
            thread.join(timeout=30)
        self.runtime.destroy()
        self._watch.end()
        self._collector.end()

    def start_bot(self, tx: Tx, bot_id: str) -> None:
        """Start a bot that needs no items now, whatever its clock says."""
        queue.put_start(tx, self.fleet[bot_id].card.id, now_ms=self.now_ms())
        self.notify()

    def notify(self) -> None:
        """Somebody has queued work: look now, not at the next poll."""
        self._wake.set()

    def run_until_idle(self, *, patience_s: float = 2.0, progress: Callable[[], None] | None = None) -> None:
        """Work until nothing is queued or running, waiting up to `patience_s` for what is due a little later.

        From now on nothing gathers: somebody waits for the end.
        """
        self.gathers_s = 0.0
        self._keep_trying(self._tick)
        if not self._threads:
            self.start()
        while not self._stopping.is_set():
            self._stopping.wait(POLL_S)
            if progress is not None:
                progress()
            with contextlib.suppress(Exception):
                if self._idle(patience_s):
                    return

    def drain(self) -> None:
        """Work in the calling thread until nothing is due."""
        self._tick()
        while self._urgent() or self._bulk():
            continue

    # The work -----------------------------------------------------------------------------------------------------------

    def _bulk(self) -> bool:
        return self._work_on_next(urgent=False)

    def _gathering(self) -> bool:
        """The bulk lane in the background: what trickles in gathers for a moment, since ten items cost hardly more than one."""
        began_s = time.monotonic()
        busy = self._bulk()
        if busy:
            self._stopping.wait(max(0.0, began_s + self.gathers_s - time.monotonic()))
        return busy

    def _urgent(self) -> bool:
        return self._work_on_next(urgent=True)

    def _work_on_next(self, *, urgent: bool) -> bool:
        """Claim and run the next batch of a lane; returns whether there was one."""
        if not self._watch.holds():
            return False
        with self.database.reading() as tx:
            if not queue.waiting(tx, urgent=urgent, now_ms=self.now_ms()):
                return False
        with self.lanes.urgent() if urgent else contextlib.nullcontext():
            with self.database.transaction() as tx:
                ready, policy = register.ready(tx, self.fleet), self.policies.regime
                claimed = queue.claim(tx, ready, urgent=urgent, executor=self.executor, now_ms=self.now_ms(), policy=policy)
            if claimed is None:
                return False
            self._in_hand.add(claimed[0])
            try:
                self.runtime.run(claimed[0])
            finally:
                self._in_hand.discard(claimed[0])
        return True

    def _run_batch(self, batch_id: int) -> None:
        """What a durable run does: the story of the batch's bot."""
        with self.database.reading() as tx:
            bot_id, mode, row = found(tx, batch_id)
        bot = self.fleet[bot_id]
        batch: Batch[Any] = Batch(row, card=bot.card, items=bot.items, mode=mode, around=self)
        self._in_hand.add(batch_id)
        try:
            with self.tracer.span(bot_id, batch=batch_id, items=len(row.items)):
                bot.story(batch)
                batch.finish()
        except Exception as error:  # the runtime keeps what it says
            if (clean := without_secrets(error)) is not error:
                raise clean from None
            raise
        finally:
            self._in_hand.discard(batch_id)

    def _tick(self) -> bool:
        """Queue the bots whose time has come, and revive what has no run any more."""
        self._watch.look()
        self.policies.look()
        self._rounds.look()
        now_ms = self.now_ms()
        self._collector.look(now_ms)
        with self.database.reading() as tx:
            due = register.any_due(tx, self.fleet, now_ms=now_ms)
            old = queue.unfinished(tx, list(self.fleet), now_ms=now_ms, for_ms=REVIVE_AFTER_MS)
        if due:
            with self.database.transaction() as tx:
                for bot_id in register.due(tx, self.fleet, now_ms=now_ms):
                    queue.put_start(tx, bot_id, now_ms=now_ms)
            self.notify()
        nobodys = [batch for batch, executor in old if self._nobody_has(batch, executor)]
        for batch in self.runtime.failed(nobodys):
            self._revive(batch)
        if nobodys and not 0 <= now_ms - self._took_up_ms < REVIVE_AFTER_MS:
            self._took_up_ms = now_ms
            self.runtime.take_up(nobodys)
        return False

    def _refusal(self, card: Card) -> str:
        with self.database.reading() as tx:
            return register.refusal(tx, card, now_ms=self.now_ms())

    def _nobody_has(self, batch: int, executor: str) -> bool:
        """Whether the worker that claimed the batch is gone, or is us and not working on it."""
        return batch not in self._in_hand if executor == self.executor else self._watch.is_dead(executor)

    def _revive(self, batch: int) -> None:
        """A batch that no run will ever end (it failed, or never began) goes back to the queue, from where it was."""
        with self.database.transaction() as tx:
            bot = self.fleet[tx.value("SELECT bot FROM batches WHERE id = ?", (batch,))]
            items, stage = queue.give_up(tx, batch, stages=bot.stages, now_ms=self.now_ms())
            bot.items.release(tx, items, batch=batch, stage=stage, now_ms=self.now_ms())
        logger.warning("batch %s of %s had no run any more; %s items are queued again", batch, bot.card.id, len(items))

    def _idle(self, patience_s: float) -> bool:
        with self.database.reading() as tx:
            waiting = queue.due(tx, list(register.ready(tx, self.fleet)), until_ms=self.now_ms() + round(patience_s * 1000))
            running = queue.unfinished(tx, list(self.fleet), now_ms=self.now_ms())
        return not waiting and not running

    def _alarm(self, versions: list[str]) -> None:
        """Runs were begun by another version of the stories, and nobody is there who could go on with them."""
        because = f"no worker serves story version {', '.join(versions)}, this is {STORY_VERSION}; start one that does"
        logger.error("unfinished runs wait for ever: %s", because)
        with self.database.transaction() as tx:
            happened = [Event("engine.unserved", None, f"story/{version}", "", because) for version in versions]
            log.append(tx, Block(self.now_ms(), "engine", STORY_VERSION), happened)

    # Outages --------------------------------------------------------------------------------------------------------------

    def _keep_doing(self, work: Callable[[], bool]) -> None:
        while not self._stopping.is_set():
            if not self._keep_trying(work):
                self._wake.wait(POLL_S)
                self._wake.clear()

    def _keep_trying(self, work: Callable[[], bool]) -> bool:
        """Do a piece of work; an outage of the database is said once, and waited for."""
        try:
            busy = work()
        except Exception as error:
            said = redact(f"{type(error).__name__}: {error}")
            if said != self._outages.get(threading.get_ident()):
                what = (
                    "the database cannot be used just now; nothing is lost, work goes on when it is back"
                    if isolation.is_outage(error)
                    else "a run failed"
                )
                logger.error("%s: %s", what, said)
            self._outages[threading.get_ident()] = said
            self._stopping.wait(OUTAGE_PAUSE_S)
            return True
        self._outages.pop(threading.get_ident(), None)
        return busy
