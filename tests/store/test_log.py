"""The chain: what is appended cannot be changed, removed or put in later without being found and named."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from afterclick.store import log
from afterclick.store.database import Database
from afterclick.store.log import Block, Event
from afterclick.store.transaction import Tx


def fill(database: Database, blocks: int = 5) -> None:
    for number in range(1, blocks + 1):
        with database.transaction() as tx:
            happened = [Event("one", number), Event("two", number, None, "Pass", "because", '{"a":1}', f"{number}:key")]
            assert log.append(tx, Block(1_000 + number, "somebody", "1", "live", number, 7), happened) == number


def verified(database: Database) -> log.Verified:
    with database.reading() as tx:
        return log.verify(tx)


def test_an_empty_log_holds(database: Database) -> None:
    assert verified(database) == log.Verified(True, 0, 0, log.GENESIS)


@pytest.mark.parametrize("blocks", [1, 5, 401])
def test_a_log_that_nobody_touched_holds(database: Database, blocks: int) -> None:
    fill(database, blocks)
    found = verified(database)
    assert (found.ok, found.blocks, found.events, found.broken_block) == (True, blocks, 2 * blocks, 0)
    with database.reading() as tx:
        assert found.head == tx.value("SELECT hash FROM blocks WHERE number = ?", (blocks,))


TAMPERING: list[tuple[str, Callable[[Tx], object], int, str]] = [
    ("an event's reason", lambda tx: tx.run("UPDATE events SET because = 'becausf' WHERE block = 3"), 3, "block 3 was changed"),
    (
        "an event's facts",
        lambda tx: tx.run("UPDATE events SET facts = '{\"a\":2}' WHERE block = 2 AND seq = 1"),
        2,
        "block 2 was changed",
    ),
    (
        "an event's order",
        lambda tx: tx.run("UPDATE events SET order_id = 9 WHERE block = 1 AND seq = 0"),
        1,
        "block 1 was changed",
    ),
    ("who did it", lambda tx: tx.run("UPDATE blocks SET actor = 'nobody' WHERE number = 4"), 4, "block 4 was changed"),
    ("when it was", lambda tx: tx.run("UPDATE blocks SET at_ms = at_ms + 1 WHERE number = 5"), 5, "block 5 was changed"),
    ("a hash", lambda tx: tx.run("UPDATE blocks SET hash = previous WHERE number = 2"), 2, "block 2 was changed"),
    (
        "whom a block follows",
        lambda tx: tx.run("UPDATE blocks SET previous = hash WHERE number = 3"),
        3,
        "does not follow the block before",
    ),
    (
        "an event gone",
        lambda tx: tx.run("DELETE FROM events WHERE block = 3 AND seq = 1"),
        3,
        "block 3 has lost or gained events",
    ),
    (
        "an event more",
        lambda tx: tx.run("INSERT INTO events (block, seq, activity) VALUES (3, 2, 'x')"),
        3,
        "has lost or gained events",
    ),
    ("two events swapped", lambda tx: tx.run("UPDATE events SET seq = 5 - seq WHERE block = 2"), 2, "block 2 was changed"),
    ("a block gone", lambda tx: _remove(tx, "= 3"), 3, "block 3 is missing"),
    ("the first block gone", lambda tx: _remove(tx, "= 1"), 1, "block 1 is missing"),
    ("the tail cut off", lambda tx: _remove(tx, "> 3"), 4, "5 blocks were written, 3 are there"),
    ("all gone", lambda tx: _remove(tx, "> 0"), 1, "5 blocks were written, 0 are there"),
    (
        "stray events",
        lambda tx: tx.run("INSERT INTO events (block, seq, activity) VALUES (9, 0, 'x')"),
        6,
        "1 events belong to no block",
    ),
]


@pytest.mark.parametrize(("tamper", "block", "detail"), [case[1:] for case in TAMPERING], ids=[case[0] for case in TAMPERING])
def test_what_was_done_to_the_log_is_found_and_named(
    database: Database, tamper: Callable[[Tx], object], block: int, detail: str
) -> None:
    fill(database)
    with database.transaction() as tx:
        tamper(tx)
    found = verified(database)
    assert not found.ok
    assert found.broken_block == block
    assert detail in found.detail


def test_a_block_that_is_rolled_back_leaves_no_gap(database: Database) -> None:
    fill(database, 2)
    with pytest.raises(ValueError, match="no"), database.transaction() as tx:
        log.append(tx, Block(1, "somebody", "1"), [Event("never")])
        raise ValueError("no")
    with database.transaction() as tx:
        assert log.append(tx, Block(1, "somebody", "1"), [Event("then")]) == 3
    assert verified(database).ok


def test_an_effect_key_is_recorded_once(database: Database) -> None:
    fill(database, 1)
    with pytest.raises(Exception, match=r"(?i)unique"), database.transaction() as tx:
        log.append(tx, Block(1, "somebody", "1"), [Event("again", 1, key="1:key")])
    assert verified(database).ok


def test_threads_that_append_at_once_give_one_unbroken_chain(database: Database) -> None:
    def append(worker: int) -> None:
        for turn in range(25):
            with database.transaction() as tx:
                log.append(tx, Block(turn, f"worker-{worker}", "1"), [Event("turn", turn), Event("turn", None, "thing/1")])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(append, range(2)))
    found = verified(database)
    assert (found.ok, found.blocks, found.events) == (True, 50, 100)


def _remove(tx: Tx, which: str) -> None:
    tx.run(f"DELETE FROM events WHERE block {which}")
    tx.run(f"DELETE FROM blocks WHERE number {which}")
