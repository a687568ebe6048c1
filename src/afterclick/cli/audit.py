"""`afterclick audit …`: search the log, prove that nobody changed it, take it out, and erase a person from it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from afterclick.cli.output import (
    FAILED,
    HERE,
    PARTLY,
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
    say_json,
    table,
    tell,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from afterclick.app import Office
    from afterclick.store.chain import Verified

FORMATS: Final = ("ocel", "csv", "chain")
app = typer.Typer(cls=Commands, no_args_is_help=True, help="The log of everything that happened.")


@app.command()
def verify(
    folder: OfficeOption = HERE,
    anchors: Annotated[
        Path | None,
        typer.Option(
            "--anchors", metavar="FILE", help="Heads that were written down outside; else the setting audit.anchor_file."
        ),
    ] = None,
    offline: Annotated[
        Path | None, typer.Option("--offline", metavar="FILE", help="Verify an export (--format chain) instead; needs no office.")
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Walk the log's chain from end to end. Exits with 0: it holds, 1: it was changed, 3: it holds, but no anchor was given."""
    from afterclick.governance.audit import anchors as anchored
    from afterclick.governance.audit import chain_file

    if offline is not None:
        known = anchored.read(anchors) if anchors else {}
        _judged(chain_file.verify(offline, anchors=known, progress=_progress(as_json)), known, as_json=as_json)
        return
    with opened(folder, "audit.read") as office:
        file = anchors or office.anchor_file()
        known = anchored.read(file) if file is not None and (anchors is not None or file.exists()) else {}
        found = _walked(office, known, as_json=as_json)
    _judged(found, known, as_json=as_json)


