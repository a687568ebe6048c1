"""Say in a line why something is bought there, in this quantity, or not at all."""

from collections.abc import Iterable, Sequence

import numpy as np

from afterclick.domain.money import to_text
from afterclick.domain.purchase import Offer, Vendor
from afterclick.procurement.vendors.grid import Assessed, Grid
from afterclick.procurement.vendors.landed import Indexes
from afterclick.procurement.vendors.needs import Need, Terms

NEAR = 0.02
"""Share of a limit within which a plan is said to be near it."""


class Reasons:
    """The reasons of one plan."""

    def __init__(self, vendors: Sequence[Vendor], terms: Terms, table: Grid, pick: Indexes) -> None:
        self._vendors, self._terms, self._table, self._pick = vendors, terms, table, pick
        chosen = table.vendor_at(pick)
        others = np.where((table.vendor == chosen[:, None]) | (table.option < 0), np.inf, table.cost)
        self._second = np.where(np.isfinite(others.min(axis=1)), others.argmin(axis=1), 0)

    def bought(self, row: int, need: Need, offer: Offer, quantity: int) -> str:
        """What it costs landed, why this quantity, and how the next vendor compares."""
        table, way, second = self._table, int(self._pick[row]), int(self._second[row])
        pieces = quantity * offer.per_unit
        vendor = self._vendors[int(table.vendor[row, way])].name
        said = f"{vendor}: {pieces} pieces at {self._money(table.outlay[row, way] / pieces)} landed"
        if pieces > need.pieces:
            said += f" ({need.pieces} needed; {_rounded_by(need, offer, quantity)})"
        if not second:
            return f"{said}; no other vendor offers it"
        other, dearer = self._vendors[int(table.vendor[row, second])].name, table.cost[row, second] - table.cost[row, way]
        if dearer >= 0:
            return f"{said}; {other} would cost {self._money(dearer)} more in all"
        return f"{said}; {other} would save {self._money(-dearer)} here, but cost more over the whole plan"

    def not_bought(self, row: int, need: Need) -> str:
        table, nothing = self._table, float(self._table.cost[row, 0])
        if need.pieces <= 0:
            return "nothing is needed"
        least = float(table.cost[row, 1:].min(initial=np.inf))
        if not np.isfinite(least):
            limit = f", or none sells as few as {need.most}" if need.most else ""
            return f"no valid offer of a known vendor{limit}: add a price, or an exchange rate"
        if least >= nothing:
            return f"buying costs {self._money(least)} in all, more than the {self._money(nothing)} that it would earn"
        if np.isfinite(table.budget):
            return f"other needs earn more of the budget of {self._money(table.budget)}, or its vendors' minimums are too high"
        way = 1 + int(table.cost[row, 1:].argmin())
        vendor, goods = int(table.vendor[row, way]), float(table.outlay[row, way])
        if table.minimum[vendor] > goods:
            name, minimum = self._vendors[vendor].name, self._money(table.minimum[vendor])
            return f"{name} takes no order below {minimum}, and this is {self._money(goods)}: want more, or lower its minimum"
        return "its vendors' minimums or order costs are more than it would earn"

    def notes(self, state: Assessed, offers: Iterable[Offer]) -> tuple[str, ...]:
        """What a buyer should know of the plan as a whole."""
        without_rate = sorted({offer.currency for offer in offers if not self._terms.rate(offer.currency)})
        said = [f"offers in {currency} were left out: there is no rate to {self._terms.currency}" for currency in without_rate]
        least = self._table.minimum
        near = state.used & (least > 0) & (state.values < least * (1 + NEAR))
        said += [
            f"{self._vendors[at].name} is only just above its minimum of {self._money(least[at])}"
            for at in np.flatnonzero(near).tolist()
        ]
        budget = self._table.budget
        if np.isfinite(budget) and -state.over < NEAR * budget:
            said.append(f"the budget of {self._money(budget)} is spent but for {self._money(max(0.0, -state.over))}")
        return tuple(said)

    def _money(self, amount: float) -> str:
        return f"{to_text(round(amount), self._terms.currency)} {self._terms.currency}"


def _rounded_by(need: Need, offer: Offer, quantity: int) -> str:
    """Which rule of the offer made the quantity larger than the need."""
    exact = -(-need.pieces // offer.per_unit)
    reached = max((step.quantity for step in offer.breaks if step.quantity <= quantity), default=1)
    if reached > max(exact, offer.minimum):
        return f"price break at {reached}"
    if exact < offer.minimum:
        return f"minimum {offer.minimum}"
    return f"packs of {offer.pack}" if offer.pack > 1 else f"{offer.per_unit} in a unit"
