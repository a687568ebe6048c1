"""The log for programs: searched, verified and exported."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Final, Literal

import msgspec
from fastapi import Path, Query, Response
from fastapi.responses import StreamingResponse

from afterclick.control_room.api import proof
from afterclick.control_room.api.answers import Given
from afterclick.control_room.api.kit import MOST_ROWS, Interface
from afterclick.control_room.api.pace import Pace
from afterclick.control_room.api.proof import ExportsLog, ReadsLog
from afterclick.control_room.api.sent import refusing
from afterclick.control_room.audit.pages import Auditing
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.engine.checks import one_view
from afterclick.governance.allowed import Allowed, of_events
from afterclick.governance.audit import chain_file, ocel, searching, spreadsheet
from afterclick.governance.audit.searching import Page, Wanted
from afterclick.store.transaction import Tx

Text = Annotated[str, Query(max_length=200)]
Instant = Annotated[int, Query(ge=0, lt=2**53)]
LONGEST_SPAN_MS: Final = 31 * 86_400_000
"""What one export covers at most; the command line exports all."""


class Event(msgspec.Struct, frozen=True):
    """One event with the facts that it rests on, as JSON, and what of the policy allowed it (an empty text: nothing had to)."""

    facts: str
    allowed: Allowed


def audit_api(room: Room, given: Auditing, pace: Pace | None = None) -> Interface:
    """The routes under `/api/v1/audit`; `given` is the same as to the pages."""
    api = Interface(room, "audit", pace=pace)
    _reads(api)
    _exports(api)
    proof.add(api, given)
    return api


def _reads(api: Interface) -> None:
    room = api.room

    @api.get("/audit", Page)
    def search(
        who: ReadsLog,
        order: Annotated[int, Query(ge=0, lt=2**63)] = 0,
        object: Text = "",
        actor: Text = "",
        activity: Text = "",
        verdict: Text = "",
        because: Text = "",
        from_ms: Instant = 0,
        to_ms: Instant = 0,
        cursor: Annotated[str, Query(max_length=60)] = "",
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 50,
    ) -> Response:
        """Events that match everything named, newest first. A page may be empty and yet have a `next`: each looks so far only."""
        wanted = Wanted(order, object, actor, activity, verdict, because, from_ms, to_ms)
        with refusing(422, ValueError), room.database.reading() as tx:
            return Given(searching.search(tx, wanted, cursor=cursor, limit=limit))

    @api.get("/audit/events/{block}/{seq}", Event, refuses=(404,))
    def event(who: ReadsLog, block: Annotated[int, Path(ge=1, lt=2**62)], seq: Annotated[int, Path(ge=0, lt=2**31)]) -> Response:
        """The facts of one event, and what allowed it."""
        with room.database.reading() as tx:
            found = searching.event(tx, block, seq)
            if found is None:
                raise Problem(404, f"there is no event {block}.{seq}")
            return Given(Event(found.facts, of_events(tx, [found])[0]))


def _exports(api: Interface) -> None:
    room = api.room

    @api.get_file("/audit/export", "text/csv", "application/json")
    def export(
        who: ExportsLog, from_ms: Instant, to_ms: Instant, form: Annotated[Literal["csv", "ocel"], Query()] = "csv"
    ) -> Response:
        """Events of a span of time: as CSV, or as OCEL 2.0 in JSON, for process mining."""
        if not 0 < to_ms - from_ms <= LONGEST_SPAN_MS:
            raise Problem(422, "name at most 31 days: from_ms, and to_ms after it; `afterclick audit export` writes all")
        parts = spreadsheet.lines if form == "csv" else ocel.parts
        kind = "text/csv; charset=utf-8" if form == "csv" else "application/json"
        day = f"{datetime.fromtimestamp(from_ms / 1000, UTC):%Y-%m-%d}" if from_ms < 2**45 else "log"
        named = f'attachment; filename="log-{day}.{"csv" if form == "csv" else "json"}"'
        return StreamingResponse(
            _read(room, lambda tx: parts(tx, from_ms=from_ms, to_ms=to_ms)), 200, {"Content-Disposition": named}, kind
        )

    @api.get_file("/audit/chain", "application/jsonl")
    def chain(who: ExportsLog) -> Response:
        """The whole log with its hashes, one block a line, as `afterclick audit verify` proves it offline."""
        parts = _read(room, lambda tx: chain_file.lines(tx, office=room.shop, now_ms=room.now_ms()))
        named = 'attachment; filename="log.chain.jsonl"'
        return StreamingResponse(parts, 200, {"Content-Disposition": named}, "application/jsonl")


def _read(room: Room, parts: Callable[[Tx], Iterator[bytes]]) -> Iterator[bytes]:
    with room.database.reading() as tx:
        one_view(tx)
        yield from parts(tx)
