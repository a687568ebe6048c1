"""Prove that what must always hold does hold: the form of such a check, and the checks of the engine and its log."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from afterclick.store import log
from afterclick.store.transaction import Tx

NAMED: Final = 5
"""So many offenders are named; the rest is counted."""
OUTSIDERS: Final = ("person:", "webhook:")
"""Who may act beside the bots, by the beginning of the name: people, and stores that call us."""
SYSTEMS: Final = ("simulator",)
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


def chain(tx: Tx) -> Proof:
    """The log's chain of hashes, from its first block to its head."""
    found = log.verify(tx)
    name = "the event chain verifies from its first block to its head"
    if found.ok:
        return Proof(name, True, found.events, f"{found.blocks:,} blocks, head {found.head[:16]}")
    remedy = "Somebody changed the log: compare it with a backup from before, and find out who could write to the database"
    return Proof(name, False, found.events, f"{found.detail}. {remedy}")


def checks() -> Sequence[Check]:
    """What must hold of bots, acts and batches."""
    named = " OR ".join([f"b.actor LIKE '{one}%'" for one in OUTSIDERS] + [f"b.actor = '{one}'" for one in SYSTEMS])
    return (
        Check(
            "every active bot has an owner, a card and a version",
            "SELECT COUNT(*) FROM bots WHERE state = 'active'",
            "SELECT 'bot ' || id FROM bots WHERE state = 'active' AND (owner = '' OR version = '' OR card IN ('', '{}', 'null'))",
            "Pause it with `afterclick bots pause`, and complete its card in the code",
        ),
        Check(
            "everything was done by a registered bot, a person or a known system",
            "SELECT COUNT(*) FROM blocks",
            "SELECT MIN('block ' || b.number || ' by ' || b.actor) FROM blocks b LEFT JOIN bots r ON r.id = b.actor"  # noqa: S608
            f" WHERE r.id IS NULL AND NOT ({named}) GROUP BY b.actor",
            "Find out what this is: `afterclick audit verify` tells whether the log was changed",
        ),
        Check(
            "what a bot did names the bot's version",
            "SELECT COUNT(*) FROM blocks b JOIN bots r ON r.id = b.actor",
            "SELECT 'block ' || b.number || ' by ' || b.actor FROM blocks b JOIN bots r ON r.id = b.actor WHERE b.version = ''",
            "Compare the log with a backup: the engine always writes the version",
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
