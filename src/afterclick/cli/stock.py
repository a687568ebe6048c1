"""`afterclick stock …`: what is where."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

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
    say,
    say_json,
    table,
    tell,
)

if TYPE_CHECKING:
    from afterclick.inventory.files import StockFile
    from afterclick.store.log import Event
    from afterclick.store.transaction import Tx

    class Book(Protocol):
        """Books rows of (sku, warehouse, pieces)."""

        def __call__(self, tx: Tx, rows: Sequence[tuple[str, str, int]], *, by: str, now_ms: int) -> list[Event]: ...


app = typer.Typer(cls=Commands, no_args_is_help=True, help="Stock: open it, take it in, count it, look at it.")
File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV, XLSX or Parquet with SKU, warehouse and quantity.")]
Warehouse = Annotated[str, typer.Option("--warehouse", help="Where the file names no warehouse.")]
SHOWN_MOVES = 20
MOST_NAMED = 100
MOVE = ("at_ms", "warehouse", "quantity", "reason", "order_id", "note")


@app.command("open")
def open_(
    folder: OfficeOption = HERE,
    cover_days: Annotated[int, typer.Option("--cover-days", min=1, help="For so many days of usual sales.")] = 30,
    warehouses: Annotated[int, typer.Option("--warehouses", min=1, help="Over so many warehouses.")] = 1,
    *,
    as_json: JsonOption = False,
) -> None:
    """Give an imported history an opening stock; the log says that it is invented."""
    from afterclick.inventory.opening import open_stock

    with acting(folder, "stock.change") as (office, who):
        with office.database.transaction() as tx:
            events = open_stock(tx, cover_days=cover_days, warehouses=warehouses, now_ms=office.clock.now_ms())
            office.record(tx, events, by=who.id)
        with office.database.reading() as tx:
            places, pieces = tx.rows("SELECT COUNT(*), COALESCE(SUM(quantity), 0) FROM stock_moves WHERE reason = 'opening'")[0]
    said = {"cover_days": cover_days, "warehouses": warehouses, "places": places, "pieces": int(pieces), "invented": True}
    say(said, as_json=as_json)
    tell("the opening stock is invented, and the log says so")


@app.command("import")
def import_(file: File, folder: OfficeOption = HERE, warehouse: Warehouse = "", *, as_json: JsonOption = False) -> None:
    """Take in goods that came: the pieces of each line are added to what is there."""
    from afterclick.inventory.receiving import receive

    _book(folder, file, warehouse, receive, least=1, as_json=as_json)


@app.command()
def count(file: File, folder: OfficeOption = HERE, warehouse: Warehouse = "", *, as_json: JsonOption = False) -> None:
    """Book a count: what each line names is what is there, and the difference is moved."""
    from afterclick.inventory.counting import count as bring_to

    _book(folder, file, warehouse, bring_to, least=0, as_json=as_json)


@app.command()
def show(sku: Annotated[str, typer.Argument(metavar="SKU")], folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Show where a SKU lies, who has reserved it, and its latest moves."""
    from afterclick.control_room.words import instant

    with opened(folder, "stock.read") as office, office.database.reading() as tx:
        item = tx.rows("SELECT name, active FROM items WHERE sku = ?", (sku,))
        levels = tx.rows(
            "SELECT warehouse, on_hand, reserved, on_order, reorder_point FROM stock_levels WHERE sku = ? ORDER BY warehouse",
            (sku,),
        )
        moves = tx.rows(
            "SELECT at_ms, warehouse, quantity, reason, order_id, note FROM stock_moves WHERE sku = ? ORDER BY id DESC LIMIT ?",
            (sku, SHOWN_MOVES),
        )
        asked = tx.rows("SELECT warehouse, quantity, because FROM replenishments WHERE sku = ? AND state = 'open'", (sku,))
    if not item and not levels:
        raise Refused(f"there is no SKU {sku} in this office")
    if as_json:
        say_json({
            "sku": sku, "name": item[0][0] if item else "",
            "levels": [
                {
                    "warehouse": at, "on_hand": hand, "reserved": held, "available": hand - held, "on_order": coming,
                    "reorder_point": point,
                }
                for at, hand, held, coming, point in levels
            ],
            "moves": [dict(zip(MOVE, row, strict=True)) for row in moves],
            "replenishments": [dict(zip(("warehouse", "quantity", "because"), row, strict=True)) for row in asked],
        })  # fmt: skip
        return
    figures({"SKU": sku, "name": item[0][0] if item else "not in the catalogue"})
    names = ("warehouse", "on hand", "reserved", "available", "on order", "reorder point")
    shown = table(*names, right=names[1:])
    for at, hand, held, coming, point in levels:
        shown.add_row(plain(at), *(f"{pieces:,}" for pieces in (hand, held, hand - held, coming, point)))
    console().print(shown)
    latest = table("moved (UTC)", "warehouse", "pieces", "why", right=("pieces",))
    for at_ms, at, pieces, reason, order_id, note in moves:
        why = f"{reason} for order {order_id}" if order_id else f"{reason} {note}"
        latest.add_row(instant(at_ms), plain(at), f"{pieces:+,}", plain(why))
    if moves:
        console().print(latest)
    for at, pieces, because in asked:
        tell(f"{pieces:,} more are asked for in {at}: {because}")


