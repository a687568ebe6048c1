"""Rules decide over a batch: on the facts of each item, with a person's earlier yes, and a fault is no decision."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from afterclick.domain.verdict import Ask, Pass, Refuse, Verdict
from afterclick.engine import inbox, isolation, outcome
from afterclick.store.transaction import Tx

if TYPE_CHECKING:
    from afterclick.engine.batch import Batch

Rule = Callable[..., Verdict]
JUDGED: Final = "judged"
"""The activity under which an item's passes are recorded: one event for all the rules that it passed, named in `because`."""
NOBODY: Final = frozenset[int]()


def decide(batch: "Batch[Any]", tx: Tx, rules: Sequence[tuple[str, Rule]], going: dict[int, Any]) -> None:
    """Let the rules judge each item that is still `going`, until one asks about it or refuses it; then it leaves at once."""
    if not rules or not going:
        return
    facts = _gathered(batch, tx, going)
    limits = batch.kind.limits(batch.policy)
    approved = {name: inbox.approved(tx, batch.kind.kind, list(going), name) if batch.row.resume else NOBODY for name, _ in rules}
    for item in list(going):
        passed: list[str] = []
        for name, rule in rules:
            verdict = _verdict(name, rule, facts[item], limits)
            if item in approved[name] and not isinstance(verdict, Pass):
                verdict = Pass(f"approved by a person: {verdict.because}")
            if isinstance(verdict, Ask | Refuse):
                batch.record(outcome.judged(batch.kind.kind, item, name, verdict, facts[item]))
                batch.leave(item, verdict, stage=name)
                break
            passed.append(f"{name}: {verdict.because}" if verdict.because else name)
        else:
            batch.record(outcome.judged(batch.kind.kind, item, JUDGED, Pass("; ".join(passed)), facts[item]))


def failed(name: str, error: Exception) -> Ask:
    """What becomes of an item at which something failed: a person looks at it, the others go on."""
    return Ask("operations", f"{name} failed: {type(error).__name__}: {error}", "retry")


def _gathered(batch: "Batch[Any]", tx: Tx, going: Mapping[int, Any]) -> dict[int, Any]:
    """The facts of each item; an item of which none can be gathered leaves."""
    facts: dict[int, Any] = {}

    def work(items: Sequence[int]) -> None:
        with tx.savepoint():
            facts.update(zip(items, batch.kind.gather(batch, [going[item] for item in items]), strict=True))

    isolation.run(work, list(going), set_aside=lambda item, error: batch.leave(item, failed("facts", error), stage="facts"))
    return facts


def _verdict(name: str, rule: Rule, facts: Any, limits: Any) -> Verdict:
    try:
        return rule(facts, limits)
    except Exception as error:  # a rule that fails has not decided
        return failed(name, error)
