"""What is believed of a place: its record and the evidence of sensors, each weighed by how sure it is.

Precision-weighted means of normal beliefs (as one update of a Kalman filter); the record is one more witness. A reading fades:
its variance doubles each half-life. Sensors that contradict each other are believed less (Birge's ratio: variances are scaled up
by their chi-squared per degree of freedom, where that is above 1).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from afterclick.domain.stock_limits import SensingLimits
from afterclick.inventory.sensing.tracks import Level, Scale, Seen, distinct, passed, told, weighed

RECORD_SHARE: Final = 0.05
"""The record is taken to be within a twentieth, and within a piece; what it says is weighed accordingly."""
OLDEST_HALF_LIVES: Final = 8.0
"""What is older than this says nothing any more."""


class Standing(NamedTuple):
    """What the books say of a place: pieces on hand and reserved, since when and with how many pieces passages are added up,
    and by how many pieces its scales are known to be off."""

    booked: int
    reserved: int
    base_ms: int
    base_pieces: int
    weight_g: int
    bias: float = 0.0


class Belief(NamedTuple):
    """Pieces that are believed to be there, their standard deviation, the chance that this is right (to `drift_share`, and half a
    piece at least), and how far and how surely sensors are away from the books. `sensors` had a say."""

    pieces: float
    sd: float
    confidence: float
    drift: float
    drift_sd: float
    drift_chance: float
    sensors: tuple[str, ...]


class _Witness(NamedTuple):
    """By how much a group of sensors is away from the books, and how surely."""

    drift: float
    variance: float
    sensors: tuple[str, ...]


def believe(
    standing: Standing, readings: Sequence[Seen], scales: Mapping[str, Scale], limits: SensingLimits, *, now_ms: int
) -> Belief:
    """The belief; without evidence it is the record. `scales` are those of the place that work; others' readings are left out."""
    seen = distinct(readings)
    witnesses = [
        one for one in (_weights(standing, seen, scales, limits, now_ms), _passages(standing, seen, limits)) if one is not None
    ]
    witnesses += _told(standing, seen, limits, now_ms)
    record_sd = max(1.0, RECORD_SHARE * standing.booked)
    if not witnesses:
        return Belief(standing.booked, record_sd, _within(record_sd, standing, limits), 0.0, 0.0, 0.0, ())
    precision = sum(1 / one.variance for one in witnesses)
    drift = sum(one.drift / one.variance for one in witnesses) / precision
    spread = sum((one.drift - drift) ** 2 / one.variance for one in witnesses)
    variance = max(1.0, spread / max(1, len(witnesses) - 1)) / precision
    gain = record_sd**2 / (record_sd**2 + variance)
    sd = math.sqrt(gain * variance)
    names = tuple(sorted({name for one in witnesses for name in one.sensors}))
    real = _normal((abs(drift) - 0.5) / math.sqrt(variance)) if drift else 0.0
    return Belief(standing.booked + gain * drift, sd, _within(sd, standing, limits), drift, math.sqrt(variance), real, names)


def is_drift(belief: Belief, booked: int, limits: SensingLimits) -> bool:
    """Whether sensors are far enough from the books, and surely enough, to ask for a count if it lasts."""
    large = abs(belief.drift) >= max(limits.drift_pieces, limits.drift_share * abs(booked)) - 0.5
    return large and belief.drift_chance >= limits.drift_chance


def _weights(
    standing: Standing, seen: Sequence[Seen], scales: Mapping[str, Scale], limits: SensingLimits, now_ms: int
) -> _Witness | None:
    """All scales of the place together; one that is missing makes the sum say nothing. What is reserved may be picked already."""
    levels = [weighed(scale, seen, standing.weight_g, limits) for scale in scales.values()]
    found = [one for one in levels if one is not None]
    if not found or len(found) < len(levels):
        return None
    oldest = Level(sum(one.pieces for one in found), math.hypot(*(one.sd for one in found)), min(one.at_ms for one in found))
    return _shelf(standing, oldest._replace(pieces=oldest.pieces - standing.bias), tuple(scales), limits, now_ms)


def _told(standing: Standing, seen: Sequence[Seen], limits: SensingLimits, now_ms: int) -> list[_Witness]:
    names = sorted({one.sensor for one in seen if one.kind == "count"})
    levels = [(name, told(seen, name)) for name in names]
    found = [
        _shelf(standing, level, (name,), limits, now_ms)
        for name, level in levels if level is not None and level.at_ms > standing.base_ms
    ]  # fmt: skip
    return [one for one in found if one is not None]


def _shelf(standing: Standing, level: Level, names: tuple[str, ...], limits: SensingLimits, now_ms: int) -> _Witness | None:
    """What a level says of the books: on the shelf lies what is booked, less what is reserved and picked already."""
    half_lives = max(0, now_ms - level.at_ms) / (limits.half_life_minutes * 60_000)
    if half_lives > OLDEST_HALF_LIVES:
        return None
    least, most = standing.booked - standing.reserved, standing.booked
    drift = level.pieces - min(max(level.pieces, least), most)
    return _Witness(drift, level.sd**2 * 2**half_lives, names)


def _passages(standing: Standing, seen: Sequence[Seen], limits: SensingLimits) -> _Witness | None:
    """What went in and out since the base, against what was booked since; each passage may be missed. No base, no say."""
    if not standing.base_ms:
        return None
    crossed = passed(seen, after_ms=standing.base_ms, limits=limits)
    if not crossed.passages:
        return None
    names = tuple(sorted({one.sensor for one in seen if one.kind in ("in", "out")}))
    variance = 0.1 + limits.missed_share * crossed.passages + (limits.missed_share * crossed.passages) ** 2 / 4
    return _Witness(standing.base_pieces + crossed.net - standing.booked, variance, names)


def _within(sd: float, standing: Standing, limits: SensingLimits) -> float:
    """The chance that a normal error stays within the tolerance."""
    return math.erf(max(0.5, limits.drift_share * standing.booked) / (sd * math.sqrt(2)))


def _normal(deviations: float) -> float:
    """The standard normal distribution function."""
    return 0.5 * (1 + math.erf(deviations / math.sqrt(2)))
