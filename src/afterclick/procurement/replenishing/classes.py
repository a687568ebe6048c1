"""Which items are looked at how often: by the money that they move and by how unsteadily they sell."""

from typing import Final

import numpy as np

from afterclick.procurement.forecasting.panel import Numbers

VALUE_SHARES: Final = (0.80, 0.95)
"""A items make the first 80 % of the money, B the next 15 %, C the rest (Dickie 1951)."""
STEADINESS: Final = (0.5, 1.0)
"""X sells steadily: the deviation of a period's demand is at most half its mean; Y at most the mean; Z varies more."""
REVIEW_WEEKS: Final = {
    "AX": 1, "AY": 1, "AZ": 1,
    "BX": 1, "BY": 1, "BZ": 1,
    "CX": 2, "CY": 2, "CZ": 2,
}  # fmt: skip
"""Weeks between two looks. A look costs a bot nothing; C items wait, since looking at them half as often bundles their lines."""


def classes(yearly_value: Numbers, mean: Numbers, deviation: Numbers) -> tuple[str, ...]:
    """The class of each item, 'AX' to 'CZ', from the money that it moves in a year and the demand of one period."""
    order = np.argsort(-yearly_value, kind="stable")
    total = max(float(yearly_value.sum()), 1e-12)
    before = np.empty(len(order))
    before[order] = (np.cumsum(yearly_value[order]) - yearly_value[order]) / total
    by_value = np.searchsorted(np.array(VALUE_SHARES), before, side="right")
    varied = np.where(mean > 0, deviation / np.maximum(mean, 1e-12), np.inf)
    by_steadiness = np.searchsorted(np.array(STEADINESS), varied, side="left")
    return tuple("ABC"[value] + "XYZ"[steady] for value, steady in zip(by_value, by_steadiness, strict=True))


def reviews(found: tuple[str, ...]) -> Numbers:
    """Weeks between two looks at each item."""
    return np.array([float(REVIEW_WEEKS[one]) for one in found])


def due(found: tuple[str, ...], week: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """The items whose turn it is in a week, counted from any fixed one."""
    return week % reviews(found).astype(int) == 0
