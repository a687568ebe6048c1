"""Choose the counts of a day: class A in its turn first, then whatever has the most money at stake, within the budget."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

from afterclick.domain.stock_limits import CountingLimits
from afterclick.inventory.counts.stakes import Stake

DAY_MS: Final = 86_400_000


class Candidate(NamedTuple):
    """A place that might be counted; `counted_ms` is its last count or, before the first, its first move; `worth` compares."""

    stake: Stake
    counted_ms: int
    worth: float
    """What is at stake in euro cents, so that places with other currencies compare."""
    is_a: bool


class Chosen(NamedTuple):
    """A count to propose, and why."""

    stake: Stake
    reason: str
    because: str


def choose(
    candidates: Sequence[Candidate], *, taken: Mapping[str, int], busy: Collection[tuple[str, str]], limits: CountingLimits,
    now_ms: int,
) -> list[Chosen]:  # fmt: skip
    """The counts to propose now. `taken` counts per warehouse are on the list already; `busy` places are among them."""
    left = {one.stake.place.warehouse: 0 for one in candidates}
    for warehouse in left:
        left[warehouse] = limits.by_warehouse.get(warehouse, limits.per_day) - taken.get(warehouse, 0)
    rested_ms = now_ms - round(limits.rest_days * DAY_MS)
    free = [
        one for one in candidates
        if one.counted_ms <= rested_ms and (one.stake.place.sku, one.stake.place.warehouse) not in busy
    ]  # fmt: skip
    overdue = [one for one in free if one.is_a and now_ms - one.counted_ms >= limits.a_days * DAY_MS]
    overdue.sort(key=lambda one: (one.counted_ms, -one.worth, one.stake.place[:2]))
    by_stake = sorted((one for one in free if one.worth > 0), key=lambda one: (-one.worth, one.stake.place[:2]))
    chosen: dict[tuple[str, str], Chosen] = {}
    for reason, group in (("class", overdue), ("stake", by_stake)):
        for one in group:
            place = one.stake.place
            if left[place.warehouse] > 0 and place[:2] not in chosen:
                left[place.warehouse] -= 1
                chosen[place[:2]] = Chosen(one.stake, reason, _why(one, reason, now_ms))
    return list(chosen.values())


def _why(one: Candidate, reason: str, now_ms: int) -> str:
    place, days = one.stake.place, max(0, now_ms - one.counted_ms) // DAY_MS
    said = [f"{one.stake.chance:.0%} likely wrong", f"{place.moves:,} moves in {days:,} days since it was last known"]
    if place.odd:
        said.append(f"{place.odd:,} odd moves")
    if place.drift:
        said.append("sensors disagree")
    worst = max(one.stake.parts, key=lambda part: one.stake.parts[part])
    words = {"promised": "orders are promised from it", "lost": "it sells fast", "dead": "pieces may lie there unknown"}
    said.append(words[worst])
    return ("class A, due in its turn: " if reason == "class" else "") + "; ".join(said)
