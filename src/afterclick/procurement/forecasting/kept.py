"""The forecasts that an office keeps: those of the latest weeks, and how good the runs were that made them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

import msgspec

from afterclick.store import tables
from afterclick.store.transaction import Row, Tx

NEXT_WEEKS: Final = 4
"""Weeks over which the expected demand is summed for lists."""
WEEKS_KEPT: Final = 4
"""A plan steadies itself on the forecasts of so many weeks, the latest of each."""
_WEEK_MS: Final = 7 * 86_400_000
_KEPT: Final = ("sku", "run", "mean", "quantiles", "spans", "past", "told", "next_weeks")
_RUN: Final = "id, made_ms, first_day, horizon, levels, items, model, measured, seconds, because"


class Past(msgspec.Struct, frozen=True):
    """What a forecast rests on, by weeks from `first_day` on: pieces sold, the demand that the model saw, the share of the week
    without stock, and pieces of bulk orders. None where it is not known what would have sold."""

    first_day: date
    sold: tuple[float | None, ...]
    base: tuple[float | None, ...]
    lost: tuple[float, ...]
    bulk: tuple[float, ...]


class Kept(msgspec.Struct, frozen=True):
    """The forecast of one SKU in pieces, by weeks from the run's first day on.

    `quantiles` has a list per week with a figure per level, `spans` the quantiles of the demand of so many weeks together. `told`
    says in words what it rests on.
    """

    sku: str
    mean: tuple[float, ...]
    quantiles: tuple[tuple[float, ...], ...]
    spans: Mapping[int, tuple[float, ...]]
    past: Past
    told: str = ""


class Run(msgspec.Struct, frozen=True):
    """One night's forecasts. `measured` holds, per model, the figures of the backtest; `seconds` are of processor time."""

    made_ms: int
    first_day: date
    horizon: int
    levels: tuple[float, ...]
    items: int
    model: str
    measured: Mapping[str, Mapping[str, float]]
    seconds: float
    because: str = ""
    id: int = 0

    def weeks(self) -> list[date]:
        """The first day of each week that is forecast."""
        return [self.first_day + timedelta(weeks=week) for week in range(self.horizon)]


def keep(tx: Tx, run: Run, made: Sequence[Kept]) -> int:
    """Write a run and its forecasts down, and let go of those that no plan needs any more; returns the run's number."""
    number = int(tx.value(
        "INSERT INTO forecast_runs (made_ms, first_day, horizon, levels, items, model, measured, seconds, because)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (run.made_ms, run.first_day.isoformat(), run.horizon, _json(run.levels), run.items, run.model, _json(run.measured),
         run.seconds, run.because),
    ))  # fmt: skip
    tx.insert(tables.forecasts, _KEPT, [_row(one, number) for one in made])
    condition, value = tx.among(one.id for one in weekly(tx))
    tx.run(f"DELETE FROM forecasts WHERE NOT (run {condition})", (value,))  # noqa: S608
    return number


def weekly(tx: Tx) -> list[Run]:
    """The latest run of each of the last `WEEKS_KEPT` weeks in which there was one, the newest first."""
    found: dict[int, Run] = {}
    for run in _runs(tx):
        found.setdefault(week_of(run.made_ms), run)
        if len(found) == WEEKS_KEPT:
            break
    return list(found.values())


def week_of(at_ms: int) -> int:
    """The number of the week of an instant."""
    return at_ms // _WEEK_MS


def latest_run(tx: Tx) -> Run | None:
    """The newest run that forecast anything."""
    return next(iter(_runs(tx, limit=1)), None)


def of_run(tx: Tx, run: int) -> list[Kept]:
    """Every forecast of a run, by SKU."""
    return [_kept(row) for row in tx.rows(f"SELECT {', '.join(_KEPT[:-1])} FROM forecasts WHERE run = ? ORDER BY sku", (run,))]  # noqa: S608


def of_item(tx: Tx, sku: str) -> tuple[Run, Kept] | None:
    """The newest forecast of one SKU, with the run that made it."""
    run = latest_run(tx)
    if run is None:
        return None
    rows = tx.rows(f"SELECT {', '.join(_KEPT[:-1])} FROM forecasts WHERE sku = ? AND run = ?", (sku, run.id))  # noqa: S608
    return (run, _kept(rows[0])) if rows else None


def numbers(values: Iterable[float]) -> tuple[float | None, ...]:
    """Figures as they are kept: to two places, None for what is not known."""
    return tuple(None if value != value else round(float(value), 2) for value in values)  # only NaN is unlike itself


def _runs(tx: Tx, *, limit: int = 7 * WEEKS_KEPT * 4) -> list[Run]:
    rows = tx.rows(f"SELECT {_RUN} FROM forecast_runs WHERE items > 0 ORDER BY id DESC LIMIT ?", (limit,))  # noqa: S608
    return [_run(row) for row in rows]


def _run(row: Row) -> Run:
    number, made_ms, first_day, horizon, levels, items, model, measured, seconds, because = row
    decode = msgspec.json.decode
    return Run(
        made_ms, date.fromisoformat(first_day), horizon, decode(levels, type=tuple[float, ...]), items, model,
        decode(measured, type=dict[str, dict[str, float]]), seconds, because, number,
    )  # fmt: skip


def _row(one: Kept, number: int) -> tuple[str | int | float, ...]:
    spans = {str(weeks): numbers(values) for weeks, values in one.spans.items()}
    return (
        one.sku, number, _json(numbers(one.mean)), _json([numbers(week) for week in one.quantiles]), _json(spans),
        _json(one.past), one.told, round(sum(one.mean[:NEXT_WEEKS]), 2),
    )  # fmt: skip


def _kept(row: Sequence[Any]) -> Kept:
    sku, _, mean, quantiles, spans, past, told = row
    decode = msgspec.json.decode
    return Kept(
        sku, decode(mean, type=tuple[float, ...]), decode(quantiles, type=tuple[tuple[float, ...], ...]),
        {int(weeks): tuple(values) for weeks, values in decode(spans, type=dict[str, list[float]]).items()},
        decode(past, type=Past), told,
    )  # fmt: skip


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
