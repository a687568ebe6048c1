"""Choose the vendor, the quantity and the price break of every need by what the whole plan costs until it is on the shelf."""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from afterclick.domain.purchase import Offer, Vendor
from afterclick.procurement.vendors.grid import assess, grid
from afterclick.procurement.vendors.landed import Options, options
from afterclick.procurement.vendors.needs import Choice, Chosen, How, Need, Skipped, Terms
from afterclick.procurement.vendors.reasons import Reasons
from afterclick.procurement.vendors.reliability import Reliability
from afterclick.procurement.vendors.search import Found, cheapest

USEFUL_GAP: Final = 0.05
"""A bound further away than this says little of the plan: it is called greedy."""
SHARE_FOR_SEARCH: Final = 0.9
"""Of the time limit; the rest is for writing the plan down."""


def choose(
    needs: Sequence[Need], offers: Sequence[Offer], vendors: Sequence[Vendor], terms: Terms,
    reliability: Mapping[str, Reliability] | None = None,
) -> Choice:  # fmt: skip
    """A plan that keeps the budget and every vendor's minimum, always within the time limit; see `Choice`.

    `reliability` is by vendor as `reliability.learn` gives it; without it, every promise is taken at its word.

    Raises:
        ValueError: a SKU is needed twice, or a vendor is given twice.
    """
    started = time.perf_counter()
    _single("the need of", (need.sku for need in needs))
    _single("the vendor", (vendor.id for vendor in vendors))
    found = options(needs, offers, vendors, terms, reliability or {})
    table = grid(needs, found, vendors, terms)
    plan = cheapest(table, gap=terms.gap, until=started + SHARE_FOR_SEARCH * terms.seconds)
    state, reasons = assess(table, plan.pick), Reasons(vendors, terms, table, plan.pick)
    at = table.option[range(len(needs)), plan.pick].tolist()
    lines = [
        _line(need, offers[int(found.offer[option])], vendors[int(found.vendor[option])], found, option, reasons, row)
        for row, (need, option) in enumerate(zip(needs, at, strict=True))
        if option >= 0
    ]
    skipped = [Skipped(need.sku, reasons.not_bought(row, need)) for row, need in enumerate(needs) if at[row] < 0]
    return Choice(
        tuple(lines), tuple(skipped), round(plan.cost), round(plan.bound), plan.gap, _how(plan, terms), round(state.outlay),
        time.perf_counter() - started, reasons.notes(state, offers),
    )  # fmt: skip


def _single(what: str, names: Iterable[str]) -> None:
    doubled = [name for name, times in Counter(names).items() if times > 1]
    if doubled:
        raise ValueError(f"{what} {doubled[0]} is given twice: add the two up, or leave one out")


def _how(plan: Found, terms: Terms) -> How:
    if plan.gap <= terms.gap:
        return "proven"
    return "within" if plan.gap <= USEFUL_GAP else "greedy"


def _line(need: Need, offer: Offer, vendor: Vendor, found: Options, at: int, reasons: Reasons, row: int) -> Chosen:
    quantity = int(found.quantity[at])
    return Chosen(
        sku=need.sku,
        vendor=vendor.id,
        vendor_sku=offer.vendor_sku,
        quantity=quantity,
        pieces=quantity * offer.per_unit,
        price=int(found.price[at]),
        price_basis=offer.price_basis,
        currency=offer.currency,
        landed=round(float(found.cost[at])),
        outlay=int(found.outlay[at]),
        lead_days=vendor.lead_days if offer.lead_days is None else offer.lead_days,
        because=reasons.bought(row, need, offer, quantity),
        unit=offer.unit,
        per_unit=offer.per_unit,
    )
