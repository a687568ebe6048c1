"""How the office stands at this moment, in two figures: the log's last block, and the number of open questions."""

from typing import Final, NamedTuple

from afterclick.store.database import Database

MOST_COUNTED: Final = 1_000
"""Open questions are counted up to here; beyond, the exact number helps nobody."""


class Beat(NamedTuple):
    """What is watched: the number of the log's last block, and how many questions are open (up to `MOST_COUNTED`)."""

    block: int
    tasks: int


def beat(database: Database) -> Beat:
    """Look at the log's end and at the inbox; one lookup in each of two indexes."""
    with database.reading() as tx:
        block = tx.value("SELECT COALESCE((SELECT next - 1 FROM counters WHERE name = 'blocks'), 0)")
        return Beat(block, tx.value(_OPEN, (MOST_COUNTED,)))


_OPEN: Final = "SELECT COUNT(*) FROM (SELECT 1 FROM tasks WHERE state = 'open' LIMIT ?) AS found"
