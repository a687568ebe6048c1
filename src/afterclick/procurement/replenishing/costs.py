"""What it costs to order, to hold, to lose a sale and to be left with goods: the prices that every reorder decision weighs."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from afterclick.procurement.forecasting.panel import Numbers

YEAR: Final = {"D": 365.0, "W": 52.0, "M": 12.0, "Q": 4.0}
"""Periods in a year."""
DAYS: Final = {"D": 1.0, "W": 7.0, "M": 30.4, "Q": 91.3}
"""Days in a period."""
_UNKNOWN_REVIEW: Final = (2.0, 6.0, 10.0, 14.0, 18.0, 22.0, 26.0)
"""Weeks to the next stock review where nobody knows its day: a shop looks over its stock about twice a year."""


@dataclass(frozen=True)
class Costs:
    """Costs of one plan, in one currency and unit of money. Rates are shares of the unit cost.

    `order_line` is the cost of one more line on a purchase order; `holding` of holding goods for a year (capital, room,
    insurance). At a stock review, goods that the following `cleared` periods would not sell lose the share `written_off` of their
    cost; the next review is in `review_in` periods, None where its day is not known. `year` is the number of periods in a year.
    """

    order_line: float = 3.0
    holding: float = 0.40
    written_off: float = 0.30
    cleared: float = 4.0
    review_in: float | None = None
    year: float = 52.0

    @property
    def held(self) -> float:
        """Cost of holding for a period, as a share of the unit cost."""
        return self.holding / self.year

    def reviews(self, items: int, life: Numbers | None = None) -> list[tuple[Numbers, Numbers]]:
        """When goods may be written off, each moment equally likely: (periods until then, periods of sales spared) per item.

        `life` are the periods in which each item will still be sold (infinite: nobody ends it). An item whose life ends before
        the review is written off then, and nothing is spared.
        """
        weeks = _UNKNOWN_REVIEW if self.review_in is None else (self.review_in,)
        scale = self.year / 52.0 if self.review_in is None else 1.0
        ends = np.full(items, np.inf) if life is None else life
        return [(np.minimum(week * scale, ends), np.where(ends < week * scale, 0.0, self.cleared)) for week in weeks]
