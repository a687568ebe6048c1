"""Judges recorded facts by two versions of the policy, and says what would have gone differently and why."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

from msgspec.structs import replace

from afterclick.domain.verdict import PASS, Ask, Pass, Verdict
from afterclick.engine.bots import Bot
from afterclick.engine.judging import Judge, Rule, fate, judged
from afterclick.engine.rule_reads import limits_read
from afterclick.governance.in_force import Ready
from afterclick.governance.policy import Policy
from afterclick.governance.replays import JUDGED
from afterclick.governance.shop_rules.compiled import ShopRules
from afterclick.governance.shop_rules.rule import ShopRule

SEVERAL: Final = "several limits together"
_NOBODY: Final[Mapping[int, str]] = {}
_Named = tuple[str, Verdict]


class Difference(NamedTuple):
    """What became of an item and what would have; the rule, and the limit or rule of the shop, that makes the difference."""

    was: str
    would: str
    rule: str
    cause: str
    because: str


class Comparison:
    """A bot's rules under an old and a new version. `old` None: compare with what was recorded instead."""

    def __init__(self, bot: Bot[Any], old: Ready | None, new: Ready) -> None:
        kind = bot.items.kind
        rules = [(step.name, cast(Rule, step.does)) for step in bot.steps if step.is_rule]
        self._rules: Sequence[tuple[str, Rule]] = rules
        self.activities = frozenset({JUDGED, *(name for name, _ in rules)})
        """Under which the story's verdicts are recorded, but for those of the shop's rules."""
        self._limits: Callable[[Any], Any] = bot.items.limits
        self._new = Judge(rules, new, kind, self._limits, {name: _NOBODY for name, _ in rules})
        self._recorded = old is None
        self.table = ""
        """The part of the policy that the rules are given, as `orders.`."""
        self.changed: dict[str, tuple[str, ...]] = {}
        """The rules that may say something else, with those of their limits that differ."""
        self._both = (old or new).shop.get(kind), new.shop.get(kind)
        self._shops_differ = _listed(self._both[0]) != _listed(self._both[1])
        if old is not None:
            self._before, self._after = self._limits(old.policy), self._limits(new.policy)
            self.table = next((f"{name}." for name in Policy.__struct_fields__ if getattr(old.policy, name) is self._before), "")
            self._find_changes()

    @property
    def nothing(self) -> bool:
        """Whether no verdict can differ."""
        return not self._recorded and not self.changed and not self._shops_differ

    def difference(self, facts: Any, recorded: str) -> Difference | None:
        """What would differ for these facts; None for nothing. `recorded` is the fate on record; `ask` where it is not known who
        was asked."""
        if self._recorded:
            return self._from_record(facts, recorded)
        known: dict[str, tuple[Verdict, Verdict]] = {}
        for name, rule in self._rules:
            if name in self.changed:
                known[name] = judged(name, rule, facts, self._before), judged(name, rule, facts, self._after)
        own = self._own(facts) if self._shops_differ else None
        if all(_same(*pair) for pair in known.values()) and (own is None or _same(own[0][1], own[1][1])):
            return None  # most facts are through with that: what has not changed was not judged at all
        return self._decided(facts, known, own)

    def _decided(
        self, facts: Any, known: Mapping[str, tuple[Verdict, Verdict]], own: tuple[_Named, _Named] | None
    ) -> Difference | None:
        """Go through the rules in their order until one decides, under the old version and under the new."""
        before: _Named | None = None
        after: _Named | None = None
        for name, rule in self._rules:
            pair = known.get(name)
            if pair is None:
                verdict = judged(name, rule, facts, self._before)
                pair = verdict, verdict
            before = before or (None if isinstance(pair[0], Pass) else (name, pair[0]))
            after = after or (None if isinstance(pair[1], Pass) else (name, pair[1]))
        if before is None or after is None:
            found = own or self._own(facts)
            before, after = before or found[0], after or found[1]
        if _same(before[1], after[1]):
            return None
        rule, verdict = before if isinstance(after[1], Pass) else after
        return Difference(fate(before[1]), fate(after[1]), rule, self._cause(rule, facts), verdict.because)

    def _own(self, facts: Any) -> tuple[_Named, _Named]:
        """What the shop's rules say, before and after; nothing counts as a pass."""
        last = self._rules[-1][0]
        found = [shop.verdict(facts) if shop is not None else None for shop in self._both]
        before, after = ((f"{last}/{one[0]}", one[1]) if one is not None else (JUDGED, PASS) for one in found)
        return before, after

    def _from_record(self, facts: Any, recorded: str) -> Difference | None:
        rule, verdict = self._new.verdict(0, facts)
        would = fate(verdict)
        if recorded in (would, would.partition(" ")[0]):
            return None
        cause = "the code of the rules, or a limit that was different then"
        return Difference(recorded, would, rule, cause, verdict.because)

    def _cause(self, rule: str, facts: Any) -> str:
        """The one change that alone brings the difference about, where there is one."""
        built_in, _, own = rule.partition("/")
        if own:
            return f"rules.{own}"
        limits = self.changed.get(built_in, ())
        if len(limits) == 1:
            return f"{self.table}{limits[0]}"
        judges = dict(self._rules)
        if built_in not in judges or not limits:
            return built_in
        wanted = judged(built_in, judges[built_in], facts, self._after)
        for name in limits:
            alone = replace(self._before, **{name: getattr(self._after, name)})
            if _same(judged(built_in, judges[built_in], facts, alone), wanted):
                return f"{self.table}{name}"
        return SEVERAL

    def _find_changes(self) -> None:
        struct = cast("type[Any]", type(self._before))
        names: Sequence[str] = getattr(struct, "__struct_fields__", ())
        differing = [name for name in names if getattr(self._before, name) != getattr(self._after, name)]
        for name, rule in self._rules:
            read = limits_read(rule, struct)
            if found := tuple(one for one in differing if one in read):
                self.changed[name] = found


def _listed(shop: ShopRules | None) -> list[ShopRule]:
    return [one.rule for one in shop.rules] if shop is not None else []


def _same(one: Verdict, other: Verdict) -> bool:
    """Whether two verdicts come to the same."""
    if isinstance(one, Ask) and isinstance(other, Ask):
        return one.who == other.who
    return type(one) is type(other)
