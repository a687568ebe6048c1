"""The first page for programs: the panels of all desks, and today against a usual day in numbers."""

from collections.abc import Sequence
from statistics import fmean

import msgspec
from fastapi import Response

from afterclick.control_room.access import SeesOrders, SignedIn
from afterclick.control_room.api.answers import Given
from afterclick.control_room.api.kit import Interface
from afterclick.control_room.api.pace import Pace
from afterclick.control_room.first_page import today
from afterclick.control_room.first_page.overview import Figure, Kept, Line, Source, seen
from afterclick.control_room.server import Room
from afterclick.governance import figures
from afterclick.governance.figures import DAY_MS


class Shown(msgspec.Struct, frozen=True):
    """A panel as people read it: its figures, and its rows under their columns. Every `href` leads to the cases behind it."""

    id: str
    title: str
    figures: tuple[Figure, ...]
    columns: tuple[str, ...]
    lines: tuple[Line, ...]


class Panels(msgspec.Struct, frozen=True):
    """The panels that whoever asks may see."""

    panels: tuple[Shown, ...]


class Counted(msgspec.Struct, frozen=True):
    """How often something has happened today; `usual` is the mean of whole days, the same weekday in four weeks, if any."""

    what: str
    today: int
    usual: float | None
    days: dict[int, int]


class Today(msgspec.Struct, frozen=True):
    """A day from `from_ms` on (UTC), and in `days` the four weeks before it: the day's beginning in ms → how often."""

    from_ms: int
    measures: tuple[Counted, ...]


def overview_api(room: Room, sources: Sequence[Source], pace: Pace | None = None) -> Interface:
    """The routes under `/api/v1/overview` that are about no one desk."""
    api = Interface(room, "overview", pace=pace)
    kept = [Kept(source) for source in sources]

    @api.get("/overview/panels", Panels)
    def panels(who: SignedIn) -> Response:
        """Everything that the first page shows to whoever asks."""
        with room.database.reading() as tx:
            found = seen(tx, kept, who, now_ms=room.now_ms())
        return Given(Panels(tuple(Shown(one.id, one.title, one.figures, one.columns, one.lines) for one in found)))

    @api.get("/overview/today", Today)
    def against(who: SeesOrders) -> Response:
        """Today against a usual day: what came in, shipped, was asked of people, refused and decided."""
        day = figures.day_of(room.now_ms())
        with room.database.reading() as tx:
            counted = today.count(tx, day)
        return Given(Today(day * DAY_MS, tuple(_counted(what, days, day) for what, days in counted.items())))

    return api


def _counted(what: str, days: dict[int, int], day: int) -> Counted:
    before = today.usual(days, day, day)
    return Counted(
        what, days.get(day, 0), fmean(before) if before else None, {one * DAY_MS: count for one, count in sorted(days.items())}
    )
