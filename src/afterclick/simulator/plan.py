"""When the orders of a stretch of the trading day come in, and which of them are bad in which way."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from afterclick.simulator.faults import Faults

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

GOOD: Final = "good"
ALONE: Final = ("malformed", "unknown_sku", "wrong_price", "double", "near_double", "country_mismatch", "absurd_quantity")
"""Kinds of bad orders that strike one order at a time; each is named like its rate in `Faults`."""
BURSTS: Final = {"card_velocity": 3, "address_velocity": 5}
"""Kinds that come in bursts: so many of a burst look like any other order, and may ship, before the pattern shows."""
BURST_SIZE: Final = 10

PROFILE: Final = (9, 6, 4, 3, 3, 5, 12, 24, 36, 45, 52, 56, 60, 56, 52, 50, 52, 56, 64, 76, 84, 72, 44, 20)
"""Orders per hour of the day, relative: quiet nights, busy evenings."""

_HOURS: Final = np.arange(25) * 3_600_000.0
_CUMULATED: Final = np.concatenate(([0.0], np.cumsum(PROFILE) / sum(PROFILE)))


class Plan(NamedTuple):
    """One row per order, as placed: `ms` since midnight, the kind, the row it repeats (or -1), and its burst (or -1)."""

    ms: list[int]
    kind: list[str]
    source: list[int]
    burst: list[int]


def plan(rng: np.random.Generator, *, size: int, start: float, end: float, faults: Faults) -> Plan:
    """Plan `size` orders for the stretch of the day in which the shares `start` to `end` of its orders come in."""
    ms: Floats = np.floor(np.interp(np.sort(start + rng.random(size) * (end - start)), _CUMULATED, _HOURS) / 1000) * 1000
    last = float(np.interp(end, _CUMULATED, _HOURS)) // 1000 * 1000 - 1000
    kind, source = _alone(rng, size, faults)
    for row in np.flatnonzero(source >= 0).tolist():
        gap = rng.integers(3, 60) if kind[row] == "double" else rng.integers(60, 900)
        ms[row] = ms[source[row]] + gap * 1000
    burst = _bursts(rng, kind, source, ms, faults)
    ms = np.minimum(ms, max(last, 0.0))
    by_time = np.argsort(ms, kind="stable")
    place = np.empty(size, dtype=np.int64)
    place[by_time] = np.arange(size)
    repeats = [int(place[row]) if row >= 0 else -1 for row in source[by_time].tolist()]
    return Plan(ms[by_time].astype(np.int64).tolist(), [kind[row] for row in by_time.tolist()], repeats, burst[by_time].tolist())


def _alone(rng: np.random.Generator, size: int, faults: Faults) -> tuple[list[str], Ints]:
    """The kind of each order, and for doubles the row just before, which they repeat."""
    edges = np.cumsum([float(getattr(faults, name)) for name in ALONE])
    kind = [*ALONE, GOOD]
    drawn: list[int] = np.searchsorted(edges, rng.random(size), side="right").tolist()
    kinds = [kind[number] for number in drawn]
    source = np.full(size, -1, dtype=np.int64)
    for row in range(size):
        if kinds[row] in ("double", "near_double"):
            if row and kinds[row - 1] == GOOD:
                source[row] = row - 1
            else:
                kinds[row] = GOOD
    return kinds, source


def _bursts(rng: np.random.Generator, kind: list[str], source: Ints, ms: Floats, faults: Faults) -> Ints:
    """Turn some runs of good orders into bursts, in place; returns each order's burst number or -1."""
    burst = np.full(len(kind), -1, dtype=np.int64)
    repeated = set(source.tolist())
    number = 0
    for name in BURSTS:
        rate = float(getattr(faults, name))
        for _ in range(int(rate * len(kind) / BURST_SIZE + rng.random())):
            if len(kind) < 2 * BURST_SIZE:
                continue
            begin = int(rng.integers(0, len(kind) - 2 * BURST_SIZE + 1))
            rows = [row for row in range(begin, begin + 2 * BURST_SIZE) if kind[row] == GOOD and row not in repeated][:BURST_SIZE]
            times = ms[begin] + np.cumsum(rng.integers(20, 120, len(rows))) * 1000
            for row, time in zip(rows, times.tolist(), strict=True):
                kind[row], burst[row], ms[row] = name, number, time
            number += 1
    return burst
