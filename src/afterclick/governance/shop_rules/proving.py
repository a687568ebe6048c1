"""Runs the tests that stand beside each rule."""

from collections.abc import Sequence

import msgspec

from afterclick.governance.shop_rules.compiled import Compiled, NotCompiled
from afterclick.governance.shop_rules.facts import WrongFacts, filled
from afterclick.governance.shop_rules.rule import RuleTest, ShopRule


class Proved(msgspec.Struct, frozen=True):
    """One test: the rule, the test's number from 1, whether it holds, and what is wrong where it does not."""

    rule: str
    number: int
    ok: bool
    because: str = ""


def proved(rules: Sequence[ShopRule]) -> list[Proved]:
    """Every test of every rule; a rule that cannot be compiled fails each of its tests."""
    return [
        Proved(rule.name, number, not because, because)
        for rule in rules
        for number, test in enumerate(rule.tests, 1)
        for because in (_fails(rule, test),)
    ]


def _fails(rule: ShopRule, test: RuleTest) -> str:
    """What is wrong with the test, or empty."""
    try:
        ready, facts = Compiled(rule), filled(rule.on, test.facts)
        if isinstance(why := ready.matches(facts), str):
            return f"it cannot be decided: {why}"
        verdict = ready.verdict(facts)
    except (WrongFacts, NotCompiled) as error:
        return str(error)
    said = "nothing" if verdict is None else type(verdict).__name__.lower()
    if said == test.expect or (said == "nothing" and test.expect == "pass"):
        return ""
    because = f" ({verdict.because})" if verdict is not None and verdict.because else ""
    return f"expected {test.expect}, and it says {said}{because}"
