"""A kept forecast as the figures of a picture."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from afterclick.procurement.forecasting.drawing import Drawn
from afterclick.procurement.forecasting.kept import Kept, Run
from afterclick.procurement.forecasting.panel import Numbers


def as_drawn(run: Run, one: Kept) -> Drawn:
    """The picture of a SKU's forecast: the last two years at most, and the weeks to come."""
    past = one.past
    known = [at for at, sold in enumerate(past.sold) if sold is not None]
    first = max(known[0] if known else 0, len(past.sold) - 104, 0)
    starts = [past.first_day + timedelta(weeks=week) for week in range(first, len(past.sold))]
    return Drawn(
        one.sku, "W", (*starts, *run.weeks()), _figures(past.sold[first:]), _figures(past.base[first:]),
        _figures(past.lost[first:]), _figures(past.bulk[first:]), np.array(one.mean), run.levels, np.array(one.quantiles),
    )  # fmt: skip


def _figures(values: Sequence[float | None]) -> Numbers:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)
