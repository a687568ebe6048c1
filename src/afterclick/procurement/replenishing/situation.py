"""What a plan is made from: each item at each place with its stock, its terms and its lead times."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from afterclick.procurement.forecasting.panel import Numbers
from afterclick.procurement.replenishing.quantities import Buying


class Stocked(msgspec.Struct, frozen=True):
    """One item at one place, as the office knows it. Money is minor units of one currency, the plan's.

    `coming` are the pieces of `outstanding`. `lead_days` are lead times that receipts showed, each equally likely (a single one
    where there is only a promise). `breaks` are (pieces from which, unit cost). 0 in `shelf_life_days`, `room` and `life_days`
    means no limit; `life_days` is how long the item will still be sold.
    """

    sku: str
    place: str
    on_hand: int
    reserved: int
    coming: int
    unit_cost: float
    price: int
    lead_days: tuple[float, ...]
    moq: int = 1
    pack: int = 1
    breaks: tuple[tuple[int, float], ...] = ()
    shelf_life_days: int = 0
    room: int = 0
    life_days: int = 0

    @property
    def position(self) -> int:
        """On hand and to come, less what is promised to orders; below 0 when more is promised than will come."""
        return self.on_hand + self.coming - self.reserved


@dataclass(frozen=True)
class Situation:
    """The stocked items with their figures as arrays. A day is 1/`days` of a period."""

    rows: tuple[Stocked, ...]
    position: Numbers
    margin: Numbers
    buying: Buying
    lead: Numbers
    life: Numbers


def situation(rows: Sequence[Stocked], *, days: float = 7.0) -> Situation:
    """Arrays over the rows; `days` are those of a period of the forecast.

    Raises:
        ValueError: a row without a cost, a lead time, a pack or a minimum; names it.
    """
    for row in rows:
        if not row.lead_days or min(row.lead_days) < 0 or row.pack < 1 or row.moq < 0 or row.unit_cost <= 0:
            raise ValueError(f"{row.sku} at {row.place} needs a cost, a lead time and a pack of at least 1 to be planned")
    cost = np.array([float(row.unit_cost) for row in rows])
    # An item sold below its cost is still wanted by customers: a missing piece is taken to lose at least a hundredth of its cost.
    margin = np.maximum(np.array([float(row.price) for row in rows]) - cost, cost * 0.01)
    buying = Buying(
        cost, np.array([float(max(row.moq, 1)) for row in rows]), np.array([float(row.pack) for row in rows]), _breaks(rows),
        _limits([row.shelf_life_days / days for row in rows]), _limits([float(row.room) for row in rows]),
    )  # fmt: skip
    most = max((len(row.lead_days) for row in rows), default=1)
    lead = np.array(
        [np.resize(np.sort(row.lead_days), most) if len(row.lead_days) in (1, most) else _spread(row, most) for row in rows]
    )
    return Situation(
        tuple(rows), np.array([float(row.position) for row in rows]), margin, buying, lead.reshape(len(rows), most) / days,
        _limits([row.life_days / days for row in rows]),
    )  # fmt: skip


def coming_into(rows: Sequence[Stocked], coming: Mapping[tuple[str, str], int]) -> list[Stocked]:
    """The rows with what is outstanding put in, see `outstanding`."""
    return [msgspec.structs.replace(row, coming=coming.get((row.sku, row.place), 0)) for row in rows]


def _spread(row: Stocked, most: int) -> Numbers:
    """As many lead times as other items have, with the same distribution."""
    return np.quantile(np.array(row.lead_days), (np.arange(most) + 0.5) / most)


def _limits(values: Sequence[float]) -> Numbers:
    return np.array([value if value > 0 else np.inf for value in values])


def _breaks(rows: Sequence[Stocked]) -> Numbers | None:
    most = max((len(row.breaks) for row in rows), default=0)
    if not most:
        return None
    breaks = np.full((len(rows), most, 2), np.nan)
    for at, row in enumerate(rows):
        if row.breaks:
            breaks[at, : len(row.breaks)] = row.breaks
    return breaks
