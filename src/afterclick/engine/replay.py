"""Replay: judges what the log has recorded of the last days by another version of the policy, before it is put in force."""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from afterclick.engine.bots import Bot, Fleet
from afterclick.engine.comparing import Comparison, Difference
from afterclick.governance.in_force import Ready
from afterclick.governance.policy_words import Change, changes
from afterclick.governance.replays import MOST_CASES, Case, Result, Shift
from afterclick.store.database import Database
from afterclick.store.transaction import Row, Tx

DAY_MS: Final = 86_400_000
EVENTS_AT_ONCE: Final = 10_000
"""So many events are read in one go, in a view of the database that is given back before they are judged."""
_BLOCKS_AT_ONCE: Final = 5_000
_WINDOWS: Final = ("duplicate_hours", "near_duplicate_hours", "velocity_hours", "address_hours")
"""Limits that say how far back facts are gathered; recorded facts were gathered by the old ones."""
Progress = Callable[[int, int], None]
"""Called now and then with how many events were looked at, and how many there are."""


class Wanted(NamedTuple):
    """What is compared. `old` None: with what was recorded. `bot` empty: all bots that judge."""

    old: Ready | None
    new: Ready
    days: int
    bot: str = ""
    question_minutes: float = 4.0
    """What a question costs a person, on the average."""


class _Amount(msgspec.Struct, frozen=True):
    """As much of an act's answer as tells what it moved."""

    amount: int = 0


class _Events(NamedTuple):
    """A handful of blocks with their events; `seen` counts all events of the log up to here."""

    at_ms: Mapping[int, int]
    actor: Mapping[int, str]
    rows: list[Row]
    seen: int
    currencies: Mapping[int, str]
    """Of the orders on which something was done; only where acts count."""


def replay(
    database: Database, fleet: Fleet, wanted: Wanted, *, now_ms: int, progress: Progress = lambda _seen, _all: None
) -> tuple[Result, list[Case]]:
    """What would have gone differently, and the first `MOST_CASES` cases. Reads only.

    Raises:
        KeyError: there is no such bot.
    """
    bots = [fleet[wanted.bot]] if wanted.bot else list(fleet.values())
    judging = {bot.card.id: Comparison(bot, wanted.old, wanted.new) for bot in bots if judges(bot)}
    found = _Found()
    if wanted.old is None:
        with database.reading() as tx:
            found.asked = _asked(tx, list(judging))
    began, from_ms = time.perf_counter(), now_ms - wanted.days * DAY_MS
    acts = _limits_of_acts(wanted)
    decoders = {bot.card.id: msgspec.json.Decoder(bot.items.facts) for bot in bots if bot.items.facts is not None}
    if acts or not all(comparison.nothing for comparison in judging.values()):
        with database.reading() as tx:
            every = tx.value("SELECT COALESCE(SUM(events), 0) FROM blocks WHERE at_ms >= ?", (from_ms,))
        for events in _read(database, from_ms, [bot.card.id for bot in bots], acts=set(acts)):
            for row in events.rows:
                at_ms, actor = events.at_ms[row[0]], events.actor[row[0]]
                if row[2] in acts:
                    found.act(row, at_ms, *acts[row[2]], currency=events.currencies.get(row[1], ""))
                elif actor in judging:
                    found.verdict(row, at_ms, judging[actor], decoders[actor])
            progress(events.seen, every)
    changed = tuple(changes(wanted.old.policy, wanted.new.policy)) if wanted.old is not None else ()
    result = found.result(
        from_ms, now_ms, changed, _caveats(changed, judging.values()), wanted.question_minutes, time.perf_counter() - began
    )
    return result, found.cases


class _Found:
    """What is counted on the way."""

    def __init__(self) -> None:
        self.judged = self.unreadable = self.acts = 0
        self.cases: list[Case] = []
        self.asked: Mapping[tuple[str, str], str] = {}
        """Who was asked, by what about and at which rule; only where it is compared with what was recorded."""
        self._differing = 0
        self._shifts: dict[tuple[str, str], int] = {}
        self._about: dict[tuple[str, str], set[tuple[int, str]]] = {}
        self._money: dict[tuple[str, str], dict[str, int]] = {}
        self._causes: dict[str, int] = {}

    def verdict(self, row: Row, at_ms: int, comparison: Comparison, decoder: msgspec.json.Decoder[Any]) -> None:
        _, order_id, activity, verdict, because, text, named = row
        if activity not in comparison.activities and "/" not in activity:
            return
        if verdict == "Pass" and "approved by " in because:
            return  # a person has decided, and no rule would have
        try:
            facts = decoder.decode(text)
        except msgspec.MsgspecError:
            self.unreadable += 1
            return
        self.judged += 1
        about = named or f"order/{order_id}"
        recorded = f"{verdict.lower()} {self.asked.get((about, activity), '')}".rstrip() if verdict == "Ask" else verdict.lower()
        difference = comparison.difference(facts, recorded)
        if difference is not None:
            self._note(difference, (order_id or 0, named or ""), at_ms, *facts.worth)

    def act(self, row: Row, at_ms: int, before: int | None, after: int | None, *, currency: str) -> None:
        """An act that was done: would the new limit have asked a person first, or the old one only?"""
        _, order_id, activity, _, _, text, named = row
        try:
            amount = msgspec.json.decode(text, type=_Amount).amount
        except msgspec.MsgspecError:
            return
        self.acts += 1
        was, would = ("ask operations" if limit is not None and amount > limit else "pass" for limit in (before, after))
        if was != would:
            limit, name = after if after is not None else before, f"door.largest.{activity}"
            said = f"{activity} of {amount} against a limit of {limit}"
            self._note(Difference(was, would, activity, name, said), (order_id or 0, named or ""), at_ms, amount, currency)

    def _note(self, one: Difference, about: tuple[int, str], at_ms: int, total: int, currency: str) -> None:
        way = (one.was, one.would)
        self._differing += 1
        self._shifts[way] = self._shifts.get(way, 0) + 1
        self._causes[one.cause] = self._causes.get(one.cause, 0) + 1
        known = self._about.setdefault(way, set())
        if about not in known:  # an order that was judged twice is worth what it is worth
            known.add(about)
            money = self._money.setdefault(way, {})
            money[currency] = money.get(currency, 0) + total
        if len(self.cases) < MOST_CASES:
            self.cases.append(Case(self._differing, *about, at_ms, *one[:4], total, currency, one.because))

    def result(
        self, from_ms: int, to_ms: int, changed: Sequence[Change], caveats: Sequence[str], minutes: float, seconds: float
    ) -> Result:
        asked = sum((way[1].startswith("ask") - way[0].startswith("ask")) * count for way, count in self._shifts.items())
        shifts = [
            Shift(*way, count, len(self._about[way]), self._money[way])
            for way, count in sorted(self._shifts.items(), key=lambda one: -one[1])
        ]
        causes = dict(sorted(self._causes.items(), key=lambda one: -one[1]))
        return Result(
            from_ms, to_ms, self.judged, self.unreadable, self.acts, self._differing, asked, asked * minutes, tuple(shifts),
            causes, tuple(changed), tuple(caveats), round(seconds, 3),
        )  # fmt: skip


