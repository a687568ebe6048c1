"""`afterclick sales …`: what the shop sold before it had this office."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from afterclick.cli.columns import Columns, named
from afterclick.cli.output import (
    HERE,
    Commands,
    JsonOption,
    OfficeOption,
    Refused,
    acting,
    figures,
    opened,
    plain,
    say,
    say_json,
    tell,
)

MOST_NAMED: Final = 20
LONG_GAP: Final = 7
NEEDS: Final = "afterclick[forecast,files]"
app = typer.Typer(
    cls=Commands, no_args_is_help=True, help="Past sales, from before this office: forecasts begin with them, nothing is ordered."
)
File = Annotated[
    Path, typer.Argument(metavar="FILE", help="CSV, XLSX or Parquet: item, date, quantity, and the price if it has one.")
]


@app.command("import")
def import_(file: File, folder: OfficeOption = HERE, column: Columns = None, *, as_json: JsonOption = False) -> None:
    """Take in past sales of items in the catalogue; the same file again changes nothing.

    They count for forecasts up to the day before the office's first order, and make no orders, stock moves or invoices.
    """
    try:
        from afterclick.procurement.sales.days import read_sales
        from afterclick.procurement.sales.past import TooCoarse, keep
    except ModuleNotFoundError as error:
        raise Refused(f"past sales need {error.name}: install {NEEDS}") from error

    given = named(column)
    with acting(folder, "supply.change") as (office, who):
        sales = read_sales(file, given, today=datetime.now(UTC).date())
        try:
            with office.database.transaction() as tx:
                kept, events = keep(tx, sales, source=file.name)
                office.record(tx, events, by=who.id)
        except TooCoarse as error:
            raise Refused(f"{file}: {error}") from error
    result: dict[str, object] = {
        "lines_read": sales.lines, "rejected_lines": sum(sales.set_aside.values()), "items": kept.items, "pieces": kept.pieces,
        "first_day": str(kept.first or ""), "last_day": str(kept.last or ""), "unknown_items": len(kept.unknown),
        "unknown_pieces": sum(kept.unknown.values()),
    }  # fmt: skip
    if as_json:
        faults = [{"line": one.line, "reason": one.because} for one in sales.named]
        say_json(result | {"reasons": dict(sales.set_aside), "named": faults, "unknown": dict(list(kept.unknown.items())[:100])})
        return
    figures(result)
    for one in sales.named[:MOST_NAMED]:
        tell(f"line {one.line}: {plain(one.because)}")
    if kept.unknown:
        most = ", ".join(f"{plain(sku)} ({pieces:,})" for sku, pieces in list(kept.unknown.items())[:MOST_NAMED])
        tell(f"not in the catalogue, and left out: {most}; import the catalogue or its orders first, then this file again")


@app.command()
def show(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Show what forecasts begin with: past sales, and from when on the office's own orders count."""
    with opened(folder, "supply.read") as office, office.database.reading() as tx:
        items, pieces, first, last = tx.rows(
            "SELECT COUNT(DISTINCT sku), CAST(COALESCE(SUM(quantity), 0) AS BIGINT), MIN(day), MAX(day) FROM past_sales"
        )[0]
        orders_ms = tx.value("SELECT MIN(placed_ms) FROM orders WHERE state NOT IN ('refused', 'cancelled')")
    begin = None if orders_ms is None else orders_ms // 86_400_000
    result: dict[str, object] = {
        "items": items, "pieces": pieces, "first_day": _day(first), "last_day": _day(last), "orders_count_from": _day(begin),
    }  # fmt: skip
    say(result, as_json=as_json)
    if begin is not None and last is not None and begin - last > LONG_GAP:
        tell(
            f"nothing is known of the {begin - last - 1} days in between, which count as days without sales; take them in as well"
        )


def _day(number: int | None) -> str:
    """A day that counts from 1970, as it is written."""
    return "" if number is None else datetime.fromtimestamp(number * 86_400, UTC).date().isoformat()
