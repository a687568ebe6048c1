"""`afterclick counts …`: which places to count today, and what was found."""

from pathlib import Path
from typing import Annotated

import typer

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

app = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Counts: today's list by value at risk, results, and what explains them."
)
Warehouse = Annotated[str, typer.Option("--warehouse", help="Of one warehouse only.")]


@app.command("list")
def list_(folder: OfficeOption = HERE, warehouse: Warehouse = "", *, as_json: JsonOption = False) -> None:
    """Show what is to be counted, and why; not what is booked."""
    from afterclick.control_room.words import money
    from afterclick.inventory.counts import tasks

    with opened(folder, "stock.read") as office, office.database.reading() as tx:
        found = tasks.active(tx, warehouse=warehouse)
    if as_json:
        names = ("id", "sku", "name", "warehouse", "state", "reason", "because", "chance", "at_stake", "currency", "expires_ms")
        say_json([{name: getattr(one, name) for name in names} for one in found])
        return
    shown = table("count", "warehouse", "SKU", "at stake", "why", right=("count", "at stake"), long=("why",))
    for one in found:
        again = "once more; " if one.state == "open" else ""
        shown.add_row(
            str(one.id), plain(one.warehouse), plain(one.sku), money(one.at_stake, one.currency), plain(again + one.because)
        )
    console().print(shown)


@app.command()
def propose(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Fill today's list now, as the bot does at night."""
    from afterclick.inventory.counts.propose import propose_now

    with acting(folder, "stock.change") as (office, who), office.database.transaction() as tx:
        policy = office.policy
        events = propose_now(tx, policy.counting, policy.orders, now_ms=office.clock.now_ms())
        office.record(tx, events, by=who.id)
    said = {"proposed": sum(one.activity == "count.proposed" for one in events)}
    say_json(said) if as_json else figures(said)


@app.command()
def sheet(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="The CSV file to write.")],
    folder: OfficeOption = HERE,
    warehouse: Warehouse = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """Write the list as a file to fill in; it does not say what is booked."""
    from afterclick.inventory.counts import sheet as paper
    from afterclick.inventory.counts import tasks

    with opened(folder, "stock.read") as office, office.database.reading() as tx:
        found = tasks.active(tx, warehouse=warehouse, limit=100_000)
    out.write_bytes(paper.written(found))
    said = {"counts": len(found), "file": str(out)}
    say_json(said) if as_json else figures(said)


@app.command()
def enter(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The list, with the column `counted` filled in.")],
    folder: OfficeOption = HERE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Take a filled list in; results far from the books are asked for once more before they are booked."""
    from afterclick.inventory.counts import sheet as paper
    from afterclick.inventory.counts.results import enter as take_in

    with acting(folder, "stock.change") as (office, who):
        filled = paper.filled(_filled_in(file))
        with office.database.transaction() as tx:
            found = take_in(tx, filled, by=who.id, limits=office.policy.counting, now_ms=office.clock.now_ms())
            office.record(tx, found.events, by=who.id)
    said = {"booked": len(found.booked), "once_more": len(found.again)}
    say_json(said | {"again": list(found.again)}) if as_json else figures(said)
    for event in found.events:
        if event.verdict == "Ask":
            tell(plain(event.because))


def _filled_in(file: Path) -> dict[str, str]:
    """What a filled list says of each count, by the field of the page that would say it."""
    from afterclick.inventory.counts import sheet as paper
    from afterclick.reading.tables.rows import read_rows

    fields: dict[str, str] = {}
    for chunk in read_rows(file, paper.read):
        for number, row in zip(chunk.numbers, chunk.rows, strict=True):
            values = dict(zip(chunk.fields, row, strict=True))
            name = f"pieces_{values['count'].strip()}"
            if name in fields:
                raise Refused(f"line {number}: count {plain(values['count'])} is named twice")
            fields[name] = values["counted"]
    return fields