def _read(database: Database, from_ms: int, bots: Sequence[str], *, acts: Collection[str]) -> Iterator[_Events]:
    """The verdicts and acts of these bots in the log, a few blocks at a time."""
    after, seen = 0, 0
    while True:
        with database.reading() as tx:
            heads = tx.rows(
                "SELECT number, at_ms, actor, events FROM blocks WHERE number > ? AND at_ms >= ? ORDER BY number LIMIT ?",
                (after, from_ms, _BLOCKS_AT_ONCE),
            )
        if not heads:
            return
        for group in _groups(heads):
            seen += sum(row[3] for row in group)
            ours = [row for row in group if row[2] in bots]
            if ours:
                with database.reading() as tx:
                    rows = _events(tx, ours[0][0], ours[-1][0], {row[0] for row in ours})
                    currencies = _currencies(tx, {row[1] for row in rows if row[2] in acts and row[1]})
                yield _Events({row[0]: row[1] for row in ours}, {row[0]: row[2] for row in ours}, rows, seen, currencies)
        after = heads[-1][0]


def _groups(heads: Sequence[Row]) -> Iterator[list[Row]]:
    group: list[Row] = []
    size = 0
    for row in heads:
        group.append(row)
        size += row[3]
        if size >= EVENTS_AT_ONCE:
            yield group
            group, size = [], 0
    if group:
        yield group


def _events(tx: Tx, first: int, last: int, blocks: set[int]) -> list[Row]:
    rows = tx.rows(
        "SELECT block, order_id, activity, verdict, because, facts, object FROM events WHERE block >= ? AND block <= ?"
        " AND facts <> '' AND verdict IN ('Pass', 'Ask', 'Refuse', 'Done')",
        (first, last),
    )
    return [row for row in rows if row[0] in blocks]


def _currencies(tx: Tx, orders: Collection[int]) -> Mapping[int, str]:
    """An act's answer names an amount only: it is money of its order's currency."""
    if not orders:
        return {}
    condition, value = tx.among(sorted(orders))
    return dict(tx.rows(f"SELECT id, currency FROM orders WHERE id {condition}", (value,)))  # noqa: S608  # ids only


def _asked(tx: Tx, bots: Sequence[str]) -> dict[tuple[str, str], str]:
    """Whom these bots asked last, by what about and at which rule: the log says that somebody was asked, and not who."""
    condition, value = tx.among(bots)
    rows = tx.rows(f"SELECT item_kind, item, stage, who FROM tasks WHERE bot {condition} ORDER BY id", (value,))  # noqa: S608
    return {(f"{kind}/{item}", stage): who for kind, item, stage, who in rows}


def judges(bot: Bot[Any]) -> bool:
    """Whether a bot records verdicts with facts that can be judged anew."""
    return bot.items.facts is not None and any(step.is_rule for step in bot.steps)


def _limits_of_acts(wanted: Wanted) -> Mapping[str, tuple[int | None, int | None]]:
    """Acts whose largest amount differs: what it was and what it would be."""
    if wanted.old is None:
        return {}
    before, after = wanted.old.policy.door.largest, wanted.new.policy.door.largest
    return {act: (before.get(act), after.get(act)) for act in {*before, *after} if before.get(act) != after.get(act)}


def _caveats(changed: Sequence[Change], comparisons: Iterable[Comparison]) -> list[str]:
    """What this replay cannot tell."""
    read = {f"{one.table}{limit}" for one in comparisons for limits in one.changed.values() for limit in limits}
    found: list[str] = []
    for change in changed:
        table, _, name = change.name.partition(".")
        limit = name.partition(".")[0]
        if limit in _WINDOWS:
            found.append(f"{change.name}: facts were gathered by the old window; what a longer one would see is not in them")
        elif table not in ("rules", "door", "order of the rules") and f"{table}.{limit}" not in read:
            found.append(f"{change.name}: no recorded verdict depends on it, so a replay cannot show what it does")
    return found
