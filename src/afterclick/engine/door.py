"""The one door out: every act on the outside passes here, and is done once.

An act must be on the bot's card, within the policy's limits, not done before (its key), its system's breaker closed, and the
bot live; only then is the system asked. What was answered for good is recorded under the act's key.
"""

import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Generic, NamedTuple, TypeVar, cast

import msgspec

from afterclick.engine.breaker import Breaker, Health
from afterclick.engine.requests import Request, item_of, named
from afterclick.engine.tracing import Tracer, Untraced
from afterclick.governance.cards import Card, Mode
from afterclick.governance.in_force import InForce
from afterclick.governance.policy import DoorLimits
from afterclick.governance.vault import redaction
from afterclick.ports.answer import Answer, Declined, Done, Unavailable, unavailable
from afterclick.store import log
from afterclick.store.log import Block, Event
from afterclick.store.transaction import Tx

K = TypeVar("K", bound=Hashable)
M = TypeVar("M")

PAUSES_S: Final = (0.0, 0.0, 0.05)
"""How long to wait before each try: once more at once, since most faults are gone by then, and once after a breath."""
PROBE: Final = 50
"""So many requests are sent first, to learn whether a system answers at once or takes its time."""
NOBODY: Final[Mapping[int, str]] = {}
Limit = Callable[[int | None], int | None]
"""Order → the largest amount that may be moved for it, in minor units; None for any."""
SLOW_S: Final = 0.25
"""After so long, answers are recorded before more is asked: a crash may then repeat few calls only."""


class Act(NamedTuple):
    """One act of one port: the port's name, its method, the type of what it answers, and what makes an answer nonsense.

    `wrong` looks at a request and its answer and says what cannot be true of it; such an answer counts as none.
    """

    port: str
    name: str
    answer: Any
    wrong: Callable[[Any, Any], str] | None = None


class Withheld(msgspec.Struct, frozen=True):
    """Not asked, since the bot is not live: what would have been done."""

    because: str


class Barred(msgspec.Struct, frozen=True):
    """Not asked, since a card or a limit forbids it; a person may decide."""

    because: str


class Answers(dict[K, Answer[M] | Withheld | Barred], Generic[K, M]):
    """Answers under the caller's keys. `fresh` are the events that the stage has yet to record."""

    def __init__(self) -> None:
        super().__init__()
        self.fresh: list[Event] = []
        self.barred: dict[int, str] = {}
        self.withheld: dict[int, str] = {}

    def done(self, key: K) -> M | None:
        """The answer, where there is one."""
        answer = self.get(key)
        return answer.answer if isinstance(answer, Done) else None


