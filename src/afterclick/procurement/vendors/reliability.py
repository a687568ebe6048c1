"""How far a vendor's promises hold: lead times, quantities and prices as the receipts show them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

PRIOR_DELIVERIES: Final = 10.0
"""Weight of what is usual, in deliveries: a vendor with ten of its own is judged half by them."""
HALF_LIFE_DAYS: Final = 730.0
"""A delivery this old counts half: on seven years of real deliveries this kept up with changes at little loss of evidence."""
LEAST_POOL: Final = 20
"""Deliveries of all vendors together from which on they say what is usual; with fewer, the promise is taken at its word."""
LEVELS: Final = tuple(at / 200 for at in range(1, 200))
"""The levels at which a vendor's delays are kept."""
LONGEST_DELAY: Final = 730.0
LARGEST_PRICE_CHANGE: Final = 0.5
"""Beyond these a receipt tells of a mistake in the record, and is counted as this much."""


class Delivery(msgspec.Struct, frozen=True):
    """One line of one order, received: the day that was promised and the day it came, units ordered and received in the end,
    and minor units agreed and charged for it (0 = not known)."""

    vendor: str
    promised: date
    received: date
    ordered: int = 1
    arrived: int = 1
    agreed: int = 0
    charged: int = 0


class Reliability(msgspec.Struct, frozen=True):
    """A vendor's record, leaning towards what is usual where it is short.

    `delays` are days after the promise (negative: early) at `LEVELS`; `late_share` the share of deliveries after the promised
    day, `mean_late_days` the mean of max(0, delay), `fill_share` the share of units that came, `price_up` what was charged over
    what was agreed, as a share of it. `deliveries` counts those seen.
    """

    vendor: str = ""
    deliveries: int = 0
    delays: tuple[float, ...] = ()
    late_share: float = 0.0
    mean_late_days: float = 0.0
    fill_share: float = 1.0
    price_up: float = 0.0

    @property
    def on_time_share(self) -> float:
        return 1 - self.late_share

    def delay(self, level: float) -> float:
        """Days after the promise that `level` of the deliveries keep; 0 without a record."""
        return self.delays[min(len(self.delays) - 1, max(0, round(level * 200) - 1))] if self.delays else 0.0

    def lead_days(self, promised_days: float, level: float) -> float:
        """Days from order to receipt that `level` of the deliveries keep, given the promised lead time."""
        return max(0.0, promised_days + self.delay(level))

    def lead_spread(self) -> float:
        """Standard deviation of the delay in days, from its quantiles; 0 without a record."""
        return float(np.std(self.delays)) if self.delays else 0.0

    @property
    def said(self) -> str:
        """The record in a sentence."""
        if not self.deliveries:
            return "no deliveries yet: its promise is taken at its word"
        return (
            f"{self.deliveries} deliveries: {self.on_time_share:.0%} on time, {self.mean_late_days:.1f} days late on average, "
            f"{self.fill_share:.1%} of the units, prices {self.price_up:+.1%}"
        )


UNKNOWN: Final = Reliability()
"""A vendor of whom nothing is known, in an office that knows nothing of any: every promise holds."""


def learn(deliveries: Iterable[Delivery], *, today: date) -> dict[str, Reliability]:
    """Every vendor's record as of `today`, and under '' what is usual: the record of a vendor without deliveries.

    A vendor's delays are mixed with those of all vendors in the weights n : `PRIOR_DELIVERIES`, n being the vendor's deliveries
    faded by `HALF_LIFE_DAYS`; shares and means likewise. Deliveries after `today` are not known yet and left out.
    """
    seen: defaultdict[str, list[tuple[float, ...]]] = defaultdict(list)
    for one in deliveries:
        if one.received <= today and one.ordered > 0:
            seen[one.vendor].append(_figures(one, today))
    everything = np.array([row for rows in seen.values() for row in rows], dtype=np.float64).reshape(-1, 5)
    usual = _usual(everything)
    found = {vendor: _record(vendor, np.array(rows, dtype=np.float64), usual) for vendor, rows in seen.items()}
    return {"": usual, **found}


def _figures(one: Delivery, today: date) -> tuple[float, ...]:
    """Weight, delay, share that came, change of price, and whether the change is known."""
    weight = 0.5 ** ((today - one.received).days / HALF_LIFE_DAYS)
    delay = float(np.clip((one.received - one.promised).days, -LONGEST_DELAY, LONGEST_DELAY))
    priced = one.agreed > 0 and one.charged > 0
    change = one.charged / one.agreed - 1 if priced else 0.0
    change = float(np.clip(change, -LARGEST_PRICE_CHANGE, LARGEST_PRICE_CHANGE))
    return weight, delay, min(1.0, max(0.0, one.arrived / one.ordered)), change, float(priced)


def _usual(rows: Numbers) -> Reliability:
    """What all vendors together show; nothing known where they are too few."""
    if len(rows) < LEAST_POOL:
        return UNKNOWN
    late, days, fill, price = _means(rows)
    return Reliability("", 0, _quantiles(rows[:, 1], rows[:, 0]), late, days, fill, price)


def _record(vendor: str, rows: Numbers, usual: Reliability) -> Reliability:
    prior = np.array(usual.delays or (0.0,), dtype=np.float64)
    delays = np.concatenate([rows[:, 1], prior])
    weights = np.concatenate([rows[:, 0], np.full(len(prior), PRIOR_DELIVERIES / len(prior))])
    own = float(rows[:, 0].sum())
    lean = PRIOR_DELIVERIES / (own + PRIOR_DELIVERIES)
    usually = (usual.late_share, usual.mean_late_days, usual.fill_share, usual.price_up)
    late, days, fill, price = (
        (1 - lean) * mine + lean * other for mine, other in zip(_means(rows), usually, strict=True)
    )  # fmt: skip
    return Reliability(vendor, len(rows), _quantiles(delays, weights), late, days, fill, price)


def _means(rows: Numbers) -> Sequence[float]:
    """Share late, mean days late, share of units, change of price: means by weight."""
    weight, delay, fill, change, priced = rows.T
    total = max(float(weight.sum()), 1e-300)
    known = float((weight * priced).sum())
    return (
        float(weight @ (delay > 0)) / total, float(weight @ np.maximum(delay, 0)) / total, float(weight @ fill) / total,
        float((weight * priced) @ change) / known if known else 0.0,
    )  # fmt: skip


def _quantiles(values: Numbers, weights: Numbers) -> tuple[float, ...]:
    """The smallest values that reach each of `LEVELS` of the weight."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    ordered = values[order]
    places = (int((reached < level * reached[-1] * (1 - 1e-12)).sum()) for level in LEVELS)
    return tuple(float(ordered[min(place, len(ordered) - 1)]) for place in places)
