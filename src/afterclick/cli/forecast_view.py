"""What `afterclick forecast` says on a terminal."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from afterclick.cli.output import console, figures, plain, table, tell
from afterclick.procurement.forecasting.drawing import pieces
from afterclick.procurement.forecasting.outlook import Outlook, growth, lumpy
from afterclick.procurement.forecasting.sheets import largest
from afterclick.procurement.sales.periods import WORDS

if TYPE_CHECKING:
    from afterclick.procurement.forecasting.launching import Rows
    from afterclick.procurement.forecasting.panel import Panel, Prediction
    from afterclick.procurement.forecasting.trial import Trial
    from afterclick.procurement.sales.days import Sales
    from afterclick.procurement.sales.periods import History

LISTED: Final = 12
NAMED: Final = 6
MUCH: Final = 0.25
"""Growth from which on an item is called growing or shrinking."""
METHODS: Final = {"naive": "naive", "seasonal_naive": "seasonal naive", "mean_8_weeks": "8-week mean"}
MEASURES: Final = {
    "wrmsse": "WRMSSE", "rmsse": "RMSSE", "wape": "WAPE", "bias": "bias", "wspl": "WSPL", "coverage": "coverage",
}  # fmt: skip


def show(
    file: Path, sales: "Sales", past: "History", found: Outlook, ahead: Sequence[date], tried: "Trial | None",
    sums: "tuple[tuple[str, ...], Prediction] | None", *, asked: int,
) -> None:  # fmt: skip
    """Print what was read, what was set aside, the largest items, the notable ones, and how good the forecast was in the past."""
    panel = past.panel
    word = WORDS[panel.freq]
    columns = ", ".join(f"{field} from {name!r}" if name != field else field for field, name in sales.names.items())
    figures({
        "file": str(file), "columns": columns, "lines": sales.lines, "set aside": sum(sales.set_aside.values()),
        "items": len(panel.items), f"{word}s": f"{len(panel.starts):,}, {panel.starts[0]} to {ahead[0]}",
        "forecast": f"{len(ahead)} {word}{'s' * (len(ahead) != 1)} from {ahead[0]}", "model": found.prediction.model,
    })  # fmt: skip
    for note in (*sales.notes, *past.notes):
        tell(plain(note))
    for because, count in sales.set_aside.items():
        first = ", ".join(f"{one.line:,}" for one in sales.named if one.because == because)
        tell(f"set aside: {count:,} lines, {because}" + (f" (line {_cut(first)})" if first else ""))
    console().print()
    _largest(panel, found, word)
    _notable(panel, found)
    if sums:
        _totals(*sums, word)
    if tried:
        _tried(tried, len(ahead), word)
    elif asked:
        tell(f"no backtest: {len(panel.starts)} {word}s are too few to forecast {len(ahead)} of them from the others")
    else:
        tell("how good is it? --backtest 4 tries it on the past; --out FILE writes all of it, --plot DIR draws it")


def _largest(panel: "Panel", found: Outlook, word: str) -> None:
    prediction = found.prediction
    shown = table("item", *(["place"] if panel.places else []), *(heads := _heads(prediction, word)), right=heads)
    for row in largest(found, LISTED):
        where = [plain(panel.places[row])[:24]] if panel.places else []
        shown.add_row(plain(panel.items[row])[:40], *where, *_first_figures(prediction, row))
    console().print(shown)
    rest = len(panel.items) - LISTED
    if rest > 0:
        console().print(f"  and {rest:,} more", style="dim")


def _totals(names: tuple[str, ...], prediction: "Prediction", word: str) -> None:
    """The total, and the categories with the most pieces."""
    console().print()
    shown = table("category", *(heads := _heads(prediction, word)), right=heads)
    size = prediction.mean.sum(axis=1)
    categories: list[int] = np.argsort(-size[:-1], kind="stable")[:LISTED].tolist()
    for row in categories:
        shown.add_row(plain(names[row])[:40] or "none", *_first_figures(prediction, row))
    shown.add_row("all", *_first_figures(prediction, len(names) - 1))
    console().print(shown)


def _heads(prediction: "Prediction", word: str) -> tuple[str, ...]:
    low, high = (f"{level:.0%}" for level in (prediction.levels[0], prediction.levels[-1]))
    return f"next {word}", low, high, f"all {prediction.mean.shape[1]}"


def _first_figures(prediction: "Prediction", row: int) -> list[str]:
    """The mean of the next period, its outermost quantiles, and the mean of all periods together."""
    ends = prediction.quantiles[row, 0, [0, -1]].tolist()
    return [pieces(float(value)) for value in (prediction.mean[row, 0], *ends, prediction.mean[row].sum())]


def _notable(panel: "Panel", found: Outlook) -> None:
    """Items that somebody should look at, by kind, those with the most pieces first."""
    grown = growth(panel, found.prediction, found.bulk)
    mean = found.prediction.mean.mean(axis=1)
    more = np.where(np.isfinite(grown), mean - mean / np.maximum(1 + grown, 1e-9), 0.0)  # pieces a period
    up = [row for row in np.argsort(-more, kind="stable")[:NAMED].tolist() if grown[row] > MUCH]
    down = [row for row in np.argsort(more, kind="stable")[:NAMED].tolist() if grown[row] < -MUCH]
    console().print()
    size = np.nan_to_num(panel.demand).sum(axis=1)
    kinds: dict[str, tuple[int, Sequence[int]]] = {
        "growing": (int((grown > MUCH).sum()), up), "shrinking": (int((grown < -MUCH).sum()), down),
        "new": (len(found.new), _first(found.new, size)), "dying": (len(found.dying), _first(found.dying, size)),
        "bulk orders": (len(found.bulk.items), _first(found.bulk.items, found.bulk.pieces.max(axis=1))),
        "lumpy": (len(rows := lumpy(found.base)), _first(rows, size)),
    }  # fmt: skip
    for kind, (count, rows) in kinds.items():
        if not count:
            continue
        said = [f"{plain(panel.items[row])[:24]}{_more(kind, row, grown, found)}" for row in rows]
        console().print(f"{kind:<12} {count:>6,} items: {', '.join(said)}{' …' if count > len(said) else ''}")


def _more(kind: str, row: int, grown: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]", found: Outlook) -> str:
    if kind in ("growing", "shrinking"):
        return f" {grown[row]:+.0%}"
    return f" ({pieces(float(found.bulk.pieces[row].max()))})" if kind == "bulk orders" else ""


def _first(rows: "Rows", size: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> list[int]:
    return rows[np.argsort(-size[rows], kind="stable")][:NAMED].tolist()


def _tried(tried: "Trial", horizon: int, word: str) -> None:
    console().print()
    shown = table(f"{len(tried.cut_offs)} cut-offs", "forecast", *METHODS.values(), right=("forecast", *METHODS.values()))
    own = tried.own.figures()
    for measure, name in MEASURES.items():
        others = [tried.simple[method].figures()[measure] for method in METHODS]
        shown.add_row(name, *(_figure(measure, value) for value in (own[measure], *others)))
    console().print(shown)
    best = min(METHODS, key=lambda method: tried.simple[method].wrmsse)
    gain = 1 - tried.own.wrmsse / tried.simple[best].wrmsse
    verdict = f"{gain:.0%} better than" if gain > 0.005 else f"{-gain:.0%} worse than" if gain < -0.005 else "no better than"
    console().print(
        f"{horizon} {word}s ahead, the error weighted by revenue (WRMSSE) is {verdict} the best simple method, {METHODS[best]}"
    )


def _figure(measure: str, value: float) -> str:
    if not np.isfinite(value):
        return "–"
    return f"{value:+.1%}" if measure == "bias" else f"{value:.1%}" if measure in ("wape", "coverage") else f"{value:.3f}"


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60].rsplit(',', 1)[0]} …"
