"""The shop's rules made ready to judge: each condition compiled once, and fed only the facts that it names."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import cel

from afterclick.domain.money import to_text
from afterclick.domain.verdict import Ask, Pass, Refuse, Verdict
from afterclick.governance.shop_rules.cost import too_dear
from afterclick.governance.shop_rules.facts import KINDS, as_map
from afterclick.governance.shop_rules.needed import fields_named
from afterclick.governance.shop_rules.rule import ShopRule

NAMED: Final = re.compile(r"\{([a-z_]+(?:\.[a-z_]+)*)\}")
"""A fact named in the text of a reason: `{total}`, `{usual_value.largest}`."""
_AMOUNTS: Final = ("total", "shipping", "discount")


class NotCompiled(ValueError):
    """A condition is no CEL; the message is that of the library."""


class Compiled:
    """One rule, ready."""

    def __init__(self, rule: ShopRule) -> None:
        self.rule = rule
        self._program = program(rule.when)
        known = KINDS[rule.on].__struct_fields__
        # A name that is no fact is left to the evaluation, whose error says so.
        used = [name for name in self._program.variables() if name in known]
        self._nested = tuple(name for name in used if not _is_plain(rule.on, name))
        self._plain = tuple(name for name in used if name not in self._nested)
        self._only = fields_named(rule.when) if self._nested else None

    def verdict(self, facts: Any) -> Verdict | None:
        """What the rule says; None where it does not match. What cannot be evaluated is asked about, never passed."""
        matches = self.matches(facts)
        if matches is False:
            return None
        rule = self.rule
        if matches is not True:
            return Ask(rule.who, f"rule {rule.name} of the shop could not be decided ({matches}); {rule.owner} mends it")
        because = told(rule.because, facts)
        if rule.then == "ask":
            return Ask(rule.who, because)
        return Refuse(because) if rule.then == "refuse" else Pass(because)

    def matches(self, facts: Any) -> bool | str:
        """Whether the condition is true of the facts; a text says why that cannot be told."""
        try:
            values: dict[str, Any] = {name: getattr(facts, name) for name in self._plain}
            for name in self._nested:
                values[name] = as_map(getattr(facts, name), self._only)
            found = self._program.execute(values)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a fault inside the library is no `Exception`
            return f"{type(error).__name__}: {str(error).partition('. ')[0]}"
        return found if isinstance(found, bool) else f"its condition gives {found!r:.40}, not true or false"


class ShopRules:
    """The rules about one kind of item, in the file's order: the first that matches decides."""

    def __init__(self, rules: Sequence[ShopRule]) -> None:
        self.rules = tuple(Compiled(rule) for rule in rules)

    def verdict(self, facts: Any) -> tuple[str, Verdict] | None:
        """The first rule that matches, by name, with its verdict; None where none does."""
        for one in self.rules:
            found = one.verdict(facts)
            if found is not None:
                return one.rule.name, found
        return None


def compiled(rules: Sequence[ShopRule]) -> Mapping[str, ShopRules]:
    """The rules by the kind of item that they are about; a kind without rules is not there.

    Raises:
        NotCompiled: a condition is no CEL.
    """
    return {on: ShopRules([rule for rule in rules if rule.on == on]) for on in dict.fromkeys(rule.on for rule in rules)}


@lru_cache(maxsize=1_000)
def program(condition: str) -> cel.Program:
    """A condition compiled; the same text once.

    Raises:
        NotCompiled: it is no CEL, or could take too long.
    """
    if why := too_dear(condition):
        raise NotCompiled(why)
    try:
        return cel.compile(condition)
    except ValueError as error:
        raise NotCompiled(str(error).partition("\n")[0].rpartition("ERROR: ")[2]) from error


def told(because: str, facts: Any) -> str:
    """A reason with the facts that it names; amounts in the order's currency."""

    def named(match: re.Match[str]) -> str:
        value = facts
        for name in match[1].split("."):
            value = getattr(value, name, None)
        if match[1] in _AMOUNTS and isinstance(value, int):
            return f"{to_text(value, facts.currency)} {facts.currency}"
        if isinstance(value, tuple):
            return ", ".join(map(str, value)) or "none"  # pyright: ignore[reportUnknownArgumentType]
        return "none" if value is None or value == "" else str(value)

    return NAMED.sub(named, because)


def _is_plain(on: str, name: str) -> bool:
    """Whether CEL takes the fact as it is: a number or a text, no list and no record."""
    return KINDS[on].__annotations__[name] in (int, str, bool, float)
