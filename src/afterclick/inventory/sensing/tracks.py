"""What the readings of sensors say once flicker, spikes and repeats are taken out of them.

Every function gives the same for the same set of readings, in whatever order and however often they came.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from afterclick.domain.stock_limits import SensingLimits

LAST: Final = 5
"""The median of so many readings is the level: two spikes among them do nothing, and a pick shows after three readings."""
MAD_TO_SD: Final = 1.4826
"""Of the median absolute deviation, for normal noise."""


class Seen(NamedTuple):
    """One reading of one place. Ordered by time; `key` and `line` make the order the same for equal times."""

    at_ms: int
    key: str
    line: int
    sensor: str
    kind: str
    code: str
    serial: str
    pieces: float
    grams: float


class Scale(NamedTuple):
    """What must be known of a scale to read it."""

    id: str
    tare_g: int
    tolerance_g: int


class Level(NamedTuple):
    """Pieces that a sensor sees, their standard deviation, and when it last said so."""

    pieces: float
    sd: float
    at_ms: int


def distinct(seen: Iterable[Seen]) -> list[Seen]:
    """Each reading once, by time."""
    return sorted({(one.key, one.line): one for one in seen}.values())


def weighed(scale: Scale, readings: Sequence[Seen], weight_g: int, limits: SensingLimits) -> Level | None:
    """The level on a scale; None where it said nothing or the weight of a piece is not known.

    Its deviation: the scale's tolerance, the noise of its readings, and the error of a piece's weight, which grows with the pile.
    """
    last = [one for one in readings if one.sensor == scale.id and one.kind == "weight"][-LAST:]
    if not last or weight_g <= 0:
        return None
    middle = median(one.grams for one in last)
    noise = MAD_TO_SD * median(abs(one.grams - middle) for one in last)
    pieces = max(0.0, (middle - scale.tare_g) / weight_g)
    tolerance_g = scale.tolerance_g or max(1.0, 0.1 * weight_g)
    variance = (tolerance_g / weight_g / 2) ** 2 + (noise / weight_g) ** 2 / len(last) + (limits.weight_share * pieces / 2) ** 2
    return Level(pieces, max(0.1, variance**0.5), last[-1].at_ms)


def told(readings: Sequence[Seen], sensor: str) -> Level | None:
    """The newest full count that a scanner or another system told; people and handhelds are about half a piece off."""
    last = next((one for one in reversed(readings) if one.sensor == sensor and one.kind == "count"), None)
    return None if last is None else Level(last.pieces, 0.5 + 0.01 * last.pieces, last.at_ms)


class Passed(NamedTuple):
    """Pieces that came in less those that went out, over how many passages, and when the last was."""

    net: float
    passages: int
    at_ms: int


def passed(readings: Sequence[Seen], *, after_ms: int, limits: SensingLimits) -> Passed:
    """What went through gates and past scanners since `after_ms`.

    Reads of one tag within `flicker_seconds` are one passage, which ends where the last read says; a tag that came in cannot
    come in again before it has gone out. Reads without a serial count as they are.
    """
    net, passages, last_ms = 0.0, 0, 0
    tags: dict[str, list[Seen]] = {}
    for one in readings:
        if one.kind not in ("in", "out") or one.at_ms <= after_ms:
            continue
        last_ms = max(last_ms, one.at_ms)
        if one.serial:
            tags.setdefault(one.serial, []).append(one)
        else:
            net += one.pieces if one.kind == "in" else -one.pieces
            passages += 1
    for reads in tags.values():
        change, crossings = _crossed(reads, round(limits.flicker_seconds * 1000))
        net += change * reads[0].pieces
        passages += crossings
    return Passed(net, passages, last_ms)


def _crossed(reads: Sequence[Seen], flicker_ms: int) -> tuple[int, int]:
    """Of one tag's reads by time: the net change (1: it came in for good) and how many passages there were."""
    ends: list[str] = []
    began = reads[0].kind
    before_ms = reads[0].at_ms - flicker_ms - 1
    for one in reads:
        if one.at_ms - before_ms > flicker_ms:
            ends.append(one.kind)
        else:
            ends[-1] = one.kind
        before_ms = one.at_ms
    before = "out" if began == "in" else "in"  # whoever is first seen coming in was outside
    crossings = sum(one != other for one, other in pairwise((before, *ends)))
    return (0 if ends[-1] == before else 1 if began == "in" else -1), crossings


def same_lately(readings: Sequence[Seen], sensor: str, count: int) -> Seen | None:
    """The first of the last `count` readings of a scale if all say the same to the gram; None if they do not, or are fewer."""
    last = [one for one in readings if one.sensor == sensor and one.kind == "weight"][-count:]
    return last[0] if len(last) == count and len({one.grams for one in last}) == 1 else None
