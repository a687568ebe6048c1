"""Orders that lie in a queue or that a bot has in hand: the queue and the batches name them, whatever the number of orders."""

from typing import Final

import msgspec

from afterclick.engine import queue
from afterclick.store.transaction import Tx

ANY: Final = "any"
"""In place of a bot: every bot that is handed orders."""
FEW: Final = 50_000


class NoQueue(ValueError):
    """No orders are handed to such a bot; the message says to which they are."""


def moving(tx: Tx) -> list[int] | None:
    """Orders that lie in a queue or in a batch, or None when they are so many that walking from the newest on finds some soon.

    An index of the orders that move would cost every order two writes.
    """
    queued = int(tx.value("SELECT COALESCE(SUM(size), 0) FROM queue"))
    if queued > FEW:
        return None
    found: set[int] = set()
    for (items,) in [*tx.rows("SELECT items FROM queue"), *tx.rows("SELECT items FROM batches WHERE finished_ms = 0")]:
        found.update(msgspec.json.decode(items, type=list[int]))
    return sorted(found) if len(found) <= FEW else None


def count(tx: Tx) -> int:
    """How many orders lie in the queues of bots."""
    return queue.count(tx, _bots(tx))


def queued(tx: Tx, bot: str) -> list[int]:
    """Orders that lie in a bot's queue, or in that of any bot.

    Raises:
        NoQueue: see there.
    """
    bots = _bots(tx)
    if bot not in (ANY, *bots):
        raise NoQueue(f"no orders are queued for {bot[:80]!r}; choose one of {', '.join((ANY, *bots))}")
    return sorted(queue.lying(tx, bots if bot == ANY else [bot]))


def _bots(tx: Tx) -> list[str]:
    return [bot for bot, kind in queue.works_on(tx).items() if kind == "order"]
