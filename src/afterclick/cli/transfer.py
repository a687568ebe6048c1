"""`afterclick transfer …`: what goes from one of our warehouses to another, and what of it has come."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from afterclick.cli.output import (
    HERE,
    Because,
    Commands,
    JsonOption,
    OfficeOption,
    Refused,
    acting,
    console,
    figures,
    opened,
    plain,
    say,
    say_json,
    table,
    tell,
)

if TYPE_CHECKING:
    from afterclick.procurement.transferring.listing import WholeTransfer
    from afterclick.store.transaction import Tx

app = typer.Typer(cls=Commands, no_args_is_help=True, help="Transfers between our warehouses: list, show, end.")
Name = Annotated[str, typer.Argument(metavar="NUMBER", help="TO-2026-000001, or our id.")]
ALL: Final = "all"
LATEST: Final = 40
"""Events that are shown; `--json` has all of them."""


@app.command("list")
def list_(
    folder: OfficeOption = HERE,
    state: Annotated[str, typer.Option("--state", help="open, late, received, lost, cancelled or all.")] = "open",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000)] = 50,
    cursor: Annotated[int, typer.Option("--cursor", min=0, help="Where to go on: `next` of the page before.")] = 0,
    *,
    as_json: JsonOption = False,
) -> None:
    """List transfers, the newest first; `--state all` takes the closed ones too."""
    from afterclick.control_room.words import instant
    from afterclick.procurement.transferring.listing import listed

    with opened(folder, "supply.read") as office, office.database.reading() as tx:
        wanted = "" if state == ALL else state
        found = listed(tx, state=wanted, after=cursor, limit=limit, now_ms=office.clock.now_ms())
    if as_json:
        say_json(found)
        return
    right = ("pieces", "received")
    shown = table("number", "SKU", "from", "to", *right, "state", "since (UTC)", "because", right=right, long=("because",))
    for one in found.transfers:
        counts = (f"{one.pieces:,}", f"{one.received:,}")
        stands = f"{one.state}, late" if one.late else one.state
        shown.add_row(*map(plain, (one.number, one.sku, one.start, one.end, *counts, stands, instant(one.since_ms), one.because)))
    if found.transfers:
        console().print(shown)
    else:
        tell("no such transfer")
    if found.next:
        tell(f"more: --cursor {found.next}")


@app.command()
def show(name: Name, folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Show one transfer with its story."""
    with opened(folder, "supply.read") as office, office.database.reading() as tx:
        found = _whole(tx, name, now_ms=office.clock.now_ms())
    if as_json:
        say_json(found)
    else:
        _print(found)


@app.command()
def end(name: Name, folder: OfficeOption = HERE, because: Because = "", *, as_json: JsonOption = False) -> None:
    """Cancel a transfer that has not begun, or write off what has not come of one in transit."""
    from afterclick.procurement.transferring.ending import end as finish

    with acting(folder, "supply.change") as (office, who), office.database.transaction() as tx:
        now_ms = office.clock.now_ms()
        before = _whole(tx, name, now_ms=now_ms).transfer
        office.record(tx, finish(tx, before.number, by=who.id, because=because, now_ms=now_ms), by=who.id)
        after = _whole(tx, name, now_ms=now_ms).transfer
    say({"number": after.number, "state": after.state, "received": after.received, "written_off": after.lost}, as_json=as_json)


def _whole(tx: "Tx", name: str, *, now_ms: int) -> "WholeTransfer":
    from afterclick.procurement.transferring.listing import whole

    found = whole(tx, name, now_ms=now_ms)
    if found is None:
        raise Refused(f"there is no transfer {name}; `afterclick transfer list` names them")
    return found


def _print(found: "WholeTransfer") -> None:
    from afterclick.control_room.words import instant

    one = found.transfer
    figures({
        name: value
        for name, value in {
            "number": one.number, "SKU": one.sku, "from": one.start, "to": one.end, "pieces": one.pieces,
            "received": one.received, "written off": one.lost, "still to come": one.due,
            "state": f"{one.state}, late" if one.late else one.state,
            "since (UTC)": instant(one.since_ms), "because": one.because, "proposed by": one.proposed_by,
            "told (UTC)": instant(one.sent_ms),
        }.items()
        if value
    })  # fmt: skip
    story = table("when (UTC)", "who", "what", "because", long=("because",))
    for step in found.story[-LATEST:]:
        why = "; ".join(filter(None, [step.because, step.allowed.said if step.allowed is not None else ""]))
        story.add_row(instant(step.at_ms), plain(step.actor), plain(step.activity), plain(why))
    console().print(story)
