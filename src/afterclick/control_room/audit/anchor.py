"""Write the head of the log down outside the office, so that nobody can cut or rewrite the log unseen."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from afterclick.domain.anchor import Head
from afterclick.domain.message import Notice
from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.engine.door import Act, Answers, Barred, Door, Withheld
from afterclick.engine.items import NoItems
from afterclick.engine.requests import Request
from afterclick.governance.audit import anchors
from afterclick.governance.audit.anchors import Kept, State
from afterclick.governance.cards import Card, Cron
from afterclick.ports.answer import Declined, Done
from afterclick.store import log
from afterclick.store.database import Database
from afterclick.store.log import Block, Event

CARD: Final = Card(
    id="audit.anchor",
    does="Writes the head of the log down outside the office, so that nobody can cut or rewrite it unseen",
    owner="operations",
    works_on="log",
    starts_on=(Cron("7 3 * * *"),),
    may={"witness": frozenset({"keep"}), "mailbox": frozenset({"send"})},
    purpose="So that an auditor can trust the log without trusting whoever runs its database",
    handles=frozenset({"log"}),
)
KEEP: Final = Act("witness", "keep", None)
SEND: Final = Act("mailbox", "send", None)
TEMPLATE: Final = "log_anchor"
"""The text of the mail; its values are office, block, hash and at_ms."""
Ask = Callable[[Act, Mapping[str, Request], str], Answers[str, Any]]


class Anchoring(NamedTuple):
    """The bot's equipment: the shop's name, the witnesses by the name of their connector, and who is written to (or nobody)."""

    office: str
    witnesses: Sequence[str] = ()
    mail_to: str = ""

    @property
    def anywhere(self) -> bool:
        """Whether there is any place outside."""
        return bool(self.witnesses or self.mail_to)


def write_down(logbook: Batch[None]) -> list[Kept]:
    """Hand the head to every witness; what each said is the result."""

    def ask(act: Act, requests: Mapping[str, Request], system: str) -> Answers[str, Any]:
        return logbook.ask(act, requests, system=system)

    return keep(logbook.use(Anchoring), anchors.head(logbook.tx), ask, now_ms=logbook.now_ms)


@stage(calls=write_down)
def note(logbook: Batch[None], kept: Sequence[Kept]) -> None:
    """Remember where the head was written down."""
    anchors.note(logbook.tx, kept)
    if kept:
        logbook.record(happened(kept))


@bot(CARD, over=NoItems())
def anchor(logbook: Batch[None]) -> None:
    note(logbook)


def anchor_now(database: Database, door: Door, equipment: Anchoring, *, by: str, now_ms: int) -> list[Kept]:
    """The same at once, for a person who asks for it while no bot is at work."""
    fresh: list[Event] = []

    def ask(act: Act, requests: Mapping[str, Request], system: str) -> Answers[str, Any]:
        answers = door.ask(act, requests, card=CARD, mode="live", batch=0, system=system)
        fresh.extend(answers.fresh)
        return answers

    with database.reading() as tx:
        head = anchors.head(tx)
    kept = keep(equipment, head, ask, now_ms=now_ms)
    if kept:
        with database.transaction() as tx:
            anchors.note(tx, kept)
            log.append(tx, Block(now_ms, by, ""), [*fresh, happened(kept)])
    return kept


def keep(equipment: Anchoring, head: tuple[int, str] | None, ask: Ask, *, now_ms: int) -> list[Kept]:
    """Hand the head to every witness, and by mail; one that fails does not keep the others from it."""
    if head is None:
        return []
    block, digest = head
    kept: list[Kept] = []
    for system in equipment.witnesses:
        request: Request = Head(f"anchor:{block}:{system}", equipment.office, block, digest, now_ms)
        state, said = _said(ask(KEEP, {system: request}, system)[system])
        kept.append(Kept(block, digest, now_ms, system.partition(":")[2] or system, state, said))
    if equipment.mail_to:
        values = {"office": equipment.office, "block": str(block), "hash": digest, "at_ms": str(now_ms)}
        letter: Request = Notice(f"anchor:{block}:mail", 0, equipment.mail_to, TEMPLATE, values)
        state, said = _said(ask(SEND, {"mail": letter}, "")["mail"])
        kept.append(Kept(block, digest, now_ms, "mail", state, said))
    return kept


def happened(kept: Sequence[Kept]) -> Event:
    """The event of an anchoring, whatever came of it."""
    places = "; ".join(f"{one.witness}: {one.said or one.state}" for one in kept)
    verdict = "Done" if any(one.state == "kept" for one in kept) else "Wait"
    return Event("log.anchored", None, f"block/{kept[0].block}", verdict, places)


def _said(answer: object) -> tuple[State, str]:
    if isinstance(answer, Done):
        return "kept", ""
    if isinstance(answer, Withheld | Barred):
        return "withheld", answer.because
    because = cast(str, getattr(answer, "because", ""))
    return ("declined", because) if isinstance(answer, Declined) else ("failed", because)
