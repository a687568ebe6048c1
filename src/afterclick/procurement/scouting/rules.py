"""Whether a price that was read may count: so that one wrong page never moves an order."""

from statistics import median
from typing import Final

from afterclick.domain.scouting import HOUR_MS, Judged, Reading, ReadingFacts
from afterclick.domain.scouting_limits import ScoutingLimits

FACTORS: Final = (10.0, 100.0, 1000.0)
FARTHEST: Final = 5.0
"""A price this many times the one before, or this part of it, is taken for a mistake, however often the page repeats it."""


def believe(facts: ReadingFacts, limits: ScoutingLimits) -> Judged:
    """Judge one reading. A price counts when independent readings agree on it and nothing speaks against it.

    A slip of the decimal mark, a price many times the one before or a small part of it, another currency, and a price far from
    the market never count by being read again: a person has to accept them.
    """
    reading, last = facts.reading, facts.last
    if reading.amount <= 0 or reading.pieces < 1 or not reading.currency:
        return Judged("rejected", "it is no price" if reading.amount <= 0 else "its currency is not known")
    count = independent(facts, limits)
    if last is not None and same_price(reading, last, limits.change_ignored):
        return Judged("accepted", "the price is as it was", counts=True, readings=max(count, limits.readings_least))
    if because := suspicious(facts, limits):
        return Judged("doubtful", f"{because}: a person has to accept it", readings=count, alarm=because)
    change = _change(reading, last)
    if reading.confidence < limits.confidence_least or reading.doubt:
        because = reading.doubt or f"the page leaves open what it costs (believed {reading.confidence:.0%})"
        return Judged("doubtful", because, readings=count, alarm=change if large(reading, last, limits) else "")
    needed = 1 if reading.vouched else limits.readings_least + large(reading, last, limits)
    if count < needed:
        because = f"{change or 'it is new'}; {count} of {needed} independent readings found it"
        return Judged("doubtful", because, readings=count, alarm=change if large(reading, last, limits) else "")
    return Judged(
        "accepted", f"{change or 'it is new'}; {count} independent readings agree", counts=True, readings=count, alarm=change
    )


def suspicious(facts: ReadingFacts, limits: ScoutingLimits) -> str:
    """What speaks against a price however often it is read; '' for nothing."""
    reading, last = facts.reading, facts.last
    if last is not None and reading.currency != last.currency:
        return f"the currency was {last.currency} and is {reading.currency}"
    if last is not None and (factor := _slip(reading.per_piece / last.per_piece, limits.factor_tolerance)):
        return f"the price is about {factor:g} times what it was, like a slipped decimal mark"
    if last is not None and not 1 / FARTHEST < reading.per_piece / last.per_piece < FARTHEST:
        return f"the price is {reading.per_piece / last.per_piece:.3g} times what it was"
    if len(facts.market) >= limits.sources_least:
        middle = median(facts.market)
        if middle > 0 and abs(reading.per_piece / middle - 1) > limits.market_apart_most:
            if last is not None and abs(reading.per_piece - middle) < abs(last.per_piece - middle):
                return ""  # it comes nearer to what others ask
            return f"it is {reading.per_piece / middle:.2f} times the middle of what {len(facts.market)} others ask"
    return ""


def independent(facts: ReadingFacts, limits: ScoutingLimits) -> int:
    """How many independent readings found the price: of other sites, or of the same hours apart; the reading itself is one.

    Other sources on the same page, or the page again soon after, are the same witness.
    """
    kept = [facts.reading]
    oldest = facts.reading.at_ms - limits.stale_days * 24 * HOUR_MS
    for one in reversed(facts.pending):
        agrees = one.currency == facts.reading.currency and same_price(one, facts.reading, limits.agreeing_share)
        if not agrees or one.at_ms < oldest or one.confidence < limits.confidence_least:
            continue
        if all(other.site != one.site or abs(other.at_ms - one.at_ms) >= limits.independent_hours * HOUR_MS for other in kept):
            kept.append(one)
    return len(kept)


def same_price(one: Reading, other: Reading, share: float) -> bool:
    """Whether two prices are the same, give or take a share."""
    return one.currency == other.currency and abs(one.per_piece - other.per_piece) <= share * other.per_piece


def large(reading: Reading, last: Reading | None, limits: ScoutingLimits) -> bool:
    """Whether a price has changed by more than a usual step."""
    return last is not None and abs(reading.per_piece / last.per_piece - 1) > limits.change_most


def _slip(ratio: float, tolerance: float) -> float:
    """The power of ten that a ratio is about; 0 for none."""
    for factor in FACTORS:
        for slipped in (factor, 1 / factor):
            if abs(ratio / slipped - 1) <= tolerance:
                return slipped
    return 0.0


def _change(reading: Reading, last: Reading | None) -> str:
    if last is None:
        return ""
    share = reading.per_piece / last.per_piece - 1
    return f"the price {'rose' if share > 0 else 'fell'} by {abs(share):.1%}"
