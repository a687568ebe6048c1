"""`afterclick purchase …`: what is ordered from vendors, from the proposal to the receipt."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

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
    opened,
    plain,
    say,
    say_json,
    table,
    tell,
)
from afterclick.cli.purchase_asked import open_task, units_of

if TYPE_CHECKING:
    from afterclick.app import Office
    from afterclick.procurement.buying.listing import WholePurchase
    from afterclick.store.log import Event
    from afterclick.store.transaction import Tx

app = typer.Typer(cls=Commands, no_args_is_help=True, help="Purchase orders: list, propose, decide, receive, stop.")
Name = Annotated[str, typer.Argument(metavar="NUMBER", help="PO-2026-000042, or our id.")]
Note = Annotated[str, typer.Option("--note", help="Why; it stays on record.")]
Task = Annotated[int, typer.Option("--task", help="Which question, where there are several.")]
Pairs = Annotated[list[str] | None, typer.Option("--set", metavar="LINE=UNITS", help="Another quantity; 0 strikes the line out.")]
ALL = "all"


@app.command("list")
def list_(
    folder: OfficeOption = HERE,
    state: Annotated[str, typer.Option("--state", help="open, to_decide, late, proposed, sent, received, …")] = "open",
    vendor: Annotated[str, typer.Option("--vendor", help="Only at this vendor.")] = "",
    sku: Annotated[str, typer.Option("--sku", help="Only those that buy this SKU.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000)] = 50,
    cursor: Annotated[str, typer.Option("--cursor", help="Where to go on: `next` of the page before.")] = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """List purchase orders, the newest first; `--state all` takes the closed ones too."""
    from afterclick.control_room.words import instant, money
    from afterclick.procurement.buying.listing import listed

    with opened(folder, "supply.read") as office, office.database.reading() as tx:
        now_ms = office.clock.now_ms()
        found = listed(tx, state="" if state == ALL else state, vendor=vendor, sku=sku, cursor=cursor, limit=limit, now_ms=now_ms)
    if as_json:
        say_json(found)
        return
    shown = table(
        "number", "vendor", "to", "state", "lines", "net", "due (UTC)", "because", right=("lines", "net"), long=("because",)
    )
    for one in found.purchases:
        waits = f"{one.state}: {one.waiting_for}" if one.waiting_for else one.state
        net, due = money(one.net, one.currency), instant(one.due_ms)[:10]
        shown.add_row(*map(plain, (one.number, one.vendor, one.warehouse, waits, str(one.lines), net, due, one.because)))
    if found.purchases:
        console().print(shown)
    else:
        tell("no such purchase order")
    if found.next:
        tell(f"more: --cursor {found.next}")


@app.command()
def show(name: Name, folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Show one purchase order with its lines, receipts, questions and story."""
    from afterclick.cli.purchase_view import print_whole

    with opened(folder, "supply.read") as office, office.database.reading() as tx:
        found = _whole(tx, name)
    if as_json:
        say_json(found)
    else:
        print_whole(found)


