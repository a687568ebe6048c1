"""The forecast of many items at once: past demand in, demand to come with its uncertainty out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import numpy as np

from afterclick.procurement.forecasting import by_weeks, combining, learned
from afterclick.procurement.forecasting.panel import LEVELS, Numbers, Panel, Prediction
from afterclick.procurement.forecasting.regular import FEW, is_regular, regular

Model = Literal["auto", "combined", "learned", "regular"]
MOSTLY: Final = 0.5
"""Share of regular items from which a small panel is one of regular series."""


class Forecaster(Protocol):
    """A trained model. It may be asked again as the panel grows, week by week, and needs training anew only now and then."""

    def predict(self, panel: Panel) -> Prediction:
        """Demand of the periods after the last one of `panel`."""
        ...


@dataclass(frozen=True)
class Separate:
    """Regular items each by the methods for them, which are fitted when asked; the `others` by the common model."""

    horizon: int
    levels: tuple[float, ...]
    spans: tuple[int, ...]
    others: Forecaster | None

    def predict(self, panel: Panel) -> Prediction:
        """See `Forecaster`."""
        chosen = is_regular(panel) if self.others else np.ones(len(panel.items), dtype=bool)
        common = self.others.predict(panel) if self.others else None
        if common is not None and not chosen.any():
            return common
        alone = regular(panel.only(np.flatnonzero(chosen)), self.horizon, levels=self.levels, spans=self.spans)
        return alone if common is None else _joined(common, alone, chosen)


def train(
    panel: Panel,
    horizon: int,
    *,
    levels: Sequence[float] = LEVELS,
    spans: Sequence[int] = (),
    seed: int = 0,
    model: Model = "auto",
) -> Forecaster:  # fmt: skip
    """Learns from `panel` how to forecast `horizon` periods; `spans` are numbers of next periods whose sums are wanted too.

    `combined` is one model for all items, mixed with smoothing, and for days one of their weeks; `learned` is that model alone;
    `regular` fits each item by itself. `auto` fits regular items by themselves where a panel is small and mostly regular, and
    combines otherwise. The levels are taken in rising order. ValueError for a horizon, level or span that cannot be, or a panel
    without a period.
    """
    levels, spans = tuple(sorted(set(levels))), tuple(sorted(set(spans)))
    _check(panel, horizon, levels, spans)
    if model == "regular":
        return Separate(horizon, levels, spans, None)
    if model == "learned":
        return learned.train(panel, horizon, levels=levels, spans=spans, seed=seed)
    kind = by_weeks if panel.freq == "D" and len(panel.starts) >= by_weeks.FEWEST else combining
    common = kind.train(panel, horizon, levels=levels, spans=spans, seed=seed)
    few = model == "auto" and 0 < len(panel.items) <= FEW
    return Separate(horizon, levels, spans, common) if few and is_regular(panel).mean() >= MOSTLY else common


def forecast(
    panel: Panel,
    horizon: int,
    *,
    levels: Sequence[float] = LEVELS,
    spans: Sequence[int] = (),
    seed: int = 0,
    model: Model = "auto",
) -> Prediction:  # fmt: skip
    """Demand of the next `horizon` periods of every item: the mean, a quantile per level, and those of sums over `spans`.

    Nothing is negative or unknown, and quantiles never fall along the levels. See `train`.
    """
    return train(panel, horizon, levels=levels, spans=spans, seed=seed, model=model).predict(panel)


def _check(panel: Panel, horizon: int, levels: tuple[float, ...], spans: tuple[int, ...]) -> None:
    if horizon < 1:
        raise ValueError(f"A forecast reaches 1 period ahead or more, not {horizon}")
    if any(not 0 < level < 1 for level in levels) or not levels:
        raise ValueError(f"Levels lie between 0 and 1, such as 0.05 and 0.95, not {', '.join(map(str, levels)) or 'nothing'}")
    if any(span < 1 for span in spans):
        raise ValueError(f"A span is 1 period or more, not {min(spans)}")
    if not panel.starts or panel.demand.shape != (len(panel.items), len(panel.starts)):
        raise ValueError("There is no period to forecast from: demand needs a row for each item and a column for each period")


def _joined(common: Prediction, alone: Prediction, chosen: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Prediction:
    """The common forecast, with the rows of the `chosen` items from the other one."""

    def mixed(many: Numbers, some: Numbers) -> Numbers:
        whole = many.copy()
        whole[chosen] = some
        return whole

    spans = {span: mixed(totals, alone.spans[span]) for span, totals in common.spans.items()}
    model = f"{alone.model} for {int(chosen.sum())} of {len(chosen)} items, else {common.model}"
    return Prediction(mixed(common.mean, alone.mean), common.levels, mixed(common.quantiles, alone.quantiles), spans, model)
