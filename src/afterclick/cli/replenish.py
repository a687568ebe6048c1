"""`afterclick replenish …`: how much to order and when, and what a policy would have cost on past sales."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from afterclick.cli import replenish_office
from afterclick.cli.columns import Columns, named
from afterclick.cli.output import Commands, JsonOption, Refused, console, figures, plain, say_json, table, tell

if TYPE_CHECKING:
    from afterclick.procurement.replenishing.backtest.comparing import Comparison, Scored
    from afterclick.procurement.replenishing.backtest.season import Season

NEEDS: Final = "afterclick[forecast,files]"

app = typer.Typer(cls=Commands, no_args_is_help=True, help="Replenishment: what to order, why, and what it would have cost.")


app.command()(replenish_office.plan)
app.command()(replenish_office.explain)

File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV, XLSX or Parquet: item, date, quantity, best with the price.")]
Weeks = Annotated[int, typer.Option("--weeks", min=8, max=260, help="How many of the last weeks to replay.")]
Until = Annotated[str, typer.Option("--until", metavar="YYYY-MM-DD", help="Replay up to the week before this day.")]
Lead = Annotated[int, typer.Option("--lead-weeks", min=1, max=26, help="Weeks from an order to its delivery.")]
Late = Annotated[float, typer.Option("--late", min=0, max=1, help="Share of deliveries that come a week late.")]
Partial = Annotated[float, typer.Option("--partial", min=0, max=1, help="Share of deliveries of which half comes a week later.")]
Moq = Annotated[int, typer.Option("--moq", min=1, help="Pieces that an order of an item has at least.")]
Pack = Annotated[int, typer.Option("--pack", min=1, help="Pieces of a pack; orders are whole packs.")]
Line = Annotated[float, typer.Option("--order-line", min=0, help="Cost of a line on a purchase order.")]
CostShare = Annotated[float, typer.Option("--cost-share", min=0.01, max=0.99, help="Unit cost as a share of the price.")]
Holding = Annotated[float, typer.Option("--holding", min=0, help="Cost of holding goods for a year, as a share of their cost.")]
WriteOff = Annotated[float, typer.Option("--write-off", min=0, max=1, help="Share lost of goods left over at the stock review.")]
Spared = Annotated[float, typer.Option("--spared-weeks", min=0, help="Weeks of sales that the stock review leaves alone.")]
Trainings = Annotated[int, typer.Option("--trainings", min=1, max=52, help="How often the forecast learns anew.")]
Every = Annotated[int, typer.Option("--every", min=1, help="Replay each N-th item only, for a quick look.")]


@app.command()
def simulate(
    file: File, weeks: Weeks = 30, until: Until = "", lead_weeks: Lead = 2, late: Late = 0.0, partial: Partial = 0.0,
    moq: Moq = 12, pack: Pack = 6, order_line: Line = 3.0, cost_share: CostShare = 0.5, holding: Holding = 0.40,
    write_off: WriteOff = 0.30, spared_weeks: Spared = 4.0, trainings: Trainings = 3, every: Every = 1, column: Columns = None, *,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Replay past sales under our policy, under min/max and the textbook, and beside a bound that knew every sale."""
    try:
        from afterclick.procurement.replenishing.backtest.comparing import compare
        from afterclick.procurement.replenishing.backtest.world import Supply
        from afterclick.procurement.replenishing.costs import Costs

        season = _season(file, weeks, until, column or [], cost_share, moq, every)
        found = compare(
            season, Costs(order_line, holding, write_off, spared_weeks),
            Supply(lead_weeks, moq, pack, late, partial), trainings=trainings, told=tell,
        )  # fmt: skip
    except ModuleNotFoundError as error:
        raise Refused(f"a replay needs {error.name}: install {NEEDS}") from error
    if as_json:
        say_json(found)
    else:
        _show(found)


def _season(file: Path, weeks: int, until: str, column: list[str], cost_share: float, moq: int, every: int) -> "Season":
    """The last weeks of a file, of the items to replay."""
    from afterclick.procurement.replenishing.backtest.season import sample, season
    from afterclick.procurement.sales.days import read_sales
    from afterclick.procurement.sales.periods import history

    sales = read_sales(file, named(column), today=datetime.now(UTC).date())
    past = history(sales, "W")
    for note in (*sales.notes, *past.notes):
        tell(plain(note))
    if past.panel.price is None:
        tell("the file has no price, so that every piece counts the same and money is in pieces' prices")
    end = sum(start < _day(until) for start in past.panel.starts) if until else None
    found = season(past.panel, weeks, end=end, cost_share=cost_share, least=float(moq))
    return sample(found, every) if every > 1 else found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"--until {text!r} is no day: write it as 2011-08-29") from error


def _show(found: "Comparison") -> None:
    """Each policy as it is without tuning, and then its curve."""
    figures({
        "items": found.items, "weeks": f"{found.periods}, from the week of {found.first} to that of {found.last}",
        "nobody can cost less than": f"{found.bound:,.0f}",
    })  # fmt: skip
    names = ("policy", "cost", "ordering", "holding", "lost margin", "written off", "fill", "turns", "obsolete", "gap closed")
    shown = table(*names, "at our fill", right=(*names[1:], "at our fill"))
    for one in (one for one in found.scored if one.knob == 1.0):
        equal = found.at_equal_fill[one.policy]
        shown.add_row(one.policy, *_row(one), "never" if equal is None else f"{equal:,.0f}")
    console().print(shown)
    curve = table("policy", "safety knob", "cost", "fill", "turns", right=("safety knob", "cost", "fill", "turns"))
    for one in found.scored:
        curve.add_row(one.policy, f"{one.knob:g}", f"{one.cost:,.0f}", f"{one.fill:.3f}", f"{one.turns:.1f}")
    console().print(curve)


def _row(one: "Scored") -> list[str]:
    money = (one.cost, one.ordering, one.holding, one.lost_margin, one.written_off)
    return [
        *(f"{part:,.0f}" for part in money),
        f"{one.fill:.3f}",
        f"{one.turns:.1f}",
        f"{one.obsolete:,.0f}",
        f"{one.gap_closed:.2f}",
    ]
