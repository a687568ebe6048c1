"""`afterclick orders …`: orders in bulk."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from afterclick.cli.columns import Columns, named
from afterclick.cli.output import (
    HERE,
    Commands,
    JsonOption,
    OfficeOption,
    Refused,
    acting,
    console,
    figures,
    opened,
    plain,
    say_json,
    table,
    tell,
)

if TYPE_CHECKING:
    from afterclick.app import Office
    from afterclick.orders.files.importing import Written
    from afterclick.store.transaction import Tx

app = typer.Typer(cls=Commands, no_args_is_help=True, help="Take orders in, and list them.")
MOST_LISTED = 1_000


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, XLSX or Parquet, one line of an order per row.")],
    folder: OfficeOption = HERE,
    source: Annotated[
        str, typer.Option("--source", help="Where the lines come from; the same line of a source counts once.")
    ] = "file",
    columns: Columns = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Import a file of orders: every line lands in exactly one class, and the same file again adds nothing."""
    import msgspec

    from afterclick.orders.files.importing import import_orders
    from afterclick.orders.learn import learn_up_to

    with acting(folder, "orders.change") as (office, who):
        began = time.perf_counter()
        report = import_orders(
            office.database.transaction,
            file,
            source=source,
            currency=office.settings.text("shop.currency"),
            now_ms=office.clock.now_ms(),
            columns=named(columns),
            also_write=lambda tx, written: _follow_up(office, tx, written, file=file.name, by=who.id),
        )
        with office.database.transaction() as tx:
            # A file of orders is a history: judge none of them before all of them have said what is usual.
            learn_up_to(tx, tx.value("SELECT MAX(id) FROM orders") or 0)
    result = msgspec.to_builtins(report) | {"duration_s": round(time.perf_counter() - began, 3)}
    if as_json:
        say_json(result)
        return
    classes = ("order_lines", "cancellation_lines", "adjustment_lines", "rejected_lines", "already_known_lines")
    shown = table("class", "lines", "value", right=("lines", "value"))
    for name in classes:
        shown.add_row(name.replace("_", " "), f"{result[name]:,}", plain(result["value"].get(name, "0.00")))
    shown.add_row("all lines of the file", f"{report.lines_read:,}", report.total, style="bold", end_section=True)
    console().print(shown)
    figures({"orders": report.orders, "new items": report.items_created, "reasons": len(report.reasons)})
    for reason, count in list(report.reasons.items())[:12]:
        console().print(f"  {count:>9,}  {plain(reason)}")
    for note in report.notes:
        tell(note)
    tell("next: afterclick stock import FILE (or stock open), then afterclick run --until-idle")


@app.command("list")
def list_(
    folder: OfficeOption = HERE,
    state: Annotated[
        str, typer.Option("--state", help="received, running, waiting, inbox, held, refused, cancelled or shipped.")
    ] = "",
    day: Annotated[
        str, typer.Option("--day", help="As 2026-11-20 (UTC): at rest or ended since that day; else came in then.")
    ] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=MOST_LISTED)] = 50,
    cursor: Annotated[str, typer.Option("--cursor", help="Where to go on: `next` of the page before.")] = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """List orders; those that rest are shown longest first, others newest first."""
    from afterclick.control_room.words import age, money
    from afterclick.orders.overview import BadCursor, Sought, listed

    with opened(folder, "orders.read") as office, office.database.reading() as tx:
        try:
            page = listed(tx, sought=Sought(state, day=day), cursor=cursor, limit=limit)
        except BadCursor:
            raise
        except ValueError as error:
            raise Refused(str(error)) from error
        now_ms = office.clock.now_ms()
    if as_json:
        say_json(page)
        return
    shown = table("id", "order", "state", "for", "total", "waits for", "because", right=("id", "for", "total"), long=("because",))
    for one in page.orders:
        shown.add_row(
            str(one.id), plain(one.external_id), one.state, age(now_ms - (one.since_ms or one.received_ms)),
            money(one.total, one.currency), plain(one.waiting_for), plain(one.because),
        )  # fmt: skip
    if page.orders:
        console().print(shown)
    else:
        tell(f"no orders{f' in state {state}' if state else ''}{f' on {day}' if day else ''}")
    if page.next:
        tell(f"more: --cursor {page.next}")


def _follow_up(office: "Office", tx: "Tx", written: "Written", *, file: str, by: str) -> None:
    """Queue what came in, stop what the file cancels, and log both."""
    from afterclick.orders.intake.arrivals import cancel, renamed, with_open_parts
    from afterclick.orders.records import enqueue
    from afterclick.store.log import Event

    now_ms = office.clock.now_ms()
    new = [order_id for order_id, _ in written.received.new]
    enqueue(tx, new, now_ms=now_ms)
    events = [Event("received", order_id, None, "", f"from the file {file}") for order_id in new] + renamed(written.received)
    if stopped := list(dict.fromkeys((*written.cancelled_orders, *written.received.cancelled_ids))):
        events += cancel(tx, with_open_parts(tx, stopped), by=by, because=f"cancelled in the file {file}", now_ms=now_ms)
    if written.items:
        events.append(
            Event("items.created", None, f"file/{file}"[:200], "", f"{len(written.items)} items taken into the catalogue")
        )
    office.record(tx, events, by=by)
