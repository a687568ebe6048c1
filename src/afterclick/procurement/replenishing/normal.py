"""The normal distribution over arrays, from a table, so that planning needs numpy alone."""

from statistics import NormalDist
from typing import Final

import numpy as np

from afterclick.procurement.forecasting.panel import Numbers

_SCORES: Final = np.linspace(-5, 5, 2_001)
_CHANCES: Final = np.array([NormalDist().cdf(score) for score in _SCORES.tolist()])


def chance_of(scores: Numbers) -> Numbers:
    """The chance to stay at or below so many deviations; within 0.00001 of the exact value."""
    return np.interp(scores, _SCORES, _CHANCES)


def score_of(chances: Numbers) -> Numbers:
    """The deviations that are not exceeded with this chance, between −5 and 5; within 0.0001 for 0.001 to 0.999."""
    return np.interp(chances, _CHANCES, _SCORES)
