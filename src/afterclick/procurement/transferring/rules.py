"""Which transfers begin without a person; the others do not begin, and the next plans buy instead."""

from afterclick.domain.planning_limits import PlanningLimits
from afterclick.domain.transfer import TransferFacts
from afterclick.domain.verdict import Pass, Refuse, Verdict


def may_move(facts: TransferFacts, limits: PlanningLimits) -> Verdict:
    """The pieces are still free where they lie, and the transfer and the day stay within their limits."""
    if facts.pieces > facts.free:
        return Refuse(f"{facts.start} has {max(0, facts.free):,} of {facts.sku} to spare by now, not {facts.pieces:,}")
    if facts.pieces > limits.transfer_most:
        return Refuse(f"{facts.pieces:,} pieces are over the limit of {limits.transfer_most:,} for one transfer")
    if facts.today + facts.pieces > limits.transfer_day_most:
        moved = f"with it {facts.today + facts.pieces:,} pieces would be moved today"
        return Refuse(f"{moved}, over the limit of {limits.transfer_day_most:,}")
    return Pass(f"{facts.free:,} are free at {facts.start}")
