"""Counts for programs: the list, its results, and why a count differed."""

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from fastapi import Path, Query, Response

from afterclick.control_room.api.answers import Given
from afterclick.control_room.api.kit import MOST_ROWS, Interface, Nothing
from afterclick.control_room.api.pace import Pace
from afterclick.control_room.api.sent import Sends, refusing
from afterclick.control_room.problems import Problem
from afterclick.control_room.server import Room
from afterclick.governance.policy import Policy
from afterclick.inventory.api import ChangesStock, Record, SeesStock
from afterclick.inventory.counts import tasks
from afterclick.inventory.counts.evidence import explained
from afterclick.inventory.counts.explaining import Explanation
from afterclick.inventory.counts.propose import propose_now
from afterclick.inventory.counts.results import NotCountable, enter
from afterclick.inventory.counts.tasks import Task
from afterclick.inventory.places import LARGEST_QUANTITY
from afterclick.store.transaction import Tx

Number = Annotated[int, msgspec.Meta(ge=1, lt=2**62)]


class ToCount(msgspec.Struct, frozen=True):
    """A place to count; what is booked there is not told before it is counted. `tries` are the results so far."""

    id: int
    sku: str
    name: str
    warehouse: str
    reason: str
    because: str
    at_stake: int
    currency: str
    expires_ms: int
    tries: int


class Made(msgspec.Struct, frozen=True):
    """What came of a count: `state` is counted or expired, and of one that expired nothing was `counted`."""

    state: str
    booked: int
    counted: int
    done_ms: int
    done_by: str


class Listed(ToCount, frozen=True):
    """A count of the list; `made` is null until it is done."""

    made: Made | None


class Counts(msgspec.Struct, frozen=True):
    """Open counts by warehouse and SKU, as one walks along the shelves; those that are done, the latest first.

    `next` is the cursor of the page after it, 0 on the last.
    """

    counts: tuple[Listed, ...]
    next: int


class CountShown(msgspec.Struct, frozen=True):
    """One count. `booked` and `counted` hold once `state` is counted, and are 0 before."""

    to_count: ToCount
    state: str
    booked: int
    counted: int
    done_ms: int
    done_by: str
    explained: tuple[Explanation, ...]


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many pieces are there."""

    id: Number
    pieces: Annotated[int, msgspec.Meta(ge=0, le=LARGEST_QUANTITY)]


class Results(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was counted."""

    results: Annotated[tuple[Result, ...], msgspec.Meta(min_length=1, max_length=MOST_ROWS)]


class Entered(msgspec.Struct, frozen=True):
    """Counts that were booked, and those that are far from the books: count them once more before they are."""

    booked: tuple[int, ...]
    again: tuple[int, ...]


class Proposed(msgspec.Struct, frozen=True):
    """How many places were put on the list."""

    proposed: int


def counts_api(room: Room, record: Record, policy: Callable[[], Policy], pace: Pace | None = None) -> Interface:
    """The routes under `/api/v1/counts`."""
    api = Interface(room, "stock", pace=pace)
    _shows(api)
    _takes(api, record, policy)
    return api


def _shows(api: Interface) -> None:
    room = api.room

    @api.get("/counts", Counts)
    def listed(
        who: SeesStock,
        state: Annotated[Literal["open", "done"], Query(description="To be counted; or counted, or let go of.")] = "open",
        warehouse: Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")] = "",
        cursor: Annotated[int, Query(ge=0, lt=2**62, description="`next` of the page before.")] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = MOST_ROWS,
    ) -> Response:
        """What to count today, and why; or what was counted earlier."""
        look = tasks.active if state == "open" else tasks.done
        with room.database.reading() as tx:
            after = tasks.one(tx, cursor) if cursor else None
            if cursor and after is None:
                raise Problem(422, f"{cursor} is no cursor of this list; start again from its first page")
            found = look(tx, warehouse=warehouse, after=after, limit=limit + 1)
        return Given(Counts(tuple(map(_listed, found[:limit])), found[limit - 1].id if len(found) > limit else 0))

    @api.get("/counts/{number}", CountShown, refuses=(404,))
    def one(who: SeesStock, number: Annotated[int, Path(ge=1, lt=2**62)]) -> Response:
        """One count: before it is made nothing of the books, afterwards the difference and what explains it."""
        with room.database.reading() as tx:
            task = tasks.one(tx, number)
            if task is None:
                raise Problem(404, f"there is no count {number}")
            why = explained(tx, task)
        return Given(CountShown(
            _to_count(task), task.state, task.booked, task.counted, task.done_ms, task.done_by, tuple(why),
        ))  # fmt: skip


def _takes(api: Interface, record: Record, policy: Callable[[], Policy]) -> None:
    room = api.room

    @api.post("/counts/results", Results, Entered)
    def results(who: ChangesStock, sent: Sends) -> Response:
        """Take in what was counted, all of it or nothing."""
        counted = [(one.id, one.pieces) for one in sent.read(Results).results]

        def takes(tx: Tx) -> Entered:
            found = enter(tx, counted, by=who.id, limits=policy().counting, now_ms=room.now_ms())
            record(tx, found.events, who.id)
            return Entered(found.booked, found.again)

        with refusing(409, NotCountable):
            return sent.once(room, who, takes)

    @api.post("/counts/propose", Nothing, Proposed)
    def propose(who: ChangesStock, sent: Sends) -> Response:
        """Fill the list now, as the bot does at night."""
        sent.read(Nothing)

        def proposes(tx: Tx) -> Proposed:
            limits = policy()
            events = propose_now(tx, limits.counting, limits.orders, now_ms=room.now_ms())
            if events:
                record(tx, events, who.id)
            return Proposed(len(events))

        return sent.once(room, who, proposes)


def _to_count(task: Task) -> ToCount:
    return ToCount(
        task.id, task.sku, task.name, task.warehouse, task.reason, task.because, task.at_stake, task.currency, task.expires_ms,
        task.tries,
    )  # fmt: skip


def _listed(task: Task) -> Listed:
    made = None if task.active else Made(task.state, task.booked, task.counted, task.done_ms, task.done_by)
    return Listed(**msgspec.structs.asdict(_to_count(task)), made=made)
