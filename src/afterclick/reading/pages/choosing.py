"""Choose the price of a page among all that it names, by what its sources agree on."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from afterclick.reading.pages.facts import PriceFact, SeenPrice, Source, together
from afterclick.reading.prices.texts import Hints

LEAST: Final = 0.45
"""A price that is believed less than this is none."""
LEAST_SOLD_OUT: Final = 0.75
"""A page that says that its product is gone shows the prices of other products all the more."""
_FACTORS: Final = (Decimal(10), Decimal(100), Decimal(1000))


class Group(NamedTuple):
    """All that the page says for one amount."""

    amount: Decimal
    seen: list[SeenPrice]
    confidence: float


def choose(seen: Sequence[SeenPrice], hints: Hints, *, sold_out: bool = False) -> tuple[PriceFact | None, list[str]]:
    """The price that the sources believe most, and what should be known about the choice."""
    settled = [_settled(one, seen) for one in seen]
    groups = sorted(_groups(one for one in settled if one.kind != "was"), key=lambda group: -group.confidence)
    if not groups or groups[0].confidence < (LEAST_SOLD_OUT if sold_out else LEAST):
        return None, []
    best = groups[0]
    first = max(best.seen, key=lambda one: (one.confidence, bool(one.currency)))
    signed = next(
        (one for one in sorted(best.seen, key=lambda one: -one.confidence) if one.source == "visible" and one.sign), first
    )
    currency = first.currency or next((one.currency for one in best.seen if one.currency), hints.currency)
    notes = [
        f"{group.amount} stands there too, {best.amount / group.amount:f} times less or more: only one can be right"
        for group in groups[1:6]
        if group.confidence >= LEAST and _apart(best.amount, group.amount) in _FACTORS
    ]
    doubts = list(notes)
    if first.other is not None and len({one.source for one in best.seen}) == 1:
        doubts.append(f"{first.text} may be {first.amount} or {first.other}")
    rivals = [group for group in groups[1:] if group.confidence > best.confidence - 0.1]
    if rivals:
        doubts.append(f"the page also names {rivals[0].amount}")
    was = max((one.amount for one in settled if one.kind == "was" and best.amount < one.amount < best.amount * 10), default=None)
    fact = PriceFact(
        first.amount, currency, signed.sign or first.sign, first.per,
        "from" if all(one.kind == "from" for one in best.seen) else "is", best.confidence * (0.7 if doubts else 1.0),
        tuple(dict.fromkeys(one.source for one in best.seen)), first.path, first.text, was, "; ".join(doubts),
    )  # fmt: skip
    return fact, notes


def _settled(one: SeenPrice, seen: Sequence[SeenPrice]) -> SeenPrice:
    """Of two meanings of the same digits, the one that another source of the page names beyond doubt."""
    if one.other is None:
        return one
    sure = {price.amount for price in seen if price.other is None and price.source != one.source}
    if one.other in sure and one.amount not in sure:
        return SeenPrice(
            one.other, one.currency, one.sign, one.source, one.confidence, one.path, one.text, None, one.kind, one.per
        )
    return one


def _groups(seen: Iterable[SeenPrice]) -> list[Group]:
    by_amount: dict[Decimal, list[SeenPrice]] = {}
    for one in seen:
        by_amount.setdefault(one.amount.normalize(), []).append(one)
    return [Group(amount, prices, _believed(prices)) for amount, prices in by_amount.items()]


def _believed(prices: Sequence[SeenPrice]) -> float:
    best: dict[Source, float] = {}
    for one in prices:
        best[one.source] = max(best.get(one.source, 0.0), one.confidence)
    return together(list(best.values()))


def _apart(one: Decimal, other: Decimal) -> Decimal:
    return one / other if one > other else other / one
