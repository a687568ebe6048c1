"""The first page: what needs me, and how the office stands; every figure leads to the cases behind it."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple

import msgspec
from fastapi import APIRouter, Response
from markupsafe import Markup

from afterclick.control_room.access import SignedIn
from afterclick.control_room.html import Html
from afterclick.control_room.routes import Routes
from afterclick.control_room.server import Room
from afterclick.governance.actor import Actor
from afterclick.governance.permissions import Desk, Permission
from afterclick.store.transaction import Tx

Tone = Literal["", "good", "warn", "ask", "bad"]
TEMPLATES: Final = Path(__file__).with_name("templates")
AGAIN_AFTER: Final = 20
"""A panel is made again after so many times the time that it took: all panels together take a twentieth of one core at most."""
MOST_HANDED: Final = 5
"""Questions that are shown one by one to the person to whom they were handed."""
OLDEST_S: Final = 30.0
"""Even where nothing happened a panel is made again after this long, since time itself makes promises late."""


class Figure(msgspec.Struct, frozen=True):
    """A figure as it is shown, what it counts, and where the cases behind it are. `term` is a word of the glossary."""

    value: str
    label: str
    href: str
    note: str = ""
    tone: Tone = ""
    term: str = ""


class Line(msgspec.Struct, frozen=True):
    """A row of a panel's list: its cells, of which the first leads to the cases. Instants are told as ages by the page."""

    href: str
    cells: tuple[str, ...]
    since_ms: int = 0
    until_ms: int = 0


class Panel(msgspec.Struct, frozen=True):
    """What a desk shows on the first page. `empty` is said where there is neither figure nor row."""

    id: str
    title: str
    figures: tuple[Figure, ...] = ()
    columns: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    chart: Markup = Markup("")
    empty: str = ""
    term: str = ""
    full: bool = False


class Source(NamedTuple):
    """Where panels come from, and which permission their figures need. `make` is given the transaction and the time."""

    needs: Permission
    desk: Desk | None
    make: Callable[[Tx, int], Sequence[Panel]]


class Kept:
    """The panels of one source, made again when something happened, though only so often that this stays cheap."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._lock = threading.Lock()
        self._panels: Sequence[Panel] = ()
        self._block = -1
        self._made_s = 0.0
        self._took_s = 0.0

    def panels(self, tx: Tx, *, block: int, now_ms: int) -> Sequence[Panel]:
        """What the source shows at this block of the log."""
        with self._lock:
            age_s = time.monotonic() - self._made_s
            if age_s > (OLDEST_S if block == self._block else AGAIN_AFTER * self._took_s):
                began = time.monotonic()
                self._panels = self.source.make(tx, now_ms)
                self._made_s = time.monotonic()
                self._took_s = self._made_s - began
                self._block = block
            return self._panels


def overview(room: Room, sources: Sequence[Source]) -> APIRouter:
    """The route `GET /`, over the panels of all desks, in this order."""
    html = Html(TEMPLATES, shop=room.shop)
    router = Routes(include_in_schema=False)
    kept = [Kept(source) for source in sources]

    @router.get("/")
    def first_page(who: SignedIn) -> Response:
        """What this person may see of how the office stands."""
        now_ms = room.now_ms()
        with room.database.reading() as tx:
            panels = seen(tx, kept, who, now_ms=now_ms)
            came_in = tx.value("SELECT COALESCE((SELECT next - 1 FROM counters WHERE name = 'orders'), 0)")
        return html.page("overview.html", who=who, here="overview", panels=panels, came_in=came_in, now_ms=now_ms)

    return router


def seen(tx: Tx, kept: Sequence[Kept], who: Actor, *, now_ms: int) -> list[Panel]:
    """What was handed to somebody, and the panels that they may see."""
    block = tx.value("SELECT COALESCE((SELECT next - 1 FROM counters WHERE name = 'blocks'), 0)")
    panels = [panel for one in kept if _may(who, one.source) for panel in one.panels(tx, block=block, now_ms=now_ms)]
    return [*_handed(tx, who), *panels]


def _handed(tx: Tx, who: Actor) -> list[Panel]:
    """The open questions that were handed to this person, the most urgent first; no panel where there are none."""
    of_theirs = "FROM tasks WHERE state = 'open' AND assignee = ?"
    count = tx.value(f"SELECT COUNT(*) {of_theirs}", (who.id,))
    if not count or not who.may("orders.read", desk="orders"):
        return []
    rows = tx.rows(
        f"SELECT id, because, asked_ms, expires_ms {of_theirs} ORDER BY expires_ms, id LIMIT ?",
        (who.id, MOST_HANDED),
    )
    figure = Figure(f"{count:,}", "questions", "/inbox?mine=1", "the most urgent first", "ask", "Task")
    lines = tuple(Line(f"/inbox/{number}", (because,), asked_ms, due_ms) for number, because, asked_ms, due_ms in rows)
    return [Panel("handed", "Handed to you", (figure,), ("Question", "Asked", "Deadline"), lines, full=True)]


def _may(who: Actor, source: Source) -> bool:
    return who.may(source.needs, desk=source.desk)
