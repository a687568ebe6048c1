"""`afterclick demo`: a seeded trading day of a simulated company, faults on, and what the outside says of it."""

import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from afterclick.cli.output import FAILED, JsonOption, console, say_json
from afterclick.cli.run import progress_bar
from afterclick.cli.serve import serving
from afterclick.cli.trading_day import Scoreboard, make_office, score, work_through

FROM_OUTSIDE: Final = ("duplicate_effects", "lost_orders", "oversells", "tie_out_difference", "wrong_decisions")
FROM_BOOKS: Final = ("orders", "parts", "shipped", "waiting", "inbox", "refused", "cancelled")
SAYS: Final = {
    "duplicate_effects": "labels, charges or hand-overs that happened twice",
    "lost_orders": "orders in the store that the office does not know",
    "oversells": "pieces promised beyond the stock on record",
    "tie_out_difference": "money kept minus money due, over all orders",
    "wrong_decisions": "bad orders shipped, or good ones stopped, by a machine",
    "orders": "arrived, by webhook or found in the store's list",
    "parts": "that orders were split into, each with a state of its own",
    "shipped": "at the warehouse door",
    "waiting": "for stock, or for a system that does not answer",
    "inbox": "for a person, each with its reason",
    "refused": "by a rule",
    "cancelled": "taken back: money, stock, label and invoice",
}
NEXT: Final = {
    "inbox list": "what waits for a person, and why",
    "order show S-0000042": "one order's whole case",
    "purchase list": "what the bots bought, since it ran low or orders wait for it",
    "check": "prove every invariant of the books",
    "audit verify": "prove that the log was not touched",
    "status": "how the office stands, in one screen",
    "serve": "the same in a browser, on the same clock",
}
TOUR: Final = "docs/five-minutes.md"


def demo(
    *,
    orders: Annotated[int, typer.Option(help="Orders in the day.")] = 20_000,
    seed: Annotated[int, typer.Option(help="The day's seed; the same seed is the same day.")] = 1,
    faults: Annotated[str, typer.Option(help="`all` or `none`.")] = "all",
    office: Annotated[Path | None, typer.Option(help="Keep the office in this new folder.")] = None,
    serve: Annotated[bool | None, typer.Option("--serve/--no-serve", help="End by serving it; on a terminal this is so.")] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="Where to serve it; 8420 if left out.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Work through a seeded trading day of a simulated company: every order from click to ship, with faults on."""
    folder = office or Path(tempfile.mkdtemp(prefix="afterclick-demo-"))
    made = make_office(folder, seed=seed, orders=orders, faults=faults)
    try:
        with made.engine() as engine, progress_bar(made, shown=not as_json and sys.stderr.isatty()) as progress:
            duration_s = work_through(made, engine, progress)
        result = score(made, duration_s)
        if as_json:
            say_json(result)
        else:
            _show(result, folder)
        if not as_json and (sys.stdout.isatty() if serve is None else serve):
            serving(made, port=port)
    finally:
        made.close()
    if result.duplicate_effects or result.lost_orders or result.oversells:
        raise typer.Exit(FAILED)


def _show(result: Scoreboard, folder: Path) -> None:
    out = console()
    out.print()
    out.print(
        f"A trading day: {result.orders:,} orders in {result.duration_s:.1f} s, {result.orders_per_s:,.0f} a second", style="bold"
    )
    out.print()
    out.print("Seen from outside, by the simulated world's own ledger", style="dim")
    for name in FROM_OUTSIDE:
        value = getattr(result, name)
        right = value in (0, "0.00") or (name == "wrong_decisions" and result.wrong_decision_rate <= 0.005)
        _line(out, name, str(value), style="green" if right else "red")
    out.print()
    out.print("What became of them", style="dim")
    for name in FROM_BOOKS:
        _line(out, name, f"{getattr(result, name):,}")
    _line(out, "touchless", f"{result.touchless_rate:.1%}", says="from click to ship with no human hand", style="bold green")
    out.print()
    out.print("Where to look next", style="dim")
    out.print(f"  export AFTERCLICK_OFFICE={folder}", style="cyan")
    for command, says in NEXT.items():
        out.print(f"  bin/afterclick {command:<24}", style="cyan", end="")
        out.print(f"   {says}", style="dim")
    out.print(f"  {TOUR:<39}", style="cyan", end="")
    out.print("   a tour of five minutes, from here to the audit", style="dim")
    out.print()


def _line(out: Any, name: str, value: str, *, says: str = "", style: str = "") -> None:
    out.print(f"  {name.replace('_', ' ').replace('tie out', 'tie-out'):<20}", end="")
    out.print(f"{value:>10}", style=style, end="")
    out.print(f"   {says or SAYS[name]}", style="dim")
