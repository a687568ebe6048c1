"""Prove that what must always hold does hold: the form of such a check, and the checks of the engine and its log."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from afterclick.store import log
from afterclick.store.transaction import Tx

NAMED: Final = 5
"""So many offenders are named; the rest is counted."""
KNOWN: Final = {"person:": "SELECT handle FROM people", "token:": "SELECT name FROM api_tokens"}
"""Who may act beside the bots, by the beginning of the name, and where the office knows the rest of it from."""
OUTSIDERS: Final = ("webhook:", "machine:", "assistant:", "mail:")
"""Who may act without being listed: stores that call us, users of the office's machine, their assistants, and the addresses
that a setting names."""
SYSTEMS: Final = ("engine", "simulator", "office.settings", "policy.file")
"""Programs of the office itself that write to the log."""


class Check(NamedTuple):
    """One invariant, as two queries over sets.

    `examined` counts what is looked at. `wrong` yields one text for each offender, in its first column.
    `remedy` says what to do about one.
    """

    name: str
    examined: str
    wrong: str
    remedy: str


class Proof(msgspec.Struct, frozen=True):
    """What a check found; `detail` names up to `NAMED` offenders and what to do about them."""

    name: str
    ok: bool
    examined: int
    detail: str = ""


def one_view(tx: Tx) -> None:
    """Let all checks see the same moment, while the bots go on; call it first. On SQLite a transaction does so anyway."""
    if tx.dialect == "postgresql":
        tx.run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def prove(tx: Tx, check: Check) -> Proof:
    """Run one check."""
    examined = int(tx.value(check.examined))
    wrong = tx.rows(
        f"SELECT found.*, COUNT(*) OVER () FROM ({check.wrong}) AS found LIMIT {NAMED}"  # noqa: S608  # a query from code
    )
    if not wrong:
        return Proof(check.name, True, examined)
    count = int(wrong[0][-1])
    named = "; ".join(str(row[0]) for row in wrong)
    more = f"; and {count - len(wrong):,} more" if count > len(wrong) else ""
    return Proof(check.name, False, examined, f"{count:,} wrong: {named}{more}. {check.remedy}")


def chain(tx: Tx, *, anchors: Mapping[int, str] | None = None) -> Proof:
    """The log's chain of hashes, from its first block to its head, and through heads that were written down outside."""
    found = log.verify(tx, anchors=anchors)
    name = "the event chain verifies from its first block to its head"
    if found.ok:
        anchored = f", anchored up to block {found.anchored:,}" if anchors else ""
        return Proof(name, True, found.events, f"{found.blocks:,} blocks, head {found.head[:16]}{anchored}")
    remedy = "Somebody changed the log: compare it with a backup from before, and find out who could write to the database"
    return Proof(name, False, found.events, f"{found.detail}. {remedy}")


def checks() -> Sequence[Check]:
    """What must hold of bots, acts and batches."""
    listed = [f"(b.actor LIKE '{one}%' AND SUBSTR(b.actor, {len(one) + 1}) IN ({names}))" for one, names in KNOWN.items()]
    free = [f"b.actor LIKE '{one}%'" for one in OUTSIDERS] + [f"b.actor = '{one}'" for one in SYSTEMS]
    named = " OR ".join(listed + free)
    return (
        Check(
            "every active bot has an owner, a card and a version",
            "SELECT COUNT(*) FROM bots WHERE state = 'active'",
            "SELECT 'bot ' || id FROM bots WHERE state = 'active' AND (owner = '' OR version = '' OR card IN ('', '{}', 'null'))",
            "Pause it with `afterclick bots pause`, and complete its card in the code",
        ),
        Check(
            "everything was done by a registered bot, a known person or token, or a known system",
            "SELECT COUNT(*) FROM blocks",
            "SELECT 'block ' || b.number || ' by ' || b.actor"  # noqa: S608
            " FROM (SELECT actor, MIN(number) AS number FROM blocks GROUP BY actor) b LEFT JOIN bots r ON r.id = b.actor"
            f" WHERE r.id IS NULL AND NOT ({named})",
            "Find out what this is: `afterclick audit verify` tells whether the log was changed",
        ),
        Check(
            "what a bot did names the bot's version",
            "SELECT COUNT(*) FROM blocks b JOIN bots r ON r.id = b.actor",
            "SELECT 'block ' || b.number || ' by ' || b.actor FROM blocks b JOIN bots r ON r.id = b.actor WHERE b.version = ''",
            "Compare the log with a backup: the engine always writes the version",
        ),
        Check(
            "the log still has every head that was written down outside",
            "SELECT COUNT(*) FROM anchors WHERE state = 'kept'",
            "SELECT 'block ' || a.block || ' at ' || a.witness FROM anchors a LEFT JOIN blocks b ON b.number = a.block"
            " WHERE a.state = 'kept' AND (b.hash IS NULL OR b.hash <> a.hash)",
            "Compare the witness's own copy: `afterclick audit verify --anchors FILE` names the first block that was changed",
        ),
        Check(
            "each effect on the outside was executed once",
            "SELECT COUNT(*) FROM events WHERE key IS NOT NULL",
            "SELECT key || ' (' || COUNT(*) || ' times)' FROM events WHERE key IS NOT NULL GROUP BY key HAVING COUNT(*) > 1",
            "Ask the system behind it what it has done, and take the surplus back there",
        ),
        Check(
            "what is queued belongs to a registered bot",
            "SELECT COUNT(*) FROM queue",
            "SELECT 'group ' || q.id || ' for ' || q.bot FROM queue q LEFT JOIN bots r ON r.id = q.bot WHERE r.id IS NULL",
            "Nobody will ever work on it: register that bot, or delete the group",
        ),
    )
