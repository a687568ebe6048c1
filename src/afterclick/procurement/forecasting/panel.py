"""The demand of many items side by side, a column per period: what every forecast starts from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Freq = Literal["D", "W", "M", "Q"]
SEASON: Final[dict[Freq, int]] = {"D": 7, "W": 52, "M": 12, "Q": 4}
"""Periods after which demand repeats itself, for each length of period."""
LEVELS: Final = (0.05, 0.15, 0.25, 0.35, 0.45, 0.5, 0.55, 0.65, 0.75, 0.85, 0.9, 0.95)
"""The quantile levels that are forecast where none are asked for."""


@dataclass(frozen=True)
class Panel:
    """Past demand: `demand` is items × periods, in pieces a period; NaN where it is not known.

    Not known is what lies before the first sale of an item, and a period in which it could not be bought (a stock-out): no
    demand was seen there, which is not the same as no demand. `starts` are the first days of the periods, oldest first and
    without a gap. `price` and `promoted` (share of the period, 0 to 1) are items × periods where they are known, and may go on
    past the last period of `demand` for what is planned. `groups` names each item's category; '' where it has none.
    """

    items: tuple[str, ...]
    starts: tuple[date, ...]
    freq: Freq
    demand: Numbers
    places: tuple[str, ...] = ()
    price: Numbers | None = None
    promoted: Numbers | None = None
    groups: tuple[str, ...] = ()
    country: str = ""

    def upto(self, period: int) -> "Panel":
        """What was known when the first `period` periods had passed; prices and promotions keep no future."""
        return Panel(
            self.items, self.starts[:period], self.freq, self.demand[:, :period], self.places,
            None if self.price is None else self.price[:, :period], None if self.promoted is None else self.promoted[:, :period],
            self.groups, self.country,
        )  # fmt: skip

    def only(self, rows: Sequence[int] | npt.NDArray[np.intp]) -> "Panel":
        """The same periods of some of the items."""
        kept = [int(row) for row in rows]

        def some(values: Numbers | None) -> Numbers | None:
            return None if values is None else values[kept]

        return Panel(
            tuple(self.items[row] for row in kept), self.starts, self.freq, self.demand[kept],
            tuple(self.places[row] for row in kept) if self.places else (), some(self.price), some(self.promoted),
            tuple(self.groups[row] for row in kept) if self.groups else (), self.country,
        )  # fmt: skip


@dataclass(frozen=True)
class Prediction:
    """Demand to come. `mean` is items × horizon, `quantiles` items × horizon × levels, never falling along the levels.

    `spans` holds, for some numbers of periods k, the quantiles of the demand of the next k periods together, items × levels:
    what a reorder level over a lead time needs, and what no sum of single quantiles gives. `model` says what was used.
    """

    mean: Numbers
    levels: tuple[float, ...]
    quantiles: Numbers
    spans: dict[int, Numbers]
    model: str
