"""`afterclick run`: let the bots work, until stopped or until nothing is left to do."""

import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from afterclick.cli.output import HERE, JsonOption, OfficeOption, figures, opened, say_json, tell

if TYPE_CHECKING:
    from afterclick.app import Office
    from afterclick.engine.engine import Engine
    from afterclick.orders.overview import Tally

LOOKS_EVERY_S = 0.25


def run(
    folder: OfficeOption = HERE,
    *,
    until_idle: Annotated[bool, typer.Option("--until-idle", help="End when nothing is queued or in hand.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Work: every bot on its queue and its clock. Ctrl-C ends after the stages in hand; the next start goes on."""
    from afterclick.cli.sensors import listener_of
    from afterclick.inventory.sensing.listening import beside
    from afterclick.orders.overview import tally

    with opened(folder) as office:
        with office.database.reading() as tx:
            before = tally(tx)
        began = time.perf_counter()
        with office.engine() as engine:
            if until_idle:
                with progress_bar(office, shown=not as_json and sys.stderr.isatty()) as look:
                    engine.run_until_idle(progress=look)
            else:
                with beside(listener_of(office)):
                    _work_until_stopped(engine)
        duration_s = time.perf_counter() - began
        with office.database.reading() as tx:
            after = tally(tx)
    result = _result(before, after, duration_s)
    if as_json:
        say_json(result)
    else:
        figures({**result.pop("orders"), **result})  # pyright: ignore[reportGeneralTypeIssues, reportUnknownArgumentType]


def _result(before: "Tally", after: "Tally", duration_s: float) -> dict[str, object]:
    """What the run came to; `orders_per_s` counts the orders that came to rest in it."""
    states = ("received", "shipped", "waiting", "inbox", "refused", "cancelled", "held", "moving")
    settled = (after.received - after.moving) - (before.received - before.moving)
    return {
        "orders": {state: getattr(after, state) for state in states},
        "touchless_rate": after.touchless_rate,
        "orders_per_s": round(settled / duration_s, 1) if duration_s > 0 else 0.0,
        "duration_s": round(duration_s, 3),
    }


def _work_until_stopped(engine: "Engine") -> None:
    engine.start()
    tell("the bots work; stop with Ctrl-C")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        tell("stopping after the stages in hand")


@contextmanager
def progress_bar(office: "Office", *, shown: bool) -> Generator[Callable[[], None]]:
    """A bar over the orders that are through; looks at the database a few times a second, and only at its small tables."""
    if not shown:
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("orders"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[speed]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("orders", total=None, speed="")
        began, start, looked = time.perf_counter(), -1, 0.0

        def look() -> None:
            nonlocal start, looked
            now = time.perf_counter()
            if now - looked < LOOKS_EVERY_S:
                return
            through, total = _through(office)
            start = through if start < 0 else start
            bar.update(task, completed=through, total=max(total, 1), speed=f"{(through - start) / (now - began):,.0f}/s")
            looked = now

        yield look


def _through(office: "Office") -> tuple[int, int]:
    """Orders that are not queued, and all."""
    from afterclick.orders.overview import resting

    with office.database.reading() as tx:
        counted = resting(tx)
    return max(0, counted["received"] - counted["queued"]), counted["received"]
