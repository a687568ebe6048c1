"""Panels for the tests of this room."""

from datetime import date

import numpy as np

from afterclick.procurement.forecasting.calendar import starts_after
from afterclick.procurement.forecasting.panel import Freq, Numbers, Panel


def panel_of(demand: Numbers, freq: Freq = "W", *, groups: tuple[str, ...] = (), first: date = date(2024, 1, 1)) -> Panel:
    """A panel of `demand`, items × periods, that begins on `first`."""
    starts = (first, *starts_after(first, freq, demand.shape[1] - 1))
    return Panel(tuple(f"I{row}" for row in range(len(demand))), starts, freq, demand, groups=groups)


ODD: Numbers = np.array(
    [
        [np.nan] * 40,  # nothing is known
        [0.0] * 40,  # never sold
        [np.nan] * 39 + [5.0],  # one observation
        [7.0] * 40,  # never changed
        [4.0, np.nan] * 20,  # every second period out of stock
        [0.0] * 20 + [1e6] + [0.0] * 19,  # one bulk order
        [float(i % 4 * 10 + i) for i in range(40)],  # a season and a trend
    ]
)
"""Histories that break forecasts."""
