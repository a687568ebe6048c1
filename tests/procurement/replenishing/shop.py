"""Small shops for the tests: demand of a known kind, stock on known terms."""

from datetime import date, timedelta

import numpy as np

from afterclick.procurement.forecasting.panel import LEVELS, Numbers, Panel, Prediction
from afterclick.procurement.replenishing.demand import Demand, of
from afterclick.procurement.replenishing.normal import score_of
from afterclick.procurement.replenishing.situation import Stocked

DAY = date(2026, 11, 20)


def prediction(means: list[float], *, variation: float = 0.5, horizon: int = 13, spans: tuple[int, ...] = (3, 13)) -> Prediction:
    """Normal demand with these weekly means, each week independent of the others, never below 0."""
    mean = np.array(means)[:, None]
    scores = score_of(np.array(LEVELS))[None, :]
    weekly = np.maximum(mean + variation * mean * scores, 0)
    return Prediction(
        np.repeat(mean, horizon, 1), LEVELS, np.repeat(weekly[:, None, :], horizon, 1),
        {span: np.maximum(mean * span + variation * mean * np.sqrt(span) * scores, 0) for span in spans}, "normal",
    )  # fmt: skip


def demand(means: list[float], *, variation: float = 0.5, spans: tuple[int, ...] = (1, 2, 3, 4, 8, 13, 26)) -> Demand:
    return of(prediction(means, variation=variation, spans=spans))


def stocked(sku: str = "CUP", place: str = "W1", **known: object) -> Stocked:
    """A cup: costs 5.00, sells at 10.00, comes after 14 days."""
    usual: dict[str, object] = {
        "on_hand": 0, "reserved": 0, "coming": 0, "unit_cost": 500, "price": 1000, "lead_days": (14.0,),
    }  # fmt: skip
    return Stocked(sku=sku, place=place, **{**usual, **known})  # pyright: ignore[reportArgumentType]


def panel(demand: Numbers, *, price: float = 10.0) -> Panel:
    """Weeks of demand from 5 January 2026, all at one price."""
    items, weeks = demand.shape
    starts = tuple(date(2026, 1, 5) + timedelta(7 * week) for week in range(weeks))
    return Panel(tuple(f"I{at}" for at in range(items)), starts, "W", demand, price=np.full_like(demand, price))


class Knows:
    """A forecaster that knows the mean demand and calls it normal."""

    def __init__(self, known: Panel, spans: tuple[int, ...]) -> None:
        self.mean = np.nanmean(known.demand, axis=1).tolist()
        self.spans = spans

    def predict(self, panel: Panel) -> Prediction:
        return prediction(self.mean[: len(panel.items)], horizon=4, spans=self.spans)
