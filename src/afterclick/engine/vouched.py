"""Prove that the bots work by the cards, and the rules by the texts, that somebody stands for."""

import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec

from afterclick.engine.checks import NAMED, Check, Proof
from afterclick.engine.register import RELEASE
from afterclick.governance.cards import Card, widened
from afterclick.governance.versions import digest_of
from afterclick.store.transaction import Tx

_PROPOSED: Final = ("policy.proposed", "policy.activated")


class _Facts(msgspec.Struct, frozen=True):
    """What counts of an event's facts."""

    digest: str = ""


def cards(tx: Tx) -> Proof:
    """Every active bot's card is the registered one, and may do no more than the one that was approved."""
    rows = tx.rows(
        "SELECT b.id, b.card, b.digest, b.approved, v.card, v.approved_by FROM bots b"
        " LEFT JOIN bot_versions v ON v.bot = b.id AND v.digest = b.approved WHERE b.state = 'active' ORDER BY b.id"
    )
    found = {row[0]: _unapproved(tx, *row) for row in rows}
    wrong = [f"{bot}: {because}" for bot, because in found.items() if because]
    remedy = "Pause it with `afterclick bots pause`, find out who changed the register, and have its card approved anew"
    return _proof("every active bot works by a card that was approved", len(rows), wrong, remedy)


def policies(tx: Tx) -> Proof:
    """Every version of the policy has the text that was proposed, by its own digest and by the log's."""
    rows = tx.rows("SELECT number, text, digest FROM policy_versions ORDER BY number")
    found = {number: _changed(tx, number, text, digest) for number, text, digest in rows}
    wrong = [f"version {number}: {because}" for number, because in found.items() if because]
    remedy = "Roll back to a version that is whole, and find out who can write to the database"
    return _proof("every version of the policy has the text that was proposed", len(rows), wrong, remedy)


IN_FORCE: Final = Check(
    "the policy in force is what its versions say",
    "SELECT COUNT(*) FROM policy_versions",
    "SELECT 'version ' || r.active || ' decides, but is listed as ' || COALESCE(v.state, 'unknown') FROM policy_regimes r"
    " LEFT JOIN policy_versions v ON v.number = r.active"
    " WHERE r.id = (SELECT MAX(id) FROM policy_regimes) AND COALESCE(v.state, '') <> 'active'"
    " UNION ALL SELECT 'version ' || r.trial || ' is on trial, but is listed as ' || COALESCE(v.state, 'unknown')"
    " FROM policy_regimes r LEFT JOIN policy_versions v ON v.number = r.trial"
    " WHERE r.id = (SELECT MAX(id) FROM policy_regimes) AND r.trial <> 0"
    " AND COALESCE(v.state, '') NOT IN ('shadow', 'canary', 'scheduled')"
    " UNION ALL SELECT 'version ' || v.number || ' is listed as ' || v.state || ', but is not in force' FROM policy_versions v"
    " LEFT JOIN policy_regimes r ON r.id = (SELECT MAX(id) FROM policy_regimes) AND (r.active = v.number OR r.trial = v.number)"
    " WHERE v.state IN ('active', 'shadow', 'canary') AND r.id IS NULL",
    "Roll back, and put the version that you want in force anew: `afterclick policy rollback`",
)
"""What decides about orders is what people see in the list of versions."""


def _unapproved(tx: Tx, bot: str, card: str, digest: str, approved: str, text: str | None, by: str | None) -> str:
    """Why nobody stands for this bot's card; empty where somebody does."""
    if hashlib.sha256(card.encode()).hexdigest() != digest:
        return "its card was changed in the register"
    if not approved or text is None or not by:
        return "nobody has approved its card"
    if hashlib.sha256(text.encode()).hexdigest() != approved:
        return "the card that was approved was changed"
    if by != RELEASE and approved not in _logged(tx, f"bot/{bot}", ("bot.approved",)):
        return f"the log knows of no approval by {by}"
    more = widened(msgspec.json.decode(card, type=Card), msgspec.json.decode(text, type=Card))
    return f"it {', '.join(more)}, which nobody approved" if more else ""


def _changed(tx: Tx, number: int, text: str, digest: str) -> str:
    if digest_of(text) != digest:
        return "its text is not the one of its digest"
    return "" if _logged(tx, f"policy/{number}", _PROPOSED) == {digest} else "the log names another text"


def _logged(tx: Tx, named: str, activities: Sequence[str]) -> set[str]:
    """The digests that the log names for something."""
    condition, value = tx.among(activities)
    rows = tx.rows(f"SELECT facts FROM events WHERE object = ? AND activity {condition}", (named, value))  # noqa: S608
    return {msgspec.json.decode(facts, type=_Facts).digest for (facts,) in rows if facts}


def _proof(name: str, examined: int, wrong: Sequence[str], remedy: str) -> Proof:
    if not wrong:
        return Proof(name, True, examined)
    more = f"; and {len(wrong) - NAMED:,} more" if len(wrong) > NAMED else ""
    return Proof(name, False, examined, f"{len(wrong):,} wrong: {'; '.join(wrong[:NAMED])}{more}. {remedy}")
