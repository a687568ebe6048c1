"""Versions of the policy that start at a time, if what they were replayed against is still in force then."""

from afterclick.governance import replays
from afterclick.governance.regimes import current
from afterclick.governance.versions import Version, enter_force, event_of, record, version
from afterclick.store.transaction import Tx


def start_due(tx: Tx, *, now_ms: int) -> list[int]:
    """Start the scheduled versions whose time has come, in the name of who scheduled them; returns their numbers.

    One that was replayed against another version than the one in force by then is `proposed` again, and says why.
    """
    rows = tx.rows(
        "SELECT number FROM policy_versions WHERE state = 'scheduled' AND activates_ms <= ? ORDER BY activates_ms, number",
        (now_ms,),
    )
    started: list[int] = []
    for (number,) in rows:
        tx.take("policy_regimes", 0)
        one = version(tx, number)
        if one.state != "scheduled":  # somebody else was quicker
            continue
        if stale := _stale(tx, one):
            tx.run("UPDATE policy_versions SET state = 'proposed', because = ? WHERE number = ?", (stale, number))
            record(tx, one.activated_by, now_ms, [event_of("policy.postponed", tx, number, stale)])
            continue
        record(tx, one.activated_by, now_ms, enter_force(tx, one, now_ms=now_ms, facts={"scheduled_ms": one.activates_ms}))
        started.append(number)
    return started


def _stale(tx: Tx, one: Version) -> str:
    """Why a scheduled version may not start as it was meant to: another one is in force than it was replayed against."""
    now = current(tx)
    if now is None or one.because.strip() or now.trial == one.number:
        return ""
    replay, said = replays.counting(tx, one.digest, now.active)
    return "" if replay else f"it did not start at its time, since {said}"
