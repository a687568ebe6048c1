"""Forecast, each night, what will sell of every SKU, from what the office itself has sold."""

import math
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.engine.items import NoItems
from afterclick.governance.cards import Card, Cron
from afterclick.procurement.forecasting import kept
from afterclick.procurement.forecasting.kept import Kept, Past, Run
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

if TYPE_CHECKING:
    from afterclick.procurement.sales.periods import History

CARD: Final = Card(
    id="procurement.forecast",
    does="Forecasts each night what will sell of every SKU in the coming weeks, with how far it may be off",
    owner="purchasing",
    works_on="demand",
    starts_on=(Cron("20 2 * * *"),),
    purpose="So that stock is there when it sells, and not before",
    handles=frozenset({"order", "stock", "catalogue"}),
)
HORIZON: Final = 13
"""Weeks: long enough for the longest usual lead time with its review."""
SPANS: Final = (1, 2, 3, 4, 6, 8, 13)
"""Numbers of weeks whose demand together is forecast, for lead times of any length up to a quarter."""
LEVELS: Final = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)
WEEKS_BACK: Final = 156
LEAST_DAYS: Final = 14
"""Days of sales from which there is anything to forecast from."""
MEASURED_WEEKS: Final = 4
"""Weeks ahead for which forecasts are tried on the past: what the next orders rest on."""
CUTOFFS: Final = 2
"""Past forecasts that are made over again, once a week, to know how good they are; that costs more than the forecast itself."""


class Market(NamedTuple):
    """The bot's equipment: the country whose holidays shape demand (ISO 3166)."""

    country: str


class Made(NamedTuple):
    """A night's forecasts."""

    run: Run
    forecasts: list[Kept]


def work_out(demand: Batch[None]) -> Made | str:
    """Forecast from the sales up to yesterday; a text says why there is nothing to forecast from."""
    return made(demand.tx, country=demand.use(Market).country, now_ms=demand.now_ms)


@stage(calls=work_out)
def note(demand: Batch[None], found: Made | str) -> None:
    """Write the forecasts down in place of the last ones."""
    if isinstance(found, str):
        demand.record(Event("demand.forecast", None, "forecast/none", "Wait", found))
        return
    number = kept.keep(demand.tx, found.run, found.forecasts)
    because = f"{found.run.items:,} SKUs, {found.run.horizon} weeks from {found.run.first_day}, by {found.run.model}"
    demand.record(Event("demand.forecast", None, f"forecast/{number}", "Done", because))


@bot(CARD, over=NoItems())
def foresee(demand: Batch[None]) -> None:
    note(demand)


def made(tx: Tx, *, country: str, now_ms: int, seed: int = 0) -> Made | str:
    """The forecasts of every SKU that the office has sold, by whole weeks up to the last that has ended."""
    from afterclick.procurement.forecasting.outlook import outlook  # heavy: only whoever forecasts loads it
    from afterclick.procurement.forecasting.sheets import based_on
    from afterclick.procurement.sales import own
    from afterclick.procurement.sales.periods import next_start

    began_s = time.process_time()
    past = own.history(tx, since_ms=own.weeks_before(own.day_of(now_ms), WEEKS_BACK), until_ms=now_ms, country=country)
    if past is None or past.panel.demand.shape[1] * 7 < LEAST_DAYS:
        return f"fewer than {LEAST_DAYS} days of sales: there is nothing to forecast from yet"
    found = outlook(past, HORIZON, levels=LEVELS, spans=SPANS, seed=seed)
    panel, prediction = past.panel, found.prediction
    lost = np.zeros_like(panel.demand) if past.in_stock is None else 1 - np.nan_to_num(past.in_stock, nan=1.0)
    forecasts = [
        Kept(
            sku, tuple(prediction.mean[row]), tuple(tuple(week) for week in prediction.quantiles[row]),
            {span: tuple(values[row]) for span, values in prediction.spans.items()},
            Past(panel.starts[0], kept.numbers(panel.demand[row]), kept.numbers(found.base.demand[row]),
                 tuple(lost[row].round(2).tolist()), tuple(found.bulk.pieces[row].round(2).tolist())),
            based_on(past, found, row),
        )
        for row, sku in enumerate(panel.items)
    ]  # fmt: skip
    run = Run(
        now_ms, next_start(panel.starts[-1], "W"), HORIZON, prediction.levels, len(forecasts), prediction.model,
        _last_measured(tx, now_ms=now_ms) or _measured(past, seed=seed),
        round(time.process_time() - began_s, 2),
    )  # fmt: skip
    return Made(run, forecasts)


def _last_measured(tx: Tx, *, now_ms: int) -> Mapping[str, Mapping[str, float]]:
    """How good the forecasts were, if that was measured this week."""
    this_week = [run for run in kept.weekly(tx) if kept.week_of(run.made_ms) == kept.week_of(now_ms)]
    return this_week[0].measured if this_week else {}


def _measured(past: "History", *, seed: int) -> Mapping[str, Mapping[str, float]]:
    """How good forecasts of the past would have been, beside the simple methods."""
    from afterclick.procurement.forecasting.trial import trial

    found = trial(past, past.known_at, MEASURED_WEEKS, CUTOFFS, levels=LEVELS, seed=seed)
    if found is None:
        return {}
    return {name: _known(one.figures()) for name, one in {"this forecast": found.own, **found.simple}.items()}


def _known(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figures.items() if math.isfinite(value)}
