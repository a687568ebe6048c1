"""`afterclick forecast FILE`: demand to come from anyone's sales file, with no office needed."""

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from afterclick.cli.columns import Columns, named
from afterclick.cli.output import JsonOption, Refused, say_json, tell

if TYPE_CHECKING:
    from datetime import date

    import polars as pl

    from afterclick.procurement.forecasting.outlook import Outlook
    from afterclick.procurement.forecasting.panel import Freq, Prediction
    from afterclick.procurement.forecasting.trial import Trial
    from afterclick.procurement.sales.days import Sales
    from afterclick.procurement.sales.periods import History

    Sums = tuple[tuple[str, ...], Prediction]

LONGEST: Final = 400
MOST_LEVELS: Final = 99
MOST_DRAWN: Final = 200
NEEDS: Final = "afterclick[forecast,files]"

File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV, XLSX or Parquet: item, date, quantity, and what else it has.")]
Horizon = Annotated[int, typer.Option("--horizon", "-n", min=1, max=LONGEST, help="How many periods to forecast.")]
Every = Annotated[Literal["W", "D", "M", "Q"], typer.Option("--freq", help="Weeks, days, months or quarters.")]
Levels = Annotated[
    str, typer.Option("--levels", metavar="0.05,…,0.95", help="Shares of what may come that lie below each figure.")
]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the forecast: .csv or .parquet.")]
Backtest = Annotated[
    int, typer.Option("--backtest", metavar="K", min=0, max=52, help="Try it on the past, from K earlier points.")
]
Plot = Annotated[Path | None, typer.Option("--plot", metavar="DIR", help="Draw the largest items, an SVG each, and index.html.")]
Country = Annotated[str, typer.Option("--country", metavar="GB", help="Whose holidays count (ISO 3166).")]
PlaceWise = Annotated[bool, typer.Option("--place-wise", help="Forecast each place by itself, not all together.")]
Totals = Annotated[bool, typer.Option("--totals", help="Forecast each category and the total as well.")]
Seed = Annotated[int, typer.Option("--seed", help="The same seed gives the same forecast.")]


