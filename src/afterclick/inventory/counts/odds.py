"""How likely the record of a place is wrong, learnt from counts.

A logistic model whose coefficients are the most likely ones under a prior around what is known of shops before any count
(maximum a posteriori, Newton's method). Few counts leave the prior in force; many outweigh it.
The prior is our judgement, not a measurement: one record in twenty is wrong soon after a count, one in three after a hundred
moves and a year; moves, time and earlier errors make it worse. DeHoratius and Raman (2008, Management Science 54(4)) found 65 %
of nearly 370,000 records of a store chain wrong, and the same tendencies.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Figures = NDArray[np.float64]

NAMES: Final = ("constant", "moves", "days", "wrong here", "wrong among like items", "odd moves", "sensor drift")
PRIOR: Final = np.array([-3.1, 0.35, 0.20, 1.0, 1.0, 0.8, 2.5])
SPREAD: Final = np.array([0.8, 0.25, 0.2, 0.6, 0.6, 0.5, 1.0])
"""Standard deviation of each coefficient around its prior."""
LIKE_WEIGHT: Final = 4.0
"""So many counts of like items say as much of a place as one of its own."""
FEWEST_SEEN: Final = 6.0
"""So many imagined counts at the common rate are mixed into the rate of a group."""
_ROUNDS: Final = 25
_LARGEST_STEP: Final = 2.0


class Past(NamedTuple):
    """A count that was booked: the place, its group of like items, what was known before, and the difference in pieces.

    `moves` and `days` since the count before it (−1: not known), `odd` moves among them.
    """

    sku: str
    warehouse: str
    group: str
    moves: int
    days: int
    odd: int
    booked: int
    difference: int


class Place(NamedTuple):
    """What is known of a place now; `drift` is how many standard deviations sensors are away from the books (0: none)."""

    sku: str
    warehouse: str
    group: str
    moves: int
    days: int
    odd: int
    booked: int
    drift: float = 0.0


class Odds(NamedTuple):
    """The fitted model, the rates it stands on, and the usual size of a difference."""

    coefficients: Figures
    common: float
    here: dict[tuple[str, str], tuple[int, int]]
    groups: dict[str, tuple[int, int]]
    size_share: float
    """Of what is booked, by how much a wrong record is off, on the average."""
    short_share: float
    """Of wrong records, how many promise more than there is."""


def learn(history: Sequence[Past]) -> Odds:
    """The model from every count so far, oldest first; without any it is the prior."""
    here: dict[tuple[str, str], tuple[int, int]] = {}
    groups: dict[str, tuple[int, int]] = {}
    rows: list[tuple[float, ...]] = []
    wrongs: list[float] = []
    wrong_all = 0
    for number, past in enumerate(history):
        common = (wrong_all + 0.15 * FEWEST_SEEN) / (number + FEWEST_SEEN)
        known = Odds(PRIOR, common, here, groups, 0.0, 0.0)
        wrong = int(past.difference != 0)
        if past.moves >= 0:
            rows.append(_row(known, past.sku, past.warehouse, past.group, past.moves, past.days, past.odd, 0.0))
            wrongs.append(float(wrong))
        place = (past.sku, past.warehouse)
        here[place] = _more(here.get(place), wrong)
        groups[past.group] = _more(groups.get(past.group), wrong)
        wrong_all += wrong
    common = (wrong_all + 0.15 * FEWEST_SEEN) / (len(history) + FEWEST_SEEN)
    size, short = _differences(history)
    fitted = _fit(np.array(rows), np.array(wrongs)) if rows else PRIOR
    return Odds(fitted, common, here, groups, size, short)


def chances(odds: Odds, places: Sequence[Place]) -> Figures:
    """The chance that the record of each place is wrong."""
    if not places:
        return np.zeros(0)
    rows = np.array([_row(odds, *one[:6], one.drift) for one in places])
    return _logistic(rows @ odds.coefficients)


def likely_size(odds: Odds, booked: Figures) -> Figures:
    """By how many pieces a record is off where it is wrong; a piece at least."""
    return np.maximum(1.0, odds.size_share * booked)


def _row(odds: Odds, sku: str, warehouse: str, group: str, moves: int, days: int, odd: int, drift: float) -> tuple[float, ...]:
    own, own_seen = odds.here.get((sku, warehouse), (0, 0))
    like, like_seen = odds.groups.get(group, (0, 0))
    among = (like + FEWEST_SEEN * odds.common) / (like_seen + FEWEST_SEEN)
    own_rate = (own + among * LIKE_WEIGHT) / (own_seen + LIKE_WEIGHT)
    return (
        1.0, float(np.log1p(max(0, moves))), float(np.log1p(max(0, days))), _logit(own_rate) - _logit(among),
        _logit(among) - _logit(odds.common), float(min(odd, 3)), min(abs(drift), 4.0) / 4.0,
    )  # fmt: skip


def _differences(history: Sequence[Past]) -> tuple[float, float]:
    """The usual size of a difference as a share of what was booked, and the share of shortages; both shrunk to a prior."""
    off = [(abs(one.difference) / max(1, one.booked), one.difference < 0) for one in history if one.difference]
    weight = 8.0
    size = (0.08 * weight + sum(min(share, 1.0) for share, _ in off)) / (weight + len(off))
    return size, (0.6 * weight + sum(short for _, short in off)) / (weight + len(off))


def _fit(rows: Figures, wrong: Figures) -> Figures:
    """Newton's method on the penalised likelihood; it is concave, so the steps end at its one top."""
    precision = np.diag(1.0 / SPREAD**2)
    now = PRIOR.copy()
    for _ in range(_ROUNDS):
        chance = _logistic(rows @ now)
        slope = rows.T @ (wrong - chance) - precision @ (now - PRIOR)
        bend = (rows * (chance * (1 - chance))[:, None]).T @ rows + precision
        step = np.asarray(np.linalg.solve(bend, slope), dtype=np.float64)
        length = float(np.abs(step).max())
        now = now + step * min(1.0, _LARGEST_STEP / max(length, 1e-12))
        if length < 1e-6:
            break
    return now


def _logistic(values: Figures) -> Figures:
    return 1.0 / (1.0 + np.exp(-np.clip(values, -30, 30)))


def _logit(rate: float) -> float:
    bounded = min(max(rate, 1e-4), 1 - 1e-4)
    return float(np.log(bounded / (1 - bounded)))


def _more(counted: tuple[int, int] | None, wrong: int) -> tuple[int, int]:
    before, seen = counted or (0, 0)
    return before + wrong, seen + 1
