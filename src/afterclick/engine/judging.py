"""Rules decide over a batch: on the facts of each item, with a person's earlier yes, and a fault is no decision."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from afterclick.domain.verdict import Ask, Pass, Refuse, Verdict
from afterclick.engine import inbox, isolation, outcome
from afterclick.governance.in_force import Ready
from afterclick.governance.replays import JUDGED
from afterclick.governance.vault.redaction import redact
from afterclick.store.log import Event
from afterclick.store.transaction import Tx

if TYPE_CHECKING:
    from afterclick.engine.batch import Batch

Rule = Callable[..., Verdict]
DIFFERS: Final = "policy.differs"
"""The activity under which it is recorded that a version in shadow would have decided otherwise; nothing follows from it."""
NOBODY: Final[Mapping[int, str]] = {}
_Approved = Mapping[str, Mapping[int, str]]


def decide(batch: "Batch[Any]", tx: Tx, rules: Sequence[tuple[str, Rule]], going: dict[int, Any]) -> None:
    """Let the rules judge each item that is still `going`, until one asks about it or refuses it; then it leaves at once."""
    if not rules or not going:
        return
    facts = _gathered(batch, tx, going)
    kind, force = batch.kind.kind, batch.in_force
    approved = {name: inbox.approved(tx, kind, list(going), name) if batch.row.resume else NOBODY for name, _ in rules}
    usual = Judge(rules, force.active, kind, batch.kind.limits, approved)
    tried = Judge(rules, force.trial, kind, batch.kind.limits, approved) if force.trial is not None else None
    for item in list(going):
        by = tried if tried is not None and force.decides(item) is tried.version else usual
        name, verdict = by.verdict(item, facts[item])
        batch.record(outcome.judged(kind, item, name, verdict, facts[item]))
        if isinstance(verdict, Ask | Refuse):
            batch.leave(item, verdict, stage=name)
        if tried is not None and force.how == "shadow":
            _compare(batch, item, verdict, tried, facts[item])


class Judge:
    """A story's rules as one version of the policy applies them, and after the last of them the shop's own."""

    def __init__(
        self,
        rules: Sequence[tuple[str, Rule]],
        version: Ready,
        kind: str,
        limits: Callable[[Any], Any],
        approved: _Approved,
    ) -> None:
        self.version = version
        self._rules = rules
        self._limits = limits(version.policy)
        self._shop = version.shop.get(kind)
        self._approved = approved

    def verdict(self, item: int, facts: Any) -> tuple[str, Verdict]:
        """The verdict, and the rule that gave it: `judged` for a pass, `genuine/large` for the shop's rule `large`."""
        passed: list[str] = []
        for name, rule in self._rules:
            verdict = judged(name, rule, facts, self._limits)
            if not isinstance(verdict, Pass):
                if item not in self._approved[name]:
                    return name, verdict
                verdict = Pass(f"approved by {self._approved[name][item]}: {verdict.because}")
            passed.append(f"{name}: {verdict.because}" if verdict.because else name)
        if self._shop is not None and (found := self._shop.verdict(facts)) is not None:
            name = f"{self._rules[-1][0]}/{found[0]}"
            if not isinstance(found[1], Pass):
                return name, found[1]
            passed.append(f"{name}: {found[1].because}")
        return JUDGED, Pass("; ".join(passed))


def fate(verdict: Verdict) -> str:
    """What becomes of an item, in a word or two: `pass`, `ask fraud`, `refuse`."""
    return f"ask {verdict.who}" if isinstance(verdict, Ask) else type(verdict).__name__.lower()


def failed(name: str, error: Exception) -> Ask:
    """What becomes of an item at which something failed: a person looks at it, the others go on."""
    return Ask("operations", redact(f"{name} failed: {type(error).__name__}: {error}"), "retry")


def judged(name: str, rule: Rule, facts: Any, limits: Any) -> Verdict:
    """What a rule says; one that fails has not decided, so a person is asked."""
    try:
        return rule(facts, limits)
    except Exception as error:
        return failed(name, error)


def _compare(batch: "Batch[Any]", item: int, verdict: Verdict, tried: Judge, facts: Any) -> None:
    """Record where the version in shadow would have decided otherwise."""
    name, other = tried.verdict(item, facts)
    if fate(other) != fate(verdict):
        version, because = tried.version.number, f": {other.because}" if other.because else ""
        said = f"version {version} in shadow would {fate(other)} at {name} instead of {fate(verdict)}{because}"
        order_id = item if batch.kind.kind == "order" else None
        batch.record(Event(DIFFERS, order_id, f"policy/{version}", type(other).__name__, said))


def _gathered(batch: "Batch[Any]", tx: Tx, going: Mapping[int, Any]) -> dict[int, Any]:
    """The facts of each item; an item of which none can be gathered leaves."""
    facts: dict[int, Any] = {}

    def work(items: Sequence[int]) -> None:
        with tx.savepoint():
            facts.update(zip(items, batch.kind.gather(batch, [going[item] for item in items]), strict=True))

    isolation.run(work, list(going), set_aside=lambda item, error: batch.leave(item, failed("facts", error), stage="facts"))
    return facts
