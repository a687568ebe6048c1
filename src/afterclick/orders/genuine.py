"""Whether an order is what it seems: a score with its reasons, against duplicates, velocity, odd sizes and odd countries."""

import math
from typing import Final

import msgspec

from afterclick.domain.facts import Earlier, OrderFacts, Usual
from afterclick.domain.limits import OrderLimits
from afterclick.domain.verdict import PASS, Ask, Pass, Refuse, Verdict

HIGHEST: Final = 100
_HOUR_MS: Final = 3_600_000
_MINUTE_MS: Final = 60_000


class Reason(msgspec.Struct, frozen=True):
    """One thing that speaks against an order, and how much (points, 0 to 100)."""

    points: int
    because: str


def genuine(facts: OrderFacts, limits: OrderLimits) -> Verdict:
    """A score of 0 to 100, the sum of the points of its reasons; from `ask_score` on a person is asked.

    Nothing is refused by default (`refuse_score` 101), an exact duplicate neither: shipping it twice costs a return, refusing
    a real second order costs the sale and the customer, asking costs a person ten seconds, since the original is named.
    """
    reasons = suspicions(facts, limits)
    if not reasons:
        return PASS
    score = min(HIGHEST, sum(reason.points for reason in reasons))
    reasons.sort(key=lambda reason: -reason.points)
    because = f"score {score}: " + "; ".join(f"{reason.because} ({reason.points})" for reason in reasons)
    if score >= limits.refuse_score:
        return Refuse(because)
    return Ask("fraud", because) if score >= limits.ask_score else Pass(because)


def suspicions(facts: OrderFacts, limits: OrderLimits) -> list[Reason]:
    """Every reason with its points, one at most of each kind."""
    reasons: list[Reason] = []
    if facts.earlier:
        _duplicate(facts, limits, reasons)
    _velocity(facts, limits, reasons)
    _quantity(facts, limits, reasons)
    _value(facts, limits, reasons)
    if facts.bill_country or facts.ip_country:
        _countries(facts, limits, reasons)
    return reasons


def _duplicate(facts: OrderFacts, limits: OrderLimits, reasons: list[Reason]) -> None:
    """The earlier order that tells most against this one; a basket sent elsewhere, or a neighbour's, is weaker."""
    points, earlier = max(((_likeness(one, limits), one) for one in facts.earlier), key=lambda found: found[0])
    if points:
        same = "the same basket" if earlier.exact else f"nearly the same basket ({earlier.likeness:.0%} of the SKUs)"
        whose = "the same customer" if earlier.same_customer else "another customer"
        where = "to the same address" if earlier.same_address else "to another address"
        reasons.append(Reason(points, f"order {earlier.order_id} of {whose} {where} had {same} {_ago(earlier.age_ms)} earlier"))


def _likeness(earlier: Earlier, limits: OrderLimits) -> int:
    one_and_all = earlier.same_customer and earlier.same_address
    if earlier.exact and earlier.age_ms <= limits.duplicate_hours * _HOUR_MS:
        return limits.points_duplicate if one_and_all else limits.points_same_basket
    if one_and_all and earlier.likeness >= limits.near_likeness and earlier.age_ms <= limits.near_duplicate_hours * _HOUR_MS:
        return limits.points_near_duplicate
    return 0


def _velocity(facts: OrderFacts, limits: OrderLimits, reasons: list[Reason]) -> None:
    """Many orders of one customer or card, many customers on one card or at one address."""
    hours = f"in {limits.velocity_hours:g} h"
    points = _step(facts.customer_orders, limits.customer_orders, 2 * limits.customer_orders, limits)
    if points:
        reasons.append(Reason(points, f"the customer placed {facts.customer_orders} orders {hours} before"))
    by_orders = _step(facts.card_orders, limits.card_orders, 2 * limits.card_orders, limits)
    by_customers = _step(facts.card_customers, limits.card_customers, limits.card_customers + 1, limits)
    if by_orders or by_customers:
        said = f"the card paid {facts.card_orders} orders {hours} before, of {facts.card_customers} customers with this one"
        reasons.append(Reason(max(by_orders, by_customers), said))
    points = _step(facts.address_customers, limits.address_customers, limits.address_customers + 2, limits)
    if points:
        said = f"{facts.address_customers} customers had orders sent to this address in {limits.address_hours:g} h"
        reasons.append(Reason(points, said))


