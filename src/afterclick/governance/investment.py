"""What each bot brings and costs, measured from the log: people's time saved, less the time and money that it takes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Final, NamedTuple

import msgspec

from afterclick.governance.cards import Card
from afterclick.governance.figures import DAY_MS, FAILED, of_days
from afterclick.store.transaction import Tx

DAYS: Final = 30
FEWEST_DAYS: Final = 5
"""From fewer days no interval is worked out."""
# Two-sided 95 % quantiles of Student's t for 1, 2, 3 … degrees of freedom; beyond the last one, the normal's 1.960.
_STUDENT: Final = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110,
    2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


class Terms(NamedTuple):
    """The shop's own figures: rates in minor units of `currency` an hour, and minutes for what the log cannot measure."""

    currency: str
    hourly_rate: int
    machine_rate: int
    decision_minutes: float
    rework_minutes: float
    failure_minutes: float


class Return(msgspec.Struct, frozen=True):
    """What a bot, or all of them, brought in these days. Amounts are minor units; `low` and `high` bound `net` at 95 %.

    `done` items it was through with, `untouched` of them without a person's decision. Minutes: `replaced` by it, spent on
    `decisions`, on `rework` and on `failures`. `saved_minutes` is what remains; `net` is its worth less `run_cost`.
    """

    bot: str
    days: int
    names_work: bool
    done: int
    untouched: int
    decisions: int
    reworked: int
    failed: int
    replaced_minutes: float
    decision_minutes: float
    rework_minutes: float
    failure_minutes: float
    saved_minutes: float
    run_hours: float
    run_cost: int
    net: int
    low: int | None
    high: int | None

    @property
    def costs_more(self) -> bool:
        """Whether it costs more than it brings."""
        return self.net < 0


class Investment(msgspec.Struct, frozen=True):
    """The return of every bot, those first that cost more than they bring, and of all together."""

    first_day: int
    last_day: int
    currency: str
    bots: tuple[Return, ...]
    total: Return


class _Day:
    """What is counted of one bot on one day."""

    def __init__(self) -> None:
        self.done = self.decided = self.decisions = self.reworked = self.failed = self.duration_us = 0


def returns(tx: Tx, terms: Terms, *, first: int, last: int) -> Investment:
    """Work it out for the days from `first` to `last` (since 1970, both included), from daily figures and decided tasks."""
    cards = {bot_id: msgspec.json.decode(card, type=Card) for bot_id, card in tx.rows("SELECT id, card FROM bots ORDER BY id")}
    counted = _counted(tx, cards, first, last)
    bots = [_return(card, _in_order(counted[card.id], last), terms) for card in cards.values()]
    bots.sort(key=lambda one: (not (one.names_work and one.costs_more), not one.names_work, one.net))
    begun = min((min(days) for days in counted.values() if days), default=last)
    daily = [
        sum(_net(card, counted[card.id].get(day, _Day()), terms) for card in cards.values()) for day in range(begun, last + 1)
    ]
    return Investment(first, last, terms.currency, tuple(bots), _sum(bots, daily))


def _counted(tx: Tx, cards: Mapping[str, Card], first: int, last: int) -> dict[str, dict[int, _Day]]:
    counted: dict[str, dict[int, _Day]] = {bot_id: defaultdict(_Day) for bot_id in cards}
    figures = of_days(tx, first, last)
    for one in figures.happened:
        if one.actor in counted and (one.is_through or one.verdict == FAILED):
            day = counted[one.actor][one.day]
            day.done += one.count if one.is_through else 0
            day.failed += one.count if one.verdict == FAILED else 0
    for work in figures.work:
        if work.actor in counted:
            day = counted[work.actor][work.day]
            day.duration_us += work.duration_us
            day.reworked += work.reworked
    for number, bot_id, decisions, items in tx.rows(
        f"SELECT decided_ms / {DAY_MS}, bot, COUNT(*), COUNT(DISTINCT CASE WHEN state <> 'rejected' THEN item END) FROM tasks"  # noqa: S608
        " WHERE decided_ms > 0 AND decided_ms >= ? AND decided_ms < ? AND state IN ('approved', 'edited', 'rejected')"
        " GROUP BY 1, 2",
        (first * DAY_MS, (last + 1) * DAY_MS),
    ):
        if bot_id in counted:
            day = counted[bot_id][number]
            day.decisions, day.decided = decisions, items
    return counted


def _in_order(days: Mapping[int, _Day], last: int) -> list[_Day]:
    """Every day since the first on which something was counted; a quiet day counts as well."""
    return [days.get(day, _Day()) for day in range(min(days), last + 1)] if days else []


def _return(card: Card, days: Sequence[_Day], terms: Terms) -> Return:
    done, decided = sum(day.done for day in days), sum(day.decided for day in days)
    decisions, reworked = sum(day.decisions for day in days), sum(day.reworked for day in days)
    failed, hours = sum(day.failed for day in days), sum(day.duration_us for day in days) / 3.6e9
    untouched = max(0, done - decided)
    replaced = untouched * card.replaces.minutes if card.replaces else 0.0
    spent = (decisions * terms.decision_minutes, reworked * terms.rework_minutes, failed * terms.failure_minutes)
    saved = replaced - sum(spent)
    run_cost = hours * terms.machine_rate
    low, high = _interval([_net(card, day, terms) for day in days])
    return Return(
        bot=card.id, days=len(days), names_work=card.replaces is not None, done=done, untouched=untouched, decisions=decisions,
        reworked=reworked, failed=failed, replaced_minutes=replaced, decision_minutes=spent[0], rework_minutes=spent[1],
        failure_minutes=spent[2], saved_minutes=saved, run_hours=round(hours, 4), run_cost=round(run_cost),
        net=round(saved / 60 * terms.hourly_rate - run_cost), low=low, high=high,
    )  # fmt: skip


def _net(card: Card, day: _Day, terms: Terms) -> float:
    """One day in minor units. An item that a person decided on counts as not replaced, from the day of the decision."""
    replaced = (day.done - day.decided) * card.replaces.minutes if card.replaces else 0.0
    spent = day.decisions * terms.decision_minutes + day.reworked * terms.rework_minutes + day.failed * terms.failure_minutes
    return (replaced - spent) / 60 * terms.hourly_rate - day.duration_us / 3.6e9 * terms.machine_rate


def _interval(daily: Sequence[float]) -> tuple[int | None, int | None]:
    """95 % confidence limits of the sum of these days, as if more days like them were drawn.

    Student's t for the mean of the daily values, times the days: NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.5.2.
    """
    count = len(daily)
    if count < FEWEST_DAYS:
        return None, None
    mean = sum(daily) / count
    spread = sqrt(sum((value - mean) ** 2 for value in daily) / (count - 1))
    quantile = _STUDENT[count - 2] if count - 2 < len(_STUDENT) else 1.960
    half = quantile * spread * sqrt(count)
    return round(mean * count - half), round(mean * count + half)


def _sum(bots: Sequence[Return], daily: Sequence[float]) -> Return:
    low, high = _interval(daily)
    summed = Return.__struct_fields__[Return.__struct_fields__.index("done") : Return.__struct_fields__.index("low")]
    whole = {name: sum(getattr(one, name) for one in bots) for name in summed}
    return Return(bot="", days=len(daily), names_work=any(one.names_work for one in bots), low=low, high=high, **whole)
