"""What every way of buying costs until it lies on the shelf: item × vendor × price break, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from afterclick.domain.purchase import Offer, Vendor
from afterclick.procurement.vendors.needs import Need, Terms
from afterclick.procurement.vendors.reliability import UNKNOWN, Reliability

Numbers = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.int64]

DAYS_OF_YEAR = 365.0


@dataclass(frozen=True)
class Options:
    """Ways to meet the needs, sorted by need: each array has one entry per way. Amounts in minor units of the plan's currency.

    `cost` is the total landed cost, `outlay` its cash part, `value` the goods alone (what a vendor's minimum counts). `quantity`
    and `price` are the vendor's units and minor units of the vendor's currency.
    """

    need: Indexes
    vendor: Indexes
    offer: Indexes
    quantity: Indexes
    price: Indexes
    cost: Numbers
    outlay: Numbers
    value: Numbers


def options(
    needs: Sequence[Need],
    offers: Sequence[Offer],
    vendors: Sequence[Vendor],
    terms: Terms,
    reliability: Mapping[str, Reliability],
) -> Options:
    """Every need × offer × price break, with quantity = max(need, minimum, break) rounded up to the pack.

    An offer is left out that is not valid today, in a currency without a rate, of an unknown vendor, or for another SKU.
    """
    wanted = {need.sku: at for at, need in enumerate(needs) if need.pieces > 0}
    known = {vendor.id: at for at, vendor in enumerate(vendors)}
    usable = [
        at
        for at, offer in enumerate(offers)
        if offer.sku in wanted and offer.vendor in known and offer.breaks and terms.rate(offer.currency)
        and terms.rate(vendors[known[offer.vendor]].currency)
        and (terms.today is None or offer.valid_on(terms.today))
    ]  # fmt: skip
    steps = [
        (at, each.quantity, each.price) for at in usable for each in sorted(offers[at].breaks, key=lambda step: step.quantity)
    ]
    table = np.array(steps, dtype=np.int64).reshape(-1, 3)
    offer, reached, price = table[:, 0], table[:, 1], table[:, 2]
    column = _columns(offers, usable, wanted, known)
    need, per_unit = column["need"][offer], column["per_unit"][offer]
    pieces = np.array([each.pieces for each in needs], dtype=np.int64)
    least = np.maximum(np.maximum(-(-pieces[need] // per_unit), column["minimum"][offer]), reached)
    quantity = -(-least // column["pack"][offer]) * column["pack"][offer]
    most = np.array([each.most for each in needs], dtype=np.int64)[need]
    follows = np.append(offer[1:] == offer[:-1], False) & (np.append(reached[1:], 0) <= quantity)
    kept = ~follows & ((most == 0) | (quantity * per_unit <= most))
    order = np.lexsort((quantity[kept], column["vendor"][offer[kept]], need[kept]))
    at = np.flatnonzero(kept)[order]
    cost, outlay, value = _landed(needs, offers, vendors, terms, reliability, offer[at], need[at], quantity[at], price[at])
    return Options(need[at], column["vendor"][offer[at]], offer[at], quantity[at], price[at], cost, outlay, value)


def _columns(
    offers: Sequence[Offer], usable: Sequence[int], wanted: Mapping[str, int], known: Mapping[str, int]
) -> dict[str, Indexes]:
    """Whole numbers of the offers, by the offer's place in the list; those not usable stay 1."""
    columns = {name: np.ones(len(offers), dtype=np.int64) for name in ("need", "vendor", "minimum", "pack", "per_unit")}
    if usable:
        rows = [
            (wanted[one.sku], known[one.vendor], one.minimum, one.pack, one.per_unit) for one in (offers[at] for at in usable)
        ]
        for name, values in zip(columns, np.array(rows, dtype=np.int64).T, strict=True):
            columns[name][usable] = values
    return columns


def _landed(
    needs: Sequence[Need], offers: Sequence[Offer], vendors: Sequence[Vendor], terms: Terms,
    reliability: Mapping[str, Reliability], offer: Indexes, need: Indexes, quantity: Indexes, price: Indexes,
) -> tuple[Numbers, Numbers, Numbers]:  # fmt: skip
    """Whole cost, cash and value of goods of each way.

    Customs value is goods with freight (CIF, Article 70 and 71 of the Union Customs Code). Goods on the way tie up money for
    the lead time. What is bought beyond the need keeps part of its worth, and is held until the need after this one takes it.
    """
    facts = _facts(offers, vendors, terms, reliability, offer)
    fx, basis, per_unit, weight_kg, per_kg, share, duty_rate, lead, price_up, late_days, short = facts
    pieces = quantity * per_unit
    goods = quantity * price / basis * fx
    freight = per_kg * weight_kg * pieces + share * goods
    duty = duty_rate * (goods + freight)
    outlay = np.ceil(goods + freight + duty - 1e-6)  # whole minor units, so that a budget is kept to the last one
    wanted, cover, within = (
        np.array([getattr(each, name) for each in needs], dtype=np.float64)[need]
        for name in ("pieces", "cover_days", "within_days")
    )
    margin = np.array([each.worth if each.margin is None else each.margin for each in needs], dtype=np.float64)[need]
    cover = np.maximum(cover, 1.0)
    cheapest = np.full(len(needs), np.inf)
    np.minimum.at(cheapest, need, outlay / pieces)
    excess = pieces - wanted
    kept_value = excess * cheapest[need]
    waits_days = cover * (1 + excess / wanted / 2)
    holding = terms.holding / DAYS_OF_YEAR * (outlay * lead + kept_value * waits_days)
    hurry = np.where(within > 0, np.maximum(lead - within, 0.0), 0.0)
    missed = np.minimum(1.0, short + (late_days + hurry) / cover)
    cost = outlay + price_up * goods + holding - np.maximum(0.0, terms.kept * kept_value) + missed * margin
    return cost, outlay, goods


def _facts(
    offers: Sequence[Offer], vendors: Sequence[Vendor], terms: Terms, reliability: Mapping[str, Reliability], offer: Indexes
) -> Numbers:
    """Eleven rows of figures, an entry per way: rate, price basis, pieces and kilograms per unit, freight per kilogram and by
    value, duty, lead time, and what the vendor's record adds: price, days late and share short."""
    by_id = {vendor.id: vendor for vendor in vendors}
    found = np.unique(offer, return_inverse=True)
    used, place = found[0], found[1]
    rows: list[tuple[float, ...]] = []
    for at in used.tolist():
        one = offers[int(at)]
        vendor = by_id[one.vendor]
        record = reliability.get(one.vendor) or reliability.get("", UNKNOWN)
        duty_bp = vendor.duty_bp if one.duty_bp is None else one.duty_bp
        lead = vendor.lead_days if one.lead_days is None else one.lead_days
        freight = vendor.freight
        rows.append(
            (
                terms.rate(one.currency) or 0.0, one.price_basis, one.per_unit, one.weight_g / 1000,
                freight.per_kg * (terms.rate(vendor.currency) or 0.0),
                freight.share_bp / 10_000, duty_bp / 10_000, lead, max(0.0, record.price_up), record.mean_late_days,
                1 - record.fill_share,
            )
        )  # fmt: skip
    return np.array(rows, dtype=np.float64).reshape(-1, 11).T[:, place]
