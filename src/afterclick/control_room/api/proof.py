"""The log's proof for programs: verified, anchored outside, and freed of what people have a right to see erased."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from fastapi import Depends, Response

from afterclick.control_room.access import Needs
from afterclick.control_room.api.answers import Given
from afterclick.control_room.api.kit import Interface, Nothing
from afterclick.control_room.api.sent import Sends, refusing
from afterclick.control_room.audit.anchor import CARD
from afterclick.control_room.audit.erasing_page import Erases
from afterclick.control_room.audit.pages import Auditing
from afterclick.control_room.problems import Problem
from afterclick.engine import queue
from afterclick.engine.checks import one_view
from afterclick.governance.actor import Actor
from afterclick.governance.audit import anchors, erasing
from afterclick.governance.audit.anchors import AnchorError
from afterclick.governance.audit.erasing import Found, NotErasable
from afterclick.governance.audit.texts import BrokenBlock
from afterclick.store import log
from afterclick.store.chain import Verified
from afterclick.store.transaction import Tx

ReadsLog = Annotated[Actor, Depends(Needs("audit.read"))]
ExportsLog = Annotated[Actor, Depends(Needs("audit.export"))]
LATEST: Final = 200


class Anchor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A head of the log that somebody has written down."""

    block: Annotated[int, msgspec.Meta(ge=1, lt=2**62)]
    hash: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Anchors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Heads of the log from outside, against which it is held."""

    anchors: Annotated[list[Anchor], msgspec.Meta(max_length=5_000)]


class Kept(msgspec.Struct, frozen=True):
    """A head that was written down outside, or was not: where (`witness`), and what was said of it."""

    block: int
    hash: str
    at_ms: int
    witness: str
    state: str
    said: str


class Places(msgspec.Struct, frozen=True):
    """The head of the log now (block 0: it is empty), whether there is any place outside, and the latest anchors."""

    block: int
    hash: str
    anywhere: bool
    anchors: tuple[Kept, ...]


class Begun(msgspec.Struct, frozen=True):
    """The bot that writes the head down has been asked to."""

    bot: str


class Erasing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose data (the store's id of the customer, or their e-mail address), and why; only `sure` erases."""

    customer: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    because: Annotated[str, msgspec.Meta(max_length=500)] = ""
    sure: bool = False


class Erased(msgspec.Struct, frozen=True):
    """What would be erased or, where it is `done`, was."""

    done: bool
    found: Found


def add(api: Interface, given: Auditing) -> None:
    """Add the routes."""
    _verifies(api, given)
    _anchors(api, given)
    _erases(api, given)


def _verifies(api: Interface, given: Auditing) -> None:
    room = api.room

    def verified(known: Mapping[int, str]) -> Response:
        with room.database.reading() as tx:
            one_view(tx)
            return Given(log.verify(tx, anchors=known))

    @api.get("/audit/verify", Verified, refuses=(409,))
    def verify(who: ReadsLog) -> Response:
        """Walk the chain and hold it against the office's own anchors; takes about a second for 100,000 events."""
        with refusing(409, AnchorError):
            known = given.anchors()
        return verified(known)

    @api.post("/audit/verify", Anchors, Verified, keyed=False)
    def against(who: ReadsLog, sent: Sends) -> Response:
        """The same, against anchors that an auditor has kept where nobody in the office can reach them."""
        known: dict[int, str] = {}
        for one in sent.read(Anchors).anchors:
            if known.setdefault(one.block, one.hash) != one.hash:
                raise Problem(422, f"two anchors name different hashes for block {one.block}")
        return verified(known)


def _anchors(api: Interface, given: Auditing) -> None:
    room = api.room

    @api.get("/audit/anchors", Places)
    def listed(who: ReadsLog) -> Response:
        """Where heads of the log were written down, the latest first."""
        with room.database.reading() as tx:
            head = anchors.head(tx) or (0, "")
            kept = tuple(Kept(*one) for one in anchors.latest(tx, limit=LATEST))
        return Given(Places(*head, given.anywhere, kept))

    @api.post("/audit/anchors", Nothing, Begun, status=202)
    def anchor(who: ExportsLog, sent: Sends) -> Response:
        """Let the bot write the head down now."""
        sent.read(Nothing)
        if not given.anywhere:
            raise Problem(409, "there is no place outside: set audit.anchor_file, audit.anchor_mail or audit.anchor_webhook")

        def begins(tx: Tx) -> Begun:
            queue.put_start(tx, CARD.id, now_ms=room.now_ms())
            return Begun(CARD.id)

        return sent.once(room, who, begins, status=202)


def _erases(api: Interface, given: Auditing) -> None:
    room = api.room

    @api.post("/audit/erase", Erasing, Erased, keyed=False)
    def erase(who: Erases, sent: Sends) -> Response:
        """What is known of a customer; with `sure`, erase it. The log keeps the proof; documents stay as they must."""
        wish = sent.read(Erasing)
        about: dict[str, Any] = {"now_ms": room.now_ms(), "years": given.invoice_years}
        with refusing(409, NotErasable, BrokenBlock):
            if not wish.sure:
                with room.database.reading() as tx:
                    return Given(Erased(False, erasing.look(tx, wish.customer, **about)))
            with room.database.transaction() as tx:
                found = erasing.erase(tx, wish.customer, by=who.id, because=wish.because, **about)
        erasing.sweep(room.database)
        return Given(Erased(True, found))