@app.command()
def propose(
    sku: Annotated[str, typer.Argument(metavar="[SKU]", help="What to buy; without it, what replenishments ask for.")] = "",
    pieces: Annotated[int, typer.Argument(metavar="[PIECES]", min=0, max=10**9)] = 0,
    folder: OfficeOption = HERE,
    warehouse: Annotated[str, typer.Option("--warehouse", help="Where it goes.")] = "",
    vendor: Annotated[str, typer.Option("--vendor", help="From whom; else the one that costs least in all.")] = "",
    because: Because = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """Propose purchase orders; the bot judges and sends them with the next run."""
    from afterclick.procurement.buying import needs
    from afterclick.procurement.buying.desk import desk_of
    from afterclick.procurement.buying.experience import deliveries
    from afterclick.procurement.buying.proposing import propose as put_forward
    from afterclick.procurement.buying.times import day_at
    from afterclick.procurement.vendors.reliability import learn

    if bool(sku) != bool(pieces) or (sku and not warehouse):
        raise Refused("name a SKU, how many pieces and --warehouse; or none of them, to propose what replenishments ask for")
    with acting(folder, "supply.change") as (office, who), office.database.transaction() as tx:
        now_ms = office.clock.now_ms()
        if sku:
            if not tx.value("SELECT 1 FROM items WHERE sku = ?", (sku,)):
                raise Refused(f"there is no SKU {sku} in this office")
            if not tx.value("SELECT 1 FROM warehouses WHERE id = ?", (warehouse,)):
                raise Refused(f"there is no warehouse {warehouse} in this office")
            lacking = [needs.by_hand(tx, sku=sku, warehouse=warehouse, pieces=pieces, because=because, by=who.id)]
        else:
            lacking = needs.replenishments(tx)
        if vendor and not tx.value("SELECT 1 FROM vendors WHERE id = ?", (vendor,)):
            raise Refused(f"there is no vendor {vendor}; `afterclick vendors list` names them")
        known = learn(deliveries(tx), today=day_at(now_ms))
        currency = office.settings.text("shop.currency")
        wanted, left = needs.chosen(tx, lacking, currency=currency, now_ms=now_ms, vendor=vendor, reliability=known)
        made, events = put_forward(tx, wanted, by=who.id, now_ms=now_ms, deliver_to=desk_of(office.seller()).deliver_to(tx))
        office.record(tx, events, by=who.id)
    left = [*left, *made.left]
    if as_json:
        say_json({"purchases": made.purchases, "left": left})
        return
    tell(f"{len(made.purchases)} purchase orders are proposed for {len(wanted) - len(made.left)} of {len(lacking)} needs")
    for one in left:
        tell(f"{one.need}: {plain(one.because)}")


@app.command()
def approve(
    name: Name, folder: OfficeOption = HERE, note: Note = "", pairs: Pairs = None, task: Task = 0, *, as_json: JsonOption = False
) -> None:
    """Say yes to what is asked about an order; with --set, change its quantities, and it is judged again."""
    from afterclick.procurement.buying import decisions

    with acting(folder, "supply.approve") as (office, who), office.database.transaction() as tx:
        number, now_ms = open_task(_whole(tx, name), task), office.clock.now_ms()
        if pairs:
            events = decisions.edit(tx, number, units_of(pairs), by=who, note=note, now_ms=now_ms)
        else:
            events = decisions.approve(tx, number, by=who, note=note, now_ms=now_ms)
        office.record(tx, events, by=who.id)
        found = _whole(tx, name)
    _decided(found, number, as_json=as_json)


@app.command()
def reject(name: Name, folder: OfficeOption = HERE, note: Note = "", task: Task = 0, *, as_json: JsonOption = False) -> None:
    """Say no: a proposal is dropped, what is at the vendor is taken back, a surplus goes back."""
    from afterclick.procurement.buying import decisions

    with acting(folder, "supply.approve") as (office, who), office.database.transaction() as tx:
        number = open_task(_whole(tx, name), task)
        office.record(tx, decisions.reject(tx, number, by=who, note=note, now_ms=office.clock.now_ms()), by=who.id)
        found = _whole(tx, name)
    _decided(found, number, as_json=as_json)


@app.command()
def cancel(
    name: Name,
    folder: OfficeOption = HERE,
    because: Because = "cancelled by hand",
    *,
    for_good: Annotated[
        bool, typer.Option("--for-good", help="It is not wanted any more; else the next plan buys it anew.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it; without this, only say what would be done.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Take an order back: at once where it has not left, else by word to the vendor."""
    from afterclick.procurement.buying.decisions import cancel as take_back

    with acting(folder, "supply.change") as (office, who), office.database.transaction() as tx:
        before = _whole(tx, name)
        outstanding = sum(line.due for line in before.purchase.order.lines)
        if yes:
            now_ms = office.clock.now_ms()
            events = take_back(tx, before.purchase.id, by=who.id, because=because, for_good=for_good, now_ms=now_ms)
            office.record(tx, events, by=who.id)
        order = _whole(tx, name).purchase.order
    say({"number": order.number, "state": order.state, "asked": yes, "outstanding_units": outstanding}, as_json=as_json)
    tell("the vendor is told with the next run" if yes else "nothing was done; add --yes to take the order back")


@app.command()
def receive(
    name: Name,
    folder: OfficeOption = HERE,
    pairs: Annotated[list[str] | None, typer.Option("--line", metavar="LINE=UNITS", help="What came; may be repeated.")] = None,
    unfit: Annotated[
        list[str] | None, typer.Option("--damaged", metavar="LINE=UNITS", help="How many of them are unfit.")
    ] = None,
    delivery_note: Annotated[str, typer.Option("--delivery-note", help="Its number: the same note twice counts once.")] = "",
    *,
    whole: Annotated[bool, typer.Option("--all", help="Everything that is outstanding came.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Book what came for a purchase order: on the shelf, and against its lines."""
    from afterclick.procurement.handling import NotReceived, Supplying
    from afterclick.procurement.handling import receive as book

    if bool(pairs) == whole:
        raise Refused("say what came: --line LINE=UNITS, or --all for everything that is outstanding")
    with acting(folder, "stock.change", "supply.change") as (office, who), office.database.transaction() as tx:
        order, now_ms = _whole(tx, name).purchase.order, office.clock.now_ms()
        came = {line.no: line.due for line in order.lines if line.due} if whole else units_of(pairs or [])
        damaged = units_of(unfit or [])
        desk = Supplying(lambda: office.policy, partial(_record, office), office.seller)
        try:
            booked = book(tx, order.id, came, damaged, delivery_note=delivery_note, by=who, desk=desk, now_ms=now_ms)
        except NotReceived as error:
            raise Refused(str(error)) from error
        state = _whole(tx, name).purchase.order.state
    say({"number": order.number, "state": state, "pieces": booked.pieces, "surplus_units": booked.surplus}, as_json=as_json)


@app.command()
def stop(folder: OfficeOption = HERE, because: Because = "", *, as_json: JsonOption = False) -> None:
    """Stop buying: no purchase order leaves the office until `go`."""
    from afterclick.procurement.buying.stopping import stop as end

    with acting(folder, "supply.change", "supply.approve") as (office, who), office.database.transaction() as tx:
        office.record(tx, end(tx, by=who.id, because=because, now_ms=office.clock.now_ms()), by=who.id)
    say({"buying": "stopped", "by": who.id, "because": because}, as_json=as_json)


@app.command()
def go(folder: OfficeOption = HERE, because: Because = "", *, as_json: JsonOption = False) -> None:
    """Let purchase orders leave again, those first that waited."""
    from afterclick.procurement.buying.stopping import go as begin

    with acting(folder, "supply.approve") as (office, who), office.database.transaction() as tx:
        office.record(tx, begin(tx, by=who.id, because=because, now_ms=office.clock.now_ms()), by=who.id)
    say({"buying": "goes on", "by": who.id, "because": because}, as_json=as_json)


@app.command()
def document(
    name: Name,
    folder: OfficeOption = HERE,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where to write it; else under its own name.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="pdf, ubl, edifact or x12; else the vendor's.")] = "",
    *,
    as_json: JsonOption = False,
) -> None:
    """Write the order's document to a file, as the vendor gets it."""
    from afterclick.domain.purchase import DocumentFormat
    from afterclick.procurement.buying.desk import desk_of
    from afterclick.procurement.buying.messages import document_of
    from afterclick.procurement.buying.records import vendor

    known = [one for one in get_args(DocumentFormat) if one == form]
    if form and not known:
        raise Refused(f"there is no format {form!r}; choose one of {', '.join(get_args(DocumentFormat))}")
    with opened(folder, "supply.read") as office, office.database.reading() as tx:
        order = _whole(tx, name).purchase.order
        made = document_of(order, vendor(tx, order.vendor), desk_of(office.seller()), known[0] if known else None)
    path = out or Path(made.name)
    path.write_bytes(made.content)
    say({"file": str(path), "media_type": made.media_type, "bytes": len(made.content)}, as_json=as_json)


def _whole(tx: "Tx", name: str) -> "WholePurchase":
    from afterclick.procurement.buying.listing import find, whole

    purchase = find(tx, name)
    found = whole(tx, purchase) if purchase is not None else None
    if found is None:
        raise Refused(f"there is no purchase order {name}; `afterclick purchase list` names them")
    return found


def _record(office: "Office", tx: "Tx", events: Sequence["Event"], by: str) -> None:
    office.record(tx, events, by=by)


def _decided(found: "WholePurchase", task: int, *, as_json: bool) -> None:
    decided = next(one for one in found.tasks if one.id == task)
    order = found.purchase.order
    say({"task": task, "state": decided.state, "number": order.number, "order": order.state}, as_json=as_json)