class Door:
    """See the module. `ports` are the systems by name; carriers are named `carrier:<name>`.

    `admits` says why a bot may not act at all (see `register.refusal`); empty when it may.
    """

    def __init__(
        self,
        ports: Mapping[str, object],
        *,
        limits: DoorLimits,
        reading: Callable[[], AbstractContextManager[Tx]],
        writing: Callable[[], AbstractContextManager[Tx]],
        admits: Callable[[Card], str],
        now_ms: Callable[[], int],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.ports = ports
        self._limits = limits
        self._reading = reading
        self._writing = writing
        self._admits = admits
        self._now_ms = now_ms
        self._pause = pause
        self.tracer: Tracer = Untraced()
        self._breakers: dict[str, Breaker] = {}

    def open_for(self, port: str) -> bool:
        """Whether the system is asked at all at the moment, as far as its breaker goes."""
        return self._breaker(port).allows(self._now_ms())

    def health(self) -> dict[str, tuple[bool, Health]]:
        """Of each system that was asked since this process began: whether its breaker lets it be asked, and how it does."""
        now_ms = self._now_ms()
        return {port: (breaker.allows(now_ms), breaker.health) for port, breaker in list(self._breakers.items())}

    def ask(
        self,
        act: Act,
        requests: Mapping[K, Request],
        *,
        card: Card,
        mode: Mode,
        batch: int,
        system: str = "",
        approved: Mapping[int, str] = NOBODY,
        force: InForce | None = None,
    ) -> Answers[K, Any]:
        """Ask `system` (by default the act's port) for one thing per key; see the module for what is checked first.

        `approved`: item → who has said that it may go over the limit. `force` is the policy under which the batch runs.
        """
        answers: Answers[K, Any] = Answers()
        if not requests:
            return answers
        limit = self._limit(f"{act.port}.{act.name}", force)
        pending = self._gate(act, requests, answers, card=card, mode=mode, approved=approved, limit=limit)
        self._recall(act, pending, answers)
        waiting: dict[K, Request] = {key: request for key, request in pending.items() if key not in answers}
        answers.fresh += _let_past(act, waiting.values(), approved, limit)
        size, began = PROBE, time.perf_counter()
        while waiting:
            chunk: dict[K, Request] = dict(list(waiting.items())[:size])
            self._ask_chunk(act, chunk, answers, port=system or act.port)
            waiting = {key: request for key, request in waiting.items() if key not in chunk}
            if time.perf_counter() - began > SLOW_S:
                self.record(answers.fresh, card=card, mode=mode, batch=batch)
                answers.fresh.clear()
                began = time.perf_counter()
            else:
                size = len(waiting)
        return answers

    def _gate(
        self,
        act: Act,
        requests: Mapping[K, Request],
        answers: Answers[K, Any],
        *,
        card: Card,
        mode: Mode,
        approved: Mapping[int, str],
        limit: Limit,
    ) -> dict[K, Request]:
        """Answer what may not be asked; returns what may."""
        allowed: dict[K, Request] = {}
        refused = self._admits(card)
        on_card = card.allows(act.port, act.name)
        for key, request in requests.items():
            amount, largest = getattr(request, "amount", 0), limit(request.order_id)
            if refused:
                because = refused
            elif not on_card:
                because = f"{act.port}.{act.name} is not on the card of {card.id}; add it there, or do it by hand"
            elif largest is not None and amount > largest and item_of(request) not in approved:
                because = f"{act.port}.{act.name} of {amount} is over the limit of {largest} (door.largest in policy.toml)"
            elif mode != "live":
                because = f"would have asked for {act.port}.{act.name} ({request.key})"
                answers[key] = Withheld(because)
                answers.withheld[item_of(request)] = because
                continue
            else:
                allowed[key] = request
                continue
            answers[key] = Barred(because)
            answers.barred[item_of(request)] = because
        return allowed

    def _limit(self, named: str, force: InForce | None) -> Limit:
        """The largest amount that an act may move, for each order: a canary's share keeps to its own version's."""
        if force is None or force.canary is None:
            largest = (self._limits if force is None else force.active.policy.door).largest.get(named)
            return lambda _order: largest
        return lambda order: force.decides(order or 0).policy.door.largest.get(named)

    def _recall(self, act: Act, pending: Mapping[K, Request], answers: Answers[K, Any]) -> None:
        """Answer what was done before from its record."""
        by_effect = {request.key: key for key, request in pending.items()}
        with self._reading() as tx:
            condition, value = tx.among(list(by_effect))
            known = tx.rows(f"SELECT key, verdict, because, facts FROM events WHERE key {condition}", (value,))  # noqa: S608
        for effect, verdict, because, facts in known:
            recorded = Done(msgspec.json.decode(facts, type=act.answer)) if verdict == "Done" else Declined(because)
            answers[by_effect[effect]] = recorded

    def _ask_chunk(self, act: Act, chunk: Mapping[K, Request], answers: Answers[K, Any], *, port: str) -> None:
        left: Mapping[K, Request] = chunk
        activity, at = f"{act.port}.{act.name}", "" if port == act.port else port
        for attempt, pause_s in enumerate(PAUSES_S):
            if pause_s:
                self._pause(pause_s)
            asked, left = left, dict[K, Request]()
            replies = self._call(act, list(asked.values()), port, again=attempt > 0)
            for (key, request), said in zip(asked.items(), replies, strict=True):
                reply = _sensible(act, request, said)
                answers[key] = reply
                if isinstance(reply, Unavailable):
                    left[key] = request
                else:
                    answers.fresh.append(_recorded(activity, request, reply, at))
            if not left:
                return

    def _call(self, act: Act, requests: Sequence[Request], port: str, *, again: bool) -> Sequence[Answer[Any]]:
        breaker = self._breaker(port)
        if not breaker.allows(self._now_ms()):
            return unavailable(requests, f"{port} has failed often; it is left alone until it has rested")
        try:
            with self.tracer.span(f"{act.port}.{act.name}", system=port, requests=len(requests)):
                replies = cast(Sequence[Answer[Any]], getattr(self.ports[port], act.name)(requests))
            if len(replies) != len(requests):
                replies = unavailable(requests, f"{port} gave {len(replies)} answers to {len(requests)} requests")
            elif redaction.OFFICE:
                replies = [_without_secrets(one) for one in replies]
        except Exception as error:  # whatever a connector does, the rest of the batch goes on
            replies = unavailable(requests, redaction.redact(f"{port}: {type(error).__name__}: {error}"))
        kinds = [type(one) for one in replies]
        failed = kinds.count(Unavailable)
        because = cast(Unavailable, replies[kinds.index(Unavailable)]).because if failed else ""
        breaker.count(
            declined=kinds.count(Declined), failed=failed, of=len(requests), because=because[:300], now_ms=self._now_ms()
        )
        if not again or failed < len(requests):  # those asked again have failed already, and say nothing about the others
            breaker.note(failed=failed, of=len(requests), now_ms=self._now_ms())
        return replies

    def record(self, happened: Sequence[Event], *, card: Card, mode: Mode, batch: int) -> None:
        """Record answers at once, before their stage does: from now on they are recalled, not asked for again."""
        if happened:
            with self._writing() as tx:
                log.append(tx, Block(self._now_ms(), card.id, card.version, mode, batch), happened)

    def _breaker(self, port: str) -> Breaker:
        return self._breakers.setdefault(port, Breaker())


def _without_secrets(reply: Answer[Any]) -> Answer[Any]:
    """What a system says, without our secrets; an answer that repeats one whole is nonsense, and not kept."""
    if isinstance(reply, Done):
        said = msgspec.json.encode(reply.answer).decode()
        return Unavailable("the answer repeats a secret of ours") if redaction.OFFICE.certainly_in(said) else reply
    return type(reply)(redaction.redact(reply.because))


def _let_past(act: Act, requests: Iterable[Request], approved: Mapping[int, str], limit: Limit) -> list[Event]:
    """Who let acts past their limit, for the record."""
    what = f"{act.port}.{act.name}"
    if not approved:
        return []
    return [
        Event("door.approved", *named(one), "Pass",
              f"{what} of {amount} is over the limit of {largest}; approved by {approved[item_of(one)]}")
        for one in requests
        if item_of(one) in approved
        and (largest := limit(one.order_id)) is not None
        and (amount := getattr(one, "amount", 0)) > largest
    ]  # fmt: skip


def _sensible(act: Act, request: Request, reply: Answer[Any]) -> Answer[Any]:
    if act.wrong is None or not isinstance(reply, Done):
        return reply
    problem = act.wrong(request, reply.answer)
    return Unavailable(f"the answer makes no sense: {problem}") if problem else reply


def _recorded(activity: str, request: Request, reply: Done[Any] | Declined, at: str) -> Event:
    """The event of an answer for good; `at` names the system where a port has several."""
    if isinstance(reply, Declined):
        system = f'{{"system":{msgspec.json.encode(at).decode()}}}' if at else ""
        return Event(activity, *named(request), "Declined", reply.because, system, request.key)
    said = "null" if reply.answer is None else msgspec.json.encode(reply.answer).decode()
    return Event(activity, *named(request), "Done", at, said, request.key)
