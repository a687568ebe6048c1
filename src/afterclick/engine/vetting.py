"""Before a new version of a bot judges anything, what is on record is judged by it: where nothing differs it works by itself."""

import logging
from typing import Final

from afterclick.engine import replaying
from afterclick.engine.bots import Bot, Fleet
from afterclick.engine.register import RELEASE
from afterclick.engine.replay import DAY_MS, judges
from afterclick.engine.replaying import Order
from afterclick.governance import lifecycle, regimes, replays, versions
from afterclick.governance.replays import Result
from afterclick.store.database import Database
from afterclick.store.transaction import Tx

DAYS: Final = 90
"""A new version is held against what was decided in so many days, or since the policy in force is in force."""

logger = logging.getLogger("afterclick.engine")


def vet(database: Database, fleet: Fleet, *, now_ms: int) -> None:
    """Replay what is on record by each bot's new version, once, in the name of the release; a replay takes a minute at most.

    A bot that was put back since its rules are another version's works again where it would decide the same; else, and where
    there was nothing that it could judge, a person looks at the replay, and activates it.
    """
    with database.reading() as tx:
        waiting = [bot for bot in fleet.values() if judges(bot) and _unseen(tx, bot)]
        orders = [(bot, order(tx, bot.card.id, days=_days(tx, now_ms))) for bot in waiting]
    for bot, wanted in orders:
        try:
            if not _replay(database, fleet, bot, wanted, now_ms=now_ms) and wanted.days < DAYS:
                _replay(database, fleet, bot, wanted._replace(days=DAYS), now_ms=now_ms)
        except Exception:  # it is on record as failed; the bot waits for a person, and the others work
            logger.exception("version %s of %s could not be tried", bot.card.version, bot.card.id)


def _unseen(tx: Tx, bot: Bot[object]) -> bool:
    known = tx.rows("SELECT 1 FROM bots WHERE id = ? AND state <> 'retired'", (bot.card.id,))
    return bool(known) and replays.unseen(tx, bot.card.id, bot.card.version, bot.digest)


def order(tx: Tx, bot: str, *, days: int) -> Order:
    """The replay of what a bot decided, by its rules as they are now and the policy in force."""
    regime = regimes.current(tx)
    assert regime is not None, "an office has a policy from its first opening on"
    return Order(regime.active, versions.version(tx, regime.active).text, days, bot, recorded=True)


def _days(tx: Tx, now_ms: int) -> int:
    """What was decided under another policy would differ for that alone."""
    regime = regimes.current(tx)
    since_ms = regime.at_ms if regime is not None else now_ms
    return min(DAYS, max(1, (now_ms - since_ms) // DAY_MS))


def _replay(database: Database, fleet: Fleet, bot: Bot[object], order: Order, *, now_ms: int) -> int:
    """Returns how many verdicts it could judge."""
    card = bot.card
    logger.info("version %s of %s is tried on what was decided in the last %s days", card.version, card.id, order.days)
    number = replaying.begin(database, fleet, order, by=RELEASE, now_ms=now_ms)

    def take_note(tx: Tx, result: Result) -> None:
        said = f"version {card.version} would have decided {result.differing:,} of {result.words} differently"
        if result.unreadable:
            said += f", and cannot read the facts of {result.unreadable:,} more"
        same = bool(result.judged) and not result.differing and not result.unreadable
        state = lifecycle.seen(tx, card.id, bot.digest, by=RELEASE, replay=number, same=same, said=said, now_ms=now_ms)
        logger.info("%s: %s is %s", said, card.id, state)

    return replaying.work(database, fleet, order, number, by=RELEASE, now_ms=now_ms, also=take_note).judged
