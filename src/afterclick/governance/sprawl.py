"""Which bots a shop could do without: unused, doubled, allowed too much, ownerless, or failing."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import combinations
from typing import Final

import msgspec

from afterclick.governance import lifecycle
from afterclick.governance.cards import Card, On, Queue, Trigger
from afterclick.governance.figures import DAY_MS, FAILED, Figures, day_of, of_days
from afterclick.governance.owners import no_owner
from afterclick.store.transaction import Tx

DAYS: Final = 30
ALIKE: Final = 0.4
"""Two purposes are the same from this share of common words (Jaccard, 1901) on."""
_SMALL_WORDS: Final = frozenset(
    [
        "that",
        "this",
        "with",
        "what",
        "when",
        "from",
        "them",
        "they",
        "have",
        "been",
        "without",
        "anybody",
        "nobody",
        "should",
        "there",
    ]
)


class Pair(msgspec.Struct, frozen=True):
    """Two bots, and what they share."""

    one: str
    other: str
    because: str


class Named(msgspec.Struct, frozen=True):
    """One bot, and what is said of it."""

    bot: str
    because: str


class Sprawl(msgspec.Struct, frozen=True):
    """The report over the last `days` days; each list names bots that somebody should look at.

    `too_young` are no findings: bots that were registered within these days, so that it is too early to call them or what they
    may do unused.
    """

    days: int
    unused: tuple[Named, ...]
    overlapping: tuple[Pair, ...]
    same_purpose: tuple[Pair, ...]
    unused_permissions: tuple[Named, ...]
    lapsed: tuple[Named, ...]
    failing: tuple[Named, ...]
    too_young: tuple[Named, ...]
    young_since: str

    @property
    def findings(self) -> int:
        """How many findings there are in all."""
        parts = (self.unused, self.overlapping, self.same_purpose, self.unused_permissions, self.lapsed, self.failing)
        return sum(len(one) for one in parts)

    @property
    def not_judged(self) -> str:
        """How many bots it is too early to judge, and since when they are registered; empty where it is for none."""
        if not self.too_young:
            return ""
        many = "1 bot is" if len(self.too_young) == 1 else f"{len(self.too_young):,} bots are"
        return (
            f"{many} not judged yet, registered since {self.young_since}: whether a bot works and uses what it may is told after"
            f" {self.days} days"
        )


def report(tx: Tx, *, days: int, now_ms: int) -> Sprawl:
    """Look at every bot that is not retired, over the last `days` days, today among them."""
    rows = tx.rows("SELECT id, card, state, owner, expires_ms, registered_ms FROM bots WHERE state <> 'retired' ORDER BY id")
    overlapping, same_purpose, acts = _of_cards(tuple((row[0], row[1]) for row in rows))
    today = day_of(now_ms)
    registered = {row[0]: day_of(row[5]) for row in rows}
    first = today - days + 1
    done = of_days(tx, first, today)
    known_long = {bot_id for bot_id, day in registered.items() if day <= first}
    working = [row[0] for row in rows if row[2] in ("active", "paused") and row[0] in known_long]
    return Sprawl(
        days,
        _unused(working, done, days),
        overlapping,
        same_purpose,
        tuple(_unused_permissions({bot_id: acts[bot_id] for bot_id in acts if bot_id in known_long}, done, days)),
        _lapsed(tx, [(row[0], row[3], row[4]) for row in rows], now_ms=now_ms),
        tuple(_failing(done)),
        tuple(_too_young({bot_id: day for bot_id, day in registered.items() if day > first}, days)),
        _date(min((day for day in registered.values() if day > first), default=0)),
    )


def _unused(working: Sequence[str], done: Figures, days: int) -> tuple[Named, ...]:
    """Registered before the days began, and no trace of work in them."""
    seen = {one.actor for one in done.work if one.blocks}
    return tuple(Named(bot_id, f"did nothing that left a trace in {days} days") for bot_id in working if bot_id not in seen)


def _too_young(registered: Mapping[str, int], days: int) -> Iterable[Named]:
    for bot_id, day in registered.items():
        until = _date(day + days - 1)
        yield Named(bot_id, f"registered on {_date(day)}; whether it works and uses what it may is told from {until} on")


def _date(day: int) -> str:
    """A day as people write it; empty for none."""
    return f"{datetime.fromtimestamp(day * DAY_MS / 1000, UTC):%Y-%m-%d}" if day else ""


@lru_cache(maxsize=4)
def _of_cards(written: tuple[tuple[str, str], ...]) -> tuple[tuple[Pair, ...], tuple[Pair, ...], dict[str, tuple[str, ...]]]:
    """What the cards alone say, and they change seldom: who overlaps, who shares a purpose, and every act that each allows."""
    cards = {bot_id: msgspec.json.decode(card, type=Card) for bot_id, card in written}
    return tuple(_overlapping(cards)), tuple(_same_purpose(cards)), {bot_id: card.acts for bot_id, card in cards.items()}


def _overlapping(cards: Mapping[str, Card]) -> Iterable[Pair]:
    """Started by the same thing, and doing the same act outside."""
    for one, other in combinations(cards.values(), 2):
        triggers, acts = _triggers(one) & _triggers(other), set(one.acts) & set(other.acts)
        if triggers and acts:
            yield Pair(one.id, other.id, f"both start on {', '.join(sorted(triggers))} and may do {', '.join(sorted(acts))}")


def _triggers(card: Card) -> set[str]:
    """What starts a bot; the clock is one trigger, whatever its times, where they work on the same."""
    names = (_trigger(one) for one in card.starts_on)
    return {name or f"the clock, for each {card.works_on}" for name in names}


def _trigger(one: Trigger) -> str:
    """The queue or event that starts a bot; empty for the clock."""
    if isinstance(one, Queue):
        return f"queue {one.name}"
    return f"event {one.activity}" if isinstance(one, On) else ""


def _same_purpose(cards: Mapping[str, Card]) -> Iterable[Pair]:
    words = {bot_id: _words(f"{card.purpose} {card.does}") for bot_id, card in cards.items()}
    for one, other in combinations(cards, 2):
        common, both = words[one] & words[other], words[one] | words[other]
        if both and len(common) / len(both) >= ALIKE:
            yield Pair(
                one, other, f"their purposes share {len(common) / len(both):.0%} of their words: {', '.join(sorted(common))}"
            )


def _words(text: str) -> set[str]:
    """The words that carry the sense, without their endings: `Collects orders` → {collect, order}."""
    found = re.findall(r"[a-z]{4,}", text.lower())
    return {re.sub(r"(ing|ed|es|s)$", "", word) for word in found if word not in _SMALL_WORDS}


def _unused_permissions(acts: Mapping[str, Sequence[str]], done: Figures, days: int) -> Iterable[Named]:
    used = {(one.actor, one.activity) for one in done.happened if one.is_act}
    for bot_id, allowed in acts.items():
        if never := [act for act in allowed if (bot_id, act) not in used]:
            yield Named(bot_id, f"never did {', '.join(never)} in {days} days; take it off the card")


def _lapsed(tx: Tx, rows: Sequence[tuple[str, str, int]], *, now_ms: int) -> tuple[Named, ...]:
    told = [(bot_id, no_owner(tx, owner) or lifecycle.over(expires_ms, now_ms)) for bot_id, owner, expires_ms in rows]
    return tuple(Named(bot_id, because) for bot_id, because in told if because)


def _failing(done: Figures) -> Iterable[Named]:
    """Versions at which something failed, the worst first."""
    failed: dict[tuple[str, str], int] = {}
    ended: dict[tuple[str, str], int] = {}
    for one in done.happened:
        if one.is_through or one.left_at:
            key = (one.actor, one.version)
            ended[key] = ended.get(key, 0) + one.count
            failed[key] = failed.get(key, 0) + (one.count if one.verdict == FAILED else 0)
    for (bot_id, version), count in sorted(failed.items(), key=lambda item: -item[1]):
        if count:
            yield Named(bot_id, f"version {version} failed at {count:,} of {ended[bot_id, version]:,} items")
