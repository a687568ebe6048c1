"""What is wrong with a set of rules as it stands: rules that never match, that never get a turn, or that contradict each other.

That something never happens is claimed only where the regions prove it; that it does happen, only with facts of which the CEL
library says so. Where neither is at hand, the finding is `not decided`.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any, Final, Literal, NamedTuple

import msgspec

from afterclick.governance.shop_rules import compiled, syntax
from afterclick.governance.shop_rules.compiled import NAMED, NotCompiled
from afterclick.governance.shop_rules.examples import Patience, example
from afterclick.governance.shop_rules.facts import KINDS, Kind, kind_of
from afterclick.governance.shop_rules.kinds import Checker
from afterclick.governance.shop_rules.regions import Region, TooMany, both, regions
from afterclick.governance.shop_rules.rule import ShopRule
from afterclick.governance.shop_rules.syntax import Node, Unreadable

What = Literal["wrong", "warning", "dead", "shadowed", "conflicting", "not decided"]
SERIOUS: Final = ("wrong", "dead", "shadowed")
"""What no version may have that is to be put in force. Others are a person's to weigh."""
MOST_RULES: Final = 100


class Finding(msgspec.Struct, frozen=True):
    """One finding: what, about which rules (in the file's order), why, and facts that show it where there are any."""

    what: What
    rules: tuple[str, ...]
    because: str
    example: dict[str, Any] = {}


class _Looked(NamedTuple):
    rule: ShopRule
    tree: Node | None
    true: list[Region] | None
    """Where it matches; None where that was not worked out."""
    false: list[Region] | None


def findings(rules: Sequence[ShopRule]) -> list[Finding]:
    """Everything found, in the order of the rules."""
    found: list[Finding] = []
    if len(rules) > MOST_RULES:
        return [Finding("wrong", (), f"there are {len(rules)} rules; {MOST_RULES} are the most")]
    names = [rule.name for rule in rules]
    found += [
        Finding("wrong", (name,), f"two rules are called {name}; each needs a name of its own")
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    for on in KINDS:
        looked = [_looked(rule) for rule in rules if rule.on == on]
        for one in looked:
            found += _wrong(one)
        if not any(one.what == "wrong" for one in found):  # what cannot work is not compared with the rest
            found += _compared(looked)
    return found


def _looked(rule: ShopRule) -> _Looked:
    kind = kind_of(rule.on)
    try:
        tree = syntax.read(rule.when)
    except Unreadable:
        return _Looked(rule, None, None, None)
    return _Looked(rule, tree, _tried(tree, kind, True), _tried(tree, kind, False))


def _tried(tree: Node, kind: Kind, holds: bool) -> list[Region] | None:
    try:
        return regions(tree, kind, holds=holds)
    except TooMany:
        return None


def _wrong(one: _Looked) -> Iterator[Finding]:
    """What cannot work: no CEL, no such fact, a comparison that cannot be made."""
    rule = one.rule
    try:
        compiled.program(rule.when)
    except NotCompiled as error:
        yield Finding("wrong", (rule.name,), f"its condition cannot be used: {error}")
        return
    if one.tree is None:
        yield Finding(
            "warning", (rule.name,), "its condition has parts that are not looked through; tests alone tell what it does"
        )
    else:
        checker = Checker(kind_of(rule.on))
        checker.check(one.tree)
        yield from (Finding("wrong", (rule.name,), problem) for problem in dict.fromkeys(checker.problems))
        yield from (Finding("warning", (rule.name,), warning) for warning in dict.fromkeys(checker.warnings))
    for named in NAMED.findall(rule.because):
        if not _is_fact(kind_of(rule.on), named):
            yield Finding("wrong", (rule.name,), f"its reason names {{{named}}}, which is no fact")
    if not rule.tests:
        yield Finding("warning", (rule.name,), 'it has no test: add tests = [{facts = {…}, expect = "ask"}]')


def _compared(looked: Sequence[_Looked]) -> list[Finding]:
    """Rules that never match, that those above always forestall, and pairs that contradict each other."""
    found: list[Finding] = []
    patience = Patience()
    alive: list[_Looked] = []
    for one in looked:
        name = one.rule.name
        if one.true == []:
            found.append(Finding("dead", (name,), "its condition is never true"))
            continue
        if _example([one], [], one.true, patience) is None:
            found.append(Finding("not decided", (name,), "whether its condition is ever true was not found out"))
        finding = _shadowed(one, alive, patience)
        if finding is not None:
            found.append(finding)
        if finding is None or finding.what != "shadowed":
            alive.append(one)
    for one, other in combinations(alive, 2):
        if one.rule.then != other.rule.then or (one.rule.then == "ask" and one.rule.who != other.rule.who):
            found += _conflict(one, other, patience)
    if patience.left > 0:
        return found
    counted = sum(one.what == "not decided" for one in found)
    said = f"{counted:,} questions about pairs of rules are open: there are too many rules to look at them all"
    return [*(one for one in found if one.what != "not decided"), Finding("not decided", (), said)]


def _shadowed(one: _Looked, above: Sequence[_Looked], patience: Patience) -> Finding | None:
    """Whether those above always decide first: one of them alone, or several together."""
    name = one.rule.name
    for other in above:
        if _none(one.true, other.false):
            return Finding("shadowed", (other.rule.name, name), f"{other.rule.name} stands above and always decides first")
    if not above:
        return None
    left: list[Region] | None = one.true
    for other in above:
        left = _joined(left, other.false)
    if left == []:
        names = tuple(other.rule.name for other in above)
        return Finding("shadowed", (*names, name), f"the rules above ({', '.join(names)}) together always decide first")
    if _example([one], above, left, patience) is None:
        names = tuple(other.rule.name for other in above)
        return Finding("not decided", (*names, name), f"whether {name} ever gets a turn below them was not found out")
    return None


def _conflict(one: _Looked, other: _Looked, patience: Patience) -> Iterator[Finding]:
    """Whether both match the same facts with different verdicts; the upper one then decides."""
    together = _joined(one.true, other.true)
    if together == []:
        return
    names = (one.rule.name, other.rule.name)
    shown = _example([one, other], [], together, patience)
    if shown is None:
        yield Finding("not decided", names, "whether both ever match the same facts was not found out")
    else:
        said = f"both match the same facts; {one.rule.name} ({one.rule.then}) decides, {other.rule.name} says {other.rule.then}"
        yield Finding("conflicting", names, said, shown)


def _example(
    true: Sequence[_Looked], false: Sequence[_Looked], found: list[Region] | None, patience: Patience
) -> dict[str, Any] | None:
    everyone = [*true, *false]
    return example(
        everyone[0].rule.on, [one.rule.when for one in true], [one.rule.when for one in false],
        [one.tree for one in everyone if one.tree is not None], found or [], patience,
    )  # fmt: skip


def _joined(one: list[Region] | None, other: list[Region] | None) -> list[Region] | None:
    """The regions of both; None where they are not known. One that is known to be empty stays so."""
    if one == [] or other == []:
        return []
    if one is None or other is None:
        return None
    try:
        return both(one, other)
    except TooMany:
        return None


def _none(one: list[Region] | None, other: list[Region] | None) -> bool:
    return _joined(one, other) == []


def _is_fact(kind: Kind, named: str) -> bool:
    for name in named.split("."):
        if name not in kind.fields:
            return False
        kind = kind.fields[name]
    return True