def _step(count: int, few: int, many: int, limits: OrderLimits) -> int:
    if count < few:
        return 0
    return limits.points_velocity if count < many else max(limits.points_velocity, limits.points_velocity_high)


def _quantity(facts: OrderFacts, limits: OrderLimits, reasons: list[Reason]) -> None:
    """The line furthest outside what its SKU usually sells in; hundreds of pieces that cost next to nothing are let be."""
    worst, worst_by = None, 0.0
    ignored = limits.value_ignored * limits.minor_per_euro_cent.get(facts.currency, 1.0)
    for line in facts.lines:
        item, quantity = line.item, line.quantity
        usual = item.usual if item is not None else None
        if usual is not None and usual.seen >= limits.history_least:
            cheap = quantity <= limits.quantity_without_history and quantity * line.unit_price < ignored
            if cheap or quantity <= usual.largest:
                continue
            by = usual.deviation(quantity, least_spread=limits.least_spread) / limits.unusual_deviation
        else:
            by = quantity / (limits.quantity_without_history + 1)
        if by >= 1.0 and by > worst_by:
            worst, worst_by = line, by
    if worst is None:
        return
    usual = worst.item.usual if worst.item is not None else None
    if usual is not None and usual.seen >= limits.history_least:
        known = f"usually {_typical(usual)} a line, at most {usual.largest:,} so far"
    else:
        known = "which has no history to compare with"
    reasons.append(Reason(limits.points_unusual, f"{worst.quantity:,} pieces of {worst.sku[:40]}, {known}"))


def _value(facts: OrderFacts, limits: OrderLimits, reasons: list[Reason]) -> None:
    """A value far outside the customer's range, or large with no range to compare with. Reasons show euro at a rough rate."""
    cents = facts.total / limits.minor_per_euro_cent.get(facts.currency, 1.0)
    if cents < limits.value_ignored:
        return
    usual, said = facts.usual_value, f"a value of about {cents / 100:,.0f} euro"
    if cents > limits.value_always:
        reasons.append(Reason(limits.points_unusual, f"{said} is asked about whoever orders"))
    elif usual is not None and usual.seen >= limits.customer_history_least:
        deviation = usual.deviation(facts.total, least_spread=limits.least_spread)
        if facts.total > usual.largest and deviation >= limits.unusual_deviation:
            times = f"{facts.total / math.exp(usual.centre):,.0f} times what the customer usually spends"
            reasons.append(Reason(limits.points_unusual, f"{said} is {times}"))
    elif cents > limits.value_without_history:
        reasons.append(Reason(limits.points_unusual, f"{said} from a customer without a history"))
    if usual is None and cents > limits.value_new_customer:
        reasons.append(Reason(limits.points_new_customer, f"a first order of about {cents / 100:,.0f} euro"))


def _countries(facts: OrderFacts, limits: OrderLimits, reasons: list[Reason]) -> None:
    """Countries that differ; each alone is weak, for people send presents and travel."""
    ship, bill, ip = facts.country, facts.bill_country, facts.ip_country
    other_bill, other_ip = bool(bill) and bill != ship, bool(ip) and ip != ship
    if not ship or not (other_bill or other_ip):
        return
    points = limits.points_country * (other_bill + other_ip)
    if other_bill and other_ip and bill != ip:
        points += limits.points_three_countries
    named = [f"billed in {bill}"] * other_bill + [f"ordered from {ip}"] * other_ip
    reasons.append(Reason(points, f"sent to {ship} but {' and '.join(named)}"))


def _typical(usual: Usual) -> str:
    return f"{math.exp(usual.centre):,.0f}"


def _ago(age_ms: int) -> str:
    minutes = age_ms // _MINUTE_MS
    return "under a minute" if minutes < 1 else f"{minutes} min" if minutes < 120 else f"{age_ms // _HOUR_MS} h"
