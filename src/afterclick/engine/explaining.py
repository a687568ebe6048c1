"""Explains the verdicts on an order or a purchase order: which rule, which facts and limits, which line of which version."""

from typing import Any, cast

import msgspec

from afterclick.engine.bots import Fleet
from afterclick.engine.rule_reads import limits_read
from afterclick.governance.allowed import Done, allowed_by
from afterclick.governance.policy import Policy, read
from afterclick.governance.replays import JUDGED
from afterclick.store.transaction import Tx


class Explained(msgspec.Struct, frozen=True):
    """One event that rests on the policy: a verdict with its facts and limits, or an act on the outside."""

    at_ms: int
    actor: str
    activity: str
    verdict: str
    because: str
    version: int
    line: int
    text: str
    limits: dict[str, Any]
    facts: dict[str, Any]


def explained(tx: Tx, fleet: Fleet, about: int | str) -> list[Explained]:
    """Every verdict and every act of an order (its id) or of something else (as `purchase/12`), in the order in which they
    happened."""
    rows = tx.rows(
        "SELECT b.at_ms, b.actor, b.batch, e.activity, e.verdict, e.because, e.facts, e.key FROM events e"  # noqa: S608  # constants
        f" JOIN blocks b ON b.number = e.block WHERE e.{'order_id' if isinstance(about, int) else 'object'} = ?"
        " ORDER BY e.block, e.seq",
        (about,),
    )
    order_id = about if isinstance(about, int) else None
    done = [
        Done(activity, actor, batch, at_ms, order_id, verdict, bool(facts) and key is None, because)
        for at_ms, actor, batch, activity, verdict, because, facts, key in rows
    ]
    policies: dict[int, Policy] = {}
    found: list[Explained] = []
    for row, allowed in zip(rows, allowed_by(tx, done), strict=True):
        at_ms, actor, _, activity, verdict, because, facts, key = row
        if not allowed.text:
            continue
        if allowed.version not in policies:
            policies[allowed.version] = _policy(tx, allowed.version)
        limits = _limits(fleet, actor, activity, because, policies[allowed.version])
        known = msgspec.json.decode(facts, type=dict[str, Any]) if facts and key is None else dict[str, Any]()
        by = (allowed.version, allowed.line, allowed.text)
        found.append(Explained(at_ms, actor, activity, verdict, because, *by, limits, known))
    return found


def _policy(tx: Tx, version: int) -> Policy:
    return read(tx.value("SELECT text FROM policy_versions WHERE number = ?", (version,)) or "")


def _limits(fleet: Fleet, actor: str, activity: str, because: str, policy: Policy) -> dict[str, Any]:
    """The limits that the rules of this event look at; those of a pass are the rules that it names."""
    if actor not in list(fleet):
        return {}
    bot = fleet[actor]
    limits = bot.items.limits(policy)
    struct = cast("type[Any]", type(limits))
    names = {one.partition(":")[0] for one in because.split("; ")} if activity == JUDGED else {activity}
    read_by = {name for step in bot.steps if step.is_rule and step.name in names for name in limits_read(step.does, struct)}
    return {name: getattr(limits, name) for name in sorted(read_by) if not isinstance(getattr(limits, name), dict)}