def forecast(
    file: File, horizon: Horizon, freq: Every = "W", levels: Levels = "", out: Out = None, backtest: Backtest = 0,
    plot: Plot = None, column: Columns = None, country: Country = "", place_wise: PlaceWise = False, totals: Totals = False,
    seed: Seed = 0, *,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Forecast the demand of every item in a sales file, with its uncertainty."""
    wanted, given = _levels(levels), named(column)
    if out and out.suffix.lower() not in (".csv", ".parquet"):
        raise Refused(f"--out {out} must end in .csv or .parquet")
    try:
        _forecast(file, horizon, freq, wanted, out, backtest, plot, given, country.upper(), place_wise, totals, seed, as_json)
    except ModuleNotFoundError as error:
        raise Refused(f"a forecast needs {error.name}: install {NEEDS}") from error


def _forecast(
    file: Path, horizon: int, freq: "Freq", levels: tuple[float, ...], out: Path | None, backtest: int, plot: Path | None,
    given: dict[str, str], country: str, place_wise: bool, with_totals: bool, seed: int, as_json: bool,
) -> None:  # fmt: skip
    from afterclick.cli import forecast_view
    from afterclick.procurement.forecasting.calendar import has_holidays
    from afterclick.procurement.forecasting.outlook import outlook, totals
    from afterclick.procurement.forecasting.panel import LEVELS
    from afterclick.procurement.sales.days import read_sales
    from afterclick.procurement.sales.periods import history, next_start

    if country and not has_holidays(country):
        raise Refused(f"--country {country} is no country whose holidays are known: give its ISO 3166 code, such as GB, or none")
    began, busy = time.perf_counter(), time.process_time()
    levels = levels or LEVELS
    with _progress(shown=not as_json) as step:
        step("reading", 0)
        sales = read_sales(file, given, today=datetime.now(UTC).date())
        past = history(sales, freq, place_wise=place_wise, country=country)
        step("forecasting", 0)
        found = outlook(past, horizon, levels=levels, seed=seed)
        sums = totals(past, found) if with_totals else None
        ahead = [next_start(past.panel.starts[-1], freq, count) for count in range(1, horizon + 1)]
        tried = _tried(past, horizon, backtest, levels, seed, step)
        if out:
            step("writing", 0)
            _write(out, past, found, ahead, sums)
        drawn = _draw(plot, past, found, ahead, step) if plot else 0
    figures: dict[str, object] = {
        "series": len(past.panel.items), "horizon": horizon, "freq": freq, "from": ahead[0].isoformat(),
        "seconds": round(time.perf_counter() - began, 3), "cpu_seconds": round(time.process_time() - busy, 3),
        "model": found.prediction.model,
    }  # fmt: skip
    if as_json:
        say_json(figures | _summary(sales, past, found, tried))
    else:
        forecast_view.show(file, sales, past, found, ahead, tried, sums, asked=backtest)
    for wrote in (out, plot / "index.html" if plot else None):
        if wrote:
            tell(f"written: {wrote}")
    if plot and drawn < len(past.panel.items):
        tell(f"only the {drawn:,} largest of {len(past.panel.items):,} items were drawn")


def _summary(sales: "Sales", past: "History", found: "Outlook", tried: "Trial | None") -> dict[str, object]:
    """What was read, and how good the forecast was in the past; a measure that a method does not have is null."""

    def plain(scores: dict[str, float]) -> dict[str, float | None]:
        return {name: round(value, 4) if value == value else None for name, value in scores.items()}  # NaN

    scores: dict[str, object] | None = None
    if tried:
        scores = {**plain(tried.own.figures()), **{name: plain(one.figures()) for name, one in tried.simple.items()}}
        scores["cut_offs"] = [day.isoformat() for day in tried.cut_offs]
    return {
        "backtest": scores, "lines": sales.lines, "set_aside": dict(sales.set_aside),
        "named": [{"line": one.line, "because": one.because} for one in sales.named], "columns": dict(sales.names),
        "notes": [*sales.notes, *past.notes], "periods": len(past.panel.starts), "new": len(found.new), "dying": len(found.dying),
        "with_bulk_orders": len(found.bulk.items),
    }  # fmt: skip


def _tried(
    past: "History", horizon: int, cut_offs: int, levels: tuple[float, ...], seed: int, step: Callable[[str, int], None]
) -> "Trial | None":
    if not cut_offs:
        return None
    from afterclick.procurement.forecasting.trial import trial

    step("trying it on the past", cut_offs)
    return trial(past, past.known_at, horizon, cut_offs, levels=levels, seed=seed, each=lambda: step("", 1))


def _draw(folder: Path, past: "History", found: "Outlook", ahead: Sequence["date"], step: Callable[[str, int], None]) -> int:
    from afterclick.procurement.forecasting.sheets import largest, write_sheets

    rows = largest(found, MOST_DRAWN)
    step("drawing", len(rows))
    write_sheets(folder, past, found, rows, ahead, each=lambda: step("", 1))
    return len(rows)


def _write(path: Path, past: "History", found: "Outlook", ahead: Sequence["date"], sums: "Sums | None") -> None:
    """A row for each item, place and period: item, place, date (its first day), mean, and a column for each level.

    With `sums`, a first column says what each row is of: an item, a category or the total, whose rows come last.
    """
    import polars as pl

    from afterclick.governance.audit.spreadsheet import safe

    panel, as_text = past.panel, path.suffix.lower() == ".csv"

    def names(texts: Sequence[str]) -> list[str]:
        return [safe(text) if as_text else text for text in texts]

    table = _rows(names(panel.items), names(panel.places or ("",) * len(panel.items)), ahead, found.prediction)
    if sums is not None:
        of = pl.Series("of", ["category"] * (len(sums[0]) - 1) + ["total"]).repeat_by(len(ahead)).explode()
        above = _rows(names(sums[0]), [""] * len(sums[0]), ahead, sums[1])
        table = pl.concat([table.insert_column(0, pl.lit("item").alias("of")), above.insert_column(0, of)])
    path.parent.mkdir(parents=True, exist_ok=True)
    if as_text:
        table.write_csv(path)
    else:
        table.write_parquet(path)


def _rows(items: list[str], places: list[str], ahead: Sequence["date"], prediction: "Prediction") -> "pl.DataFrame":
    import numpy as np
    import polars as pl

    columns: dict[str, object] = {
        "item": np.repeat(items, len(ahead)), "place": np.repeat(places, len(ahead)), "date": list(ahead) * len(items),
        "mean": prediction.mean.ravel().round(4),
    }  # fmt: skip
    for n, level in enumerate(prediction.levels):
        columns[f"{level:g}"] = prediction.quantiles[:, :, n].ravel().round(4)
    return pl.DataFrame(columns, schema_overrides={"item": pl.String, "place": pl.String, "date": pl.Date})


def _levels(text: str) -> tuple[float, ...]:
    """The levels as asked for, rising; nothing where none are."""
    try:
        levels = tuple(sorted({float(part) for part in text.split(",") if part.strip()}))
    except ValueError as error:
        raise Refused(
            f"--levels {text} must be numbers between 0 and 1 with commas between them, for example 0.05,0.5,0.95"
        ) from error
    if any(not 0 < level < 1 for level in levels) or len(levels) > MOST_LEVELS:
        raise Refused(f"--levels {text} must be at most {MOST_LEVELS} numbers between 0 and 1, for example 0.05,0.5,0.95")
    return levels


@contextmanager
def _progress(*, shown: bool) -> Generator[Callable[[str, int], None]]:
    """What is being done, as a bar on a terminal: a name starts a task of so many steps (0: unknown), '' goes on in it."""
    import sys

    if not shown or not sys.stderr.isatty():
        yield lambda _name, _count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=Console(stderr=True), transient=True
    )
    with bar:

        def step(name: str, count: int) -> None:
            if name:
                for task in bar.task_ids:
                    bar.update(task, total=1, completed=1)
                bar.add_task(name, total=count or None)
            else:
                bar.advance(bar.task_ids[-1], count)

        yield step