@app.command()
def explain(
    sku: Annotated[str, typer.Argument(metavar="SKU")], folder: OfficeOption = HERE, warehouse: Warehouse = "", *,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Say why the newest count of a SKU differed: the likeliest reasons, with the moves that speak for them."""
    from afterclick.inventory.counts.evidence import case_of, last_counts
    from afterclick.inventory.counts.explaining import explain as reasons

    with opened(folder, "stock.read") as office, office.database.reading() as tx:
        found = [
            (at, at_ms, booked, counted, reasons(case_of(tx, sku, at, booked, counted, at_ms=at_ms)))
            for at, at_ms, booked, counted in last_counts(tx, sku, warehouse)
        ]
    if not found:
        raise Refused(f"{sku} was never counted{f' in {warehouse}' if warehouse else ''}; count it with `afterclick stock count`")
    if as_json:
        names = ("warehouse", "at_ms", "booked", "counted", "explanations")
        say_json({"sku": sku, "counts": [dict(zip(names, one, strict=True)) for one in found]})
        return
    for at, _, booked, counted, likely in found:
        figures({"warehouse": at, "booked": booked, "counted": counted})
        shown = table("likely", "explanation", "moves", "orders", right=("likely",), long=("explanation",))
        for reason in likely:
            shown.add_row(f"{reason.likely:.0%}", plain(f"{reason.kind}: {reason.says}"), ", ".join(map(str, reason.moves)),
                          ", ".join(map(str, reason.orders)))  # fmt: skip
        console().print(shown)


def _read(file: Path, warehouse: str) -> "StockFile":
    """The file's lines; the table is read as order files are, its meaning as stock."""
    from afterclick.inventory import files
    from afterclick.reading.tables.rows import read_rows

    rows: list[tuple[int, dict[str, str]]] = []
    unread: list[tuple[int, str]] = []
    for chunk in read_rows(file, lambda header: files.recognise(header, warehouse=warehouse)):
        rows += [
            (number, dict(zip(chunk.fields, row, strict=True))) for number, row in zip(chunk.numbers, chunk.rows, strict=True)
        ]
        unread += [(one.number, one.because) for one in chunk.unread]
    return files.read(rows, unread=unread, warehouse=warehouse)


def _book(folder: Path, file: Path, warehouse: str, book: "Book", *, least: int, as_json: bool) -> None:
    """Book the lines of a file whose SKU and warehouse are known; the others are named and left out."""
    read = _read(file, warehouse)
    named = list(read.named)
    reasons = dict(read.reasons)
    with acting(folder, "stock.change") as (office, who), office.database.transaction() as tx:
        skus = {row[0] for row in tx.rows("SELECT sku FROM items")}
        warehouses = {row[0] for row in tx.rows("SELECT id FROM warehouses")}
        rows: list[tuple[str, str, int]] = []
        for line in read.lines:
            fault = "" if line.sku in skus else "the catalogue does not know the SKU"
            fault = fault or ("" if line.warehouse in warehouses else "there is no such warehouse")
            fault = fault or ("" if line.quantity >= least else "nothing came")
            if fault:
                reasons[fault] = reasons.get(fault, 0) + 1
                named.append((line.number, f"{fault}: {line.sku} in {line.warehouse}"))
            else:
                rows.append((line.sku, line.warehouse, line.quantity))
        events = book(tx, rows, by=who.id, now_ms=office.clock.now_ms()) if rows else []
        office.record(tx, events, by=who.id)
    if not warehouses:
        raise Refused("this office has no warehouse yet; add it first with `afterclick warehouses set MAIN --country DE`")
    result: dict[str, object] = {
        "lines_read": read.lines_read, "lines_used": len(rows), "rejected_lines": read.lines_read - len(rows),
        "pieces": sum(quantity for _, _, quantity in rows), "places": len({row[:2] for row in rows}),
    }  # fmt: skip
    said = sorted(named)[:MOST_NAMED]
    if as_json:
        say_json(result | {"reasons": reasons, "named": [{"line": line, "reason": reason} for line, reason in said]})
        return
    figures(result)
    for line, reason in said[:20]:
        tell(f"line {line}: {plain(reason)}")
    for event in events:
        if event.verdict == "Ask":
            tell(plain(event.because))
