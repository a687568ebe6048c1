"""`afterclick stock …`: what is where."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from afterclick.cli.output import (
    HERE,
    Commands,
    JsonOption,
    OfficeOption,
    Refused,
    console,
    figures,
    opened,
    person,
    plain,
    say_json,
    table,
    tell,
)

if TYPE_CHECKING:
    from afterclick.inventory.files import StockFile

app = typer.Typer(cls=Commands, no_args_is_help=True, help="Stock: open it, take it in, count it, look at it.")
File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV, XLSX or Parquet with SKU, warehouse and quantity.")]
Warehouse = Annotated[str, typer.Option("--warehouse", help="Where the file names no warehouse.")]
SHOWN_MOVES = 20
MOVE = ("at_ms", "warehouse", "quantity", "reason", "order_id", "note")


@app.command("open")
def open_(
    folder: OfficeOption = HERE,
    cover_days: Annotated[int, typer.Option("--cover-days", min=1, max=3_650, help="For so many days of usual sales.")] = 30,
    warehouses: Annotated[int, typer.Option("--warehouses", min=1, max=20, help="Over so many warehouses.")] = 1,
    *,
    as_json: JsonOption = False,
) -> None:
    """Give an imported history an opening stock; the log says that it is invented."""
    from afterclick.inventory.opening import open_stock

    with opened(folder) as office, office.database.transaction() as tx:
        country = office.settings.text("shop.country")
        result = open_stock(
            tx, cover_days=cover_days, warehouses=warehouses, country=country, by=person(), now_ms=office.clock.now_ms()
        )
    _said(result, "the opening stock is invented, and the log says so", as_json=as_json)


@app.command("import")
def import_(file: File, folder: OfficeOption = HERE, warehouse: Warehouse = "", *, as_json: JsonOption = False) -> None:
    """Take in goods that came: the pieces of each line are added to what is there."""
    from afterclick.inventory.receiving import receive

    read = _read(file, warehouse)
    with opened(folder) as office, office.database.transaction() as tx:
        rows = [(line.sku, line.warehouse, line.quantity) for line in read.lines]
        result = receive(tx, rows, by=person(), note=file.name, now_ms=office.clock.now_ms())
    _report(read, result, as_json=as_json)


@app.command()
def count(file: File, folder: OfficeOption = HERE, warehouse: Warehouse = "", *, as_json: JsonOption = False) -> None:
    """Book a count: what each line names is what is there, and the difference is moved."""
    from afterclick.inventory.counting import count as book

    read = _read(file, warehouse)
    with opened(folder) as office, office.database.transaction() as tx:
        rows = [(line.sku, line.warehouse, line.quantity) for line in read.lines]
        result = book(tx, rows, by=person(), note=file.name, now_ms=office.clock.now_ms())
    _report(read, result, as_json=as_json)


@app.command()
def show(sku: Annotated[str, typer.Argument(metavar="SKU")], folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Show where a SKU lies, who has reserved it, and its latest moves."""
    from afterclick.control_room.words import instant

    with opened(folder) as office, office.database.reading() as tx:
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


def _read(file: Path, warehouse: str) -> "StockFile":
    """The file's lines; the table is read as order files are, its meaning as stock."""
    from afterclick.inventory import files
    from afterclick.orders.files.reading import read_rows

    rows: list[tuple[int, dict[str, str]]] = []
    unread: list[tuple[int, str]] = []
    for chunk in read_rows(file, lambda header: files.recognise(header, warehouse=warehouse)):
        rows += [
            (number, dict(zip(chunk.fields, row, strict=True))) for number, row in zip(chunk.numbers, chunk.rows, strict=True)
        ]
        unread += [(one.number, one.because) for one in chunk.unread]
    return files.read(rows, unread=unread, warehouse=warehouse)


def _report(read: "StockFile", booked: object, *, as_json: bool) -> None:
    import msgspec

    result: dict[str, object] = {
        "lines_read": read.lines_read, "lines_used": len(read.lines), "rejected_lines": read.lines_read - len(read.lines),
        "reasons": read.reasons, "named": [{"line": line, "reason": reason} for line, reason in read.named],
    }  # fmt: skip
    built = msgspec.to_builtins(booked)
    result |= built if isinstance(built, dict) else {"booked": built}
    if as_json:
        say_json(result)
        return
    figures({name: value for name, value in result.items() if not isinstance(value, list | dict)})
    for line, reason in read.named[:20]:
        tell(f"line {line}: {reason}")


def _said(result: object, sentence: str, *, as_json: bool) -> None:
    from afterclick.cli.output import say

    say(result, as_json=as_json)
    if not as_json:
        tell(sentence)