@app.command()
def search(
    folder: OfficeOption = HERE,
    order: Annotated[str, typer.Option("--order", metavar="ID", help="Our id, or the store's own number.")] = "",
    about: Annotated[str, typer.Option("--about", metavar="KIND/ID", help="What it is about, such as bot/orders.fulfil.")] = "",
    who: Annotated[str, typer.Option("--actor", help="By whom, or how that begins: person:anna, person:, bot:.")] = "",
    activity: Annotated[str, typer.Option("--activity", help="What happened, such as shipped.")] = "",
    verdict: Annotated[str, typer.Option("--verdict", help="Pass, Ask, Refuse, Wait, Done or Declined.")] = "",
    because: Annotated[str, typer.Option("--because", metavar="TEXT", help="Words of the reason.")] = "",
    since: Annotated[str, typer.Option("--since", metavar="DATE", help="From this day or instant, UTC.")] = "",
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="Up to, without, this day or instant, UTC.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000)] = 50,
    cursor: Annotated[str, typer.Option("--cursor", help="Where to go on: `next` of the page before.")] = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """Search the log, newest first, by the fields of the audit's page."""
    from afterclick.cli import audit_view
    from afterclick.control_room.audit.asked import Asked, order_numbers, wanted
    from afterclick.governance.allowed import of_events
    from afterclick.governance.audit import searching

    asked = Asked(*(one.strip() for one in (order, about, who, activity, verdict, because, since, until)))
    with opened(folder, "audit.read") as office, office.database.reading() as tx:
        looked_for = wanted(tx, asked)
        if looked_for is None:
            raise Refused(f"there is no order {asked.order}; `afterclick orders list` names them")
        try:
            found = searching.search(tx, looked_for, cursor=cursor, limit=limit)
        except ValueError as error:
            raise Refused(str(error)) from error
        numbers = order_numbers(tx, [one.order_id for one in found.events if one.order_id])
        allowed = of_events(tx, found.events)
    if as_json:
        say_json(audit_view.document(found, numbers, allowed))
    else:
        audit_view.print_found(found, numbers, allowed)


@app.command()
def anchor(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Write the head of the log down outside the office now; a bot does so every night."""
    from afterclick.control_room.audit.anchor import anchor_now
    from afterclick.engine.door import Door

    with acting(folder, "audit.export") as (office, who):
        equipment = office.anchoring()
        if not equipment.anywhere:
            raise Refused("there is no place outside: set audit.anchor_file, audit.anchor_mail or audit.anchor_webhook")
        ports = office.witnesses() | (office.ports() if equipment.mail_to else {})
        database, now_ms = office.database, office.clock.now_ms
        door = Door(
            ports, limits=office.policy.door, reading=database.reading, writing=database.transaction,
            admits=lambda _: "",  # a person does it, whatever state the bot is in
            now_ms=now_ms,
        )  # fmt: skip
        kept = anchor_now(database, door, equipment, by=who.id, now_ms=now_ms())
    if not kept:
        raise Refused("the log is empty: there is no head to write down yet")
    if as_json:
        say_json({"anchors": [one._asdict() for one in kept]})
    else:
        for one in kept:
            tell(f"block {one.block} → {one.witness}: {one.said or one.state}")
    if any(one.state != "kept" for one in kept):
        raise typer.Exit(FAILED)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write; a name ending in .gz is packed (chain only).")],
    folder: OfficeOption = HERE,
    kind: Annotated[
        str, typer.Option("--format", help="ocel (process mining), csv (spreadsheets) or chain (to verify).")
    ] = "ocel",
    since: Annotated[str, typer.Option("--from", metavar="DATE", help="From this day or instant, UTC.")] = "",
    until: Annotated[str, typer.Option("--to", metavar="DATE", help="Up to, without, this day or instant, UTC.")] = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """Write the log to a file: OCEL 2.0, CSV, or the whole chain for whoever wants to verify it without the office."""
    from afterclick.engine.checks import one_view
    from afterclick.governance.audit import chain_file, ocel, spreadsheet, times

    if kind not in FORMATS:
        raise Refused(f"there is no format {kind!r}; choose one of {', '.join(FORMATS)}")
    if kind == "chain" and (since or until):
        raise Refused("a chain is exported whole, since a part of it proves nothing: leave --from and --to out")
    from_ms, to_ms = times.read(since), times.read(until)
    with opened(folder, "audit.export") as office, office.database.reading() as tx:
        one_view(tx)
        if kind == "chain":
            chain_file.write(tx, file, office=office.settings.text("shop.name"), now_ms=office.clock.now_ms())
        else:
            _write(file, (ocel.parts if kind == "ocel" else spreadsheet.lines)(tx, from_ms=from_ms, to_ms=to_ms))
    size = file.stat().st_size
    if as_json:
        say_json({"file": str(file), "format": kind, "bytes": size})
    else:
        tell(f"{file}: {size:,} bytes")


@app.command()
def erase(
    customer: Annotated[
        str, typer.Option("--customer", metavar="ID", help="The store's id of the customer, or their e-mail address.")
    ],
    because: Because,
    folder: OfficeOption = HERE,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without it, only say what would be erased.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Erase what is known of a customer, as is their right; the log keeps its proof, and what the law wants kept is named."""
    import msgspec

    from afterclick.governance.audit import erasing

    with acting(folder, "audit.erase") as (office, who):
        years, now_ms = office.settings.number("audit.invoice_years"), office.clock.now_ms()
        if yes:
            with office.database.transaction() as tx:
                found = erasing.erase(tx, customer, by=who.id, because=because, now_ms=now_ms, years=years)
            erasing.sweep(office.database)
        else:
            with office.database.reading() as tx:
                found = erasing.look(tx, customer, now_ms=now_ms, years=years)
    if as_json:
        say_json({"erased": yes} | msgspec.to_builtins(found))
        return
    figures({
        "orders": len(found.orders), "questions": len(found.tasks), "events": len(found.events),
        "documents past their time": len(found.due), "documents kept by law": len(found.kept),
    })  # fmt: skip
    _kept(found)
    if found.open:
        tell(f"{len(found.open)} orders have not ended yet: nothing can be erased before they have")
    tell("erased; old backups still hold it" if yes else "nothing was erased: add --yes to do it")


def _walked(office: "Office", known: "Mapping[int, str]", *, as_json: bool) -> "Verified":
    from afterclick.engine.checks import one_view
    from afterclick.store import log

    with office.database.reading() as tx:
        one_view(tx)
        return log.verify(tx, anchors=known, progress=_progress(as_json))


def _progress(as_json: bool) -> "Callable[[int], None] | None":
    import sys

    if as_json or not sys.stderr.isatty():
        return None
    return lambda block: typer.echo(f"\rblock {block:,} …", nl=False, err=True)


def _judged(found: "Verified", known: "Mapping[int, str]", *, as_json: bool) -> None:
    """Say what was found, and end with the exit code that it deserves."""
    if as_json:
        say_json(found)
    else:
        figures({
            "events": found.events, "blocks": found.blocks, "head": found.head, "anchored up to block": found.anchored,
            "events with erased text": found.erased,
        })  # fmt: skip
        tell(_sentence(found, known))
    if not found.ok:
        raise typer.Exit(FAILED)
    if not known:
        raise typer.Exit(PARTLY)


def _sentence(found: "Verified", known: "Mapping[int, str]") -> str:
    if not found.ok:
        return f"the log was changed: {found.detail}"
    if not known:
        return "the log is whole in itself; no anchor was given, so a cut tail or a rewritten log could not be seen"
    return "the log is whole: nothing was changed, removed or put in, and it agrees with every anchor"


def _kept(found: object) -> None:
    from afterclick.control_room.words import instant
    from afterclick.governance.audit.erasing import Found

    if isinstance(found, Found) and found.kept:
        shown = table("document", "order", "kept until (UTC)", right=("order",))
        for one in found.kept:
            shown.add_row(plain(one.name), str(one.order_id), instant(one.kept_until_ms)[:10])
        console().print(shown)


def _write(file: Path, parts: "Iterable[bytes]") -> None:
    with file.open("xb") as out:
        out.writelines(parts)
